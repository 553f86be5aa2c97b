//! One verdict as text.
//!
//! Everything that people and machines read of a run comes from one [`Publishable`] verdict: masked and made harmless
//! once, then rendered by each format with its own escaping. Nothing here reads a clock or touches a file.

mod advice;
mod clean;
mod csv;
mod files;
mod html;
mod json;
mod junit;
mod ladder;
mod markdown;
mod number;
mod publishable;
mod terminal;
mod trouble;
mod when;

#[cfg(test)]
mod fixtures;

pub use clean::clean;
pub use files::{Files, MEASUREMENTS, VERDICT};
pub use json::{LARGEST_VERDICT, UnreadableVerdict, read_verdict};
pub use publishable::{Mask, Publishable};
pub use terminal::{Colour, closing, headline_only, meaning};

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
/// The same verdict gives the same bytes, also after it was written and read again.
pub fn documents(publishable: &Publishable) -> Vec<Document> {
    let Files { junit, markdown, html, csv } = publishable.files();
    let formats: [(Option<&str>, fn(&Publishable) -> String); 5] = [
        (Some(VERDICT), json::render),
        (junit.as_deref(), junit::render),
        (markdown.as_deref(), markdown::render),
        (html.as_deref(), html::render),
        (csv.as_deref(), csv::render),
    ];
    formats
        .into_iter()
        .filter_map(|(name, render)| Some(Document { name: name?.to_owned(), text: render(publishable) }))
        .collect()
}
