//! The comment on a pull request: what happened, why, and what to do, read in ten seconds on a phone.
//!
//! The verdict in a sentence comes first, then what failed, then the ladder; all else is folded. A forge refuses a comment
//! that is too long, so that rows leave it, the least important first; what failed never leaves as long as it fits.

mod after;
mod chart;
mod findings;
mod folded;
mod links;
mod sheet;

use self::sheet::{LeftOut, Section, fit};
use super::{
    Publishable, markdown,
    markdown::escape::{code, text},
    target, when,
};
use crate::units::text::shortened;
use crate::{
    judge::{Outcome, Regression, Verdict, short_commit},
    units::number,
};

pub(super) use links::clean_path;
pub use links::{Blob, Links};
pub use sheet::length;

/// The longest comment, in characters (in UTF-16 units, which are never fewer): GitHub takes 65,536, and whoever posts it
/// adds a marker.
pub const MOST_COMMENT: usize = 59_000;

/// The longest name in a line, in characters.
const LONGEST_NAME: usize = 120;

/// The longest sentence that is not folded, in characters.
const LONGEST_SENTENCE: usize = 600;

/// The body of the comment, without the marker by which it is found again.
pub fn comment(publishable: &Publishable, links: &Links) -> String {
    let verdict = publishable.verdict();
    let head = head(verdict);
    let foot = |left_out: LeftOut| foot(left_out, links);
    let widest = foot(LeftOut { rows: usize::MAX, failing: usize::MAX });
    let sections: Vec<Section> = findings::sections(verdict, links)
        .into_iter()
        .chain(after::sections(verdict))
        .chain(folded::sections(verdict))
        .collect();
    let room = MOST_COMMENT.saturating_sub(length(&head) + length(&widest) + 2);
    let (body, left_out) = fit(&sections, room);
    [head, body, foot(left_out)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A name as a code span, of bounded length.
fn name(name: &str) -> String {
    code(&shortened(name, LONGEST_NAME))
}

/// A sentence as running text, of bounded length.
fn sentence(sentence: &str) -> String {
    text(&shortened(sentence, LONGEST_SENTENCE))
}

/// The title, the verdict in one sentence, and what stands behind it.
fn head(verdict: &Verdict) -> String {
    let gate = shortened(&verdict.gate, LONGEST_NAME);
    let facts = [
        verdict.is_of_the_demo().then(|| target::named(verdict, code)),
        compared(verdict),
        Some(format!("commit {}", name(short_commit(&verdict.commit)))),
        Some(format!("profile {}", name(&verdict.profile))),
        measured(verdict),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    format!("{}\n\n**{}**\n\n{}\n", markdown::title(&gate, verdict), sentence(&verdict.headline), facts.join(" · "))
}

/// How much was compared, and what the run could have seen; `None` for a run that was to compare nothing.
fn compared(verdict: &Verdict) -> Option<String> {
    let comparison = verdict.comparison.as_ref()?;
    let cells = number::counted(comparison.of as u64, "cell");
    let compared = format!("{} of {cells} compared", number::count(comparison.compared as u64));
    Some(match sight(&verdict.regressions) {
        Some(sight) => format!("{compared}, could have seen {sight}"),
        None => compared,
    })
}

/// The smallest changes that were within sight, of the best and of the worst cell: `+12.4 to +15.3 %`.
fn sight(regressions: &[Regression]) -> Option<String> {
    let decided = |one: &&Regression| !matches!(one.outcome, Outcome::New | Outcome::Invalid | Outcome::NotRun);
    let relative = regressions.iter().filter(decided).filter(|one| !one.rate);
    let mut seen: Vec<f64> = relative.filter_map(|one| one.detectable).filter(|seen| seen.is_finite()).collect();
    seen.sort_by(f64::total_cmp);
    let [low, high] = [seen.first()?, seen.last()?].map(|end| number::change(*end));
    Some(if low == high { low } else { format!("{} to {high}", low.trim_end_matches(" %")) })
}

fn measured(verdict: &Verdict) -> Option<String> {
    let requests = number::counted(verdict.totals.requests, "request");
    let took = when::took(verdict).map(|took| format!(" in {}", when::span(took))).unwrap_or_default();
    (verdict.totals.requests > 0).then(|| format!("{requests}{took}"))
}

/// Where the whole report is, and how much of it is missing here.
fn foot(left_out: LeftOut, links: &Links) -> String {
    let report = match links.to_run() {
        Some(run) => format!("[the report of this run]({run})"),
        None => "the report files of this run".to_owned(),
    };
    let LeftOut { rows, failing } = left_out;
    let rows = match (rows, failing) {
        (0, _) => return links.to_run().map_or_else(String::new, |run| format!("[The whole report]({run})\n")),
        (rows, 0) => number::counted(rows as u64, "row"),
        (rows, failing) => {
            format!(
                "{}, {} of them about what failed,",
                number::counted(rows as u64, "row"),
                number::count(failing as u64)
            )
        }
    };
    format!("{rows} had no room here; {report} has everything.\n")
}

#[cfg(test)]
mod tests;
