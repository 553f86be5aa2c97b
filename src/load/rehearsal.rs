//! One pass of one user, for preflight and for `run --dry-run`.

use std::{cell::RefCell, sync::Arc, time::Duration};

use http::Method;

use super::{
    clock::Clock,
    draws::Draws,
    prepare::{PreparedScenario, PreparedStep},
    render::Memory,
    walk::{Hop, Route, Walked, Walker, Witness},
};
use crate::{
    client::{Agent, Answer, Origin},
    plan::{Load, Plan, Row, ScenarioId},
};

/// The longest part of a body that an excerpt quotes.
const LONGEST_EXCERPT: usize = 2000;

/// What one pass of one user through a scenario did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rehearsal {
    /// Every request in order, login and redirect hops included.
    pub exchanges: Vec<Exchange>,
    /// Requests that were sent.
    pub requests: u64,
    /// Failures among them.
    pub failures: u64,
    /// Why the pass ended before its last step; `None` when every step was carried out.
    pub broken_off: Option<String>,
}

/// One request of a rehearsal. Nothing in it is masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The endpoint's name.
    pub step: String,
    /// The method; `None` when the request was refused before it could be made.
    pub method: Option<Method>,
    /// The URL, likewise.
    pub url: Option<String>,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// From start to last byte.
    pub duration: Duration,
    /// What went wrong, in one sentence; `None` is success.
    pub failure: Option<String>,
    /// The beginning of the request's body.
    pub sent: String,
    /// The answer's headers and the beginning of its body, as far as it was kept.
    pub received: String,
}

impl Rehearsal {
    /// Whether every step was carried out and held.
    pub fn passed(&self) -> bool {
        self.failures == 0 && self.broken_off.is_none()
    }
}

/// One user logs in and runs one iteration of the scenario, without pauses, on the first row of the plan's data.
pub async fn once(plan: &Plan, scenario: ScenarioId, origin: &Origin, seed: u64) -> Rehearsal {
    let alone = Load::Closed { users: 1, spawn_rate: 1.0 };
    let script = PreparedScenario::of(&plan.scenarios[scenario.0 as usize], origin, &alone);
    let memory = Memory::new(1, rows(plan), script.slots, Draws::of(seed, 0, 0).values);
    let mut walker = Walker { agent: Agent::new(), memory };
    let onlooker = Onlooker { plan, seen: RefCell::default() };
    let route = Route { origin, clock: Clock::start(), witness: &onlooker };
    let broken_off = match walker.log_in(&script.login, Duration::ZERO, &route).await {
        Err(reason) => Some(format!("the login failed: {}", reason.unwrap_or_default())),
        Ok(ended) => match walker.iterate(&script.steps, ended, &route).await {
            Walked::BrokenOff(_) => Some("a step needs a value that no earlier step extracted".to_owned()),
            Walked::Ended(_) | Walked::Over => None,
        },
    };
    let mut rehearsal = onlooker.seen.into_inner();
    rehearsal.broken_off = rehearsal.broken_off.or(broken_off);
    rehearsal
}

/// The rows of the first phase, or of the first dataset; the first of them is used.
fn rows(plan: &Plan) -> Arc<[Row]> {
    let of_phase = plan.phases.iter().map(|phase| &phase.rows).find(|rows| !rows.is_empty());
    of_phase
        .cloned()
        .unwrap_or_else(|| plan.datasets.first().map(|data| Arc::from(data.rows.clone())).unwrap_or_default())
}

struct Onlooker<'a> {
    plan: &'a Plan,
    seen: RefCell<Rehearsal>,
}

impl Witness for Onlooker<'_> {
    fn goes_on(&self, _intended: Duration) -> bool {
        true
    }

    fn sending(&self, _step: &PreparedStep, _at: Duration) {}

    fn ended(&self, hop: &Hop<'_>) {
        let mut seen = self.seen.borrow_mut();
        seen.requests += 1;
        seen.failures += u64::from(hop.failure.is_some());
        seen.exchanges.push(Exchange {
            step: self.plan.endpoints[hop.step.endpoint.index()].name.clone(),
            method: hop.request.map(|request| request.method.clone()),
            url: hop.request.map(|request| request.address.url().to_string()),
            status: hop.answer.map(|answer| answer.status),
            duration: hop.ended.saturating_sub(hop.started),
            failure: hop.failure.map(|failure| failure.description.clone()),
            sent: hop.request.map(|request| excerpt(&request.body)).unwrap_or_default(),
            received: hop.answer.map(received).unwrap_or_default(),
        });
    }

    fn exhausted(&self, words: &str) {
        let mut seen = self.seen.borrow_mut();
        seen.failures += 1;
        seen.broken_off = Some(format!("this machine cannot open a connection: {words}"));
    }
}

fn received(answer: &Answer) -> String {
    let mut text = String::new();
    for (name, value) in &answer.headers {
        text.extend([name.as_str(), ": ", &excerpt(value.as_bytes()), "\n"]);
    }
    text.push('\n');
    text.push_str(&excerpt(&answer.body));
    text
}

fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST_EXCERPT)]).into_owned()
}
