//! Samples in the general form: `{"at": .., "endpoint": .., "latency_ms": .., "status": 200}`, a line each.

use serde::Deserialize;

use super::{
    Moment, Request, failure,
    reading::{Format, Line},
    request::{clipped, time},
};
use crate::plan::{FailureKind, ForeignRow};

/// The version of the format.
const SCHEMA: &str = "stagegate/samples/1";

/// Reads samples.
pub(super) struct Ndjson;

/// A line. More keys may stand in it.
#[derive(Deserialize)]
struct Sample {
    schema: Option<String>,
    at: Option<At>,
    endpoint: Option<String>,
    latency_ms: Option<f64>,
    service_ms: Option<f64>,
    ok: Option<bool>,
    status: Option<u16>,
    error: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    scenario: Option<String>,
    phase: Option<String>,
}

/// RFC 3339, or milliseconds since 1970.
#[derive(Deserialize)]
#[serde(untagged)]
enum At {
    Milliseconds(f64),
    Text(String),
}

impl Format for Ndjson {
    fn line(&mut self, line: &str) -> Line {
        let sample: Sample = match serde_json::from_str(line) {
            Ok(sample) => sample,
            Err(error) => return Line::Unreadable(error.to_string()),
        };
        if let Some(schema) = &sample.schema
            && schema != SCHEMA
        {
            return Line::Refused(format!("its schema is {}, and this stagegate reads {SCHEMA}", clipped(schema)));
        }
        if sample.schema.is_some() && sample.at.is_none() && sample.endpoint.is_none() {
            return Line::Other;
        }
        match sample.request() {
            Ok(request) => Line::Request(Box::new(request)),
            Err(why) => Line::Unreadable(why.to_owned()),
        }
    }
}

impl Sample {
    fn request(self) -> Result<Request, &'static str> {
        let start = match self.at.as_ref().ok_or("it has no `at`")? {
            At::Milliseconds(number) => Moment::of_milliseconds(*number),
            At::Text(text) => Moment::read(text),
        };
        let start = start.ok_or("`at` is neither RFC 3339 nor milliseconds since 1970")?;
        let name = self.endpoint.clone().filter(|name| !name.trim().is_empty()).ok_or("it has no `endpoint`")?;
        let times = [self.latency_ms, self.service_ms].map(|given| given.map(time));
        let [latency, service] = match times {
            [None, None] => return Err("it has neither `latency_ms` nor `service_ms`"),
            [Some(one), None] | [None, Some(one)] => [one, one],
            [Some(latency), Some(service)] => [latency, service],
        };
        let (Some(latency), Some(service)) = (latency, service) else {
            return Err("a time is not between 0 and a day");
        };
        if latency < service {
            return Err("`latency_ms` is from the intended start and cannot be less than `service_ms`");
        }
        let failure = self.failure()?;
        let description = failure.and_then(|kind| self.description(kind));
        let row = ForeignRow { names: vec![name], scenario: self.scenario, tags: self.tags };
        Ok(Request { row, start, latency, service, status: self.status, failure, description, phase: self.phase })
    }

    /// A sample has to say how it ended.
    fn failure(&self) -> Result<Option<FailureKind>, &'static str> {
        if let Some(error) = &self.error {
            let words = || failure::of_words(error).unwrap_or(FailureKind::Check);
            return Ok(Some(failure::of_key(error).unwrap_or_else(words)));
        }
        let accepted = self.status.map(|status| (200..400).contains(&status));
        match self.ok.or(accepted) {
            Some(true) => Ok(None),
            Some(false) => Ok(Some(FailureKind::Check)),
            None => Err("it has neither `ok` nor `status` nor `error`"),
        }
    }

    fn description(&self, kind: FailureKind) -> Option<String> {
        let words = self.error.as_ref().filter(|error| *error != kind.key()).map(|error| clipped(error));
        words.or_else(|| self.status.map(|status| format!("status {status}")))
    }
}
