//! `stagegate baseline pin` and `accept`: decisions that stay in the store with their author.

use jiff::Timestamp;

use super::{Opened, open, runs};
use crate::{
    baseline::{ANCHOR_RUNS, Accept, Act, Event, History, Pin},
    cli::{
        args::{AcceptArgs, PinArgs},
        branch::{self, Branches},
        prepare::Prepared,
    },
    report::clean,
};

pub(super) fn pin(args: &PinArgs) -> Result<String, String> {
    let opened = open(&args.store)?;
    let prepared = gate(&opened)?;
    let (now, base) = (Timestamp::now(), Branches::of(&opened.variables).base);
    let contents = opened.store.contents().map_err(|error| opened.failed(&error))?;
    let own = opened.own(prepared)?.map(|history| (format!("profile {}", prepared.plan.profile.name), history));
    let of_tools = opened.of_tools(prepared, &contents)?;
    let of_tools = of_tools.into_iter().map(|(tool, history)| (format!("loads of {tool}"), history));
    decide(&opened, prepared, now, Act::Pin(Pin { label: shown(prepared, &args.label) }))?;
    let anchor = |(what, history): (String, History)| match history.runs.len() {
        there if there < ANCHOR_RUNS => format!(
            " Of {what} on this machine the store holds {} of {base}, and an anchor needs {ANCHOR_RUNS}: it will be the \
             first {ANCHOR_RUNS}.",
            runs(there)
        ),
        _ => format!(" Of {what} on this machine it is the newest {ANCHOR_RUNS} of {base}."),
    };
    let anchors: String = own.into_iter().chain(of_tools).map(anchor).collect();
    let text =
        format!("Pinned the anchor of {} in {}: {}.{anchors}\n", prepared.plan.gate, opened.store.place(), args.label);
    Ok(tidy(prepared, &text))
}

pub(super) fn accept(args: &AcceptArgs) -> Result<String, String> {
    let opened = open(&args.store)?;
    let prepared = gate(&opened)?;
    if args.reason.trim().is_empty() {
        return Err("error: --reason is empty; say why this is accepted, for those who look at it in a year".to_owned());
    }
    let actor = || opened.variables.get("GITHUB_ACTOR").filter(|name| !name.is_empty()).cloned();
    let author = args.author.clone().filter(|name| !name.trim().is_empty()).or_else(actor);
    let author = author.or_else(|| branch::git(&["config", "user.name"]));
    let author = author
        .ok_or("error: neither GITHUB_ACTOR nor git's user.name says who accepts this; name them with --author")?;
    let accept = Accept {
        reason: shown(prepared, args.reason.trim()),
        author: shown(prepared, author.trim()),
        expires: args.expires,
    };
    let until = accept.last_day().map(|last| format!(", until {last}")).unwrap_or_default();
    let (gate, place) = (&prepared.plan.gate, opened.store.place());
    let text = format!(
        "Accepted for {gate} in {place}{until}: {} ({}). Its history begins anew: comparisons are `new` until there are 5 \
         runs of the base branch.\n",
        accept.reason, accept.author
    );
    decide(&opened, prepared, Timestamp::now(), Act::Accept(accept))?;
    Ok(tidy(prepared, &text))
}

fn gate(opened: &Opened) -> Result<&Prepared, String> {
    opened.prepared.as_ref().ok_or_else(|| "error: a decision is about a gate; name its gates.yaml with -c".to_owned())
}

fn decide(opened: &Opened, prepared: &Prepared, at: Timestamp, act: Act) -> Result<(), String> {
    let event = Event { gate: prepared.secrets.mask(&prepared.plan.gate).into_owned(), at, act };
    opened.store.decide(&event).map_err(|error| opened.failed(&error))
}

/// One line without secrets.
fn shown(prepared: &Prepared, text: &str) -> String {
    clean(&prepared.secrets.mask(text)).into_owned()
}

fn tidy(prepared: &Prepared, text: &str) -> String {
    format!("{}\n", shown(prepared, text.trim_end()))
}
