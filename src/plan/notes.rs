//! What `check` remarks on: nothing here keeps a run from starting.

use std::time::Duration;

use super::{
    Act, Choice, Connections, Criterion, EndpointId, Limit, Load, Op, Phase, Place, Plan, Subject,
    logins::logins,
    outlook::{Outlook, expected_for, requests_needed},
};
use crate::{
    config::{self, Config, Note, Problem, Secrets, Span, unlisted},
    units::{Human, number},
};

/// A rate, per second, at which new connections in the place of kept ones are a load of their own.
const CONSIDERABLE: f64 = 100.0;

/// Some apps keep an idle connection no longer: gunicorn 2 s, Node 5 s.
const SELDOM: Duration = Duration::from_secs(2);

/// Remarks on a plan, in the order of the file: criteria that this many requests cannot make certain, phases that
/// raise users and complexity at once, criteria that every measured value meets, secrets that are too short to be
/// masked or are not listed, more descriptors or ports than this machine has, rates whose pool has a size that nobody chose,
/// verification switched off or not asked for, a deadline that the longest run would miss, and logins that often do not
/// work.
pub fn notes(config: &Config, choice: &Choice, plan: &Plan) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |span: Span, message: String, help: Option<&str>| {
        notes.push(Note(Problem::new(&config.source, span, message).help(help.map(str::to_owned))));
    };
    for (name, span) in Secrets::too_short(config, &choice.environment) {
        note(span, format!("the value of `{name}` is under 6 characters and is not masked in outputs"), None);
    }
    for (name, span) in unlisted(config, &choice.environment) {
        let message = format!("`{name}` is not listed and is masked in outputs because of its name");
        note(span, message, Some("list it under `secrets`, which says so, or give it another name"));
    }
    if let Some(verify) = config.target.tls.verify.as_ref().filter(|verify| !verify.value) {
        note(verify.span, "certificates are not verified; every report says so".to_owned(), None);
    }
    for (name, place) in unverified(plan) {
        let message = format!("the certificate of the database of `{name}` is not verified");
        let help = "end its address in `?sslmode=require`, or in `?sslmode=disable` where the network is trusted";
        note(span(place, name.chars().count()), message, Some(help));
    }
    for (place, length, message, help) in logins(config, choice, plan) {
        note(span(&place, length), message, Some(help));
    }
    for phase in &plan.phases {
        let outlook = plan.outlook(phase);
        for criterion in &phase.criteria {
            if checks_nothing(criterion) {
                let message = format!("`{}` in phase `{}` holds whatever was measured", criterion.text, phase.name);
                let help = "it only fails without samples; give it a limit that a bad app would miss";
                note(span(&criterion.place, criterion.text.chars().count()), message, Some(help));
            }
            if let Some(message) = undecidable(phase, criterion, &outlook) {
                let help = "a longer window or more load decides it; until then `policy.uncertain_criterion` does";
                note(span(&criterion.place, criterion.text.chars().count()), message, Some(help));
            }
        }
    }
    for phase in &plan.phases {
        for (message, help) in choice.limits.exceeded(plan, phase) {
            note(span(&phase.place, phase.name.chars().count()), message, Some(help));
        }
    }
    for (span, message) in config.phases.iter().filter_map(|said| unnamed_pool(said, choice, plan)) {
        let help = "name `users`, some more than the app has at a time (rate x response time): many apps close connections \
                    that are idle for 2 to 5 s, and would get a new one for each request";
        note(span, message, Some(help));
    }
    for pair in plan.phases.windows(2) {
        if let Some(message) = raised_at_once(plan, &pair[0], &pair[1]) {
            let help = "raise one after the other, so that a failure tells which of them it was";
            note(span(&pair[1].place, pair[1].name.chars().count()), message, Some(help));
        }
    }
    let (_, worst) = plan.wall_time();
    if let Some(deadline) = plan.deadline.filter(|deadline| *deadline < worst) {
        let message = format!(
            "the run may take up to {}, longer than its deadline of {}",
            Human(rounded(worst)),
            Human(deadline)
        );
        note(config.gate.span, message, None);
    }
    notes.sort_by_key(|Note(problem)| (problem.line, problem.column));
    notes
}

