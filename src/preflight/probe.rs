//! One request without a session.

use std::time::Instant;

use super::{Sent, checked::Seen};
use crate::{
    client::{
        control::{Answer, BODY_LIMIT, Control, ControlFailure, Inquiry},
        verify,
    },
    config::{confidential_fields, hidden},
    load::{Exchange, Quote, Rehearsal, confidential},
    plan::{FailureKind, Probe},
};

/// Sends the request; everything that `expect` says must hold.
pub(super) async fn send(control: &Control, probe: &Probe) -> Seen {
    let Probe { method, url, headers, body, timeout, expect } = probe;
    let inquiry = Inquiry { method, url, headers, body: body.as_deref(), timeout: *timeout };
    let shown = hidden(url);
    let started = Instant::now();
    let answer = match control.ask(inquiry).await {
        Ok(answer) => answer,
        Err(failure) => {
            let sent = u64::from(failure.sent);
            let exchanges = exchanges(control, inquiry, None, (started, &failure.sentence));
            let sent = Sent { requests: sent, failures: sent };
            return Seen { outcome: Err(describe(&failure)), sent, exchanges: Some(Box::new(exchanges)) };
        }
    };
    let mut held = verify(expect, answer.status, &answer.headers, &answer.content());
    if held.is_ok() && answer.cut() && expect.max_size.is_some() {
        held = Err(format!(
            "the body is longer than the {} MiB that a check reads, so `max_size` cannot be told",
            BODY_LIMIT >> 20
        ));
    }
    match held {
        Ok(()) => Seen {
            outcome: Ok(format!("{method} {shown} answered {} as expected", answer.status)),
            sent: Sent { requests: 1, failures: 0 },
            exchanges: None,
        },
        Err(violated) => Seen {
            exchanges: Some(Box::new(exchanges(control, inquiry, Some(&answer), (started, &violated)))),
            outcome: Err(format!("{method} {shown}: {violated}; correct the app, or what this item expects")),
            sent: Sent { requests: 1, failures: 1 },
        },
    }
}

/// What was sent and received, for whoever looks for the reason of a failure.
fn exchanges(
    control: &Control,
    inquiry: Inquiry<'_>,
    answer: Option<&Answer>,
    (started, failure): (Instant, &str),
) -> Rehearsal {
    let (url, head) = control.preview(inquiry).unzip();
    let head = head.unwrap_or_default();
    let path = url.as_ref().map_or(inquiry.url, |url| &url[url::Position::BeforePath..url::Position::AfterQuery]);
    let version = answer.map_or_else(|| control.version(), |answer| answer.version);
    let mut found = confidential(&head);
    found.extend([path, inquiry.body.unwrap_or_default()].into_iter().flat_map(confidential_fields));
    if let Some(answer) = answer {
        found.extend(confidential(&answer.headers));
        found.extend(confidential_fields(&String::from_utf8_lossy(answer.content().shown())));
    }
    let exchange = Exchange {
        step: "one request".to_owned(),
        login: false,
        method: Some(inquiry.method.clone()),
        status: answer.map(|answer| answer.status),
        duration: started.elapsed(),
        failure: Some(failure.to_owned()),
        advice: None,
        causes: Vec::new(),
        sent: Quote::of_request((inquiry.method, path), version, &head, inquiry.body.unwrap_or_default().as_bytes()),
        received: answer
            .map(|answer| Quote::of_answer((answer.status, answer.version), &answer.headers, answer.content().shown()))
            .unwrap_or_default(),
        url: url.map(String::from),
    };
    Rehearsal::of(exchange, &found)
}

fn describe(failure: &ControlFailure) -> String {
    let advice = match failure.kind {
        _ if !failure.sent => "correct the URL, or list its host in `target.allow`",
        FailureKind::Connect => "start the app, or correct `target.url`",
        FailureKind::Timeout => "look why the app is slow, or give the item a longer `timeout`",
        FailureKind::Tls => "correct the certificate, name its authority in `target.tls.ca`, or speak http",
        _ => "look into the app's log",
    };
    format!("{failure}; {advice}")
}
