//! One fault is one problem: what is about a value that was lost is not said a second time.

use super::{REFERENCE, problems};
use crate::config::scalars;

/// Values of the reference file that may be of any type: JSON that an answer must hold, and JSON that is sent.
const OF_ANY_TYPE: [&str; 5] = ["/commit: ", "/rows: ", "/lost: ", "/corrupt: ", "volume: "];

/// The reference file once for every value in it, that value replaced, with its line and what stands before it.
fn with_each_value_replaced(by: &str) -> impl Iterator<Item = (String, usize, &'static str)> {
    scalars(REFERENCE).into_iter().map(move |at| {
        let line_start = REFERENCE[..at.start].rfind('\n').map_or(0, |end| end + 1);
        let line = REFERENCE[..at.start].matches('\n').count() + 1;
        let text = [&REFERENCE[..at.start], by, &REFERENCE[at.end..]].concat();
        (text, line, &REFERENCE[line_start..at.start])
    })
}

#[test]
fn the_values_of_the_reference_file_are_found() {
    let found: Vec<&str> = scalars(REFERENCE).into_iter().map(|at| &REFERENCE[at]).collect();
    assert!(found.len() > 190, "{}", found.len());
    for value in [
        "1",
        "${STAGING_URL:-demo}",
        "\"*.staging.example.com\"",
        "'requests(\"dashboard\") > 0'",
        "p95(not auth) < 500ms",
    ] {
        assert!(found.contains(&value), "{value} in {found:?}");
    }
    for key in ["version", "rows", "duration", "csrf"] {
        assert!(!found.contains(&key), "{key}");
    }
}

