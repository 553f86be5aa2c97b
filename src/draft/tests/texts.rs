//! What is written reads back.

use proptest::prelude::*;

use super::super::text::{Text, literal, quoted, remark, snake};
use crate::config::{Environment, read};

/// A text as the gate's own reader gives it back from a value and from a key.
fn read_back(written: &str, key: &str) -> (String, String) {
    let yaml = format!(
        "version: 1\ngate: {written}\ntarget: {{url: demo}}\nscenarios: {{{key}: {{steps: [{{get: /}}]}}}}\nphases: [{{name: a, users: \
         1, spawn_rate: 1/s, duration: 5s, criteria: [no errors]}}]\n"
    );
    let (config, problems) = read("gates.yaml", yaml.as_bytes(), &Environment::new());
    assert!(problems.is_empty(), "{problems}\n{yaml}");
    let config = config.expect("it is a map");
    let key = config.scenarios.iter().next().map(|(name, _)| name.value.clone()).unwrap_or_default();
    (config.gate.value.clone(), key)
}

proptest! {
    #[test]
    fn any_text_reads_back(text in "\\PC{0,40}|[${}\\[\\]:#&*!|>'\"%@`,\\\\ \n\t\r-]{0,12}|\\p{C}{0,6}|[0-9.eE+-]{0,6}|~|null|true|Yes|<<") {
        prop_assume!(text != "<<");
        let (value, key) = read_back(&quoted(&literal(&text)), &quoted(&text));
        prop_assert_eq!(&value, &text);
        prop_assert_eq!(&key, &text);
    }

    #[test]
    fn a_comment_is_one_line_that_the_reader_passes_over(text in "\\PC{0,300}|\\p{C}{0,20}|[\n\r#\u{2028}\u{85}a]{0,20}") {
        let written = format!("gate # {}", remark(&text));
        let (value, _) = read_back(&written, "a");
        prop_assert_eq!(value, "gate");
    }

    #[test]
    fn a_name_is_one(text in "\\PC{0,80}") {
        let name = snake(&text);
        prop_assert!(name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= 130, "{}", name);
        prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
    }

    #[test]
    fn what_was_said_never_becomes_a_variable(before in "[${}a]{0,6}", after in "[${}a]{0,6}") {
        let text = Text::said(before).then(Text::insert("id")).then(Text::said(after.clone())).then(Text::variable("A")).and(&after);
        let yaml = format!(
            "version: 1\ngate: g\ntarget: {{url: demo}}\nscenarios: {{s: {{steps: [{{get: /a, extract: {{id: {{json: /a}}}}}}, {{post: /b, \
             body: {}}}]}}}}\nphases: [{{name: a, users: 1, spawn_rate: 1/s, duration: 5s, criteria: [no errors]}}]\n",
            quoted(&text.written())
        );
        let environment: Environment = [("A".to_owned(), "!".to_owned())].into();
        let (config, problems) = read("gates.yaml", yaml.as_bytes(), &environment);
        prop_assert!(problems.is_empty(), "{}\n{}", problems, yaml);
        let choice = crate::plan::Choice { environment, ..Default::default() };
        let plan = crate::plan::build(&config.expect("a map"), &choice).map_err(|error| TestCaseError::fail(format!("{error}\n{yaml}")))?;
        let crate::plan::Body::Text(body) = &plan.scenarios[0].steps[1].body else { panic!("a body") };
        prop_assert_eq!(body.segments.iter().filter(|part| matches!(part, crate::plan::Segment::Insert(..))).count(), 1);
    }
}

#[test]
fn names_are_told_from_their_words() {
    for (text, name) in
        [("petId", "pet_id"), ("X-API-Key", "x_api_key"), ("2fa", "v2fa"), ("", "value"), ("ä", "value")]
    {
        assert_eq!(snake(text), name);
    }
}
