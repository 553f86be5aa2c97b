//! Merging the workers' batches: nothing is lost, and order does not matter.

use proptest::prelude::*;

use super::*;
use crate::measure::Batch;

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let kind = prop::option::of(prop::sample::select(FailureKind::ALL.to_vec()));
    let one =
        (0_u32..2, 0_u64..60_000, 1_u64..15_000, kind).prop_map(|(endpoint, intended, latency, failure)| Sample {
            endpoint: EndpointId(endpoint),
            intended: ms(intended),
            latency: ms(latency),
            service: ms(latency / 2),
            status: failure.is_none().then_some(200),
            failure,
            split: None,
        });
    prop::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn order_and_grouping_of_batches_do_not_matter(samples in samples(), cuts in prop::collection::vec(1_usize..9, 1..9)) {
        let whole = measured(&samples);
        let mut collector = Collector::new(layout());
        collector.open_window(ms(10_000));
        let mut rest: &[Sample] = &samples;
        let mut batches: Vec<Batch> = Vec::new();
        for cut in cuts.iter().cycle() {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            let mut recorder = Recorder::new(layout());
            for sample in now {
recorder.record(sample);
}
            batches.push(recorder.take());
            rest = later;
            if rest.is_empty() { break; }
        }
        batches.into_iter().rev().for_each(|batch| collector.absorb(batch));
        let pieces = collector.finish(facts());
        prop_assert_eq!((pieces.sent, pieces.failed), (whole.sent, whole.failed));
        for (one, other) in pieces.endpoints.iter().zip(&whole.endpoints) {
            prop_assert_eq!(&one.errors, &other.errors);
            prop_assert_eq!(&one.statuses, &other.statuses);
            prop_assert_eq!((one.requests, one.completed, one.first_failure), (other.requests, other.completed, other.first_failure));
            prop_assert_eq!((one.latency.quantile(0.9), one.service.mean()), (other.latency.quantile(0.9), other.service.mean()));
            for (one, other) in one.spans.iter().zip(&other.spans) {
                prop_assert!((one.latency_sum - other.latency_sum).abs() < 1e-9);
                prop_assert_eq!((one.requests, one.timed, &one.beyond), (other.requests, other.timed, &other.beyond));
            }
        }
        let counts = |windows: &[crate::measure::Window]| windows.iter().map(|w| (w.second, w.endpoint, w.requests, w.failures)).collect::<Vec<_>>();
        prop_assert_eq!(counts(&pieces.windows), counts(&whole.windows));
    }

    #[test]
    fn counts_are_conserved(samples in samples()) {
        let seen = measured(&samples);
        for endpoint in &seen.endpoints {
            let spans = |count: fn(&crate::measure::SpanCounts) -> u64| endpoint.spans.iter().map(count).sum::<u64>();
            prop_assert_eq!(endpoint.requests, spans(|span| span.requests));
            prop_assert_eq!(endpoint.failures(), spans(|span| span.failures));
            prop_assert_eq!(endpoint.latency.count(), spans(|span| span.timed));
            prop_assert_eq!(endpoint.completed, spans(|span| span.completed));
        }
        let unsent = samples.iter().filter(|sample| sample.failure == Some(FailureKind::Unsent)).count();
        prop_assert_eq!(seen.sent, (samples.len() - unsent) as u64);
        let seconds = |count: fn(&crate::measure::Window) -> u64| seen.windows.iter().map(count).sum::<u64>();
        let all = |count: fn(&crate::measure::EndpointMeasurements) -> u64| seen.endpoints.iter().map(count).sum::<u64>();
        prop_assert_eq!(seconds(|w| w.requests), all(|e| e.requests));
        prop_assert_eq!(seconds(|w| w.completed), all(|e| e.completed));
        prop_assert_eq!(seconds(|w| w.errors.values().sum()), all(crate::measure::EndpointMeasurements::failures));
    }
}
