//! A selftest as text: what fired, what did not and why, and the load that it took.

use super::{
    Colour, Mask, clean,
    terminal::{Tint, without_commands, wrap},
};
use crate::{
    gate::{Proof, Proven, Selftest},
    judge::Outcome,
    units::number,
};

/// The whole of it; `mask` takes secrets out. `brief` leaves out what fired.
pub fn selftest(selftest: &Selftest, brief: Brief, mask: &Mask<'_>, colour: Colour) -> String {
    let mut lines = Vec::new();
    let mut group = None;
    let shown = selftest.proofs.iter().filter(|proof| brief == Brief::No || !proof.fired());
    for proof in shown {
        let title = title(proof);
        if group.as_ref() != Some(&title) {
            lines.extend(wrap(&clean(&mask(&title)), 0));
            group = Some(title);
        }
        lines.extend(told(proof, mask, colour));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(sum(selftest, mask, colour));
    lines.push(String::new());
    without_commands(&lines.join("\n"))
}

/// Whether what fired is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brief {
    /// Everything is told.
    No,
    /// `-q`: only what did not fire.
    Yes,
}

fn title(proof: &Proof) -> String {
    match (proof.about, &proof.phase) {
        (Proven::Criterion, Some(phase)) => format!("phase {phase}"),
        (Proven::Comparison, Some(phase)) => format!("comparisons of {phase}"),
        (Proven::Band, _) => "bands".to_owned(),
        (_, None) => String::new(),
    }
}

/// `fired  gates.yaml:91  p95 < 500ms: every request 501 ms slower`.
fn told(proof: &Proof, mask: &Mask<'_>, colour: Colour) -> Vec<String> {
    let (tint, word) = match (proof.fired(), proof.warns) {
        (true, false) => (Tint::Good, "fired"),
        (true, true) => (Tint::Warn, "warned"),
        (false, _) => (Tint::Bad, "did not fire"),
    };
    let place = proof.place.as_ref().map(|place| format!("{place}  ")).unwrap_or_default();
    let fault = if proof.fault.is_empty() { String::new() } else { format!(": {}", proof.fault) };
    let line = format!("{word}  {place}{}{fault}", proof.name);
    let mut lines = wrap(&clean(&mask(&line)), 2);
    if let Some(first) = lines.first_mut() {
        *first = first.replacen(word, &colour.paint(tint, word), 1);
    }
    let remark = Some(proof.remark.as_str()).filter(|remark| !remark.is_empty() && proof.about == Proven::Criterion);
    lines.extend(proof.missed.as_deref().into_iter().chain(remark).flat_map(|why| wrap(&clean(&mask(why)), 6)));
    lines
}

/// The last words.
fn sum(selftest: &Selftest, mask: &Mask<'_>, colour: Colour) -> Vec<String> {
    let mut lines = Vec::new();
    for failed in selftest.preflight.iter().filter(|check| check.outcome == Outcome::Failed) {
        lines.extend(wrap(&clean(&mask(&format!("preflight: {}: {}", failed.name, failed.detail))), 0));
    }
    lines.extend(selftest.trouble.iter().flat_map(|why| wrap(&clean(&mask(why)), 0)));
    for recorded in &selftest.recordings {
        let users = number::counted(u64::from(recorded.users), "user");
        let (window, phases) = (number::duration(recorded.window), recorded.phases.join(", "));
        let requests = number::counted(recorded.requests, "request");
        lines.extend(wrap(&clean(&mask(&format!("recorded: {requests} of {users} in {window}, for {phases}"))), 0));
    }
    let sent = format!("Sent to {}: {} in all.", selftest.target, number::counted(selftest.requests, "request"));
    lines.extend(wrap(&clean(&mask(&sent)), 0));
    if selftest.proofs.iter().any(|proof| proof.about == Proven::Comparison) {
        let note = "Comparisons were tried stored and interleaved, against a past made of what was measured here.";
        lines.extend(wrap(note, 0));
    }
    let missed: Vec<String> = selftest.proofs.iter().filter(|proof| !proof.fired()).map(named).collect();
    let (all, fired) = (selftest.proofs.len() as u64, (selftest.proofs.len() - missed.len()) as u64);
    let (tint, words) = match selftest.exit_code() {
        0 => (Tint::Good, format!("passed: all {} can fail, and none passes in silence", number::count(all))),
        1 => {
            let names = missed.join("; ");
            (Tint::Bad, format!("failed: {} of {} fired, not {names}", number::count(fired), number::count(all)))
        }
        3 => (Tint::Unsure, "invalid: nothing could be tried".to_owned()),
        _ => (Tint::Unsure, "interrupted".to_owned()),
    };
    let words = wrap(&clean(&mask(&format!("selftest {words}"))), 0);
    lines.extend(words.iter().map(|line| colour.paint(tint, line)));
    lines
}

/// What did not fire, as the last line names it.
fn named(proof: &Proof) -> String {
    let phase = proof.phase.as_ref().map(|phase| format!(" in {phase}")).unwrap_or_default();
    let place = proof.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
    format!("`{}`{phase}{place}", proof.name)
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, time::Duration};

    use super::*;
    use crate::{gate::Recorded, plan::Place};

    fn proof(name: &str, missed: Option<&str>) -> Proof {
        Proof {
            about: Proven::Criterion,
            phase: Some("light".to_owned()),
            name: name.to_owned(),
            place: Some(Place { file: "gates.yaml".into(), line: 12, column: 3 }),
            warns: false,
            fault: "every request 501 ms slower".to_owned(),
            remark: String::new(),
            missed: missed.map(ToOwned::to_owned),
        }
    }

    fn found() -> Selftest {
        let recorded =
            Recorded { phases: vec!["light".to_owned()], users: 2, window: Duration::from_secs(4), requests: 31 };
        Selftest {
            target: "http://hunter2.test".to_owned(),
            recordings: vec![recorded],
            proofs: vec![proof("p95 < 500ms", None), proof("mean < 1h", Some("it is passed\u{1b}[2J: hunter2"))],
            requests: 40,
            ..Selftest::default()
        }
    }

    fn told(found: &Selftest, brief: Brief) -> String {
        let mask = |text: &str| Cow::Owned(text.replace("hunter2", "***"));
        selftest(found, brief, &|text| mask(text), Colour::Off)
    }

    #[test]
    fn what_did_not_fire_stands_there_with_its_reason_and_last() {
        let text = told(&found(), Brief::No);
        assert!(text.contains("  fired gates.yaml:12 p95 < 500ms: every request 501 ms slower\n"), "{text}");
        assert!(text.contains("  did not fire gates.yaml:12 mean < 1h"), "{text}");
        assert!(text.contains("recorded: 31 requests of 2 users in 4 s, for light\n"), "{text}");
        assert!(text.ends_with("selftest failed: 1 of 2 fired, not `mean < 1h` in light (gates.yaml:12)\n"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains('\u{1b}'), "{text}");
        assert!(!told(&found(), Brief::Yes).contains("p95 < 500ms"), "{text}");
    }

    #[test]
    fn what_was_not_tried_is_not_called_passed() {
        let trouble = Selftest { trouble: Some("0 of 2 users logged in".to_owned()), ..Selftest::default() };
        let text = told(&trouble, Brief::No);
        assert!(
            text.contains("0 of 2 users logged in\n") && text.contains("invalid: nothing could be tried"),
            "{text}"
        );
    }
}
