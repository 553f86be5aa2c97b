//! What the library that draws pictures is used through, but for its shapes and colours.

use minijinja::HtmlEscape;
use plotters::{
    chart::{ChartBuilder, ChartContext},
    coord::{Shift, cartesian::Cartesian2d},
    drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea},
    element::{Circle, EmptyElement, PathElement, Polygon, Rectangle, Text, TriangleMarker},
    prelude::SVGBackend,
    series::LineSeries,
    style::{
        Color, IntoFont, ShapeStyle, TextStyle,
        text_anchor::{HPos, Pos, VPos},
    },
};

use super::{
    axis::{Axis, Coordinates},
    ink::{self, Ink},
    mark::Mark,
};

/// What goes wrong while drawing: a string takes everything, so nothing does, but the library asks.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// A part of a picture.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Coordinates, Coordinates>>;

/// The name of a picture and what it shows, for those who do not see it. Only a picture that stands for itself has an id.
pub(super) struct Words<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    pub(super) description: &'a str,
}

/// Draws a picture of so many units; `None` where it cannot be drawn.
pub(super) fn draw(size: (u32, u32), words: &Words<'_>, paint: impl FnOnce(&Area<'_>) -> Drawn) -> Option<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        paint(&area).and_then(|()| area.present()).ok()?;
    }
    Some(finish(&svg, size, words))
}

/// Gives the element its role, title and description, and takes its fixed size away. No text can look like what is replaced
/// here: the library writes `<`, `>` and quotes of texts as entities.
fn finish(svg: &str, (width, height): (u32, u32), words: &Words<'_>) -> String {
    let Words { id, title, description } = words;
    let [title, description] = [title, description].map(|text| HtmlEscape(text).to_string());
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    let inside = inside
        .replace(" opacity=\"1\"", "")
        .replace(&format!(" opacity=\"{DASHED}\""), " stroke-dasharray=\"6 4\"")
        .replace(" font-family=\"sans-serif\"", "")
        .replace("\" />", "\"/>");
    format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-words\">\
         <title id=\"{id}-title\">{title}</title><desc id=\"{id}-words\">{description}</desc>{inside}"
    )
}

/// A text in a picture.
pub(super) fn text(size: f64, ink: Ink, (h_pos, v_pos): (HPos, VPos)) -> TextStyle<'static> {
    let style: TextStyle<'static> = ("sans-serif", size).into_font().color(&ink.colour());
    style.pos(Pos::new(h_pos, v_pos))
}

/// A line of a width.
pub(super) fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.colour().stroke_width(width)
}

/// The library writes a dashed line as a line for each dash. One of this opacity, which nothing else has, becomes a dashed
/// line in [`finish`] instead.
const DASHED: f64 = 0.99;

/// The same, dashed.
fn dashed(ink: Ink, width: u32) -> ShapeStyle {
    ink.colour().mix(DASHED).stroke_width(width)
}

/// A field that lets through what is behind it.
pub(super) fn field(ink: Ink, share: f64) -> ShapeStyle {
    ink.colour().mix(share).filled()
}

/// Two axes and what is drawn between them, in values.
pub(super) struct Plot<'a, 'b> {
    chart: Chart<'a, 'b>,
    x: Axis,
    y: Axis,
}

/// How the axes of a plot are written.
pub(super) struct Frame<'f> {
    /// Space beside the plot: above, right, below, left.
    pub(super) space: [u32; 4],
    /// `None` leaves the axis unlabelled, for a panel above others.
    pub(super) x_words: Option<&'f dyn Fn(f64) -> String>,
    pub(super) y_words: Option<&'f dyn Fn(f64) -> String>,
}

/// The size of an axis' text.
const SMALL: f64 = 14.0;

/// The size of a number in a mark.
fn marked(number: usize) -> f64 {
    if number < 10 { 15.0 } else { 13.0 }
}

