//! Walking through steps: requests, redirect hops, expectations, extracted values.

use std::{borrow::Cow, time::Duration};

use super::{clock::Clock, prepare::PreparedStep, recipe::Unmade, render::Memory};
use crate::{
    client::{Agent, Answer, Failure, Opening, Origin, Request, Trouble, extract, verify},
    measure::{Exhaustion, TraceId},
    plan::{Connections, EndpointId, FailureKind, SlotId},
};

/// The longest chain of redirects that is followed.
const MOST_HOPS: usize = 10;

/// The pause after a broken connection, or a request that could not be made. Without it users that do not think hammer
/// an app that refuses them as fast as this machine can, which makes the generator itself late, and one with nothing else
/// to do would keep its worker to itself for ever; longer, and they would hide how long the app was away.
const BREATH: Duration = Duration::from_millis(1);

/// The pause after the generator ran out of something: trying again at once would only keep it so.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Who looks on while a user walks.
pub(super) trait Witness {
    /// Whether a request that is intended then is still to be sent at `now`.
    fn goes_on(&self, intended: Duration, now: Duration) -> bool;
    /// Looks at a request and at who will send it, before [`Self::sending`]; who measures has no need to.
    fn before(&self, _request: &Request, _agent: &mut Agent) {}
    /// A request is about to be sent.
    fn sending(&self, step: &PreparedStep, at: Duration);
    /// A request ended.
    fn ended(&self, hop: &Hop<'_>);
    /// A request that was about to be sent at `at` could not be because the generator ran out of descriptors or ports, or its
    /// answer was not read because it ran out of memory for bodies.
    fn exhausted(&self, at: Duration, exhaustion: &Exhaustion);
}

/// One request and how it ended. Times are since the clock's origin.
#[derive(Clone, Copy)]
pub(super) struct Hop<'a> {
    pub(super) step: &'a PreparedStep,
    /// `None` when it was refused before it could be made.
    pub(super) request: Option<&'a Request>,
    /// `None` when there was no complete answer.
    pub(super) answer: Option<&'a Answer>,
    pub(super) failure: Option<&'a Failure>,
    /// The connection that was opened for it.
    pub(super) opened: Option<Opening>,
    pub(super) intended: Duration,
    pub(super) started: Duration,
    pub(super) ended: Duration,
    /// The id by which the app's tracing knows it; `None` where requests carry none.
    pub(super) trace: Option<TraceId>,
}

/// What a walk goes through and who looks on.
pub(super) struct Route<'a, W> {
    pub(super) origin: &'a Origin,
    pub(super) clock: Clock,
    pub(super) witness: &'a W,
}

/// Who walks.
pub(super) struct Walker {
    pub(super) agent: Agent,
    pub(super) memory: Memory,
}

/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walked {
    /// With its last step.
    Ended(Duration),
    /// At a step whose values were not extracted.
    BrokenOff { at: Duration, step: EndpointId, value: SlotId },
    /// With the phase.
    Over,
    /// With the phase, before its first request.
    Unsent,
}

impl Walked {
    /// When it ended; `None` with the phase.
    pub(super) fn ended(self) -> Option<Duration> {
        match self {
            Self::Ended(at) | Self::BrokenOff { at, .. } => Some(at),
            Self::Over | Self::Unsent => None,
        }
    }
}

/// How a step ended.
enum StepEnd {
    /// It was carried out; the failure in words, if it failed.
    Done { ended: Duration, failed: Option<Cow<'static, str>> },
    /// A value that an earlier step should have extracted is missing.
    Unready(SlotId),
    /// The phase is over, and nothing of the step was sent.
    Unsent,
    /// The phase is over.
    Over,
}

impl Walker {
    /// Closes the connections of an iteration that has ended, where the next one opens its own.
    pub(super) fn renew(&mut self, origin: &Origin) {
        if origin.connections() == Connections::Iteration {
            self.agent.disconnect();
        }
    }

    /// Goes through the steps of one iteration; each is intended to start when the one before ends. A failed step does
    /// not end the iteration, but a step whose values are missing does: the failure was counted where they were looked
    /// for.
    pub(super) async fn iterate<W: Witness>(
        &mut self,
        steps: &[PreparedStep],
        (intended, now): (Duration, Duration),
        route: &Route<'_, W>,
    ) -> Walked {
        let (mut intended, mut now) = (intended, now);
        let mut over = Walked::Unsent;
        for step in steps {
            match self.perform(step, (intended, now), route).await {
                StepEnd::Done { ended, .. } => (intended, now) = (ended, ended),
                StepEnd::Unready(value) => return Walked::BrokenOff { at: intended, step: step.endpoint, value },
                StepEnd::Unsent => return over,
                StepEnd::Over => return Walked::Over,
            }
            over = Walked::Over;
        }
        Walked::Ended(intended)
    }

    /// Goes through the steps of a login; the first failure ends it.
    ///
    /// # Errors
    ///
    /// Why the user could not log in; `None` when the phase is over.
    pub(super) async fn log_in<W: Witness>(
        &mut self,
        steps: &[PreparedStep],
        intended: Duration,
        route: &Route<'_, W>,
    ) -> Result<Duration, Option<String>> {
        let mut intended = intended;
        for step in steps {
            match self.perform(step, (intended, route.clock.now()), route).await {
                StepEnd::Done { ended, failed: None } => intended = ended,
                StepEnd::Done { failed: Some(because), .. } => return Err(Some(because.into_owned())),
                StepEnd::Unready(_) => return Err(Some("a step needs a value that was not extracted".to_owned())),
                StepEnd::Unsent | StepEnd::Over => return Err(None),
            }
        }
        Ok(intended)
    }

