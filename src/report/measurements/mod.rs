//! measurements.json: everything measured, enough to compute every report again.

mod format;
mod from;
mod into;

use self::format::{File, Row};
use super::{
    Mask, Recording, clean,
    recording::Recorded,
    schema::{self, OtherSchema},
};
use crate::{gate::MeasuredPhase, measure::HistogramError, plan::Endpoint};

/// What `schema` of measurements.json says.
pub const MEASUREMENTS_SCHEMA: &str = "stagegate/measurements/1";

/// The largest measurements.json that is read: a larger one is not one of ours.
pub const LARGEST_MEASUREMENTS: u64 = 1 << 30;

/// Why a measurements.json cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableMeasurements {
    /// It is not the JSON of measurements.
    #[error("it holds no measurements: {0}; was the run interrupted while it was written?")]
    NotMeasurements(#[from] serde_json::Error),
    /// Another version wrote it.
    #[error(transparent)]
    OtherSchema(#[from] OtherSchema),
    /// A histogram is damaged.
    #[error("phase {phase}, endpoint {endpoint}: {cause}")]
    Histogram {
        /// The phase.
        phase: String,
        /// The endpoint's position.
        endpoint: usize,
        /// What is wrong with it.
        cause: HistogramError,
    },
    /// A span of time is negative or longer than a machine can count.
    #[error("`{seconds}` is not a number of seconds since the phase began")]
    Time {
        /// The number in its place.
        seconds: f64,
    },
}

/// measurements.json of a run; every string in it is masked and made harmless.
#[expect(clippy::missing_panics_doc, reason = "the keys of every map in it are numbers or words")]
pub fn measurements(endpoints: &[Endpoint], phases: &[MeasuredPhase], mask: &Mask<'_>) -> String {
    let show = |text: &str| clean(&mask(text)).into_owned();
    let file = File::of(endpoints, phases, &show);
    let mut text = serde_json::to_string(&file).expect("measurements have string keys only");
    text.push('\n');
    text
}

/// Reads what [`measurements`] wrote.
///
/// # Errors
/// When the text holds no measurements, those of another schema, or a damaged histogram.
pub fn read_measurements(text: &str) -> Result<Vec<MeasuredPhase>, UnreadableMeasurements> {
    schema::check::<UnreadableMeasurements>(text, MEASUREMENTS_SCHEMA)?;
    serde_json::from_str::<File>(text)?.phases()
}

/// Reads the same for a report that draws it.
///
/// # Errors
/// As [`read_measurements`].
pub fn read_recording(text: &str) -> Result<Recording<'static>, UnreadableMeasurements> {
    schema::check::<UnreadableMeasurements>(text, MEASUREMENTS_SCHEMA)?;
    let file = serde_json::from_str::<File>(text)?;
    let recorded = |row: &Row| Recorded { name: row.name.clone(), tags: row.tags.clone(), login: row.login };
    let endpoints = file.endpoints.iter().map(recorded).collect();
    Ok(Recording::read(endpoints, file.phases()?))
}

#[cfg(test)]
mod tests;