/// The monitors and items that ask a database whose certificate is not looked at.
fn unverified(plan: &Plan) -> Vec<(&str, &Place)> {
    let monitors = plan.monitors.iter().filter(|monitor| monitor.source.is_unverified());
    let items = plan.preflight.iter().chain(&plan.integrity).chain(&plan.cleanup);
    let items = items.filter(|item| matches!(&item.act, Act::Query(query) if query.is_unverified()));
    let monitors = monitors.map(|monitor| (monitor.name.as_str(), &monitor.place));
    monitors.chain(items.map(|item| (item.name.as_str(), &item.place))).collect()
}

/// Whether every measured value meets a criterion: `success_rate <= 100%`, `requests >= 0`, `p95 > 0ms`.
fn checks_nothing(criterion: &Criterion) -> bool {
    let Subject::Metric { limit, op, .. } = &criterion.subject else { return false };
    let (number, most) = match *limit {
        Limit::Time(time) => (time.as_secs_f64(), f64::INFINITY),
        Limit::Share(share) => (share, 1.0),
        Limit::Number(number) | Limit::PerSecond(number) => (number, f64::INFINITY),
    };
    // No answer takes no time at all.
    let any_time = matches!(limit, Limit::Time(_)) && *op == Op::Greater;
    ((*op == Op::GreaterOrEqual || any_time) && number <= 0.0) || (*op == Op::LessOrEqual && number >= most)
}

/// Says so if the requests expected for a criterion are too few for certainty.
fn undecidable(phase: &Phase, criterion: &Criterion, outlook: &Outlook) -> Option<String> {
    let needed = requests_needed(criterion)?;
    let Subject::Metric { judged, .. } = &criterion.subject else { return None };
    // Logins have no expected number: they happen once per user.
    let logins = |endpoints: &[EndpointId]| endpoints.iter().all(|id| outlook.requests[id.index()] == 0.0);
    let fewest = judged
        .iter()
        .map(|judged| {
            if logins(&judged.endpoints) {
                f64::from(phase.load.users())
            } else {
                expected_for(outlook, &judged.endpoints)
            }
        })
        .fold(f64::INFINITY, f64::min);
    (fewest < needed as f64).then(|| {
        format!(
            "about {fewest:.0} requests are expected for `{}` in phase `{}`; below {needed} nothing about it is certain",
            criterion.text, phase.name
        )
    })
}

/// Says so if the pool of a considerable rate was not named, and each of its users sends seldom.
fn unnamed_pool(said: &config::Phase, choice: &Choice, plan: &Plan) -> Option<(Span, String)> {
    let phase = plan.phases.iter().find(|phase| phase.name == said.name.value)?;
    let Load::Open { rate, users, .. } = phase.load else { return None };
    let seldom = Duration::try_from_secs_f64(f64::from(users) / rate).ok()?;
    let sent = choice.foreign.is_none() && plan.target.connections == Connections::Keep;
    let concerned = sent && said.users.is_none() && rate >= CONSIDERABLE && seldom >= SELDOM;
    let span = said.rate.as_ref()?.iter().next()?.span;
    concerned.then(|| {
        let message = format!(
            "phase `{}` names no `users`, so that each of its {} sends once in {}",
            phase.name,
            number::count(u64::from(users)),
            Human(rounded(seldom))
        );
        (span, message)
    })
}

/// Says so if a phase raises users and complexity at once. Datasets stand in the order of their complexity.
fn raised_at_once(plan: &Plan, before: &Phase, after: &Phase) -> Option<String> {
    let load = |phase: &Phase| phase.load.level();
    let same_model = std::mem::discriminant(&before.load) == std::mem::discriminant(&after.load);
    let complexity = |phase: &Phase| {
        let positions =
            phase.data.iter().filter_map(|name| plan.datasets.iter().position(|dataset| dataset.name == *name));
        let (sum, count) = positions.fold((0, 0), |(sum, count), position| (sum + position, count + 1));
        (count > 0).then(|| sum as f64 / f64::from(count))
    };
    let harder = complexity(after)? > complexity(before)?;
    (same_model && harder && load(after) > load(before)).then(|| {
        format!("phase `{}` raises the load and the complexity of its data at once, from `{}`", after.name, before.name)
    })
}

fn span(place: &Place, length: usize) -> Span {
    Span { line: place.line, column: place.column, length: length as u32 }
}

/// To whole seconds: an estimate needs no more.
fn rounded(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs())
}
