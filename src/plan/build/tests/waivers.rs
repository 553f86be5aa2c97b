//! `regression.waivers`: what holds, and every way in which it is wrong.

use std::collections::BTreeMap;

use super::{Choice, planned, problems_with, with};
use crate::{
    plan::Waiver,
    units::{Date, Quantity as _},
};

fn on(day: &str) -> Choice {
    Choice { today: Date::parse(day).expect("a date"), ..Choice::default() }
}

/// With the file beside gates.yaml.
fn beside(text: Result<&str, &str>) -> Choice {
    let files = BTreeMap::from([("waivers.yaml".to_owned(), text.map(str::to_owned).map_err(str::to_owned))]);
    Choice { files, ..on("2027-01-01") }
}

/// Line 10 names the cells, line 11 is the waiver.
fn waiving(waiver: &str) -> String {
    with(&format!("regression: {{cells: [p95, p95(home), {{error_rate: 1%}}], waivers: [\n{waiver}]}}"))
}

const GOOD: &str = "{cell: first/p95(home), ceiling: 25%, reason: cache is cold, owner: '@maria', expires: 2027-01-31}";

fn waivers(text: &str, choice: &Choice) -> Vec<Waiver> {
    let plan = planned(text, choice).unwrap_or_else(|problems| panic!("{problems}"));
    plan.regression.expect("it compares").waivers
}

#[test]
fn a_waiver_holds_until_the_end_of_its_last_day() {
    for (day, left) in [("2027-01-01", 30), ("2027-01-31", 0)] {
        let [waiver] = waivers(&waiving(GOOD), &on(day)).try_into().expect("one waiver");
        assert_eq!((waiver.cell.as_str(), waiver.days_left, waiver.rate), ("first/p95(home)", left, false));
        assert!((waiver.ceiling - 0.25).abs() < 1e-12);
        assert_eq!((waiver.reason.as_str(), waiver.owner.as_str()), ("cache is cold", "@maria"));
        assert_eq!((waiver.place.line, waiver.expires.to_string().as_str()), (11, "2027-01-31"));
    }
    assert_eq!(
        problems_with(&waiving(GOOD), &on("2027-02-01")),
        [
            "11:88 the waiver of `first/p95(home)` has expired: its last day was 2027-01-31, yesterday (remove it, or agree on a new day with its owner, @maria)"
        ]
    );
}

#[test]
fn what_is_wrong_with_a_waiver_has_its_place() {
    for (was, is, expected) in [
        (
            "first/p95(home)",
            "frist/p95(home)",
            "11:8 there is no cell `frist/p95(home)` (did you mean `first/p95(home)`?)",
        ),
        (
            "ceiling: 25%",
            "ceiling: 10%",
            "11:34 the ceiling must be more than the margin of `first/p95(home)`, 10%: below it nothing blocks anyway",
        ),
        ("reason: cache is cold, ", "", "11:1 `reason` is missing here"),
        ("owner: '@maria', ", "", "11:1 `owner` is missing here"),
        (", expires: 2027-01-31", "", "11:1 `expires` is missing here"),
        ("ceiling: 25%, ", "", "11:1 `ceiling` is missing here"),
        ("cache is cold", "' '", "11:48 `reason` is a text of 1 to 300 characters"),
        ("2027-01-31", "2027-02-30", "11:88 `2027-02-30` is not a date; write it like 2027-01-31"),
        ("2027-01-31", "soon", "11:88 `soon` is not a date; write it like 2027-01-31"),
        ("expires", "expire", "11:79 `expire` is not a key here (did you mean `expires`?)"),
    ] {
        let found = problems_with(&waiving(&GOOD.replace(was, is)), &on("2027-01-01"));
        assert_eq!(found, [expected], "{was} -> {is}");
    }
    let twice = problems_with(&waiving(&format!("{GOOD},\n{GOOD}")), &on("2027-01-01"));
    assert_eq!(twice, ["12:8 the cell `first/p95(home)` is waived twice"]);
}

#[test]
fn every_problem_is_reported_at_once() {
    let wrong = GOOD.replace("first", "frist").replace("2027-01-31", "soon");
    let late = GOOD.replace("p95(home)", "p95");
    let found = problems_with(&waiving(&format!("{wrong},\n{late}")), &on("2028-01-01"));
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[2].starts_with("12:") && found[2].contains("335 days ago"), "{found:#?}");
}

#[test]
fn a_cell_that_could_not_be_read_is_not_called_unknown() {
    let found = problems_with(&waiving(GOOD).replace("p95(home), {", "p95(hoem), {"), &on("2027-01-01"));
    assert_eq!(found, ["10:31 there is no endpoint or tag `hoem` (did you mean `home`?)"]);
}

#[test]
fn a_rate_has_a_ceiling_in_points() {
    let rate = GOOD.replace("p95(home)", "error_rate").replace("25%", "2%");
    let [waiver] = waivers(&waiving(&rate), &on("2027-01-01")).try_into().expect("one waiver");
    assert!(waiver.rate && (waiver.ceiling - 0.02).abs() < 1e-12);
}

#[test]
fn phases_that_the_profile_leaves_out_may_be_waived() {
    let text = waiving(GOOD).replace(
        "phases:\n",
        "phases:\n  - {name: second, users: 10, duration: 10s, spawn_rate: 5/s, criteria: [success_rate > 99%]}\n",
    );
    let choice = Choice { phases: vec!["second".to_owned()], ..on("2027-01-01") };
    assert_eq!(waivers(&text, &choice).len(), 1);
}

#[test]
fn a_file_holds_a_list_of_waivers_with_places_of_its_own() {
    let text = with("regression: {cells: [p95, p95(home)], waivers: waivers.yaml}");
    let list = format!("# known\n- {GOOD}\n");
    let [waiver] = waivers(&text, &beside(Ok(&list))).try_into().expect("one waiver");
    assert_eq!((&*waiver.place.file, waiver.place.line), ("waivers.yaml", 2));
    let wrong = list.replace("first", "frist");
    let problems = planned(&text, &beside(Ok(&wrong))).expect_err("it is wrong").to_string();
    assert!(problems.contains(" --> waivers.yaml:2:10\n"), "{problems}");
    assert!(problems.contains("did you mean `first/p95(home)`?"), "{problems}");
    assert!(problems.ends_with("1 problem in waivers.yaml"), "{problems}");
    for (file, expected) in [
        (Err("no such file"), "10:48 `waivers.yaml` cannot be read: no such file"),
        (Ok("cell: first/p95\n"), "1:1 expected a list, found a map"),
    ] {
        assert_eq!(problems_with(&text, &beside(file)), [expected]);
    }
    assert_eq!(waivers(&text, &beside(Ok("[]\n"))), []);
}

#[test]
fn problems_of_both_files_stand_together() {
    let text = with("regression: {cells: [p95], history: 2, waivers: [waivers.yaml]}");
    let problems = planned(&text, &beside(Ok("- {cell: first/p95}\n"))).expect_err("both are wrong");
    let places: Vec<_> = problems.iter().map(|problem| (&*problem.file, problem.line)).collect();
    assert_eq!(places.first(), Some(&("gates.yaml", 10)));
    assert_eq!(places.last(), Some(&("waivers.yaml", 1)));
    assert!(problems.to_string().ends_with(" problems in gates.yaml and waivers.yaml"), "{problems}");
}
