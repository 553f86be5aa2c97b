//! How the latency of the stored runs that a run is compared with was distributed, all of them together: what the page draws
//! beside the run's own.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    baseline::{EndpointHistograms, Recording},
    config::Secrets,
    gate::BaseLatency,
    measure::Histogram,
    plan::Plan,
};

/// No time is longer: what holds longer ones was not written in microseconds.
const LONGEST: Duration = Duration::from_secs(3600);

/// The sum of stored runs, one after the other.
pub(super) struct Distributions {
    /// The names of phases, and of scenarios and endpoints, as a store has them: masked.
    phases: BTreeMap<String, usize>,
    endpoints: BTreeMap<[String; 2], usize>,
    sums: Vec<Vec<BaseLatency>>,
    with: usize,
    without: usize,
    /// Why recordings cannot be used.
    unusable: Vec<String>,
}

impl Distributions {
    /// Nothing yet, for the phases and endpoints of a plan.
    pub(super) fn of(plan: &Plan, secrets: &Secrets) -> Self {
        let mask = |text: &str| secrets.mask(text).into_owned();
        let phases = plan.phases.iter().enumerate().map(|(at, phase)| (mask(&phase.name), at));
        let endpoints = plan.endpoints.iter().enumerate().map(|(at, endpoint)| {
            let scenario = plan.scenarios.get(endpoint.scenario.0 as usize);
            ([scenario.map(|scenario| mask(&scenario.name)).unwrap_or_default(), mask(&endpoint.name)], at)
        });
        Self {
            phases: phases.collect(),
            endpoints: endpoints.collect(),
            sums: vec![vec![BaseLatency::default(); plan.endpoints.len()]; plan.phases.len()],
            with: 0,
            without: 0,
            unusable: Vec::new(),
        }
    }

    /// Adds a stored run as a whole or not at all.
    pub(super) fn add(&mut self, recording: Result<Recording, String>) {
        let read = recording.and_then(|recording| {
            let of = recording.histograms.iter().filter_map(|one| Some((self.place(one)?, one)));
            let read: Result<Vec<_>, String> = of.map(|(place, one)| Ok((place, latency(one)?))).collect();
            read.map_err(|because| format!("run {}: {because}", recording.run.id))
        });
        match read {
            Ok(rows) if rows.is_empty() => self.without += 1,
            Ok(rows) => {
                self.with += 1;
                for ((phase, endpoint), BaseLatency { latency, added }) in rows {
                    let sum = &mut self.sums[phase][endpoint];
                    sum.latency.merge(&latency);
                    sum.added.merge(&added);
                }
            }
            Err(because) => self.unusable.push(because),
        }
    }

    /// By phase of the plan and endpoint id; empty without any. Then what is to be remarked: that some of the runs are
    /// missing among these.
    pub(super) fn sums(self) -> (Vec<Vec<BaseLatency>>, Option<String>) {
        let Self { sums, with, without, unusable, .. } = self;
        let missing = unusable.len() + if with > 0 { without } else { 0 };
        let because = unusable.first().map_or("they hold none", String::as_str);
        let remark = (missing > 0).then(|| {
            format!(
                "The distributions of {missing} of {} stored runs are not drawn: {because}.",
                with + without + unusable.len()
            )
        });
        (if with > 0 { sums } else { Vec::new() }, remark)
    }

    /// The phase and the endpoint of the plan that it belongs to.
    fn place(&self, one: &EndpointHistograms) -> Option<(usize, usize)> {
        let names = [one.scenario.clone(), one.endpoint.clone()];
        Some((*self.phases.get(&one.phase)?, *self.endpoints.get(&names)?))
    }
}

