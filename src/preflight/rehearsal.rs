//! One user runs a scenario once.

use super::{Kit, Sent, checked::Seen};
use crate::{load, plan::ScenarioId};

/// One user runs the scenario once, login included; every step and check must hold.
pub(super) async fn run(kit: &Kit, scenario: ScenarioId) -> Seen {
    let rehearsal = load::once(&kit.plan, scenario, &kit.origin, kit.plan.seed).await;
    let name = &kit.plan.scenarios[scenario.0 as usize].name;
    let sent = Sent { requests: rehearsal.requests, failures: rehearsal.failures };
    let broken = rehearsal.exchanges.iter().find_map(|exchange| Some((&exchange.step, exchange.failure.as_ref()?)));
    let outcome = match broken {
        None => Ok(format!("one user ran {name} once; all {} requests held", sent.requests)),
        Some((step, failure)) => {
            Err(format!("{step} of {name} failed: {failure}; correct the app, its test data, or the step"))
        }
    };
    Seen { outcome, sent }
}
