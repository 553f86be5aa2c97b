//! The `traceparent` of each request (W3C Trace Context, level 1), by which the app's own tracing knows it.

use fastrand::Rng;
use http::{HeaderName, HeaderValue};

use crate::measure::TraceId;

/// The header.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Version, trace id, parent id, flags.
const LENGTH: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

/// Draws a trace id for each request of one user, from a source of its own.
#[derive(Debug)]
pub(super) struct Tracer {
    source: Rng,
    last: TraceId,
    text: [u8; LENGTH],
}

impl Tracer {
    pub(super) fn new(source: Rng) -> Self {
        let mut text = [b'-'; LENGTH];
        text[..2].copy_from_slice(b"00");
        // The sampled flag asks the app to record the trace.
        text[LENGTH - 2..].copy_from_slice(b"01");
        Self { source, last: TraceId(0), text }
    }

    /// The id of the request that was made last.
    pub(super) fn last(&self) -> TraceId {
        self.last
    }

    /// The header's value of the next request. Neither id is zero, which the standard excludes.
    pub(super) fn next(&mut self) -> HeaderValue {
        self.last = TraceId(self.source.u128(1..));
        write_hex(self.last.0, &mut self.text[3..35]);
        write_hex(u128::from(self.source.u64(1..)), &mut self.text[36..52]);
        HeaderValue::from_bytes(&self.text).expect("digits and dashes are visible")
    }
}

/// The lowest digits of a number, as many as there is room for.
fn write_hex(number: u128, room: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (place, digit) in room.iter_mut().rev().enumerate() {
        *digit = DIGITS[(number >> (4 * place)) as usize & 15];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_as_the_standard_writes_it_and_names_the_last_id() {
        let mut tracer = Tracer::new(Rng::with_seed(7));
        let mut seen = Vec::new();
        for _ in 0..100 {
            let value = tracer.next();
            let text = value.to_str().expect("it is text");
            let parts: Vec<&str> = text.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 32, 16, 2], "{text}");
            assert_eq!((parts[0], parts[3]), ("00", "01"));
            assert_eq!(parts[1], tracer.last().to_string());
            assert_eq!(TraceId::parse(parts[1]), Some(tracer.last()));
            assert_ne!(parts[2], "0000000000000000");
            seen.push(parts[1].to_owned());
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 100);
        assert_eq!(Tracer::new(Rng::with_seed(7)).next(), Tracer::new(Rng::with_seed(7)).next());
    }
}
