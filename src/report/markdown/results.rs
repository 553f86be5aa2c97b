//! The diagnosis, and the results template of the load testing strategy.

use std::fmt::Write;

use super::{
    IN_MEMORY,
    escape::{cell, text},
    sign,
};
use crate::judge::Verdict;
use crate::report::{
    diagnosis,
    results::{self, Metrics, PEAKS, Results},
};

/// Conclusion, evidence, and what to try.
pub(super) fn diagnosis(verdict: &Verdict) -> String {
    let sentences = diagnosis::sentences(verdict);
    let Some((conclusion, evidence)) = sentences.split_first() else { return String::new() };
    let mut part = format!("### Diagnosis\n\n**{}**\n\n", text(conclusion));
    part.extend(evidence.iter().map(|sentence| format!("- {}\n", text(sentence))));
    part
}

/// The template, filled in.
pub(super) fn template(verdict: &Verdict) -> String {
    let Some(Results { phases, bottlenecks, actions, ready }) = results::of(verdict) else { return String::new() };
    // A resource that no gauge watches has no column.
    let shown: Vec<usize> = (0..PEAKS.len())
        .filter(|at| phases.iter().any(|phase| phase.peaks[*at] != crate::units::number::NOTHING))
        .collect();
    let titles = cells(shown.iter().map(|at| PEAKS[*at].1.to_owned()));
    let rules = " --: |".repeat(shown.len());
    let mut part = format!(
        "### Results\n\n| phase | success | p95 | error rate |{titles} status | ready for the next phase |\n\
         | --- | --: | --: | --: |{rules} --- | --- |\n"
    );
    for Metrics { phase, outcome, success, p95, errors, peaks, ready } in &phases {
        let peaks = cells(shown.iter().map(|at| cell(&peaks[*at])));
        writeln!(
            part,
            "| {} | {success} | {p95} | {errors} |{peaks} {} {} | {ready} |",
            cell(phase),
            sign(*outcome),
            outcome.word()
        )
        .expect(IN_MEMORY);
    }
    part.push('\n');
    if bottlenecks.is_empty() {
        part.push_str("- **Bottlenecks:** none identified\n");
    }
    for (rank, what) in bottlenecks {
        writeln!(part, "- **{rank} bottleneck:** {}", text(what)).expect(IN_MEMORY);
    }
    for action in actions {
        writeln!(part, "- [ ] {}", text(&action)).expect(IN_MEMORY);
    }
    writeln!(part, "- **Ready for the next phase?** {}", text(&ready)).expect(IN_MEMORY);
    part
}

/// The cells of a row between others.
fn cells(texts: impl Iterator<Item = String>) -> String {
    texts.fold(String::new(), |cells, text| cells + " " + &text + " |")
}
