//! What a terminal shows at the end of a run: within 80 columns, the headline first.

mod paint;
mod width;

pub use paint::Colour;
pub(super) use paint::{Tint, tint};
pub(crate) use width::{COLUMNS, wrap};
pub(super) use width::{clip, left, right, width};

use super::{
    Files, MEASUREMENTS, Publishable, VERDICT, clean, diagnosis, ladder, regressions,
    regressions::Row,
    target, traces,
    trouble::{self, Standing, Trouble},
    waivers, when,
};
use crate::judge::{CheckResult, Outcome, Verdict};
use crate::units::number;

/// So many troubles are told in full, so that the headline stays on the screen.
const MOST_TROUBLES: usize = 12;

/// So many cells that matter are shown.
const MOST_CELLS: usize = 8;

/// So many uncertain passes are named; in short windows many are.
const MOST_UNCERTAIN: usize = 5;

/// The closing text; `folder` is where the reports were written.
pub fn closing(publishable: &Publishable, folder: &str, colour: Colour) -> String {
    let verdict = publishable.verdict();
    let parts = [
        [headline(verdict, colour), first_advice(verdict)].concat(),
        ladder_table(verdict, colour),
        troubles(verdict, colour),
        traces::lines(verdict),
        comparisons(verdict, colour),
        after_the_ladder(verdict, colour),
        waived(verdict),
        notes(verdict),
        end(verdict, publishable.files(), folder, colour),
    ];
    let text: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).map(|part| part.join("\n")).collect();
    without_commands(&format!("{}\n", text.join("\n\n")))
}

/// The text without anything that a CI system reads as a command to itself: `::error::` at the start of a line, and
/// `##[error]` or `##vso[` anywhere. A word joiner, which has no width, comes between. A carriage return ends a line, too.
pub fn without_commands(text: &str) -> String {
    text.split_inclusive(['\n', '\r']).map(without_command).collect()
}

fn without_command(line: &str) -> String {
    // Twice, because the second and the third of three signs are a pair, too.
    let line = line.replace("##", "#\u{2060}#").replace("##", "#\u{2060}#");
    let words = line.trim_start();
    let margin = &line[..line.len() - words.len()];
    match words.strip_prefix("::") {
        Some(rest) => format!("{margin}:\u{2060}:{rest}"),
        None => line,
    }
}

/// The headline alone, for `-q`.
pub fn headline_only(publishable: &Publishable, colour: Colour) -> String {
    without_commands(&format!("{}\n", headline(publishable.verdict(), colour).join("\n")))
}

fn headline(verdict: &Verdict, colour: Colour) -> Vec<String> {
    let word = verdict.word().to_uppercase();
    let mut lines = wrap(&format!("{word}: {}", verdict.headline), 0);
    if let Some(rest) = lines[0].strip_prefix(&word) {
        lines[0] = format!("{}{}", colour.paint(tint(verdict.tone()), &word), colour.paint(Tint::Bold, rest));
    }
    let Verdict { gate, profile, totals, .. } = verdict;
    let target = target::words(verdict);
    let took = when::took(verdict).map(|took| format!(" in {}", when::span(took))).unwrap_or_default();
    let requests = number::count(totals.requests);
    let failures = number::count(totals.failures);
    let facts = format!("{gate}, profile {profile}, on {target}: {requests} requests{took}, {failures} failures");
    lines.extend(wrap(&facts, 0).iter().map(|line| colour.paint(Tint::Quiet, line)));
    lines
}

/// What to try first, right below the headline: it belongs to the first trouble, which does not repeat it.
fn first_advice(verdict: &Verdict) -> Vec<String> {
    let first = trouble::of(verdict).into_iter().next().filter(|trouble| trouble.standing != Standing::Uncertain);
    first
        .and_then(|trouble| trouble.advice)
        .iter()
        .flat_map(|advice| wrap(&format!("what to try: {advice}"), 0))
        .collect()
}

/// The titles of the ladder's columns; the last one holds words that need none.
const TITLES: [&str; 8] = ["phase", "load", "requests", "success", "p50", "p95", "p99", ""];

/// The name of a phase keeps at least so many columns.
const SHORTEST_NAME: usize = 8;

