//! How a step's request is made for a user.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::render::{Memory, Missing, render};
use crate::{
    client::{Failure, Keep, Origin, Request},
    plan::{Body, Extraction, SlotId, Step, Template},
};

/// How a step's request is made.
#[derive(Debug)]
pub(super) enum Recipe {
    /// The same each time.
    Fixed(Box<Request>),
    /// It can never be sent.
    Broken(Failure),
    /// It has variables.
    Varying(Box<Varying>),
}

/// A request with variables.
#[derive(Debug)]
pub(super) struct Varying {
    method: Method,
    url: Template,
    /// Headers without variables.
    fixed: HeaderMap,
    headers: Vec<(HeaderName, Template)>,
    body: Template,
    timeout: Duration,
    keep: Keep,
    max_size: Option<u64>,
}

/// Why a request cannot be made.
#[derive(Debug)]
pub(super) enum Unmade {
    /// It needs a value that an earlier step should have extracted.
    Missing(SlotId),
    /// It is refused before a byte is sent.
    Refused(Failure),
}

/// A request: borrowed where it is the same each time.
pub(super) enum Made<'a> {
    Fixed(&'a Request),
    Varied(Box<Request>),
}

impl Recipe {
    /// Builds what does not vary.
    pub(super) fn of(step: &Step, origin: &Origin) -> Self {
        match Varying::of(step) {
            Err(failure) => Self::Broken(failure),
            Ok(varying) if varying.varies() => Self::Varying(Box::new(varying)),
            Ok(varying) => match varying.make(origin, &mut Memory::empty()) {
                Ok(request) => Self::Fixed(request),
                Err(Unmade::Refused(failure)) => Self::Broken(failure),
                Err(Unmade::Missing(_)) => Self::Broken(Failure::check("the step needs a value that no step extracts")),
            },
        }
    }

    /// The request for a user.
    ///
    /// # Errors
    ///
    /// When a value is missing, or what the values give cannot or must not be sent.
    pub(super) fn make(&self, origin: &Origin, memory: &mut Memory) -> Result<Made<'_>, Unmade> {
        match self {
            Self::Fixed(request) => Ok(Made::Fixed(request)),
            Self::Broken(failure) => Err(Unmade::Refused(failure.clone())),
            Self::Varying(varying) => varying.make(origin, memory).map(Made::Varied),
        }
    }
}

impl Recipe {
    /// The same recipe, with the body of every answer kept: for a pass that shows what it saw.
    pub(super) fn keeping_bodies(&mut self) {
        match self {
            Self::Fixed(request) => request.keep = Keep::Body,
            Self::Varying(varying) => varying.keep = Keep::Body,
            Self::Broken(_) => {}
        }
    }
}

impl Made<'_> {
    pub(super) fn request(&self) -> &Request {
        match self {
            Self::Fixed(request) => request,
            Self::Varied(request) => request,
        }
    }

    /// Leaves the room of a request that is not needed any more to the user's next one.
    pub(super) fn give_back(self, memory: &mut Memory) {
        if let Self::Varied(request) = self {
            memory.give_back_request(request);
        }
    }
}

impl Varying {
    fn of(step: &Step) -> Result<Self, Failure> {
        let mut fixed = HeaderMap::new();
        let mut headers = Vec::new();
        for (name, template) in &step.headers {
            match template.constant() {
                Some(text) => {
                    fixed.append(name, value(name, text)?);
                }
                None => headers.push((name.clone(), template.clone())),
            }
        }
        let from_body = |from: &Extraction| matches!(from, Extraction::Regex(_) | Extraction::Json(_));
        let reads = step.expect.reads_body() || step.extract.iter().any(|extract| from_body(&extract.from));
        Ok(Self {
            method: step.method.clone(),
            url: step.url.clone(),
            fixed,
            headers,
            body: match &step.body {
                Body::Empty => Template::default(),
                Body::Text(template) => template.clone(),
            },
            timeout: step.timeout,
            keep: if reads { Keep::Body } else { Keep::Nothing },
            max_size: step.expect.max_size,
        })
    }

    fn varies(&self) -> bool {
        !self.headers.is_empty() || self.url.constant().is_none() || self.body.constant().is_none()
    }

    fn make(&self, origin: &Origin, memory: &mut Memory) -> Result<Box<Request>, Unmade> {
        // One buffer serves all parts, and the user keeps it for the next request.
        let mut text = memory.buffer();
        render(&self.url, memory, &mut text)?;
        let address = origin.address(&text)?;
        let mut room = memory.request();
        let mut headers = room.as_mut().map(|before| std::mem::take(&mut before.headers)).unwrap_or_default();
        headers.clear();
        for (name, value) in &self.fixed {
            headers.append(name, value.clone());
        }
        for (name, template) in &self.headers {
            render(template, memory, &mut text)?;
            headers.append(name, value(name, &text)?);
        }
        render(&self.body, memory, &mut text)?;
        let body = Bytes::copy_from_slice(text.as_bytes());
        memory.give_back(text);
        let request = Request {
            method: self.method.clone(),
            address,
            headers,
            body,
            timeout: self.timeout,
            keep: self.keep,
            max_size: self.max_size,
        };
        Ok(match room {
            Some(mut before) => {
                *before = request;
                before
            }
            None => Box::new(request),
        })
    }
}

fn value(name: &HeaderName, text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::try_from(text)
        .map_err(|_| Failure::check(format!("the value of the header {name} has characters that no header can carry")))
}

impl From<Missing> for Unmade {
    fn from(Missing(slot): Missing) -> Self {
        Self::Missing(slot)
    }
}

impl From<Failure> for Unmade {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}