impl<'a, 'b> Plot<'a, 'b> {
    /// Draws the axes with a quiet grid.
    pub(super) fn on(
        area: &'a Area<'b>,
        axes: (Axis, Axis),
        frame: &Frame<'_>,
    ) -> Result<Self, DrawingAreaErrorKind<std::io::Error>> {
        let (x, y) = axes;
        let [above, right, below, left] = frame.space;
        let mut chart = ChartBuilder::on(area)
            .margin_top(above)
            .margin_right(right)
            .x_label_area_size(below)
            .y_label_area_size(left)
            .build_cartesian_2d(x.coordinates(), y.coordinates())?;
        let x_words = |place: &f64| frame.x_words.map_or_else(String::new, |words| words(x.value(*place)));
        let y_words = |place: &f64| frame.y_words.map_or_else(String::new, |words| words(y.value(*place)));
        let small = text(SMALL, ink::SOFT, (HPos::Center, VPos::Top));
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(stroke(ink::GRID, 1))
            .max_light_lines(0)
            .axis_style(stroke(ink::GRID, 1))
            .set_all_tick_mark_size(4)
            .label_style(small)
            .x_label_formatter(&x_words)
            .y_label_formatter(&y_words);
        if frame.y_words.is_none() {
            mesh.disable_y_mesh();
        }
        mesh.draw()?;
        Ok(Self { chart, x, y })
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.place(x), self.y.place(y))
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: &[(f64, f64)], ink: Ink, width: u32) -> Drawn {
        let places: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
        match places.as_slice() {
            // A line of one point would not be seen.
            [(x, y)] => self.chart.draw_series([Circle::new((*x, *y), width, ink.colour().filled())])?,
            _ => self.chart.draw_series(LineSeries::new(places, stroke(ink, width)))?,
        };
        Ok(())
    }

    /// A dashed line through points.
    pub(super) fn dashes(&mut self, points: &[(f64, f64)], ink: Ink, width: u32) -> Drawn {
        let places: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
        self.chart.draw_series([PathElement::new(places, dashed(ink, width))])?;
        Ok(())
    }

    /// A mark on a line.
    pub(super) fn mark(&mut self, at: (f64, f64), ink: Ink, mark: Mark) -> Drawn {
        const HALF: i32 = 4;
        const RADIUS: u32 = 9;
        let place = self.place(at);
        let disc = |ink: Ink| Circle::new(place, RADIUS, ink.colour().filled());
        match mark {
            Mark::Dot => self.dot(at, ink, HALF as u32),
            Mark::Triangle => {
                self.chart.draw_series([TriangleMarker::new(place, HALF + 2, ink.colour().filled())])?;
                Ok(())
            }
            Mark::Square => {
                // The first side is drawn twice, so that no corner is open.
                let corners =
                    [(-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF), (-HALF, -HALF), (HALF, -HALF)];
                let ground = Rectangle::new([(-HALF, -HALF), (HALF, HALF)], ink::GROUND.colour().filled());
                let around = PathElement::new(corners, stroke(ink, 2));
                self.chart.draw_series([EmptyElement::at(place) + ground + around])?;
                Ok(())
            }
            Mark::Number(number) => {
                self.chart.draw_series([disc(ink)])?;
                self.text(&number.to_string(), at, text(marked(number), ink::GROUND, (HPos::Center, VPos::Center)))
            }
            Mark::Ring(number) => {
                self.chart.draw_series([disc(ink::GROUND)])?;
                self.ring(at, ink, RADIUS)?;
                self.text(&number.to_string(), at, text(marked(number), ink, (HPos::Center, VPos::Center)))
            }
        }
    }

    /// The ground below a line, filled.
    pub(super) fn below(&mut self, points: &[(f64, f64)], ink: Ink, share: f64) -> Drawn {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return Ok(()) };
        let low = self.y.low();
        let around = points.iter().copied().chain([(last.0, low), (first.0, low)]);
        let places: Vec<_> = around.map(|point| self.place(point)).collect();
        self.chart.draw_series([Polygon::new(places, field(ink, share))])?;
        Ok(())
    }

    /// A field between two corners.
    pub(super) fn field(&mut self, corners: [(f64, f64); 2], ink: Ink, share: f64) -> Drawn {
        let places = corners.map(|corner| self.place(corner));
        self.chart.draw_series([Rectangle::new(places, field(ink, share))])?;
        Ok(())
    }

    /// A straight line, undashed, of two points that lie on one another too.
    pub(super) fn bar(&mut self, ends: [(f64, f64); 2], ink: Ink, width: u32) -> Drawn {
        let places = ends.map(|point| self.place(point));
        self.chart.draw_series([PathElement::new(places, stroke(ink, width))])?;
        Ok(())
    }

    /// A dot.
    pub(super) fn dot(&mut self, at: (f64, f64), ink: Ink, size: u32) -> Drawn {
        let place = self.place(at);
        self.chart.draw_series([Circle::new(place, size, ink.colour().filled())])?;
        Ok(())
    }

    /// A ring.
    pub(super) fn ring(&mut self, at: (f64, f64), ink: Ink, size: u32) -> Drawn {
        let place = self.place(at);
        self.chart.draw_series([Circle::new(place, size, stroke(ink, 2))])?;
        Ok(())
    }

    /// A text.
    pub(super) fn text(&mut self, words: &str, at: (f64, f64), style: TextStyle<'static>) -> Drawn {
        let place = self.place(at);
        self.chart.draw_series([Text::new(words.to_owned(), place, style)])?;
        Ok(())
    }
}
