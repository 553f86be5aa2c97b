//! `phases`, scaled by the profile.

use std::time::Duration;

use super::{Draft, Kind, Known};
use crate::{
    config::{self, Located},
    plan::{Phase, Profile, Row},
};

/// `time_scale` shortens no window below this.
const SHORTEST: Duration = Duration::from_secs(5);

impl Draft<'_> {
    pub(super) fn phases(&mut self, profile: &Profile, selected: &[String], known: &Known<'_>) -> Vec<Phase> {
        let mut names: Vec<&str> = Vec::new();
        let mut phases = Vec::new();
        if self.config.phases.is_empty() && self.is_whole("phases") {
            self.problem(
                self.config.gate.span,
                "the gate has no phases; say under `phases` how much load, and what must hold",
            );
        }
        for (said, position) in self.config.phases.iter().zip(0..) {
            if said.name.complete && names.contains(&said.name.value.as_str()) {
                self.problem(said.name.span, format!("there are two phases named `{}`", said.name.value));
            }
            names.push(&said.name.value);
            let phase = self.phase((said, position), profile.time_scale, known);
            if selected.contains(&phase.name) {
                phases.push(phase);
            }
        }
        if phases.is_empty() && self.problems.is_empty() && self.config.lost.is_empty() {
            self.problem(self.config.gate.span, format!("the profile `{}` has no phases", profile.name));
        }
        phases
    }

    fn phase(&mut self, (said, position): (&Located<config::Phase>, u32), scale: f64, known: &Known<'_>) -> Phase {
        self.positive("duration", &said.duration, Duration::ZERO);
        if said.criteria.is_empty() && !self.lost_key(said.span, &["criteria"]) {
            let message = format!("the phase `{}` has no criteria, so that nothing could fail it", said.name.value);
            self.problem_with(
                said.name.span,
                message,
                Some("say what must hold: `criteria: [success_rate > 99%]`".into()),
            );
        }
        let (load, stages) = self.load(said, scale);
        let criteria = said.criteria.iter().filter_map(|line| self.criterion(line, known)).collect();
        let given = self.foreign_window(&said.name.value);
        let (warmup, duration) = (said.warmup.map_or(Duration::ZERO, |warmup| warmup.value), said.duration.value);
        let (warmup, duration) = match given {
            Some(window) => (Duration::ZERO, window),
            None => (shortened(warmup, scale), shortened(duration, scale)),
        };
        Phase {
            name: said.name.value.clone(),
            position,
            load,
            stages,
            arrivals: self.arrivals(said),
            warmup,
            duration,
            rows: self.phase_rows(said, known).into(),
            data: said.data.iter().map(|name| name.value.clone()).collect(),
            criteria,
            place: self.place(said.name.span),
        }
    }

    /// The rows of the phase's datasets, which must have every column that the scenarios use.
    fn phase_rows(&mut self, said: &Located<config::Phase>, known: &Known<'_>) -> Vec<Row> {
        let mut rows = Vec::new();
        for name in said.data.iter() {
            match known.datasets.iter().find(|dataset| dataset.name == name.value) {
                Some(dataset) => {
                    self.needed_columns(name, dataset.rows.first());
                    rows.extend(dataset.rows.iter().cloned());
                }
                None => self.unknown(Kind::Dataset, name, known.datasets.iter().map(|dataset| dataset.name.as_str())),
            }
        }
        if said.data.is_empty()
            && !self.lost_key(said.span, &["data"])
            && let Some(used) = self.used.first()
        {
            let column = &self.columns[used.column.0 as usize];
            let message = format!(
                "the phase `{}` has no `data`, but the scenario `{}` uses `data.{column}`",
                said.name.value, used.scenario
            );
            self.problem_with(said.name.span, message, Some("say `data: [DATASET]`".to_owned()));
        }
        rows
    }

    fn needed_columns(&mut self, dataset: &Located<String>, row: Option<&Row>) {
        let Some(row) = row else { return };
        let lacking = self.used.iter().filter(|used| row.0.get(used.column.0 as usize).is_none_or(Option::is_none));
        let messages: Vec<String> = lacking
            .map(|used| {
                let column = &self.columns[used.column.0 as usize];
                format!(
                    "the dataset `{}` has no column `{column}`, which the scenario `{}` uses",
                    dataset.value, used.scenario
                )
            })
            .collect();
        for message in messages {
            self.problem(dataset.span, message);
        }
    }
}

/// A window or a warm-up under `time_scale`: not below 5 s, and never longer than it was.
fn shortened(time: Duration, scale: f64) -> Duration {
    if scale > 0.0 && scale < 1.0 { time.mul_f64(scale).max(SHORTEST).min(time) } else { time }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_scale_shortens_to_five_seconds_and_lengthens_nothing() {
        for (seconds, scale, expected) in [
            (300.0, 0.02, 6.0),
            (60.0, 0.02, 5.0),
            (2.0, 0.02, 2.0),
            (0.0, 0.5, 0.0),
            (300.0, 0.25, 75.0),
            (300.0, 1.0, 300.0),
        ] {
            assert_eq!(shortened(Duration::from_secs_f64(seconds), scale), Duration::from_secs_f64(expected));
        }
    }
}
