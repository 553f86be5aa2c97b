//! One pass of one user, for preflight and for `run --dry-run`.

use std::{cell::RefCell, sync::Arc, time::Duration};

use http::{HeaderMap, Method, Version};

use super::{
    clock::Clock,
    diagnosis,
    draws::Draws,
    login::{self, Doubt},
    prepare::{PreparedScenario, PreparedStep},
    quote::{Quote, confidential},
    render::Memory,
    walk::{Hop, Route, Walked, Walker, Witness},
};
use crate::{
    client::{Agent, Answer, Origin, Request},
    config::{self, Secrets, confidential_fields},
    measure::{Exhaustion, Scarce},
    plan::{Load, Plan, Row, Scenario, ScenarioId},
};

/// What one pass of one user through a scenario did.
///
/// Values of cookies, of credentials and of fields named like them are masked in it, also where the app repeats them;
/// values of `secrets` are not: whoever shows it masks them.
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
    /// Where nothing failed: what shows that the user may not have been logged in all the same.
    pub doubt: Option<Doubt>,
}

/// One request of a rehearsal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The endpoint's name.
    pub step: String,
    /// Whether it belongs to the login.
    pub login: bool,
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
    /// The likeliest cause of the failure and the next step, in one sentence, where the exchanges suggest one.
    pub advice: Option<String>,
    /// Where a login did not work: the three likeliest causes, in the order of the evidence, a sentence each without its
    /// full stop; the first is the advice.
    pub causes: Vec<String>,
    /// The request as it was sent; empty when it was refused before it could be made.
    pub sent: Quote,
    /// The answer; empty when there was none.
    pub received: Quote,
}

impl Rehearsal {
    /// Whether every step was carried out and held.
    pub fn passed(&self) -> bool {
        self.failures == 0 && self.broken_off.is_none()
    }

    /// One failed exchange outside a scenario; the values of cookies and credentials in it are hidden.
    pub fn of(failed: Exchange, hidden: &[String]) -> Self {
        Self { exchanges: vec![failed], requests: 1, failures: 1, ..Self::default() }.told(hidden)
    }

    /// Adds the likeliest cause to each failure, or what speaks against the login where nothing failed, and hides these values
    /// wherever they stand.
    fn told(mut self, hidden: &[String]) -> Self {
        for at in 0..self.exchanges.len() {
            self.exchanges[at].advice = diagnosis::of(&self.exchanges[..=at]);
            self.exchanges[at].causes = login::causes(&self.exchanges[..=at]);
        }
        self.doubt = login::doubt(&self.exchanges).filter(|_| self.passed());
        let hidden = Secrets::of(hidden);
        let mask = |text: &mut String| *text = hidden.mask(text).into_owned();
        for url in self.exchanges.iter_mut().filter_map(|exchange| exchange.url.as_mut()) {
            *url = config::hidden(url);
        }
        for Exchange { url, failure, advice, causes, sent, received, .. } in &mut self.exchanges {
            url.iter_mut().chain(failure).chain(advice).chain(causes).for_each(mask);
            for Quote { head, body } in [sent, received] {
                head.iter_mut().for_each(mask);
                mask(body);
            }
        }
        self.broken_off.iter_mut().chain(self.doubt.iter_mut().map(|doubt| &mut doubt.cause)).for_each(mask);
        self
    }
}

/// One user logs in and runs one iteration of the scenario, without pauses, on the first row of the plan's data.
pub async fn once(plan: &Plan, scenario: ScenarioId, origin: &Origin, seed: u64) -> Rehearsal {
    pass(plan, scenario, (origin, seed), Part::Whole).await
}

/// The same user logs in and does nothing else.
pub async fn log_in(plan: &Plan, scenario: ScenarioId, origin: &Origin, seed: u64) -> Rehearsal {
    pass(plan, scenario, (origin, seed), Part::Login).await
}

/// How much of a scenario is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Login,
    Whole,
}

