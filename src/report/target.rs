//! What was gated: a passed run on the demo app is never taken for one of the reader's own app.

use crate::judge::Verdict;

/// What follows the name of the demo app.
const BUILT_IN: &str = ", the app built into stagegate";

/// The target as plain text.
pub(super) fn words(verdict: &Verdict) -> String {
    format!("{}{}{}", verdict.target, built_in(verdict), loaded_by(verdict))
}

/// The same as Markdown, its name in this form.
pub(super) fn named(verdict: &Verdict, form: impl Fn(&str) -> String) -> String {
    format!("target {}{}{}", form(&verdict.target), built_in(verdict), loaded_by(verdict))
}

/// The tool that made the load, where it was not the gate.
fn loaded_by(verdict: &Verdict) -> String {
    verdict.source.as_ref().map(|source| format!(", loaded by {}", source.tool)).unwrap_or_default()
}

fn built_in(verdict: &Verdict) -> &'static str {
    if verdict.is_of_the_demo() { BUILT_IN } else { "" }
}

#[cfg(test)]
mod tests {
    use crate::{
        judge::{DEMO, Verdict},
        report::{Colour, Links, Publishable, check_title, closing, comment, documents, fixtures, headline_only},
    };

    /// Every text that a person may read alone, with its name.
    fn texts(publishable: &Publishable) -> Vec<(String, String)> {
        let mut texts = vec![
            ("terminal".to_owned(), closing(publishable, "out", Colour::Off)),
            ("headline".to_owned(), headline_only(publishable, Colour::Off)),
            ("comment".to_owned(), comment(publishable, &Links::default())),
            ("check".to_owned(), check_title(publishable)),
        ];
        // Beside the table of numbers, which names no target at all.
        let documents = documents(publishable, None).into_iter().filter(|of| !of.name.contains("csv"));
        texts.extend(documents.map(|document| (document.name, document.text)));
        texts
    }

    fn on(target: &str) -> Verdict {
        Verdict { target: target.to_owned(), ..fixtures::passed() }
    }

    fn says_so(text: &str) -> bool {
        [
            "target demo",
            "target `demo`, the app built into stagegate",
            "on demo, the app built into stagegate",
            "<dd>demo, the app built into stagegate</dd>",
            "\"target\": \"demo\"",
            "<property name=\"target\" value=\"demo\"/>",
        ]
        .iter()
        .any(|said| text.contains(said))
    }

    #[test]
    fn every_report_says_that_it_was_the_demo_app() {
        let all = |verdict| fixtures::publishable(verdict);
        let demo = texts(&all(on(DEMO)));
        assert_eq!(demo.len(), 8, "{demo:?}");
        for (name, text) in demo {
            assert!(says_so(&text), "{name}: {text}");
        }
        for target in ["http://127.0.0.1:40123/", "https://demo.example.com/", "demo/"] {
            for (name, text) in texts(&all(on(target))) {
                assert!(!says_so(&text), "{name} of {target}: {text}");
            }
        }
    }

    #[test]
    fn a_verdict_of_others_says_no_more_of_its_target_than_that() {
        let shown = |target: &str| {
            let publishable = Publishable::untrusted(on(target)).expect("it is taken");
            comment(&publishable, &Links::default())
        };
        let facts = shown(DEMO).lines().nth(4).map(str::to_owned).unwrap_or_default();
        assert!(facts.starts_with("target `demo`, the app built into stagegate · "), "{facts}");
        for target in ["https://evil.example", "demo approved by security", "Demo", ""] {
            assert!(!shown(target).contains("target"), "{target}");
        }
    }
}
