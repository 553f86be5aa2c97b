//! The measurements of a run as a metrics file: `OpenMetrics` text, which GitLab compares between branches
//! (`artifacts:reports:metrics`) and Prometheus' tools read.

use std::{collections::BTreeSet, fmt::Write as _};

use super::Publishable;
use crate::judge::{EndpointVerdict, Milliseconds, PhaseVerdict};

/// Names and values.
type Labels = Vec<(&'static str, String)>;

/// One metric with all its samples, which have to stand together.
struct Family {
    name: &'static str,
    help: &'static str,
    /// Its unit, with which the name ends then.
    unit: Option<&'static str>,
    samples: Vec<(Labels, f64)>,
}

/// The whole file. A number that was not measured has no line; times are in seconds, rates are shares of 1.
pub(super) fn render(publishable: &Publishable) -> String {
    let verdict = publishable.verdict();
    let phases = &verdict.phases;
    let gate = [("gate", verdict.gate.clone())];
    let exit = Family {
        name: "stagegate_exit_code",
        help: "The exit code of the gate.",
        unit: None,
        samples: vec![(Vec::new(), f64::from(verdict.exit_code))],
    };
    let families = [
        exit,
        of_phases("stagegate_phase_requests", "Requests of the measured window.", phases, |phase| {
            (phase.requests > 0).then_some(phase.requests as f64)
        }),
        of_phases("stagegate_phase_success_rate", "Share of the requests that succeeded.", phases, |phase| {
            phase.success_rate
        }),
        of_phases("stagegate_phase_throughput", "Requests a second.", phases, |phase| phase.throughput),
        latencies("stagegate_phase_latency_seconds", "Latency of the phase's requests.", phases, |phase| {
            vec![(Vec::new(), &phase.latency_ms)]
        }),
        latencies("stagegate_endpoint_latency_seconds", "Latency of the endpoint's requests.", phases, |phase| {
            phase.endpoints.iter().map(|endpoint| (vec![named(endpoint)], &endpoint.latency_ms)).collect()
        }),
    ];
    let mut text = String::new();
    for family in families {
        write(&mut text, &family, &gate).expect(IN_MEMORY);
    }
    text + "# EOF\n"
}

const IN_MEMORY: &str = "a string takes every line";

fn named(endpoint: &EndpointVerdict) -> (&'static str, String) {
    ("endpoint", endpoint.name.clone())
}

fn of_phases(
    name: &'static str,
    help: &'static str,
    phases: &[PhaseVerdict],
    value: impl Fn(&PhaseVerdict) -> Option<f64>,
) -> Family {
    let sample = |phase: &PhaseVerdict| Some((vec![("phase", phase.name.clone())], value(phase)?));
    Family { name, help, unit: None, samples: phases.iter().filter_map(sample).collect() }
}

fn latencies<'a>(
    name: &'static str,
    help: &'static str,
    phases: &'a [PhaseVerdict],
    of: impl Fn(&'a PhaseVerdict) -> Vec<(Labels, &'a Milliseconds)>,
) -> Family {
    let mut samples = Vec::new();
    for phase in phases {
        for (more, times) in of(phase) {
            for (percentile, time) in [("50", times.p50), ("95", times.p95), ("99", times.p99)] {
                let Some(time) = time else { continue };
                let mut labels = vec![("phase", phase.name.clone())];
                labels.extend(more.iter().cloned());
                labels.push(("percentile", percentile.to_owned()));
                samples.push((labels, time / 1000.0));
            }
        }
    }
    Family { name, help, unit: Some("seconds"), samples }
}

/// Writes a family that has samples. Of two samples with the same labels the first stays: a file with both is not valid.
fn write(text: &mut String, family: &Family, gate: &[(&'static str, String)]) -> std::fmt::Result {
    let Family { name, help, unit, samples } = family;
    let mut seen = BTreeSet::new();
    for (labels, value) in samples.iter().filter(|(_, value)| value.is_finite()) {
        let labels: Vec<_> =
            gate.iter().chain(labels).map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        if seen.is_empty() {
            writeln!(text, "# TYPE {name} gauge")?;
            if let Some(unit) = unit {
                writeln!(text, "# UNIT {name} {unit}")?;
            }
            writeln!(text, "# HELP {name} {help}")?;
        }
        if seen.insert(labels.clone()) {
            writeln!(text, "{name}{{{}}} {}", labels.join(","), (value * 1e6).round() / 1e6)?;
        }
    }
    Ok(())
}

/// The value of a label: a backslash, a quote and a line's end are escaped (`OpenMetrics` 1.0, "escaped-string").
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::fixtures;

    /// A sample as a reader of the format sees it: the metric, the labels with their values unescaped, the number.
    type Sample = (String, Vec<(String, String)>, f64);

    fn read(line: &str) -> Sample {
        let (name, rest) = line.split_once('{').expect("every sample has labels");
        let mut labels = Vec::new();
        let mut rest = rest;
        while !rest.starts_with('}') {
            let (label, value) = rest.trim_start_matches(',').split_once("=\"").expect("a label is name=\"value\"");
            let mut unescaped = String::new();
            let mut characters = value.char_indices();
            let end = loop {
                match characters.next().expect("the value ends") {
                    (at, '"') => break at,
                    (_, '\\') => match characters.next().expect("an escape has a second character").1 {
                        'n' => unescaped.push('\n'),
                        other => unescaped.push(other),
                    },
                    (_, other) => unescaped.push(other),
                }
            };
            labels.push((label.to_owned(), unescaped));
            rest = &value[end + 1..];
        }
        let number = rest.strip_prefix("} ").expect("a space and the number follow").parse().expect("it is a number");
        (name.to_owned(), labels, number)
    }

    fn samples(text: &str) -> Vec<Sample> {
        text.strip_suffix("# EOF\n").expect("it ends").lines().filter(|line| !line.starts_with('#')).map(read).collect()
    }

    #[test]
    fn has_a_line_for_each_number() {
        insta::assert_snapshot!("openmetrics_failed", render(&fixtures::publishable(fixtures::failed())));
    }

    #[test]
    fn what_was_not_measured_has_no_line() {
        let text = render(&fixtures::publishable(fixtures::not_ready()));
        let names: Vec<_> = samples(&text).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["stagegate_exit_code"]);
    }

    #[test]
    fn a_second_sample_with_the_same_labels_is_left_out() {
        let mut verdict = fixtures::passed();
        let twin = verdict.phases[0].clone();
        let once = samples(&render(&fixtures::publishable(verdict.clone()))).len();
        verdict.phases.push(twin);
        assert_eq!(samples(&render(&fixtures::publishable(verdict))).len(), once);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_name_is_one_label_whatever_it_holds(name in any::<String>(), which in 0usize..12) {
            let mut names = [name, fixtures::HOSTILE[which].to_owned()].into_iter().cycle();
            let verdict = fixtures::with_strings(&mut || names.next().expect("it is endless"));
            let publishable = fixtures::publishable(verdict);
            let gate = publishable.verdict().gate.clone();
            let phases: BTreeSet<_> = publishable.verdict().phases.iter().map(|phase| phase.name.clone()).collect();
            for (name, labels, number) in samples(&render(&publishable)) {
                prop_assert!(name.starts_with("stagegate_") && number.is_finite());
                prop_assert_eq!(&labels[0], &("gate".to_owned(), gate.clone()));
                prop_assert!(labels.iter().all(|(label, value)| label != "phase" || phases.contains(value)));
                prop_assert!(labels.len() <= 4);
            }
        }
    }
}
