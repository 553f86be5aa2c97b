//! A phase's requests one by one, to be counted again with a fault in them.

use std::{sync::Arc, time::Duration};

use super::{Collector, GeneratorHealth, Layout, PhaseEnding, PhaseFacts, PhaseMeasurements, Ramp, Recorder, Sample};

/// Requests that a worker hands over at once, as it would once a second.
const BATCH: usize = 4096;

/// Every request of a short phase. Its memory grows with the requests, so it is for windows of seconds.
#[derive(Debug, Clone)]
pub struct Tape {
    samples: Vec<Sample>,
    logins: Vec<bool>,
    window_start: Duration,
    duration: Duration,
    ramp: Ramp,
}

impl Tape {
    /// The requests of a phase that was measured whole; `None` when it was not.
    pub fn of(samples: Vec<Sample>, measured: &PhaseMeasurements) -> Option<Self> {
        let window_start = measured.window_start.filter(|_| measured.ending == PhaseEnding::Completed)?;
        Some(Self {
            samples,
            logins: measured.layout.logins.clone(),
            window_start,
            duration: measured.layout.duration,
            ramp: measured.ramp.clone(),
        })
    }

    /// The same phase with these requests in the place of its own.
    #[must_use]
    pub fn with(&self, samples: Vec<Sample>) -> Self {
        Self { samples, ..self.clone() }
    }

    /// Start and length of the measured window.
    pub fn window(&self) -> (Duration, Duration) {
        (self.window_start, self.duration)
    }

    /// Whether a request is measured: intended within the window, or a login's.
    pub fn measures(&self, sample: &Sample) -> bool {
        let since = sample.intended.checked_sub(self.window_start);
        self.logins[sample.endpoint.index()] || since.is_some_and(|since| since < self.duration)
    }

    /// The requests that are measured.
    pub fn measured(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(|sample| self.measures(sample))
    }

    /// Counts the requests as a phase does, each so many times, as `alter` leaves them; `None` takes a request out before
    /// it was seen. The generator counts as good, and nothing is added for silences: what is looked at here is what the
    /// requests themselves lead to.
    pub fn play(
        &self,
        layout: Layout,
        times: u32,
        alter: &mut dyn FnMut(&Sample) -> Option<Sample>,
    ) -> PhaseMeasurements {
        let layout = Arc::new(layout);
        let mut recorder = Recorder::new(Arc::clone(&layout));
        let mut collector = Collector::new(layout);
        recorder.open_window(self.window_start);
        collector.open_window(self.window_start);
        let altered = (0..times).flat_map(|_| &self.samples).filter_map(alter);
        for (sample, number) in altered.zip(1_usize..) {
            recorder.sending();
            recorder.record(&sample);
            if number.is_multiple_of(BATCH) {
                collector.absorb(recorder.take());
            }
        }
        collector.absorb(recorder.take());
        collector.finish(PhaseFacts {
            ramp: self.ramp.clone(),
            measured: self.duration,
            ending: PhaseEnding::Completed,
            generator: GeneratorHealth::default(),
        })
    }
}
