//! What was seen, as a table.

use crate::scenario::{Scenario, Seen};

/// One run, as soon as it ended.
pub(crate) fn line(scenario: &Scenario, attempt: u32, run: &Seen) -> String {
    let result = match (run.is_invalid(), run.is_blocked()) {
        (true, _) => "invalid",
        (_, true) => "blocked",
        _ => "not blocked",
    };
    let largest = run.largest.as_ref().map_or_else(String::new, |(cell, change, [low, high])| {
        format!("; largest: {cell} {} [{}, {}]", percent(*change), percent(*low), percent(*high))
    });
    format!("{} #{}: {result} {:?}{largest}", scenario.name, attempt + 1, run.failed)
}

/// The table of all runs, as Markdown.
pub(crate) fn table(scenarios: &[Scenario], results: &[Vec<Seen>]) -> String {
    let head = "| scenario | runs | blocked | first blocked cell | change of the median seen | invalid, made again |\n| --- | --- | --- | --- | --- | --- |";
    let rows = scenarios.iter().zip(results).map(|(scenario, seen)| row(scenario, seen));
    std::iter::once(head.to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
}

fn row(scenario: &Scenario, seen: &[Seen]) -> String {
    let decided: Vec<&Seen> = seen.iter().filter(|run| !run.is_invalid()).collect();
    let blocked = decided.iter().filter(|run| run.is_blocked()).count();
    let mut first: Vec<(&str, usize)> = Vec::new();
    for cell in decided.iter().filter_map(|run| run.failed.first()) {
        match first.iter_mut().find(|(name, _)| name == cell) {
            Some((_, count)) => *count += 1,
            None => first.push((cell, 1)),
        }
    }
    let first: Vec<String> = first.iter().map(|(cell, count)| format!("{cell}: {count}")).collect();
    let mut changes: Vec<f64> = decided.iter().filter_map(|run| run.change).collect();
    changes.sort_by(f64::total_cmp);
    let change = match changes.as_slice() {
        [] => "none".to_owned(),
        [one] => percent(*one),
        all => {
            format!("{} to {}, median {}", percent(all[0]), percent(all[all.len() - 1]), percent(all[all.len() / 2]))
        }
    };
    let first = if first.is_empty() { "none".to_owned() } else { first.join(", ") };
    format!(
        "| {} | {} | {blocked} | {first} | {change} | {} |",
        scenario.name,
        decided.len(),
        seen.len() - decided.len()
    )
}

/// A share as a signed percentage.
fn percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}
