//! Notes on the lines of a file, beside the check run that carries them.

use serde_json::{Value, json};

use super::clip::clip;
use crate::report::{Annotation, AnnotationLevel};

/// GitHub's limits (its API's description, `checks`).
const LONGEST_TITLE: usize = 255;
/// 64 KB, in characters that may have four bytes.
const LONGEST_MESSAGE: usize = 16_000;

/// A note as the API takes it.
pub(super) fn body(note: &Annotation) -> Value {
    let level = match note.level {
        AnnotationLevel::Failure => "failure",
        AnnotationLevel::Warning => "warning",
    };
    let line = note.line.max(1);
    json!({
        "path": note.file,
        "start_line": line,
        "end_line": line,
        "annotation_level": level,
        "title": clip(&note.title, LONGEST_TITLE),
        "message": clip(&note.message, LONGEST_MESSAGE),
    })
}
