//! `stagegate baseline list`.

use std::{collections::BTreeSet, fmt::Write as _};

use jiff::Timestamp;

use super::{HOW_TO_SAVE, Opened, damaged_lines, open, runs, table::table};
use crate::{
    baseline::{Act, Contents, Environment, Event, History, Key, Run, Wanted},
    cli::{args::StoreArgs, branch::Branches, prepare::Prepared},
    report::clean,
};

pub(super) fn run(args: &StoreArgs) -> Result<String, String> {
    let opened = open(args)?;
    let contents = opened.store.contents().map_err(|error| opened.failed(&error))?;
    let history = opened.prepared.as_ref().map(|prepared| history(&opened, prepared)).transpose()?;
    let place = opened.store.place();
    let mut text = String::new();
    if contents.runs.is_empty() {
        writeln!(text, "There are no runs in {} yet; {HOW_TO_SAVE}.", clean(&place)).expect(TAKES);
    } else {
        text += &runs_table(&contents, history.as_ref());
    }
    text.extend(contents.events.iter().map(event_line));
    text += &damaged_lines(&contents.damaged);
    if let (Some(history), Some(prepared), false) = (&history, &opened.prepared, contents.runs.is_empty()) {
        text.push('\n');
        text += &summary(history, prepared, &Branches::of(&opened.variables).base);
    }
    Ok(opened.secrets().mask(&text).into_owned())
}

const TAKES: &str = "a string takes what is written to it";

/// What a run of this plan on this machine would be compared with.
fn history(opened: &Opened, prepared: &Prepared) -> Result<History, String> {
    let key = Key::of(&prepared.plan, &prepared.secrets, &Environment::look(&opened.variables));
    let base = Branches::of(&opened.variables).base;
    let wanted = Wanted { key: &key, branch: &base, now: Timestamp::now() };
    opened.store.history(&wanted).map_err(|error| opened.failed(&error))
}

fn runs_table(contents: &Contents, history: Option<&History>) -> String {
    let ids = |runs: &[Run]| runs.iter().map(|run| run.id.clone()).collect::<BTreeSet<_>>();
    let compared = history.map(|history| ids(&history.runs)).unwrap_or_default();
    let anchor = history.map(|history| ids(history.anchor())).unwrap_or_default();
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
            clean(&run.key.gate).into_owned(),
            clean(&run.branch).into_owned(),
            clean(&run.commit.chars().take(10).collect::<String>()).into_owned(),
            run.outcome.word().to_owned(),
            clean(&format!("{} x {}, {}", runner.cores, runner.cpu_model, runner.os_image)).into_owned(),
            mark.to_owned(),
        ]
    };
    let rows: Vec<_> = contents.runs.iter().map(row).collect();
    table(["RUN", "FINISHED (UTC)", "GATE", "BRANCH", "COMMIT", "OUTCOME", "RUNNER", ""], &rows)
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

fn summary(history: &History, prepared: &Prepared, base: &str) -> String {
    let profile = &prepared.plan.profile.name;
    let mut text = format!(
        "A run of profile {} on this machine is compared with {} of {} (marked *); {}.\n",
        clean(profile),
        runs(history.runs.len()),
        clean(base),
        clean(&history.regime.sentence()),
    );
    if history.runs.len() < 5 {
        writeln!(text, "Below 5 runs a comparison is `new`: it decides nothing yet; {HOW_TO_SAVE}.").expect(TAKES);
    }
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
