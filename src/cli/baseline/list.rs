//! `stagegate baseline list`.

use std::{collections::BTreeSet, fmt::Write as _};

use jiff::Timestamp;

use super::{HOW_TO_SAVE, damaged_lines, open, runs, table::table};
use crate::{
    baseline::{Act, Contents, Event, History, Run},
    cli::{args::StoreArgs, branch::Branches, prepare::Prepared},
    report::clean,
};

pub(super) fn run(args: &StoreArgs) -> Result<String, String> {
    let opened = open(args)?;
    let contents = opened.store.contents().map_err(|error| opened.failed(&error))?;
    let (own, of_tools) = match &opened.prepared {
        Some(prepared) => (opened.own(prepared)?, opened.of_tools(prepared, &contents)?),
        None => (None, Vec::new()),
    };
    let place = opened.store.place();
    let mut text = String::new();
    if contents.runs.is_empty() {
        writeln!(text, "There are no runs in {} yet; {HOW_TO_SAVE}.", clean(&place)).expect(TAKES);
    } else {
        let histories: Vec<&History> = own.iter().chain(of_tools.iter().map(|(_, history)| history)).collect();
        text += &runs_table(&contents, &histories);
    }
    text.extend(contents.events.iter().map(event_line));
    text += &damaged_lines(&contents.damaged);
    let base = Branches::of(&opened.variables).base;
    if let (Some(history), Some(prepared), false) = (&own, &opened.prepared, contents.runs.is_empty()) {
        text.push('\n');
        text += &summary(history, prepared, &base);
    }
    for (tool, history) in &of_tools {
        text.push('\n');
        text += &compared(&format!("A load of {}", clean(tool)), history, &base);
    }
    Ok(opened.secrets().mask(&text).into_owned())
}

const TAKES: &str = "a string takes what is written to it";

fn runs_table(contents: &Contents, histories: &[&History]) -> String {
    let ids = |runs: fn(&History) -> &[Run]| {
        histories.iter().flat_map(|history| runs(history)).map(|run| run.id.clone()).collect::<BTreeSet<_>>()
    };
    let (compared, anchor) = (ids(|history| &history.runs), ids(History::anchor));
    let row = |run: &Run| {
        let mark = match (compared.contains(&run.id), anchor.contains(&run.id)) {
            (_, true) => "* anchor",
            (true, false) => "*",
            _ => "",
        };
        let runner = &run.key.runner;
        [
            run.id.clone(),
            run.finished_at.strftime("%Y-%m-%d %H:%M").to_string(),
            clean(
                &run.key
                    .tool
                    .as_ref()
                    .map_or_else(|| run.key.gate.clone(), |tool| format!("{} ({tool})", run.key.gate)),
            )
            .into_owned(),
            clean(&run.branch).into_owned(),
            clean(&run.commit.chars().take(10).collect::<String>()).into_owned(),
            run.outcome.word().to_owned(),
            mark.to_owned(),
            clean(&format!("{} x {}, {}", runner.cores, runner.cpu_model, runner.os_image)).into_owned(),
        ]
    };
    let rows: Vec<_> = contents.runs.iter().map(row).collect();
    table(["RUN", "FINISHED (UTC)", "GATE", "BRANCH", "COMMIT", "OUTCOME", "", "RUNNER"], &rows)
}

fn event_line(event: &Event) -> String {
    let (gate, at) = (clean(&event.gate), event.at.strftime("%Y-%m-%d"));
    match &event.act {
        Act::Accept(accept) => {
            let over = accept.expires.is_some_and(|end| end <= Timestamp::now());
            let word = if over { "expired after" } else { "until" };
            let until = accept.last_day().map(|last| format!(", {word} {last}"));
            let until = until.unwrap_or_default();
            format!("{at}  {gate}: {} accepted: {}{until}\n", clean(&accept.author), clean(&accept.reason))
        }
        Act::Pin(pin) => format!("{at}  {gate}: the anchor was pinned: {}\n", clean(&pin.label)),
    }
}

/// What something is compared with.
fn compared(what: &str, history: &History, base: &str) -> String {
    let mut text = format!(
        "{what} on this machine is compared with {} of {} (marked *); {}.\n",
        runs(history.runs.len()),
        clean(base),
        clean(&history.regime.sentence()),
    );
    if history.runs.len() < 5 {
        writeln!(text, "Below 5 runs a comparison is `new`: it decides nothing yet; {HOW_TO_SAVE}.").expect(TAKES);
    }
    text
}

fn summary(history: &History, prepared: &Prepared, base: &str) -> String {
    let profile = &prepared.plan.profile.name;
    let mut text = compared(&format!("A run of profile {}", clean(profile)), history, base);
    let mut left_out = |number: usize, why: &str| {
        if number > 0 {
            writeln!(text, "Left out: {} {}.", runs(number), clean(why)).expect(TAKES);
        }
    };
    left_out(history.other_regimes, "of other regimes");
    left_out(history.other_branches, "of other branches");
    for other in &history.not_comparable {
        left_out(other.runs, &format!("that cannot be compared with it: {}", other.because.join("; ")));
    }
    text
}
