//! `users`, `rate`, `arrivals` and `spawn_rate` of a phase.

use std::time::Duration;

use super::Draft;
use crate::{
    config::{self, Located},
    plan::{Arrivals, Load, Stage, Stages},
    units::{self, Human, Rate},
};

/// `time_scale` multiplies spawn rates by at most this.
const FASTEST: f64 = 10.0;
/// The largest default pool of the open model.
const LARGEST_POOL: f64 = 10_000.0;
/// More users than one machine can be.
const MOST_USERS: u32 = 100_000;

/// A stage as it is written, with its levels as numbers.
type Written = Located<units::Stage<f64>>;

impl Draft<'_> {
    /// How much load, and how it changes within the window.
    pub(super) fn load(&mut self, said: &Located<config::Phase>, scale: f64) -> (Load, Stages) {
        let users: Vec<Written> = said.users.iter().flat_map(|users| users.iter()).map(users_level).collect();
        let rates: Vec<Written> = said.rate.iter().flat_map(|rates| rates.iter()).map(rate_level).collect();
        for (key, stages) in [("users", &users), ("rate", &rates)] {
            self.levels(key, stages);
        }
        if let Some(rate) = &said.spawn_rate {
            self.positive("spawn_rate", &rate.with(rate.value.per_second()), 0.0);
        }
        let faster = if scale > 0.0 { (1.0 / scale).clamp(1.0, FASTEST) } else { 1.0 };
        // A ramp of another tool's load that gates.yaml does not tell of is none.
        let default_rate = |default: f64| if self.choice.foreign.is_some() { f64::INFINITY } else { default };
        let spawn_rate = |default: f64| {
            said.spawn_rate.map_or_else(|| default_rate(default), |rate| rate.value.per_second()) * faster
        };
        let window = said.duration.value;
        if !rates.is_empty() {
            self.pool(&users);
            let rate = highest(&rates);
            let pool = (rate * 10.0).ceil().clamp(1.0, LARGEST_POOL) as u32;
            let users = users.first().map_or(pool, |users| users.to as u32);
            let load = Load::Open { rate, users, spawn_rate: spawn_rate(rate) };
            return (load, self.stages("rate", &rates, window));
        }
        if let Some(first) = users.first() {
            self.rises(&users);
            let load = Load::Closed { users: highest(&users) as u32, spawn_rate: spawn_rate(first.from.max(1.0)) };
            return (load, self.stages("users", &users, window));
        }
        if !self.lost_key(said.span, &["users", "rate"]) {
            let message = format!("the phase `{}` has no load", said.name.value);
            let help = "say `users: 10` (closed model), or `rate: 200/s` (open model)".to_owned();
            self.problem_with(said.name.span, message, Some(help));
        }
        (Load::Closed { users: 1, spawn_rate: 1.0 }, Stages::default())
    }

    /// When the iterations of a rate start.
    pub(super) fn arrivals(&mut self, said: &Located<config::Phase>) -> Arrivals {
        let Some(arrivals) = said.arrivals else { return Arrivals::Constant };
        if said.rate.is_none() && !self.lost_key(said.span, &["rate"]) {
            let message = format!("`arrivals` is about a `rate`, and the phase `{}` has none", said.name.value);
            let help =
                "users of the closed model come again when they have been answered: say `rate: 200/s`".to_owned();
            self.problem_with(arrivals.span, message, Some(help));
        }
        match arrivals.value {
            config::Arrivals::Constant => Arrivals::Constant,
            config::Arrivals::Poisson => Arrivals::Poisson,
        }
    }

    /// Each level is possible: a rate may begin or end with 0, a number of users not.
    fn levels(&mut self, key: &str, stages: &[Written]) {
        for stage in stages {
            let least = if key == "users" { stage.from.min(stage.to) } else { stage.from.max(stage.to) };
            self.positive(key, &stage.with(least), 0.0);
            if key == "users" && stage.from.max(stage.to) > f64::from(MOST_USERS) {
                self.problem(stage.span, format!("`users` is at most {MOST_USERS}"));
            }
            if stage.over == Some(Duration::ZERO) && stage.complete {
                self.problem(stage.span, format!("a stage of `{key}` must take some time"));
            }
        }
    }

    /// The pool of the open model is one number.
    fn pool(&mut self, users: &[Written]) {
        let changes = |stage: &Written| stage.over.is_some() || (stage.from - stage.to).abs() > f64::EPSILON;
        let wrong = users.iter().find(|stage| changes(stage)).or(users.get(1));
        if let Some(wrong) = wrong {
            let help = "say one number, or leave it out: 10 users for each iteration per second".to_owned();
            let message = "`users` beside a `rate` is the pool that takes its iterations, and has no stages";
            self.problem_with(wrong.span, message, Some(help));
        }
    }

    /// Users come and stay.
    fn rises(&mut self, users: &[Written]) {
        let mut before = 0.0;
        for stage in users {
            if stage.from < before || stage.to < stage.from {
                let help = "say the smaller number first; fewer users than before are a phase of their own".to_owned();
                let message = "the users of a phase come one after the other, and none goes before its end";
                self.problem_with(stage.span, message, Some(help));
                return;
            }
            before = stage.to;
        }
    }

    /// The stages with their shares of the window.
    fn stages(&mut self, key: &str, written: &[Written], window: Duration) -> Stages {
        let mut left = window;
        let mut stages = Vec::new();
        for (position, stage) in written.iter().enumerate() {
            let is_last = position + 1 == written.len();
            if stage.over.is_none() && !is_last {
                let help = format!("say it: `{} over 1m`; only the last one may leave it out", written_as(key, stage));
                self.problem_with(
                    stage.span,
                    format!("this stage of `{key}` does not say how long it takes"),
                    Some(help),
                );
                return Stages::default();
            }
            let over = stage.over.unwrap_or(left);
            if over > left || over.is_zero() {
                if !window.is_zero() && stage.over != Some(Duration::ZERO) {
                    self.too_long(key, written, stage, window);
                }
                return Stages::default();
            }
            left -= over;
            stages.push(Stage { from: stage.from, to: stage.to, share: share(over, window) });
        }
        if let Some(last) = stages.last().copied().filter(|_| !left.is_zero()) {
            stages.push(Stage { from: last.to, to: last.to, share: share(left, window) });
        }
        Stages::of(stages)
    }

    fn too_long(&mut self, key: &str, written: &[Written], at: &Written, window: Duration) {
        let together = written.iter().filter_map(|stage| stage.over).fold(Duration::ZERO, Duration::saturating_add);
        let message = if at.over.is_some() {
            format!("the stages of `{key}` take {}, and the window {}", Human(together), Human(window))
        } else {
            format!("the stages of `{key}` before this one take the whole window of {}", Human(window))
        };
        let help = format!("a longer `duration`, or shorter stages of `{key}`");
        self.problem_with(at.span, message, Some(help));
    }
}

fn users_level(stage: &Located<units::Stage<u32>>) -> Written {
    let units::Stage { from, to, over } = stage.value;
    stage.with(units::Stage { from: f64::from(from), to: f64::from(to), over })
}

fn rate_level(stage: &Located<units::Stage<Rate>>) -> Written {
    let units::Stage { from, to, over } = stage.value;
    stage.with(units::Stage { from: from.per_second(), to: to.per_second(), over })
}

/// The levels as gates.yaml writes them.
fn written_as(key: &str, stage: &Written) -> String {
    let units::Stage { from, to, .. } = stage.value;
    match key {
        "rate" => {
            let [from, to] = [from, to].map(Rate::from_per_second);
            units::Stage { from, to, over: None }.to_string()
        }
        _ => units::Stage { from, to, over: None }.to_string(),
    }
}

fn highest(stages: &[Written]) -> f64 {
    stages.iter().flat_map(|stage| [stage.from, stage.to]).fold(0.0, f64::max)
}

fn share(part: Duration, window: Duration) -> f64 {
    part.as_secs_f64() / window.as_secs_f64()
}
