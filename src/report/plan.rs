//! The plan of a run as text, for `check`.

use std::time::Duration;

use super::{
    clean,
    terminal::{COLUMNS, left, right, width, wrap},
    when,
};
use crate::units::number;
use crate::{
    plan::{Arrivals, GitHub, Load, Phase, Plan, Start},
    units::{Human, Rate},
};

/// The titles of the table.
const TITLES: [&str; 7] = ["phase", "load", "spawn", "warm-up", "window", "requests", "criteria"];

/// Phases, expected requests, wall time, and what has no effect; within 80 columns.
pub fn plan(plan: &Plan) -> String {
    let Plan { gate, profile, target, .. } = plan;
    let url = target.url.as_ref().map_or_else(|| "demo, the built-in staging app".to_owned(), |url| shown(url.clone()));
    let scale = profile.time_scale;
    let scaled = if (scale - 1.0).abs() < f64::EPSILON { String::new() } else { format!(", time scale {scale}") };
    let mut lines = wrap(&clean(&format!("gate {gate}, profile {}{scaled}, target {url}", profile.name)), 0);
    lines.push(String::new());
    lines.extend(table(plan));
    lines.push(String::new());
    lines.extend(wrap(
        "Requests are expected, not promised: each is taken to need 100 ms, or the limit on p50 where that is less; logins \
         and warm-up are not among them.",
        0,
    ));
    lines.extend(wall_time(plan));
    lines.extend(changes(plan));
    if let Some(start) = &target.start {
        lines.extend(wrap(&clean(&format!("The gate starts the app itself, with {}.", program(start))), 0));
    }
    if let Some(base) = &plan.against {
        let serves = base.start.as_ref().map(|start| format!(", which it starts with {}", program(start)));
        let address = shown(base.url.clone());
        let compares = format!(
            "The gate compares with {address}{}. Both are loaded in turn, a slice of 5 s or more at a time, so that each phase \
             takes more than twice its window.",
            serves.unwrap_or_default()
        );
        lines.extend(wrap(&clean(&compares), 0));
    }
    lines.extend(posts(plan.publish.github));
    for sentence in &plan.without_effect {
        lines.extend(wrap(&clean(&format!("note: {sentence}")), 0));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What a run in a workflow of GitHub Actions posts, and the permissions that its token needs for that.
fn posts(github: GitHub) -> Vec<String> {
    let GitHub { comment, check, annotations, status } = github;
    let what = [
        (comment, "a comment on the pull request"),
        (check && annotations, "a check with annotations"),
        (check && !annotations, "a check"),
        (status, "a commit status"),
        (annotations && !check, "annotations"),
    ];
    let permissions = [(comment, "pull-requests: write"), (check, "checks: write"), (status, "statuses: write")];
    let (what, permissions) = (wanted(&what), wanted(&permissions));
    if what.is_empty() {
        return Vec::new();
    }
    let needs = if permissions.is_empty() { String::new() } else { format!("; needs {permissions}") };
    wrap(&format!("On GitHub it posts {what}{needs}."), 0)
}

/// The words whose switch is on: `a`, `a and b`, `a, b and c`.
fn wanted(words: &[(bool, &str)]) -> String {
    let words: Vec<_> = words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// A URL without a user's name and password.
fn shown(mut url: url::Url) -> String {
    let _without_host = url.set_username("").and_then(|()| url.set_password(None));
    url.to_string()
}

/// The program without its arguments, which may hold secrets: a line that is broken in the middle of one is not masked.
fn program(start: &Start) -> &str {
    start.command.first().map_or("nothing", String::as_str)
}

fn table(plan: &Plan) -> Vec<String> {
    let rows = plan.phases.iter().map(|phase| row(plan, phase));
    let rows: Vec<[String; 7]> = std::iter::once(TITLES.map(str::to_owned)).chain(rows).collect();
    let mut columns = [0; 7];
    for row in &rows {
        columns.iter_mut().zip(row).for_each(|(columns, cell)| *columns = width(cell).max(*columns));
    }
    let others: usize = columns[1..].iter().map(|columns| columns + 2).sum();
    columns[0] = columns[0].min(COLUMNS.saturating_sub(others).max(8));
    let line = |row: &[String; 7]| {
        let cells = row[1..].iter().zip(&columns[1..]).map(|(cell, columns)| format!("  {}", right(cell, *columns)));
        format!("{}{}", left(&row[0], columns[0]), cells.collect::<String>())
    };
    rows.iter().map(line).collect()
}

fn row(plan: &Plan, phase: &Phase) -> [String; 7] {
    let load = phase.load_in_words();
    let logs_in = plan.scenarios.iter().any(|scenario| !scenario.login.is_empty());
    let spawn = match phase.load {
        Load::Open { .. } if !logs_in => number::NOTHING.to_owned(),
        Load::Open { spawn_rate, .. } | Load::Closed { spawn_rate, .. } => {
            Rate::from_per_second(spawn_rate).to_string()
        }
    };
    let requests = plan.outlook(phase).total().round();
    [
        clean(&phase.name).into_owned(),
        load,
        spawn,
        Human(phase.warmup).to_string(),
        Human(phase.duration).to_string(),
        number::count(requests as u64),
        phase.criteria.len().to_string(),
    ]
}

/// How the loads of phases change, and what that means for their windows.
fn changes(plan: &Plan) -> Vec<String> {
    let sentence = |text: String| wrap(&clean(&text), 0);
    let mut lines: Vec<String> = plan.phases.iter().filter_map(stages).flat_map(sentence).collect();
    if !lines.is_empty() {
        let whole = "A phase with stages is judged over its window as a whole: it is not extended, and not stopped early for \
                     a criterion.";
        lines.extend(wrap(whole, 0));
    }
    let poisson = plan.phases.iter().filter(|phase| phase.arrivals == Arrivals::Poisson);
    let poisson: Vec<&str> = poisson.map(|phase| phase.name.as_str()).collect();
    if !poisson.is_empty() {
        let names = poisson.join(", ");
        lines.extend(sentence(format!("Iterations start independently of each other (Poisson arrivals) in: {names}.")));
    }
    lines
}

/// `Phase climb: 50/s to 500/s within 2m, 500/s for 1m.` `None` for a load that stays.
fn stages(phase: &Phase) -> Option<String> {
    let level = |level: f64| match phase.load {
        Load::Closed { .. } => number::plain(level),
        Load::Open { .. } => Rate::from_per_second(level).to_string(),
    };
    let words = phase.stages.over(phase.duration).map(|(stage, over)| {
        let (from, to, over) = (level(stage.from), level(stage.to), Human(rounded(over)));
        if from == to { format!("{from} for {over}") } else { format!("{from} to {to} within {over}") }
    });
    let words: Vec<String> = words.collect();
    let unit = if matches!(phase.load, Load::Closed { .. }) { " users" } else { "" };
    (!words.is_empty()).then(|| format!("Phase {}:{unit} {}.", phase.name, words.join(", ")))
}

/// To whole milliseconds: a stage is kept as a share of its window.
fn rounded(time: Duration) -> Duration {
    Duration::from_millis((time.as_secs_f64() * 1000.0).round() as u64)
}

fn wall_time(plan: &Plan) -> Vec<String> {
    let (expected, ladder) = plan.wall_time();
    let again = plan.confirming();
    let worst = ladder.saturating_add(again);
    let deadline = match plan.deadline {
        Some(deadline) if deadline < worst => format!("; its deadline of {} may cut it short", Human(deadline)),
        Some(deadline) => format!("; its deadline of {} leaves room for that", Human(deadline)),
        None => String::new(),
    };
    let about = when::span(expected.max(Duration::from_secs(1)));
    let confirmed = if again.is_zero() {
        String::new()
    } else {
        let times = plan.regression.as_ref().map_or(0, |regression| u64::from(regression.confirm));
        let times = number::counted(times, "more time");
        format!(", {} of it to measure {times} what would fail as a regression (`confirm`)", when::span(again))
    };
    wrap(&format!("Wall time: about {about} of load, at most {}{confirmed}{deadline}.", when::span(worst)), 0)
}
