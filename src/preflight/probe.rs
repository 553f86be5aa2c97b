//! One request without a session.

use super::{Sent, checked::Seen};
use crate::{
    client::{
        control::{BODY_LIMIT, Control, ControlFailure, Inquiry},
        verify,
    },
    plan::{FailureKind, Probe},
};

/// Sends the request; everything that `expect` says must hold.
pub(super) async fn send(control: &Control, probe: &Probe) -> Seen {
    let Probe { method, url, headers, body, timeout, expect } = probe;
    let inquiry = Inquiry { method, url, headers, body: body.as_deref(), timeout: *timeout };
    let answer = match control.ask(inquiry).await {
        Ok(answer) => answer,
        Err(failure) => {
            let sent = u64::from(failure.sent);
            return Seen { outcome: Err(describe(&failure)), sent: Sent { requests: sent, failures: sent } };
        }
    };
    let mut held = verify(expect, answer.status, &answer.headers, &answer.body, answer.size);
    if held.is_ok() && answer.cut() && expect.max_size.is_some() {
        held = Err(format!(
            "the body is longer than the {} MiB that a check reads, so `max_size` cannot be told",
            BODY_LIMIT >> 20
        ));
    }
    let failures = u64::from(held.is_err());
    let outcome = match held {
        Ok(()) => Ok(format!("{method} {url} answered {} as expected", answer.status)),
        Err(violated) => Err(format!("{method} {url}: {violated}; correct the app, or what this item expects")),
    };
    Seen { outcome, sent: Sent { requests: 1, failures } }
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