#[test]
fn a_variable_that_is_not_set_is_one_problem_wherever_it_stands() {
    let mut wrong = Vec::new();
    for (text, line, before) in with_each_value_replaced("\"${NOT_SET}\"") {
        let found = problems(&text);
        let said = |problem: &String| {
            problem.starts_with(&format!("{line}:"))
                && problem.contains("the environment variable `NOT_SET` is not set")
        };
        if found.len() != 1 || !said(&found[0]) {
            wrong.push(format!("{line}: {before} gave {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_value_of_the_wrong_type_is_one_problem_wherever_it_stands() {
    let mut wrong = Vec::new();
    for by in ["[[wrong]]", "{wrong: [type]}"] {
        for (text, line, before) in with_each_value_replaced(by) {
            let found = problems(&text);
            let expected = usize::from(!OF_ANY_TYPE.iter().any(|key| before.ends_with(key)));
            if found.len() != expected || found.iter().any(|problem| !problem.starts_with(&format!("{line}:"))) {
                wrong.push(format!("{line}: {before}{by} gave {found:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

/// One more fault beside a lost value is still found: losing a part hides nothing else.
#[test]
fn a_lost_value_hides_no_other_problem() {
    let other = REFERENCE.replace("p95 < 750ms", "p59(dashbord) < 750ms").replace(
        "data: [large, worst]\n    criteria: [success_rate > 90%",
        "data: [lagre]\n    criteria: [sucess_rate > 90%",
    );
    let known = problems(&other);
    assert_eq!(known.len(), 3, "{known:#?}");
    let lines: Vec<&str> = known.iter().filter_map(|problem| problem.split(':').next()).collect();
    let mut hidden = Vec::new();
    for at in scalars(&other) {
        let before = &other[..at.start];
        let line = (before.matches('\n').count() + 1).to_string();
        if lines.contains(&line.as_str()) {
            continue;
        }
        let found = problems(&[before, "\"${NOT_SET}\"", &other[at.end..]].concat());
        // What a variable would have named nobody knows: the endpoint that a criterion asks for may be that one.
        let nameless = before.ends_with("name: ") || before.ends_with("tags: [");
        let open = |problem: &&String| nameless && problem.contains("there is no endpoint or tag");
        let gone = known.iter().filter(|problem| !found.contains(problem)).filter(|problem| !open(problem));
        hidden.extend(gone.map(|problem| format!("{line}: {problem}")));
    }
    assert!(hidden.is_empty(), "{}", hidden.join("\n"));
}

/// A fault of each kind in every part of the file, all of them said at once and nothing beside them.
#[test]
fn faults_in_every_section_are_said_together() {
    let faults = [
        ("url: demo", "url: ${NOWHERE}", "the environment variable `NOWHERE` is not set"),
        (
            "ready: {get: /healthz, within: 60s}",
            "ready: {get: healthz, within: 60s}",
            "`ready.get` is a path on the target",
        ),
        (
            "scenario: estimator}",
            "scenario: estimater}",
            "there is no scenario `estimater` (did you mean `estimator`?)",
        ),
        ("free: 1GiB", "free: lots", "`lots` is not a size"),
        ("{rows: [{project: 161}]}", "{row: [{project: 161}]}", "`row` is not a key here (did you mean `rows`?)"),
        ("think: 1s..3s", "think: 3s..1s", "`3s..1s` is not"),
        ("{{ csrf }}", "{{ crsf }}", "`crsf` is not defined (did you mean `csrf`?)"),
        ("expect: {status: 302}", "expect: {status: 99}", "`99` is not a status"),
        ("100 * db_connections / db_pool_size", "100 * / 2", "is not an expression"),
        ("app.memory:", "app.memroy:", "there is no gauge `app.memroy` (did you mean `app.memory`?)"),
        ("users: 30", "users: lots", "`lots` is not a number of users"),
        ("p95(not auth) < 500ms", "p95(not atuh) < 500ms", "there is no tag `atuh` (did you mean `auth`?)"),
        ("duration: 300s\n    data: [small", "duration: soon\n    data: [smal", "`soon` is not a duration"),
        ("- no timeouts", "- no tiemouts", "tiemouts"),
        ("spawn_rate: 20/s", "spwan_rate: 20/s", "`spwan_rate` is not a key here (did you mean `spawn_rate`?)"),
        ("{error_rate: 1%}", "error_rate", "a rate needs a margin of its own"),
        ("missing: warn", "missing: wran", "`wran` is not known here (did you mean `warn`?)"),
        (
            "pr:      {phases: [baseline, light,",
            "pr:      {phases: [baseline, ligth,",
            "there is no phase `ligth` (did you mean `light`?)",
        ),
        ("markdown: summary.md", "markdown: ../summary.md", "is not the name of a file inside the output directory"),
    ];
    // The fault in a phase's datasets comes with the duration that was lost above it.
    let also = "there is no dataset `smal` (did you mean `small`?)";
    let mut text = REFERENCE.replace("${STAGING_URL:-demo}", "demo");
    for (right, wrong, _) in faults {
        assert!(text.contains(right), "{right}");
        text = text.replacen(right, wrong, 1);
    }
    let found = problems(&text);
    for said in faults.iter().map(|(_, _, said)| *said).chain([also]) {
        assert_eq!(found.iter().filter(|problem| problem.contains(said)).count(), 1, "{said} in {found:#?}");
    }
    assert_eq!(found.len(), faults.len() + 1, "{found:#?}");
}

#[test]
fn a_whole_section_that_is_lost_is_one_problem() {
    for section in
        ["target", "datasets", "scenarios", "monitors", "bands", "phases", "profiles", "regression", "publish"]
    {
        let start = REFERENCE.find(&format!("\n{section}:")).expect(section) + 1;
        let end = REFERENCE[start..]
            .match_indices('\n')
            .map(|(at, _)| start + at + 1)
            .find(|at| REFERENCE[*at..].starts_with(|c: char| c.is_ascii_lowercase()))
            .unwrap_or(REFERENCE.len());
        for by in [format!("{section}: soon\n"), format!("{section}:\n"), format!("{section}: \"${{NOT_SET}}\"\n")] {
            let text = [&REFERENCE[..start], &by, &REFERENCE[end..]].concat();
            let found = problems(&text);
            // A regression without a value is no regression.
            let expected = usize::from(by != "regression:\n");
            assert_eq!(found.len(), expected, "{by} {found:#?}");
        }
        if ["target", "scenarios", "phases"].contains(&section) {
            let found = problems(&[&REFERENCE[..start], &REFERENCE[end..]].concat());
            assert_eq!(found.len(), 1, "without {section}: {found:#?}");
            assert!(found[0].contains(&format!("`{section}` is missing here")), "{found:#?}");
        }
    }
}

/// A key with a typing error is lost with its value: what it would have given is not missed a second time.
#[test]
fn a_key_that_is_not_known_is_one_problem() {
    for (right, wrong) in [
        ("gate: ahsp", "gaet: ahsp"),
        ("  url:", "  ulr:"),
        ("    users: 30", "    usres: 30"),
        ("    duration: 180s", "    duraton: 180s"),
        ("    data: [large, worst]", "    dtaa: [large, worst]"),
        ("    steps:", "    step:"),
        ("read: {cpu:", "raed: {cpu:"),
        ("{regex: 'name", "{regxe: 'name"),
        ("extract: {csrf", "extarct: {csrf"),
        ("{warning: 60%", "{wraning: 60%"),
        ("disk: {path: ., free", "dsik: {path: ., free"),
        ("command: [\"true\"]", "comand: [\"true\"]"),
        ("prometheus: /metrics, read: {cpu", "promtheus: /metrics, read: {cpu"),
        ("phases:                                  #", "phase:                                  #"),
        ("scenarios:\n", "scenario:\n"),
        ("  small:  {rows", "  small:  {rosw"),
        ("{get: /dashboard/, name: dashboard", "{get: /dashboard/, nmae: dashboard"),
        ("{get: /dashboard/, name: dashboard", "{gett: /dashboard/, name: dashboard"),
    ] {
        assert!(REFERENCE.contains(right), "{right}");
        let found = problems(&REFERENCE.replacen(right, wrong, 1));
        assert_eq!(found.len(), 1, "{wrong}: {found:#?}");
    }
}