fn ladder_table(verdict: &Verdict, colour: Colour) -> Vec<String> {
    let rungs = ladder::rungs(verdict);
    if rungs.is_empty() {
        return Vec::new();
    }
    let cells = rungs.iter().map(|rung| {
        let ladder::Rung { name, load, requests, success, p50, p95, p99, outcome, .. } = rung;
        [*name, load, requests, success, p50, p95, p99, outcome.word()].map(str::to_owned)
    });
    let rows: Vec<[String; 8]> = std::iter::once(TITLES.map(str::to_owned)).chain(cells).collect();
    let mut columns = [0; 8];
    for row in &rows {
        columns.iter_mut().zip(row).for_each(|(columns, cell)| *columns = width(cell).max(*columns));
    }
    let others: usize = columns[1..].iter().map(|columns| columns + 2).sum();
    columns[0] = columns[0].min(COLUMNS.saturating_sub(others).max(SHORTEST_NAME));
    let outcomes = std::iter::once(None).chain(rungs.iter().map(|rung| Some(rung.outcome)));
    rows.iter().zip(outcomes).map(|(row, outcome)| table_row(row, columns, outcome, colour)).collect()
}

/// A row of the ladder: the name to the left, numbers to the right, the outcome in its colour.
fn table_row(row: &[String; 8], columns: [usize; 8], outcome: Option<Outcome>, colour: Colour) -> String {
    let numbers = row[1..7].iter().zip(&columns[1..7]).map(|(cell, columns)| format!("  {}", right(cell, *columns)));
    let line = format!("{}{}", left(&row[0], columns[0]), numbers.collect::<String>());
    match outcome {
        Some(outcome) => format!("{line}  {}", colour.paint(tint(outcome), &row[7])),
        None => colour.paint(Tint::Quiet, &line),
    }
}

fn troubles(verdict: &Verdict, colour: Colour) -> Vec<String> {
    let troubles = trouble::of(verdict);
    let (uncertain, heavy): (Vec<_>, Vec<_>) =
        troubles.into_iter().partition(|trouble| trouble.standing == Standing::Uncertain);
    let mut lines = Vec::new();
    for (position, trouble) in heavy.iter().take(MOST_TROUBLES).enumerate() {
        if position > 0 {
            lines.push(String::new());
        }
        let advice = trouble.advice.as_deref().filter(|_| position > 0);
        lines.extend(told(trouble, advice, colour));
    }
    if heavy.len() > MOST_TROUBLES {
        lines.push(format!("and {} more, in the reports", heavy.len() - MOST_TROUBLES));
    }
    if !uncertain.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let title = format!("{} passed as observed, but not for certain:", criteria(uncertain.len()));
        lines.push(colour.paint(Tint::Quiet, &title));
        let named = uncertain.iter().take(MOST_UNCERTAIN);
        lines.extend(named.map(|trouble| clip(&format!("  {}: {}", trouble.part, in_short(trouble)), COLUMNS)));
        if uncertain.len() > MOST_UNCERTAIN {
            lines.push(format!("  and {} more, in the reports", uncertain.len() - MOST_UNCERTAIN));
        }
    }
    lines
}

fn criteria(number: usize) -> String {
    if number == 1 { "1 criterion".to_owned() } else { format!("{number} criteria") }
}

fn in_short(trouble: &Trouble<'_>) -> String {
    let observed = trouble.measured.as_ref().map(|measured| {
        let interval = measured.interval.as_ref().map(|interval| format!(", interval {interval}")).unwrap_or_default();
        format!(" was {}{interval}", measured.observed)
    });
    format!("{}{}", trouble.what, observed.unwrap_or_default())
}

fn told(trouble: &Trouble<'_>, advice: Option<&str>, colour: Colour) -> Vec<String> {
    let Trouble { standing, part, what, place, .. } = trouble;
    let word = standing.word();
    let place = place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    let mut lines = wrap(&format!("{word} {part}: {what}{place}"), 0);
    if let Some(rest) = lines[0].strip_prefix(word) {
        lines[0] = format!("{}{}", colour.paint(paint::tint_of(*standing), word), colour.paint(Tint::Bold, rest));
    }
    lines.extend(wrap(&trouble.evidence(), 2));
    lines.extend(advice.iter().flat_map(|advice| wrap(&format!("what to try: {advice}"), 2)));
    lines
}

