//! report.html: one self-contained file, no script, no style or font from elsewhere.

mod chart;
mod comparisons;
mod view;

use minijinja::{
    Environment, UndefinedBehavior,
    syntax::SyntaxConfig,
    value::{Serde, Value},
};

use super::Publishable;
use view::View;

/// The page. Everything inserted is escaped, because its name ends in `.html`.
const PAGE: (&str, &str) = ("report.html", include_str!("page.html"));

/// The whole page.
pub(super) fn render(publishable: &Publishable) -> String {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the default ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template(PAGE.0, PAGE.1).expect("the page is part of the program");
    let page = environment.get_template(PAGE.0).expect("it was added above");
    page.render(Value::from(Serde(View::of(publishable.verdict())))).expect("the view has what the page asks for")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::fixtures;

    fn page(verdict: crate::judge::Verdict) -> String {
        render(&fixtures::publishable(verdict))
    }

    #[test]
    fn reads_well() {
        for (name, verdict) in [("failed", fixtures::failed()), ("not_ready", fixtures::not_ready())] {
            let page = page(verdict);
            let body = page.split_once("<body>").expect("there is a body").1.to_owned();
            insta::assert_snapshot!(format!("html_{name}"), body);
        }
    }

    #[test]
    fn says_why_statements_are_not_known() {
        let mut verdict = fixtures::failed();
        verdict.phases[2].statements_unknown = vec!["it was gone <b>".to_owned()];
        let said = "<p>it was gone &lt;b&gt;.</p>";
        assert!(page(verdict.clone()).contains(said));
        verdict.phases[2].statements.clear();
        let page = page(verdict);
        assert!(page.contains(said) && page.contains("<h3>Statements of the database</h3>"));
        assert!(!page.contains("aria-label=\"Statements of the database\""));
    }

    #[test]
    fn asks_for_nothing_from_elsewhere() {
        let page = page(fixtures::passed());
        for forbidden in ["<script", "src=", "@import", "url(", "<link", "<iframe", "onload", "href=\"http"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    }

    /// The tags in order, without what stands between them.
    fn tags(page: &str) -> Vec<String> {
        let (_, body) = page.split_once("<body>").expect("there is a body");
        body.split('<').skip(1).map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default().to_owned()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        #[test]
        fn no_name_changes_the_structure(strings in prop::collection::vec(any::<String>(), 1..20), offset in 0usize..12) {
            let (hostile, benign) = fixtures::twins(strings, offset);
            prop_assert!(tags(&page(hostile)) == tags(&page(benign)), "a name became a tag");
        }
    }
}
