//! What the parts of an endpoint's time suggest: a sentence where one of them stands out.

use crate::{
    judge::{EndpointVerdict, TimeSplit},
    units::number,
};

/// From this share of an answer's time on, before its first byte, the rest does not matter.
const MOST: f64 = 0.75;

/// From this share on, in the body or in new connections, it is worth a look of its own.
const MUCH: f64 = 0.4;

/// Answers that take less, in milliseconds, are not worth taking apart.
const LITTLE: f64 = 1.0;

/// Where the time of an endpoint's answers went, and what that suggests; `None` where no part stands out.
pub(super) fn where_it_went(endpoint: &EndpointVerdict) -> Option<String> {
    let TimeSplit { connections, dns, connect, tls, first_byte, body, .. } = endpoint.time_split_ms;
    let (first_byte, body) = (first_byte?, body?);
    let opening: f64 = [dns, connect, tls].into_iter().flatten().sum();
    let opened = if endpoint.requests == 0 { 0.0 } else { connections as f64 / endpoint.requests as f64 };
    let each = opening * opened.min(1.0);
    let whole = first_byte + body + each;
    if whole < LITTLE {
        return None;
    }
    let time = number::milliseconds;
    if each >= MUCH * whole {
        return Some(format!(
            "Of the {} of an answer, {} went into opening a connection, which {} of {} did: keep connections open (the \
             keep-alive of the app and of the proxy in front of it, `target.connections`).",
            time(whole),
            time(each),
            number::count(connections),
            number::counted(endpoint.requests, "request"),
        ));
    }
    if body >= MUCH * whole {
        return Some(format!(
            "Of the {} of an answer, {} passed after its first byte: look at how large the body is and in which pieces it is \
             sent.",
            time(whole),
            time(body)
        ));
    }
    (first_byte >= MOST * whole).then(|| {
        format!(
            "Of the {} of an answer, {} passed before its first byte: the app's own time, not that of the way to it.",
            time(whole),
            time(first_byte)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{advice, fixtures};

    fn said(requests: u64, split: TimeSplit) -> Option<String> {
        let mut endpoint = fixtures::failed().phases[2].endpoints[0].clone();
        (endpoint.requests, endpoint.time_split_ms) = (requests, split);
        where_it_went(&endpoint)
    }

    fn answers(first_byte: f64, body: f64) -> TimeSplit {
        TimeSplit { first_byte: Some(first_byte), body: Some(body), ..TimeSplit::default() }
    }

    #[test]
    fn the_part_that_stands_out_is_named() {
        assert_eq!(
            said(100, answers(61.0, 7.0)).as_deref(),
            Some(
                "Of the 68 ms of an answer, 61 ms passed before its first byte: the app's own time, not that of the way to it."
            )
        );
        let body = said(100, answers(30.0, 38.0)).expect("the body takes most");
        assert!(
            body.starts_with("Of the 68 ms of an answer, 38 ms passed after its first byte: look at how large"),
            "{body}"
        );
        let opened = TimeSplit { connections: 90, connect: Some(10.0), tls: Some(30.0), ..answers(20.0, 4.0) };
        let opened = said(100, opened).expect("connections take most");
        assert!(
            opened.starts_with(
                "Of the 60 ms of an answer, 36 ms went into opening a connection, which 90 of 100 requests did"
            ),
            "{opened}"
        );
    }

    #[test]
    fn the_advice_for_slow_answers_says_it() {
        let mut verdict = fixtures::failed();
        let medium = &mut verdict.phases[2];
        for endpoint in &mut medium.endpoints {
            endpoint.time_split_ms = answers(610.0, 70.0);
        }
        let advice = advice::for_finding(medium, &medium.findings[1]).expect("there is advice");
        assert!(advice.contains("then at a cache. Of the 680 ms of an answer, 610 ms passed before"), "{advice}");
    }

    #[test]
    fn without_such_a_part_nothing_is_said() {
        assert_eq!(said(100, TimeSplit::default()), None, "nothing was measured");
        assert_eq!(said(100, answers(0.6, 0.1)), None, "there is nothing to gain");
        assert_eq!(said(100, answers(40.0, 25.0)), None, "neither stands out");
        let few = TimeSplit { connections: 2, connect: Some(40.0), ..answers(40.0, 25.0) };
        assert_eq!(said(100, few), None, "two connections are no habit");
    }
}