async fn pass(plan: &Plan, scenario: ScenarioId, (origin, seed): (&Origin, u64), part: Part) -> Rehearsal {
    let alone = Load::Closed { users: 1, spawn_rate: 1.0 };
    let scenario = &plan.scenarios[scenario.0 as usize];
    let script = PreparedScenario::of(scenario, origin, &alone).keeping_bodies();
    let memory = Memory::new(1, rows(plan), script.slots, Draws::of(seed, 0, 0, 0).values).remembering();
    let mut walker = Walker { agent: Agent::new(), memory };
    let onlooker = Onlooker {
        plan,
        version: origin.version(),
        seen: RefCell::default(),
        head: RefCell::default(),
        hidden: RefCell::default(),
    };
    let route = Route { origin, clock: Clock::start(), witness: &onlooker };
    let broken_off = match walker.log_in(&script.login, Duration::ZERO, &route).await {
        Err(reason) => Some(format!("the login failed: {}", reason.unwrap_or_default())),
        Ok(_) if part == Part::Login => None,
        Ok(ended) => match walker.iterate(&script.steps, (ended, ended), &route).await {
            early @ Walked::BrokenOff { .. } => broken_off(plan, scenario, early),
            Walked::Ended(_) | Walked::Over | Walked::Unsent => None,
        },
    };
    let Onlooker { seen, hidden, .. } = onlooker;
    let mut rehearsal = seen.into_inner();
    rehearsal.broken_off = rehearsal.broken_off.or(broken_off);
    let mut hidden = hidden.into_inner();
    // A token may stand in a path, where no name is beside it; also one that a later step renewed or lost.
    hidden.extend(walker.memory.secrets(&scenario.slots, &plan.columns));
    rehearsal.told(&hidden)
}

/// Names the step that could not be made, and the value that it lacks.
fn broken_off(plan: &Plan, scenario: &Scenario, walked: Walked) -> Option<String> {
    let Walked::BrokenOff { step, value, .. } = walked else { return None };
    let step = &plan.endpoints[step.index()].name;
    let value = scenario.slots.get(value.0 as usize).map_or("a value", String::as_str);
    Some(format!("{step} needs {value}, which no earlier step extracted"))
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
    /// Of requests that were not answered.
    version: Version,
    seen: RefCell<Rehearsal>,
    /// The headers of the request that is on its way.
    head: RefCell<HeaderMap>,
    /// Values of cookies, credentials and fields named like them so far.
    hidden: RefCell<Vec<String>>,
}

impl Witness for Onlooker<'_> {
    fn goes_on(&self, _intended: Duration, _now: Duration) -> bool {
        true
    }

    fn before(&self, request: &Request, agent: &mut Agent) {
        let head = agent.preview(request);
        let body = String::from_utf8_lossy(&request.body);
        let fields = [request.address.path(), &*body].into_iter().flat_map(confidential_fields);
        self.hidden.borrow_mut().extend(confidential(&head).into_iter().chain(fields));
        self.head.replace(head);
    }

    fn sending(&self, _step: &PreparedStep, _at: Duration) {}

    fn ended(&self, hop: &Hop<'_>) {
        let mut seen = self.seen.borrow_mut();
        seen.requests += 1;
        seen.failures += u64::from(hop.failure.is_some());
        let head = self.head.take();
        let endpoint = &self.plan.endpoints[hop.step.endpoint.index()];
        if let Some(answer) = hop.answer {
            let fields = confidential_fields(&String::from_utf8_lossy(answer.content().shown()));
            self.hidden.borrow_mut().extend(confidential(&answer.headers).into_iter().chain(fields));
        }
        let quoted = |answer: &Answer| {
            Quote::of_answer((answer.status, answer.version), &answer.headers, answer.content().shown())
        };
        let version = hop.answer.map_or(self.version, |answer| answer.version);
        let sent = |request: &Request| {
            let line = (&request.method, request.address.path());
            Quote::of_request(line, version, &head, &request.body)
        };
        seen.exchanges.push(Exchange {
            step: endpoint.name.clone(),
            login: endpoint.login,
            method: hop.request.map(|request| request.method.clone()),
            url: hop.request.map(|request| request.address.url().to_string()),
            status: hop.answer.map(|answer| answer.status),
            duration: hop.ended.saturating_sub(hop.started),
            failure: hop.failure.map(|failure| failure.description.clone().into_owned()),
            advice: None,
            causes: Vec::new(),
            sent: hop.request.map(sent).unwrap_or_default(),
            received: hop.answer.map(quoted).unwrap_or_default(),
        });
    }

    fn exhausted(&self, _at: Duration, Exhaustion { of, words }: &Exhaustion) {
        let mut seen = self.seen.borrow_mut();
        seen.failures += 1;
        let what = match of {
            Scarce::Descriptors | Scarce::Ports => "this machine cannot open a connection",
            Scarce::Bodies => "the answer cannot be looked into",
        };
        seen.broken_off = Some(format!("{what}: {words}"));
    }
}