/// What was compared, what came of it, and the cells that matter; the reports have all of them.
fn comparisons(verdict: &Verdict, colour: Colour) -> Vec<String> {
    let introduction = regressions::introduction(verdict);
    let Some(first) = introduction.first() else { return Vec::new() };
    let mut lines = wrap(&format!("regressions: {first}"), 0);
    lines.extend(introduction[1..].iter().flat_map(|sentence| wrap(sentence, 2)));
    let rows = regressions::rows(verdict);
    let matter: Vec<&Row<'_>> = rows.iter().filter(|row| row.matters()).collect();
    let shown = &matter[..matter.len().min(MOST_CELLS)];
    lines.extend(cells_table(shown, colour));
    let more = matter.len() - shown.len();
    if more > 0 {
        lines.push(format!("  and {more} more, in the reports"));
    }
    let folded: Vec<&Row<'_>> = rows.iter().filter(|row| !row.matters()).collect();
    if !folded.is_empty() {
        let others = if matter.is_empty() { "" } else { "others: " };
        lines.extend(wrap(&format!("{others}{}; the reports have every cell", regressions::counts(&folded)), 2));
    }
    lines
}

/// Two lines for each cell, because no name would fit beside its numbers, and one for its stored runs.
fn cells_table(rows: &[&Row<'_>], colour: Colour) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let titles = regressions::TITLES.map(str::to_owned);
    let cells: Vec<&[String; 6]> = std::iter::once(&titles).chain(rows.iter().map(|row| &row.cells)).collect();
    let columns: [usize; 4] =
        std::array::from_fn(|at| cells.iter().map(|cells| width(&cells[at + 2])).max().unwrap_or(0));
    let numbers = |cells: &[String; 6]| -> String {
        let numbers = cells[2..].iter().zip(columns).map(|(cell, columns)| format!("  {}", right(cell, columns)));
        numbers.collect::<Vec<_>>().concat()
    };
    let mut lines = vec![colour.paint(Tint::Quiet, &numbers(&titles))];
    for row in rows {
        let [base, head, ..] = &row.cells;
        lines.extend(wrap(&format!("{}: {base} to {head}", row.name), 2));
        lines.push(format!("{}  {}", numbers(&row.cells), colour.paint(tint(row.outcome), row.outcome.word())));
        lines.extend(regressions::sparkline(row.of).map(|course| format!("  runs {course} this run")));
    }
    lines
}

fn after_the_ladder(verdict: &Verdict, colour: Colour) -> Vec<String> {
    let said: Vec<String> = trouble::of(verdict).into_iter().filter_map(|trouble| trouble.advice).collect();
    let mut lines = Vec::new();
    let mut add = |title: &str, outcome: Option<Outcome>, text: &str| {
        let hanging = wrap(text, 16);
        let mut texts = hanging.iter().map(|line| line.trim_start().to_owned());
        let first = texts.next().unwrap_or_default();
        let first = outcome.map_or_else(|| first.clone(), |outcome| colour.paint(tint(outcome), &first));
        lines.push(format!("{}{first}", left(title, 16)));
        lines.extend(texts.map(|text| format!("{}{text}", " ".repeat(16))));
    };
    if let Some(point) = ladder::breaking_point(verdict) {
        add("breaking point", None, &point);
    }
    if let Some(conclusion) = diagnosis::sentences(verdict).first() {
        let advice = diagnosis::advice(verdict).into_iter().next().filter(|advice| !said.contains(advice));
        let advice = advice.map(|advice| format!(" What to try: {advice}")).unwrap_or_default();
        add("diagnosis", None, &format!("{conclusion}{advice}"));
    }
    for outage in &verdict.outages {
        let (from, seconds) = (number::seconds(outage.from_s), number::seconds(outage.seconds));
        add("outage", None, &format!("{seconds}, from {from} into {} on", outage.phase));
    }
    if let (Some(text), Some(recovery)) = (ladder::recovery(verdict), &verdict.recovery) {
        add("recovery", Some(recovery.outcome), &text);
    }
    for (title, checks) in [("integrity", &verdict.integrity), ("cleanup", &verdict.cleanup)] {
        for CheckResult { name, outcome, detail, .. } in checks {
            add(title, Some(*outcome), &format!("{}: {name}. {detail}", outcome.word()));
        }
    }
    lines
}

fn waived(verdict: &Verdict) -> Vec<String> {
    let lines = waivers::lines(verdict);
    lines.iter().flat_map(|line| wrap(&format!("{}: {line}", waivers::TITLE), 0)).collect()
}

fn notes(verdict: &Verdict) -> Vec<String> {
    regressions::notes(verdict).flat_map(|note| wrap(&format!("note: {note}"), 0)).collect()
}

fn end(verdict: &Verdict, files: &Files, folder: &str, colour: Colour) -> Vec<String> {
    let names: Vec<_> = std::iter::once(VERDICT).chain(files.names()).chain([MEASUREMENTS]).map(clean).collect();
    let mut lines = wrap(&format!("reports in {}: {}", clean(folder), names.join(", ")), 0);
    lines.extend(wrap(&format!("repeat it: {}", verdict.repeat), 0));
    let meaning = match verdict.exit_code {
        0 if verdict.dry_run => "nothing failed, and nothing was measured",
        code => meaning(code),
    };
    let code = format!("exit code {}: {meaning}", verdict.exit_code);
    lines.push(colour.paint(Tint::Quiet, &code));
    lines
}

/// What an exit code says, in the words of the contract.
pub fn meaning(exit_code: u8) -> &'static str {
    match exit_code {
        0 => "passed, warnings included",
        1 => "failed: a blocking criterion, a regression, recovery or integrity",
        2 => "usage or gates.yaml is wrong; nothing was sent",
        3 => "it could not be measured; neither passed nor failed",
        4 => "inconclusive under a policy that says fail",
        130 => "interrupted by SIGINT",
        143 => "interrupted by SIGTERM or the deadline",
        _ => "a defect in stagegate",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::fixtures;

    fn text(verdict: Verdict, colour: Colour) -> String {
        closing(&fixtures::publishable(verdict), "stagegate-out", colour)
    }

    #[test]
    fn reads_well() {
        for (name, verdict) in fixtures::all() {
            insta::assert_snapshot!(format!("terminal_{name}"), text(verdict, Colour::Off));
        }
    }

    #[test]
    fn the_headline_comes_first_in_colour_too() {
        let text = text(fixtures::failed(), Colour::On);
        assert!(text.starts_with("\u{1b}[1;31mFAILED\u{1b}[0m\u{1b}[1m: medium failed at 50 users"), "{text}");
    }

    #[test]
    fn no_line_is_a_command_to_the_runner() {
        for (text, expected) in [
            ("::error::x", ":\u{2060}:error::x"),
            ("a\n  ::error::x\n", "a\n  :\u{2060}:error::x\n"),
            ("a\r::error::x", "a\r:\u{2060}:error::x"),
            ("a ::error::x", "a ::error::x"),
            ("a ##[error]x", "a #\u{2060}#[error]x"),
            ("a ###[error]x", "a #\u{2060}#\u{2060}#[error]x"),
        ] {
            assert_eq!(without_commands(text), expected, "{text:?}");
            assert_eq!(without_commands(expected), expected);
        }
    }

    #[test]
    fn every_exit_code_has_a_meaning() {
        for code in [0, 1, 2, 3, 4, 130, 143] {
            assert_ne!(meaning(code), meaning(70), "{code}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_name_never_moves_the_cursor_or_leaves_the_columns(strings in prop::collection::vec(any::<String>(), 1..20)) {
            let mut next = 0;
            let all: Vec<String> = strings.into_iter().chain(fixtures::HOSTILE.map(str::to_owned)).collect();
            let verdict = fixtures::with_strings(&mut || {
                next += 1;
                all[next % all.len()].clone()
            });
            let text = text(verdict, Colour::Off);
            prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
            for line in text.lines() {
                prop_assert!(width(line) <= COLUMNS + 1, "{}", line);
                prop_assert!(!line.trim_start().starts_with("::") && !line.contains("##"), "{}", line);
            }
        }
    }
}
