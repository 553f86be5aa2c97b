//! report.html: one self-contained file that asks for nothing from elsewhere.
//!
//! Its policy lets a browser run the one script and apply the one style sheet that stand in it, by their digests, and
//! load nothing. Without the script the page is the same, but that its tables do not sort.

mod comparisons;
mod course;
mod endpoints;
mod environment;
mod errors;
mod phases;
mod picture;
mod requests;
mod tone;
mod view;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{
    Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};
use ring::digest::{SHA256, digest};
use serde::Serialize;

use super::{Publishable, Recording};
use view::View;

/// The page and its parts. Everything inserted is escaped, because their names end in `.html`.
const PARTS: [(&str, &str); 6] = [
    ("report.html", include_str!("page.html")),
    ("macros.html", include_str!("page/macros.html")),
    ("course.html", include_str!("page/course.html")),
    ("endpoints.html", include_str!("page/endpoints.html")),
    ("regressions.html", include_str!("page/regressions.html")),
    ("phases.html", include_str!("page/phases.html")),
];

/// Sorts tables, and unfolds everything for the printer.
const SCRIPT: &str = include_str!("page/script.js");

/// The view, and what is inserted as it is: both are part of the program.
#[derive(Serialize)]
struct Page {
    #[serde(flatten)]
    view: View,
    style: String,
    script: &'static str,
    /// `sha256-...` of both.
    digests: [String; 2],
}

/// The whole page; with pictures of the run where its recording is at hand.
pub(super) fn render(publishable: &Publishable, recording: Option<&Recording<'_>>) -> String {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the default ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, part) in PARTS {
        environment.add_template(name, part).expect("the page is part of the program");
    }
    let page = environment.get_template(PARTS[0].0).expect("it was added above");
    let view = View::of(publishable.verdict(), recording);
    let style = style();
    let digests = [sha256(&style), sha256(SCRIPT)];
    page.render(Value::from(Serde(Page { view, style, script: SCRIPT, digests })))
        .expect("the view has what the page asks for")
}

/// The style sheet, with the pictures' colours on a dark screen; paper stays light.
fn style() -> String {
    let sheet = include_str!("page/style.css");
    format!("{sheet}@media screen and (prefers-color-scheme: dark) {{\n{}}}\n", picture::dark_rules())
}

fn sha256(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests;
