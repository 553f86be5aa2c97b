//! Workflow commands: lines of standard output that GitHub's runner takes as annotations.

use std::fmt::Write as _;

use crate::report::{Annotation, AnnotationLevel, clean};

/// GitHub keeps so many annotations of each level for a step and drops the others without a word (actions/toolkit#734).
const MOST: usize = 10;

/// A warning without a place: `::warning title=stagegate::MESSAGE`, with its line break.
pub fn warning(message: &str) -> String {
    format!("::warning title=stagegate::{}\n", data(message))
}

/// Ends the group that [`group`] began, with its line break.
pub const GROUP_END: &str = "::endgroup::\n";

/// Begins a group of lines that the log shows folded, with its line break.
pub fn group(title: &str) -> String {
    format!("::group::{}\n", data(title))
}

/// `::error` and `::warning` lines that put annotations at lines of gates.yaml; at most 10 of each, `taken` of the
/// warnings being spoken for already.
///
/// A value is escaped as the runner's own toolkit does it, so none can end its command, set another property or begin a
/// second command.
pub fn commands(annotations: &[Annotation], taken: usize) -> String {
    let room = |level: AnnotationLevel| match level {
        AnnotationLevel::Failure => MOST,
        AnnotationLevel::Warning => MOST.saturating_sub(taken),
    };
    let mut text = String::new();
    for (level, word) in [(AnnotationLevel::Failure, "error"), (AnnotationLevel::Warning, "warning")] {
        for annotation in annotations.iter().filter(|annotation| annotation.level == level).take(room(level)) {
            let Annotation { file, line, title, message, .. } = annotation;
            let (file, title, message) = (property(file), property(title), data(message));
            writeln!(text, "::{word} file={file},line={line},title={title}::{message}")
                .expect("a string takes what is written to it");
        }
    }
    text
}

/// Of a message; its line breaks stay.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| clean(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// Of a property: one line.
fn property(text: &str) -> String {
    clean(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn annotation(level: AnnotationLevel, text: &str) -> Annotation {
        Annotation { file: text.to_owned(), line: 7, level, title: text.to_owned(), message: text.to_owned() }
    }

    struct Command {
        word: String,
        properties: Vec<(String, String)>,
        message: String,
    }

    /// Reads a line as the runner does (actions/runner, ActionCommand.cs): command, properties, message.
    fn read(line: &str) -> Option<Command> {
        let rest = line.trim_start().strip_prefix("::")?;
        let (head, message) = rest.split_once("::")?;
        let (word, properties) = head.split_once(' ').unwrap_or((head, ""));
        let plain = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
        let property = |text: &str| plain(&text.replace("%3A", ":").replace("%2C", ","));
        let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
        let properties = pairs.map(|(name, value)| (name.to_owned(), property(value))).collect();
        Some(Command { word: word.to_owned(), properties, message: plain(message) })
    }

    #[test]
    fn a_finding_stands_at_its_line() {
        let annotation = Annotation {
            file: "ci/gates.yaml".to_owned(),
            line: 46,
            level: AnnotationLevel::Failure,
            title: "light: p95 < 500ms".to_owned(),
            message: "p95 was 812 ms, 62% above\nthe limit".to_owned(),
        };
        assert_eq!(
            commands(&[annotation], 0),
            "::error file=ci/gates.yaml,line=46,title=light%3A p95 < 500ms::p95 was 812 ms, 62%25 above%0Athe limit\n"
        );
    }

    #[test]
    fn the_runner_keeps_ten_of_each() {
        let many: Vec<_> = [AnnotationLevel::Warning, AnnotationLevel::Failure]
            .into_iter()
            .flat_map(|level| (0..12).map(move |n| annotation(level, &format!("n{n}"))))
            .collect();
        let text = commands(&many, 3);
        let count = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
        assert_eq!((count("::error "), count("::warning ")), (10, 7));
        assert!(text.starts_with("::error file=n0,"), "failures come first: {text}");
    }

    proptest! {
        #[test]
        fn no_value_starts_a_second_command(value in prop_oneof![any::<String>(), "[:,%#\\[\\]\r\n =a0ADd25]{0,60}"]) {
            let text = commands(&[annotation(AnnotationLevel::Failure, &value)], 0) + &warning(&value);
            prop_assert_eq!(text.split(['\n', '\r']).count(), 3, "{:?}", text);
            let lines: Vec<_> = text.lines().collect();
            let Command { word, properties, .. } = read(lines[0]).expect("a command");
            prop_assert_eq!(word, "error");
            let names: Vec<_> = properties.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert_eq!(names, ["file", "line", "title"]);
            prop_assert_eq!(&properties[0].1, &*clean(&value));
            prop_assert_eq!(&properties[1].1, "7");
            let Command { word, properties, message } = read(lines[1]).expect("a command");
            prop_assert_eq!((word.as_str(), properties.len()), ("warning", 1));
            prop_assert!(!message.contains('\r'));
        }
    }
}
