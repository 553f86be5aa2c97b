//! One verdict as text.
//!
//! Everything that people and machines read of a run comes from one [`Publishable`] verdict: masked and made harmless
//! once, then rendered by each format with its own escaping. Nothing here reads a clock or touches a file.

mod advice;
mod annotations;
mod bands;
mod calibration;
mod clean;
mod comment;
mod comparison;
mod csv;
mod curl;
mod diagnosis;
mod files;
mod html;
mod json;
mod junit;
mod kept;
mod ladder;
mod markdown;
mod measurements;
mod openmetrics;
mod plan;
mod progress;
mod publishable;
mod recording;
mod reference;
mod regressions;
mod rehearsal;
mod results;
mod schema;
mod screen;
mod selftest;
mod side_by_side;
mod sight;
mod spent;
mod target;
mod terminal;
mod traces;
mod trouble;
mod untrusted;
mod waivers;
mod when;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod fixtures;

pub use annotations::{Annotation, AnnotationLevel, annotations, check_title};
pub use calibration::{Circumstances, calibration};
pub use clean::clean;
pub use comment::{Blob, Links, MOST_COMMENT, comment, length};
pub use comparison::{comparison_json, comparison_table};
pub use files::{Files, MEASUREMENTS, VERDICT};
pub use json::{LARGEST_VERDICT, UnreadableVerdict, read_verdict};
pub use markdown::warnings;
pub use measurements::{
    LARGEST_MEASUREMENTS, MEASUREMENTS_SCHEMA, UnreadableMeasurements, measurements, read_measurements, read_recording,
};
pub use plan::plan;
pub use progress::Narrator;
pub use publishable::{Mask, Publishable};
pub use recording::Recording;
pub use reference::reference;
pub use rehearsal::{Detail, rehearsals};
pub use schema::OtherSchema;
pub use screen::Screen;
pub use selftest::{Brief, selftest};
pub use side_by_side::{SideBySide, side_by_side};
pub use sight::sight;
pub(crate) use terminal::{COLUMNS, wrap};
pub use terminal::{Colour, closing, headline_only, meaning, without_commands};

/// One report file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name inside the output directory.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// Every report file of a run: verdict.json first, then those that `publish` of gates.yaml names.
///
/// The page draws the run second by second where its recording is at hand. The same verdict and recording give the same
/// bytes, also after they were written and read again.
pub fn documents(publishable: &Publishable, recording: Option<&Recording<'_>>) -> Vec<Document> {
    let Files { junit, markdown, html, csv, metrics } = publishable.files();
    let document = |name: &str, text: String| Document { name: name.to_owned(), text };
    let mut documents = vec![document(VERDICT, json::render(publishable))];
    documents.extend(junit.as_ref().map(|name| document(name, junit::render(publishable))));
    documents.extend(markdown.as_ref().map(|name| document(name, markdown::render(publishable))));
    documents.extend(html.as_ref().map(|name| document(name, html::render(publishable, recording))));
    documents.extend(csv.as_ref().map(|name| document(name, csv::render(publishable))));
    documents.extend(metrics.as_ref().map(|name| document(name, openmetrics::render(publishable))));
    documents
}

/// The first lines and the ladder as Markdown, for where there is no room for the whole summary.
pub fn short_summary(publishable: &Publishable) -> String {
    markdown::render_short(publishable)
}

/// The whole summary as Markdown, also where `publish` of gates.yaml switches its file off.
pub fn summary(publishable: &Publishable) -> String {
    markdown::render(publishable)
}
