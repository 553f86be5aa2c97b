//! `stagegate check`: what is wrong with gates.yaml, or the plan.

use std::fmt::Write as _;

use super::{
    DONE, USAGE,
    args::PlanArgs,
    output,
    prepare::{self, Prepared, prepare},
};
use crate::report;

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
    let Prepared { plan, notes, .. } = prepared;
    let file = args.config.to_string_lossy();
    let mut text = format!("{} is right.\n\n{}", report::clean(&file), report::plan(plan));
    for note in notes {
        write!(text, "\n{note}").expect("a string takes what is written to it");
    }
    text
}
