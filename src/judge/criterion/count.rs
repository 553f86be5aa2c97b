//! `no 5xx` and `requests > 0`: counts, which are certain as they are.

use super::{Bound, most_at, rate};
use crate::judge::{
    assessment::{Assessment, Decision, Side, Sureness},
    evidence::Selection,
};
use crate::measure::EndpointMeasurements;
use crate::plan::{Count, FailureKind};
use crate::units::number;

/// Judges `no KIND`: one event fails, none passes, with at least one request.
pub(in crate::judge) fn none(selection: &Selection<'_>, count: Count) -> Assessment {
    let requests = selection.requests();
    if requests == 0 {
        let because = "No request was made, so there is nothing to judge.".to_owned();
        return Assessment::without_data(0.0, "events", because);
    }
    let events = selection.sum(|endpoint| events(endpoint, count));
    let most = selection.most(|row| self::events(row.measured, count));
    let mut because = format!(
        "{} {} among {}; none is allowed.",
        number::count(events),
        names(count)[usize::from(events != 1)],
        number::counted(requests, "request")
    );
    because += &most_at(most.as_ref(), selection.names());
    because += &rate::example(selection, most.as_ref());
    let (unknown, what) = unknown(selection, count);
    if events == 0 && unknown > 0 {
        let because = format!(
            "Whether it holds is not known: the files do not tell {what} of {} among {}. Let the load write it.",
            number::count(unknown),
            number::counted(requests, "request")
        );
        return Assessment { samples: requests, ..Assessment::without_data(0.0, "events", because) };
    }
    Assessment {
        decision: Decision::Decided(Side::of(events == 0), Sureness::Certain),
        observed: Some(events as f64),
        limit: 0.0,
        unit: "events",
        interval: None,
        samples: requests,
        because,
        worst: most.map(Into::into),
    }
}

/// Judges `requests OP N`, exactly. That there were none passes nothing.
pub(super) fn requests(selection: &Selection<'_>, bound: Bound) -> Assessment {
    let requests = selection.requests();
    let limit = bound.number();
    let holds = bound.op.holds(requests as f64, limit);
    if requests == 0 && holds {
        let because = "No request was made, and no samples never pass.".to_owned();
        return Assessment::without_data(limit, "requests", because);
    }
    let because = format!(
        "{} made, the limit is {} {}.",
        match requests {
            1 => "1 request was".to_owned(),
            requests => format!("{} requests were", number::count(requests)),
        },
        bound.op.symbol(),
        number::limit(limit, "")
    );
    Assessment {
        decision: Decision::Decided(Side::of(holds), Sureness::Certain),
        observed: Some(requests as f64),
        limit,
        unit: "requests",
        interval: None,
        samples: requests,
        because,
        worst: None,
    }
}

fn events(endpoint: &EndpointMeasurements, count: Count) -> u64 {
    let statuses = |low: u16| endpoint.statuses.range(low..low + 100).map(|(_, count)| count).sum();
    match count {
        Count::ServerErrors => statuses(500),
        Count::ClientErrors => statuses(400),
        Count::Errors => endpoint.failures(),
        Count::Failures(kind) => endpoint.errors.get(&kind).copied().unwrap_or_default(),
    }
}

/// How many requests may be such events though another tool's files do not say so, and what they lack.
fn unknown(selection: &Selection<'_>, count: Count) -> (u64, &'static str) {
    match count {
        Count::ServerErrors | Count::ClientErrors => {
            (selection.sum(|endpoint| endpoint.unknown_statuses), "the status of the answers")
        }
        Count::Errors => (0, ""),
        Count::Failures(_) => (selection.sum(|endpoint| endpoint.unknown_kinds), "the kind of the failures"),
    }
}

/// What is counted, as one and as several.
fn names(count: Count) -> [&'static str; 2] {
    match count {
        Count::ServerErrors => ["answer with a status of 500 to 599", "answers with a status of 500 to 599"],
        Count::ClientErrors => ["answer with a status of 400 to 499", "answers with a status of 400 to 499"],
        Count::Errors => ["failure", "failures"],
        Count::Failures(kind) => match kind {
            FailureKind::Timeout => ["timeout", "timeouts"],
            FailureKind::Connect => ["failed connect", "failed connects"],
            FailureKind::Reset => ["reset", "resets"],
            FailureKind::Tls => ["TLS failure", "TLS failures"],
            FailureKind::Protocol => ["protocol failure", "protocol failures"],
            FailureKind::Check => ["failed check", "failed checks"],
            FailureKind::Unsent => ["unsent request", "unsent requests"],
        },
    }
}