    /// Carries out one step with all its hops. `now` is when the clock was read last, since nothing was awaited.
    async fn perform<W: Witness>(
        &mut self,
        step: &PreparedStep,
        (mut intended, now): (Duration, Duration),
        route: &Route<'_, W>,
    ) -> StepEnd {
        if !route.witness.goes_on(intended, now) {
            return StepEnd::Unsent;
        }
        let made = match step.recipe.make(route.origin, &mut self.memory) {
            Ok(made) => made,
            Err(Unmade::Missing(slot)) => return StepEnd::Unready(slot),
            Err(Unmade::Refused(failure)) => return self.refuse(step, failure, intended, route).await,
        };
        let mut redirected: Option<Request> = None;
        for hop in 0.. {
            let request = redirected.as_ref().unwrap_or_else(|| made.request());
            route.witness.before(request, &mut self.agent);
            let started = route.clock.now();
            route.witness.sending(step, started);
            let deadline = route.clock.instant(started + request.timeout);
            let outcome = self.agent.exchange_by(deadline, route.origin, request).await;
            let ended = route.clock.now();
            let (opened, trace) = (self.agent.opened(), self.agent.trace());
            let seen = Hop {
                step,
                request: Some(request),
                answer: None,
                failure: None,
                opened,
                intended,
                started,
                ended,
                trace,
            };
            let answer = match outcome {
                Ok(answer) => answer,
                Err(trouble) => return self.break_off(trouble, &seen, route).await,
            };
            let seen = Hop { answer: Some(&answer), ..seen };
            match next_hop(step, request, &answer, hop, route.origin) {
                Ok(None) => {
                    let failure = self.judge(step, request, &answer).err();
                    route.witness.ended(&Hop { failure: failure.as_ref(), ..seen });
                    self.agent.give_back(answer);
                    made.give_back(&mut self.memory);
                    return StepEnd::Done { ended, failed: failure.map(|failure| failure.description) };
                }
                Ok(Some(next)) => {
                    route.witness.ended(&seen);
                    self.agent.give_back(answer);
                    redirected = Some(next);
                    intended = ended;
                    if !route.witness.goes_on(intended, ended) {
                        return StepEnd::Over;
                    }
                }
                Err(failure) => {
                    self.forget(step);
                    route.witness.ended(&Hop { failure: Some(&failure), ..seen });
                    return StepEnd::Done { ended, failed: Some(failure.description) };
                }
            }
        }
        StepEnd::Over
    }

    /// Ends a step whose request could not be made.
    async fn refuse<W: Witness>(
        &mut self,
        step: &PreparedStep,
        failure: Failure,
        intended: Duration,
        route: &Route<'_, W>,
    ) -> StepEnd {
        let now = route.clock.now();
        route.witness.sending(step, now);
        let seen = Hop {
            step,
            request: None,
            answer: None,
            failure: None,
            opened: None,
            intended,
            started: now,
            ended: now,
            trace: None,
        };
        self.break_off(Trouble::Failure(failure), &seen, route).await
    }

    /// Ends a step whose request got no answer.
    async fn break_off<W: Witness>(&mut self, trouble: Trouble, seen: &Hop<'_>, route: &Route<'_, W>) -> StepEnd {
        self.forget(seen.step);
        let because = match trouble {
            Trouble::Failure(failure) => {
                route.witness.ended(&Hop { failure: Some(&failure), ..*seen });
                if failure.kind != FailureKind::Timeout {
                    tokio::time::sleep(BREATH).await;
                }
                failure.description
            }
            Trouble::Exhausted(exhaustion) => {
                route.witness.exhausted(seen.started, &exhaustion);
                tokio::time::sleep(EXHAUSTED_PAUSE).await;
                exhaustion.words.into()
            }
        };
        StepEnd::Done { ended: route.clock.now(), failed: Some(because) }
    }

    /// Checks an answer and keeps what it gives to later steps.
    fn judge(&mut self, step: &PreparedStep, request: &Request, answer: &Answer) -> Result<(), Failure> {
        let content = answer.content();
        let mut outcome = verify(&step.expect, answer.status, &answer.headers, &content);
        for wanted in &step.extract {
            let found = extract(&wanted.from, (answer, &content), &request.address, self.agent.session());
            let (value, missing) = found.map_or_else(|missing| (None, Err(missing)), |value| (Some(value), Ok(())));
            self.memory.keep(wanted.slot, value);
            outcome = outcome.and(missing);
        }
        outcome.map_err(Failure::check)
    }

    /// A step without an answer extracts nothing, and what it extracted before is not used again.
    fn forget(&mut self, step: &PreparedStep) {
        for wanted in &step.extract {
            self.memory.keep(wanted.slot, None);
        }
    }
}

/// The request that a redirect leads to; `None` when the answer is the last.
fn next_hop(
    step: &PreparedStep,
    request: &Request,
    answer: &Answer,
    hop: usize,
    origin: &Origin,
) -> Result<Option<Request>, Failure> {
    let Some(location) = answer.location().filter(|_| step.follow) else { return Ok(None) };
    if hop == MOST_HOPS {
        return Err(Failure::check(format!("more than {MOST_HOPS} redirects")));
    }
    let address = origin.redirect(&request.address, location)?;
    Ok(Some(request.redirected(answer.status, address)))
}
