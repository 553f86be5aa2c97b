//! Other people's YAML, as it is: no variables, no schema of ours.

use serde_saphyr::{
    Options,
    budget::Budget,
    options::{DuplicateKeyPolicy, MergeKeyPolicy},
};

/// Bounds of a document; GitHub's description of its API, one of the largest, has about 400,000 values.
const MOST_EVENTS: usize = 4_000_000;
const DEEPEST: usize = 100;

/// Reads a YAML document that is not a gates.yaml. Aliases and merge keys are written out, within bounds; of repeated
/// keys the last one counts, as most readers of such files have it.
///
/// # Errors
/// A sentence with the line and the column, where the text is not YAML, nested too deeply or more than the bounds.
pub fn document(text: &str) -> Result<serde_json::Value, String> {
    let mut budget = Budget::default();
    budget.max_events = MOST_EVENTS;
    budget.max_nodes = MOST_EVENTS;
    budget.max_depth = DEEPEST;
    budget.max_documents = 1;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    options.merge_keys = MergeKeyPolicy::Merge;
    // As YAML 1.2 has it, which descriptions are written in: `yes` is a word.
    options.strict_booleans = true;
    options.with_snippet = false;
    serde_saphyr::from_str_with_options(text, options).map_err(|error| first_line(&error.to_string()))
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::document;

    #[test]
    fn reads_what_descriptions_are_written_in() {
        let read = document("a: &x {b: [1, 2.5, yes, '3']}\nc: *x\nd:\n  <<: *x\n  200: null\n").expect("it is YAML");
        let b = json!([1, 2.5, "yes", "3"]);
        assert_eq!(read, json!({"a": {"b": b}, "c": {"b": b}, "d": {"b": b, "200": null}}));
    }

    #[test]
    fn names_the_place_of_what_is_wrong() {
        let said = document("a: 1\nb: [1, 2\nc: 3\n").expect_err("the list is not closed");
        assert!(said.contains("line 3"), "{said}");
    }

    #[test]
    fn bombs_cost_a_sentence() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let last = n - 1;
            let tenfold = vec![format!("*a{last}"); 10].join(", ");
            bomb.extend([format!("a{n}: &a{n} [{tenfold}]\n")]);
        }
        assert!(document(&bomb).is_err());
        assert!(document(&"[".repeat(100_000)).is_err());
    }
}
