//! Which runs count.

use jiff::Timestamp;

use crate::baseline::{
    Accept, Act, Event, History, Pin, Run, Wanted,
    history::Rest,
    testing::{key, minute, run},
};

fn accept(at: i64, expires: Option<i64>) -> Event {
    let accept = Accept { reason: format!("reason {at}"), author: "ada".to_owned(), expires: expires.map(minute) };
    Event { gate: "shop".to_owned(), at: minute(at), act: Act::Accept(accept) }
}

fn pin(at: i64) -> Event {
    Event { gate: "shop".to_owned(), at: minute(at), act: Act::Pin(Pin { label: "v1".to_owned() }) }
}

fn history(runs: impl IntoIterator<Item = i64>, events: &[Event], now: i64) -> History {
    let key = key();
    let wanted = Wanted { key: &key, branch: "main", now: minute(now) };
    History::of(&wanted, runs.into_iter().map(run).collect(), events, Rest::default())
}

fn minutes(runs: &[Run]) -> Vec<i64> {
    let start: Timestamp = minute(0);
    runs.iter().map(|run| (run.finished_at.as_second() - start.as_second()) / 60).collect()
}

#[test]
fn runs_are_oldest_first_and_of_the_base_branch() {
    let key = key();
    let wanted = Wanted { key: &key, branch: "main", now: minute(100) };
    let mut runs: Vec<Run> = [3, 1, 2].map(run).into();
    runs[0].branch = "topic".to_owned();
    let history = History::of(&wanted, runs, &[], Rest::default());
    assert_eq!(minutes(&history.runs), [1, 2]);
    assert_eq!((history.other_branches, history.other_regimes), (1, 0));
    assert_eq!(history.regime.sentence(), "the regime began with the store");
}

#[test]
fn the_anchor_is_the_first_ten_runs() {
    assert_eq!(minutes(history(1..=9, &[], 100).anchor()), Vec::<i64>::new(), "before ten there is none");
    assert_eq!(minutes(history(1..=10, &[], 100).anchor()), (1..=10).collect::<Vec<_>>());
    assert_eq!(minutes(history(1..=40, &[], 100).anchor()), (1..=10).collect::<Vec<_>>());
}

#[test]
fn a_pin_moves_the_anchor_to_the_newest_ten_runs_at_that_time() {
    let pinned = history(1..=40, &[pin(25)], 100);
    assert_eq!(minutes(pinned.anchor()), (16..=25).collect::<Vec<_>>());
    assert_eq!(pinned.regime.pinned.as_ref().map(|(at, _)| *at), Some(minute(25)));
    assert_eq!(minutes(history(1..=40, &[pin(25), pin(30)], 100).anchor()), (21..=30).collect::<Vec<_>>());
    assert_eq!(minutes(history(1..=40, &[pin(5)], 100).anchor()), (1..=10).collect::<Vec<_>>(), "fewer than ten then");
    let before = history(1..=40, &[pin(15), accept(20, None)], 100);
    assert_eq!(minutes(before.anchor()), (20..=29).collect::<Vec<_>>(), "a pin is of its own regime");
    assert_eq!(before.regime.pinned, None);
}

#[test]
fn accepting_begins_a_new_regime() {
    let history = history(1..=30, &[accept(10, None), accept(20, None)], 100);
    assert_eq!(minutes(&history.runs), (20..=30).collect::<Vec<_>>(), "a run at the moment itself is of the new one");
    assert_eq!(history.other_regimes, 19);
    assert_eq!(history.regime.sentence(), "the regime began on 2026-11-01: reason 20 (ada)");
}

#[test]
fn after_an_acceptance_expired_the_former_regime_counts_again() {
    let events = [accept(10, None), accept(20, Some(30))];
    let held = history(1..=40, &events, 29);
    assert_eq!(minutes(&held.runs), (20..30).collect::<Vec<_>>());
    let expired = history(1..=40, &events, 30);
    assert_eq!(minutes(&expired.runs), (10..20).chain(30..=40).collect::<Vec<_>>(), "what was stored meanwhile is out");
    assert_eq!(
        expired.regime.sentence(),
        "the regime began on 2026-11-01: reason 10 (ada); what ada accepted on 2026-11-01 (reason 20) has expired, and \
         the regime before it counts again"
    );
    let first = history(1..=40, &[accept(20, Some(30))], 50);
    assert_eq!(minutes(&first.runs), (1..20).chain(30..=40).collect::<Vec<_>>());
    assert!(first.regime.sentence().starts_with("the regime began with the store; what ada accepted"));
}

#[test]
fn what_is_decided_about_another_gate_or_later_is_of_no_account() {
    let mut other = accept(10, None);
    other.gate = "office".to_owned();
    assert_eq!(history(1..=20, &[other, accept(50, None)], 20).runs.len(), 20);
}

#[test]
fn an_acceptance_holds_to_the_end_of_its_day() {
    let end = Accept::end_of("2027-01-31".parse().expect("a day")).expect("a moment");
    assert_eq!(end.to_string(), "2027-02-01T00:00:00Z");
}
