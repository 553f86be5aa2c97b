//! One user runs a scenario once.

use super::{Kit, Sent, checked::Seen};
use crate::{
    load::{self, Rehearsal},
    plan::ScenarioId,
};

/// One user runs the scenario once, login included; every step and check must hold.
pub(super) async fn run(kit: &Kit, scenario: ScenarioId) -> Seen {
    let rehearsal = load::once(&kit.plan, scenario, &kit.origin, kit.plan.seed).await;
    let name = &kit.plan.scenarios[scenario.0 as usize].name;
    let sent = Sent { requests: rehearsal.requests, failures: rehearsal.failures };
    let outcome = describe(name, &rehearsal);
    let exchanges = outcome.is_err().then(|| Box::new(rehearsal));
    Seen { outcome, sent, exchanges }
}

/// What one pass of one user showed: `Err` names the first step that failed.
pub fn describe(scenario: &str, rehearsal: &Rehearsal) -> Result<String, String> {
    let failed = rehearsal.exchanges.iter().find_map(|exchange| Some((exchange, exchange.failure.as_ref()?)));
    if let Some((exchange, failure)) = failed {
        let asked = exchange.method.as_ref().zip(exchange.url.as_ref());
        let asked = asked.map(|(method, url)| format!(" ({method} {url})")).unwrap_or_default();
        let step = &exchange.step;
        let advice = exchange.advice.as_deref().unwrap_or("correct the app, its test data, or the step");
        return Err(format!("{scenario}, {step}{asked}: {failure}; {advice}"));
    }
    match &rehearsal.broken_off {
        Some(why) => Err(format!("{scenario}: {why}; correct the app, its test data, or the scenario")),
        None => Ok(format!("one user ran {scenario} once; {} requests, every check held", rehearsal.requests)),
    }
}
