//! `stagegate check`: what is wrong with gates.yaml, or the plan.

use std::fmt::Write as _;

use super::{
    DONE, USAGE,
    args::PlanArgs,
    history::Shelf,
    output,
    prepare::{self, Prepared, prepare},
};
use crate::{
    config::Secrets,
    gate::Stored,
    judge::{Comparison, ComparisonMode, regression},
    plan::Plan,
    report,
};

/// Prints every problem at once, or the plan.
pub(super) fn run(args: &PlanArgs) -> u8 {
    match prepare(args, prepare::environment()) {
        Ok(prepared) => {
            output::print(&prepared.secrets.mask(&explained(args, &prepared)));
            DONE
        }
        Err(text) => {
            output::complain(&text);
            USAGE
        }
    }
}

/// The plan, then what deserves a remark.
fn explained(args: &PlanArgs, prepared: &Prepared) -> String {
    let Prepared { plan, notes, secrets, .. } = prepared;
    let file = args.config.to_string_lossy();
    let mut text = format!("{} is right.\n\n{}", report::clean(&file), report::plan(plan));
    if plan.regression.is_some() {
        text.push('\n');
        text.push_str(&sight(args, plan, secrets));
    }
    for note in notes {
        write!(text, "\n{note}").expect("a string takes what is written to it");
    }
    text
}

/// What a comparison with the stored runs could see. A store out of reach is a remark: the file is right all the same.
fn sight(args: &PlanArgs, plan: &Plan, secrets: &Secrets) -> String {
    let variables = prepare::environment();
    let Stored { past, source, regime, mut notes, latency: _ } =
        Shelf::of((None, &args.config), plan, secrets, &variables).stored();
    let cells = regression::outlook(plan, &past);
    notes.extend(past.because.filter(|why| !notes.contains(why)));
    report::sight(&cells, &Comparison { source, regime, notes, ..Comparison::of(&cells, ComparisonMode::Stored) })
}