fn latency(one: &EndpointHistograms) -> Result<BaseLatency, String> {
    let EndpointHistograms { phase, scenario: _, endpoint, latency, service: _, added } = one;
    let read = |text: &str| match Histogram::decode(text) {
        Ok(times) if times.max().is_some_and(|longest| longest > LONGEST + LONGEST / 100) => {
            Err(format!("{phase}/{endpoint}: the histogram has times beyond an hour, so they are not in microseconds"))
        }
        Ok(times) => Ok(times),
        Err(cause) => Err(format!("{phase}/{endpoint}: {cause}")),
    };
    Ok(BaseLatency { latency: read(latency)?, added: read(added)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{baseline::testing::run, config, plan::Choice};

    const SECRET: &str = "hunter2secret";

    /// One time of 20 s, in nanoseconds.
    const NANOSECONDS: &str = "HISTFAAAACJ4nJNpmSzMwMDAwgABzFCaEYgFQAz7DxCB85OYmQBKnwP0";

    fn plan() -> Plan {
        let text = format!(
            "version: 1\ngate: shop\ntarget: {{url: 'http://127.0.0.1:9'}}\n\
             scenarios: {{visitor: {{steps: [{{get: /, name: home}}, {{get: /a, name: {SECRET}}}]}}}}\nphases:\n  \
             - {{name: light, users: 1, duration: 9s, criteria: [no errors]}}\n  \
             - {{name: heavy, users: 2, duration: 9s, criteria: [no errors]}}\n"
        );
        let choice = Choice::default();
        let (config, problems) = config::read("gates.yaml", text.as_bytes(), &choice.environment);
        assert!(problems.is_empty(), "{problems}");
        crate::plan::build(&config.expect("a config"), &choice).unwrap_or_else(|problems| panic!("{problems}"))
    }

    fn encoded(times: &[Duration]) -> String {
        let mut histogram = Histogram::new();
        for time in times {
            histogram.record(*time);
        }
        histogram.encode()
    }

    fn stored(at: i64, [phase, endpoint]: [&str; 2], latency: &str) -> Recording {
        let of = EndpointHistograms {
            phase: phase.to_owned(),
            scenario: "visitor".to_owned(),
            endpoint: endpoint.to_owned(),
            latency: latency.to_owned(),
            service: "never read".to_owned(),
            added: encoded(&[Duration::from_millis(7)]),
        };
        Recording { run: run(at), histograms: vec![of] }
    }

    /// What comes of these recordings: counts by phase and endpoint, and the remark.
    fn sums(recordings: Vec<Result<Recording, String>>) -> (Vec<Vec<[u64; 2]>>, Option<String>) {
        let mut all = Distributions::of(&plan(), &Secrets::of(&[SECRET.to_owned()]));
        for recording in recordings {
            all.add(recording);
        }
        let (sums, remark) = all.sums();
        let counts = |of: &BaseLatency| [of.latency.count(), of.added.count()];
        (sums.iter().map(|phase| phase.iter().map(counts).collect()).collect(), remark)
    }

    #[test]
    fn runs_are_put_together_by_phase_and_endpoint_as_the_store_calls_them() {
        let two = encoded(&[Duration::from_millis(20), Duration::from_millis(30)]);
        let (counts, remark) = sums(vec![
            Ok(stored(1, ["light", "home"], &two)),
            Ok(stored(2, ["light", "home"], &two)),
            Ok(stored(3, ["heavy", "***"], &two)),
            Ok(stored(4, ["heavy", "was there once"], &two)),
        ]);
        assert_eq!(counts, [[[4, 2], [0, 0]], [[0, 0], [2, 1]]]);
        assert_eq!(remark.as_deref(), Some("The distributions of 1 of 4 stored runs are not drawn: they hold none."));
    }

    #[test]
    fn without_any_there_is_nothing_to_draw_and_nothing_to_remark() {
        let nothing = Recording { run: run(1), histograms: Vec::new() };
        assert_eq!(sums(vec![Ok(nothing.clone()), Ok(nothing)]), (Vec::new(), None));
        assert_eq!(sums(Vec::new()), (Vec::new(), None));
    }

    #[test]
    fn what_is_damaged_is_a_remark() {
        let well = || Ok(stored(1, ["light", "home"], &encoded(&[Duration::from_millis(20)])));
        for (damaged, because) in [
            (Ok(stored(2, ["light", "home"], "AAAA")), "light/home: the histogram is not in the HDR V2"),
            (Ok(stored(2, ["light", "home"], NANOSECONDS)), "light/home: the histogram has times beyond an hour"),
            (Err("the store is gone".to_owned()), "not drawn: the store is gone."),
        ] {
            let (counts, remark) = sums(vec![well(), damaged]);
            assert_eq!(counts[0][0], [1, 1], "the others are drawn");
            let remark = remark.expect("it is said");
            assert!(
                remark.starts_with("The distributions of 1 of 2 stored runs") && remark.contains(because),
                "{remark}"
            );
        }
    }
}
