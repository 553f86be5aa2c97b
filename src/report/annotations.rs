//! What a forge shows on lines of gates.yaml, and the title of its check.

use super::{
    Publishable,
    trouble::{self, Place, Standing, Trouble},
};
use crate::units::text::shortened;

/// So many annotations tell enough; more have one cause.
const MOST: usize = 100;

/// The longest title, in characters: GitHub's limit for annotations and for checks.
const LONGEST_TITLE: usize = 255;

/// The longest message, in characters; GitHub takes 64 KB.
const LONGEST_MESSAGE: usize = 4_000;

/// A remark on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file as the user named it; [`Blob::path`](super::Blob::path) gives its path in the repository.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// How heavy it is.
    pub level: AnnotationLevel,
    /// What it is about, in one line of at most 255 characters.
    pub title: String,
    /// The evidence and what to try, as plain text.
    pub message: String,
}

/// How heavy an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnnotationLevel {
    /// The run does not pass because of it.
    Failure,
    /// It only warns.
    Warning,
}

/// What failed, was not measured, is not decided or warns, and has a line in gates.yaml: failures first, then warnings; at
/// most a hundred. What holds, but not certainly, is left to the reports.
pub fn annotations(publishable: &Publishable) -> Vec<Annotation> {
    let verdict = publishable.verdict();
    let level = |standing: Standing| match standing {
        Standing::Failed | Standing::Invalid => Some(AnnotationLevel::Failure),
        Standing::Inconclusive if verdict.exit_code != 0 => Some(AnnotationLevel::Failure),
        Standing::Inconclusive | Standing::Warned => Some(AnnotationLevel::Warning),
        Standing::Uncertain => None,
    };
    let troubles = trouble::of(verdict);
    let mut annotations: Vec<Annotation> =
        troubles.iter().filter_map(|trouble| annotation(trouble, level(trouble.standing)?)).collect();
    annotations.sort_by_key(|annotation| annotation.level);
    annotations.truncate(MOST);
    annotations
}

fn annotation(trouble: &Trouble<'_>, level: AnnotationLevel) -> Option<Annotation> {
    let Place { file, line } = trouble.place.clone()?;
    let Trouble { standing, part, what, advice, .. } = trouble;
    let advice = advice.as_ref().map(|advice| format!("\nWhat to try: {advice}")).unwrap_or_default();
    let title = format!("{} in {part}: {what}", standing.word());
    let message = format!("{}{advice}", trouble.evidence());
    Some(Annotation {
        file,
        line,
        level,
        title: shortened(&title, LONGEST_TITLE).into_owned(),
        message: shortened(&message, LONGEST_MESSAGE).into_owned(),
    })
}

/// The title of the check: the verdict in one line of at most 255 characters. A run on the demo app says so first, because
/// this line may be all that is read.
pub fn check_title(publishable: &Publishable) -> String {
    let verdict = publishable.verdict();
    let whose = if verdict.is_of_the_demo() { "target demo: " } else { "" };
    shortened(&format!("{whose}{}", verdict.headline), LONGEST_TITLE).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    fn listed(verdict: crate::judge::Verdict) -> Vec<String> {
        let line = |of: &Annotation| format!("{:?} {}:{} {}", of.level, of.file, of.line, of.title);
        annotations(&fixtures::publishable(verdict)).iter().map(line).collect()
    }

    #[test]
    fn failures_come_first() {
        let mut verdict = fixtures::failed();
        let warned = fixtures::warned().phases[2].findings.clone();
        verdict.phases[2].findings.splice(0..0, warned);
        assert_eq!(
            listed(verdict),
            [
                "Failure gates.yaml:117 failed in medium: p95 < 750ms",
                "Failure gates.yaml:118 failed in medium: p99 < 1500ms",
                "Failure gates.yaml:119 failed in medium: no timeouts",
                "Warning gates.yaml:121 warned in medium: p50 < 300ms",
            ]
        );
        assert_eq!(listed(fixtures::passed()), Vec::<String>::new());
        assert_eq!(
            listed(fixtures::inconclusive()),
            ["Failure gates.yaml:105 inconclusive in light: p95(report) < 500ms"]
        );
        assert_eq!(listed(fixtures::not_ready()), ["Failure gates.yaml:25 failed in preflight: debug mode is off"]);
    }

    #[test]
    fn says_what_was_seen_and_what_to_try() {
        let message = annotations(&fixtures::publishable(fixtures::failed())).swap_remove(0).message;
        assert!(message.starts_with("p95 was 1.21 s, the limit is < 750 ms: 1,913 of 9,600"), "{message}");
        assert!(message.contains("Interval: 1.1 s to 1.38 s.\nWhat to try: Enlarge the connection pool"), "{message}");
    }

    #[test]
    fn is_bounded() {
        let mut verdict = fixtures::failed();
        let finding = verdict.phases[2].findings[1].clone();
        verdict.phases[2].findings = vec![finding; 5_000];
        for finding in &mut verdict.phases[2].findings {
            finding.criterion = "ä".repeat(2_000);
            finding.because = "ä".repeat(2_000);
        }
        verdict.headline = "ä".repeat(2_000);
        let publishable = fixtures::publishable(verdict);
        let annotations = annotations(&publishable);
        assert_eq!(annotations.len(), 100);
        let long = |of: &Annotation| of.title.chars().count() > 255 || of.message.len() > 60_000;
        assert!(!annotations.iter().any(long));
        assert_eq!(check_title(&publishable).chars().count(), 255);
    }
}
