//! The content of a store's files, JSON with a version. A file is read whole or not at all.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    EndpointHistograms, Event, Recording, Run,
    name::{Name, short_digest},
};

/// What `schema` of a run's file says.
pub const SCHEMA: &str = "stagegate/baseline/1";

/// What `schema` of an event's file says.
const EVENT_SCHEMA: &str = "stagegate/baseline-event/1";

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
}

#[derive(Serialize)]
struct Written<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    content: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    histograms: Option<&'a [EndpointHistograms]>,
}

/// The file of a run. Values that are no numbers are left out, as if the cell had not been measured.
pub(super) fn encode(recording: &Recording) -> Vec<u8> {
    let mut run = recording.run.clone();
    run.values.retain(|_, value| value.is_finite());
    run.ruler_s = run.ruler_s.filter(|reading| reading.is_finite());
    text(&Written { schema: SCHEMA, content: &run, histograms: Some(&recording.histograms) })
}

/// The file of an event.
pub(super) fn encode_event(event: &Event) -> Vec<u8> {
    text(&Written { schema: EVENT_SCHEMA, content: event, histograms: None })
}

fn text<T: Serialize>(written: &Written<'_, T>) -> Vec<u8> {
    let mut text = serde_json::to_vec(written).expect("a run has string keys only");
    text.push(b'\n');
    text
}

/// Reads a run and skips its histograms.
///
/// # Errors
/// What is wrong with the file, in words.
pub(super) fn run(name: &Name, bytes: &[u8]) -> Result<Run, String> {
    whole(name, bytes, SCHEMA)?;
    let mut run: Run = serde_json::from_slice(bytes).map_err(|error| format!("it is not a stored run: {error}"))?;
    if name.key.as_deref() != Some(run.key.hash().as_str()) {
        return Err("it lies under a key that is not its own".to_owned());
    }
    run.id.clone_from(&name.id);
    Ok(run)
}

/// Reads a run with its histograms; a file without any is one of a run without a timed request.
///
/// # Errors
/// As [`run`].
pub(super) fn recording(name: &Name, bytes: &[u8]) -> Result<Recording, String> {
    #[derive(Deserialize)]
    struct Rest {
        #[serde(default)]
        histograms: Vec<EndpointHistograms>,
    }
    let run = run(name, bytes)?;
    let rest: Rest = serde_json::from_slice(bytes).map_err(|error| format!("it is not a stored run: {error}"))?;
    Ok(Recording { run, histograms: rest.histograms })
}

/// Reads an event.
///
/// # Errors
/// As [`run`].
pub(super) fn event(name: &Name, bytes: &[u8]) -> Result<Event, String> {
    whole(name, bytes, EVENT_SCHEMA)?;
    serde_json::from_slice(bytes).map_err(|error| format!("it is not a decision about baselines: {error}"))
}

/// Holds the content against the digest in the name, and its schema against the one that this version reads.
fn whole(name: &Name, bytes: &[u8], schema: &str) -> Result<(), String> {
    if short_digest(bytes) != name.id {
        return Err("its content does not match its name: it was cut off or changed".to_owned());
    }
    let head: Head<'_> = serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"))?;
    if head.schema != schema {
        return Err(format!("its schema is `{}`, and this version of stagegate reads `{schema}`", head.schema));
    }
    Ok(())
}
