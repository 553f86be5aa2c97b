//! One user runs a scenario once.

use super::{Kit, Sent, checked::Seen};
use crate::{
    load::{self, Doubt, Exchange, Rehearsal},
    plan::ScenarioId,
};

/// One user runs the scenario once, login included; every step and check must hold.
pub(super) async fn run(kit: &Kit, scenario: ScenarioId) -> Seen {
    let rehearsal = load::once(&kit.plan, scenario, &kit.origin, kit.plan.seed).await;
    let name = &kit.plan.scenarios[scenario.0 as usize].name;
    let sent = Sent { requests: rehearsal.requests, failures: rehearsal.failures };
    let outcome = describe(name, &rehearsal);
    let exchanges = (outcome.is_err() || rehearsal.doubt.is_some()).then(|| Box::new(rehearsal));
    Seen { outcome, sent, exchanges }
}

/// What one pass of one user showed: `Err` names the first step that failed; `Ok` the one that speaks against the login
/// of a pass in which nothing failed ([`Rehearsal::doubt`]).
pub fn describe(scenario: &str, rehearsal: &Rehearsal) -> Result<String, String> {
    let failed = rehearsal.exchanges.iter().find_map(|exchange| Some((exchange, exchange.failure.as_ref()?)));
    if let Some((exchange, failure)) = failed {
        let advice = exchange.advice.as_deref().unwrap_or("correct the app, its test data, or the step");
        return Err(format!("{scenario}, {}: {failure}; {advice}", asked(exchange)));
    }
    if let Some(why) = &rehearsal.broken_off {
        return Err(format!("{scenario}: {why}; correct the app, its test data, or the scenario"));
    }
    let doubted = rehearsal.doubt.as_ref().and_then(|doubt| Some((doubt, rehearsal.exchanges.get(doubt.exchange)?)));
    Ok(match doubted {
        Some((Doubt { cause, expect, .. }, exchange)) => {
            let status = exchange.status.map(|status| format!("status {status}")).unwrap_or_default();
            format!("{scenario}, {}: {status} passed, but {cause}. {expect}", asked(exchange))
        }
        None => format!("one user ran {scenario} once; {} requests, every check held", rehearsal.requests),
    })
}

/// `login (POST http://127.0.0.1:8000/login)`.
fn asked(exchange: &Exchange) -> String {
    let asked = exchange.method.as_ref().zip(exchange.url.as_ref());
    let asked = asked.map(|(method, url)| format!(" ({method} {url})")).unwrap_or_default();
    format!("{}{asked}", exchange.step)
}
