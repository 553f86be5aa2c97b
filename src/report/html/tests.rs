use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{judge::Verdict, report::fixtures};

/// The page with the pictures of what was measured.
fn page(verdict: Verdict) -> String {
    let (endpoints, measured) = (fixtures::endpoints(&verdict), fixtures::measured(&verdict));
    let recording = Recording::of(&endpoints, &measured, &|text| text.into());
    render(&fixtures::publishable(verdict), Some(&recording))
}

/// What stands in the body, without the script, and with each picture as its title.
fn body(page: &str) -> String {
    let body = page.split_once("<body>").expect("there is a body").1;
    let body = body.split_once("<script>").expect("there is a script").0;
    let mut kept = String::new();
    let mut rest = body;
    while let Some((before, svg)) = rest.split_once("<svg ") {
        let (svg, after) = svg.split_once("</svg>").expect("it ends");
        let title = svg.split_once("<title").and_then(|(_, title)| title.split_once("</title>"));
        let title = title.map_or("", |(title, _)| title.split_once('>').expect("the tag ends").1);
        kept.push_str(before);
        write!(kept, "<svg>{title}</svg>").expect("a string takes it");
        rest = after;
    }
    kept + rest
}

#[test]
fn reads_well() {
    for (name, verdict) in
        [("failed", fixtures::failed()), ("not_ready", fixtures::not_ready()), ("regressed", fixtures::regressed())]
    {
        insta::assert_snapshot!(format!("html_{name}"), body(&page(verdict)));
    }
}

#[test]
fn says_so_where_there_is_nothing_to_draw() {
    let page = render(&fixtures::publishable(fixtures::failed()), None);
    assert!(page.contains("because measurements.json is not at hand") && !page.contains("id=\"course-title\""));
    assert!(page.contains("<h2 id=\"errors\">"), "errors are told from the diagnosis then");
}

#[test]
fn draws_every_quantity_and_marks_the_moments() {
    let page = page(fixtures::failed());
    let (_, picture) = page.split_once("id=\"course-title\"").expect("the run is drawn");
    let (picture, _) = picture.split_once("</svg>").expect("it ends");
    for shown in [
        "users",
        "successful answers per second",
        "latency: p50, p95, p99",
        "share of failures",
        "database.connections",
        "p95 &lt; 750ms",
        "medium · failed",
    ] {
        assert!(picture.contains(shown), "{shown}\n{picture}");
    }
    // Fourteen timeouts are more than none from their first second on: 5 s into a window that begins at 3 s.
    let (_, moments) = page.split_once("<ol class=\"moments\">").expect("there are moments");
    let moment = moments.split("<li>").find(|moment| moment.contains("no timeouts")).expect("it is told");
    assert!(moment.contains("5 s into the window"), "{moment}");
}

/// What a screen reader has of the picture.
#[test]
fn the_tables_behind_the_course_have_all_of_its_panels() {
    let page = page(fixtures::failed());
    let rows = |label: &str| -> Vec<Vec<String>> {
        let (_, table) = page.split_once(&format!("aria-label=\"{label}\"")).expect("it is there");
        let (table, _) = table.split_once("</table>").expect("it ends");
        let cells = |row: &str| {
            let cells = row.split('>').filter_map(|cell| cell.split_once("</")).map(|(text, _)| text.to_owned());
            cells.filter(|text| !text.trim().is_empty()).collect()
        };
        table.split("<tr>").skip(1).map(cells).collect()
    };
    let course = rows("The run in steps of 1 s");
    let titles = ["phase", "from", "load, as planned", "requests", "throughput", "p50", "p95", "p99", "failures"];
    assert_eq!(course[0], titles);
    assert_eq!(
        (course.len(), &course[1][..4]),
        (31, ["baseline", "0:03", "10 users", "60"].map(str::to_owned).as_slice())
    );
    assert_eq!(course[30][..4], ["medium", "0:38", "50 users", "60"]);
    let gauges = rows("The gauges in steps of 1 s");
    assert_eq!(gauges[0], ["phase", "from", "database.connections", "app.cpu"]);
    // Both rise evenly to their highest value in the last second.
    assert_eq!(gauges[21], ["medium", "0:29", "24", "11.2"]);
    assert_eq!((gauges.len(), &gauges[30][2..]), (31, ["96", "44.6"].map(str::to_owned).as_slice()));
}

/// A picture with its key.
fn picture<'p>(page: &'p str, id: &str) -> &'p str {
    let (before, after) = page.split_once(&format!("id=\"{id}-title\"")).expect("it is drawn");
    let begin = before.rfind("<figure").expect("it stands in a figure");
    let end = before.len() + after.find("</figure>").expect("it ends");
    &page[begin..end]
}

/// The numbers in the marks of a picture, and those in its key.
fn numbers(picture: &str) -> [Vec<u32>; 2] {
    let (key, drawn) = picture.split_once("</ul>").expect("the key comes first");
    [drawn, key].map(|part| {
        let texts = part.split("<text ").skip(1).filter_map(|text| text.split_once('>')?.1.split_once('<'));
        let mut numbers: Vec<u32> = texts.filter_map(|(text, _)| text.trim().parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    })
}

#[test]
fn percentiles_have_marks_beside_their_colours() {
    let page = page(fixtures::failed());
    let (key, drawn) = picture(&page, "course").split_once("</ul>").expect("the key comes first");
    let ends = |shape: &str, colour: &str| {
        let all = drawn.split('<').filter(|tag| tag.starts_with(shape) && tag.contains(&format!("=\"{colour}\"")));
        all.count()
    };
    // At least one in each of the three phases that were run.
    for (shape, colour, in_key) in [
        ("circle", "#0B7A75", "r=\"4\" fill=\"#0B7A75\""),
        ("rect", "#FFFFFF", "stroke=\"#3B4FC9\""),
        ("polygon", "#A21CAF", "<polygon points=\"18,3 23,12 13,12\" fill=\"#A21CAF\""),
    ] {
        assert!(ends(shape, colour) >= 3 && key.contains(in_key), "{shape} {}\n{key}", ends(shape, colour));
    }
}

#[test]
fn phases_of_the_same_colour_have_numbers_of_their_own() {
    let mut verdict = fixtures::passed();
    let phase = verdict.phases[0].clone();
    let named = |at: usize| crate::judge::PhaseVerdict { name: format!("step {at}"), ..phase.clone() };
    verdict.phases = (1..=12).map(named).collect();
    let page = page(verdict);
    let all: Vec<u32> = (1..=12).collect();
    assert_eq!(numbers(picture(&page, "latency-0")), [all.clone(), all]);
    let mut one = fixtures::passed();
    one.phases.truncate(1);
    let page = self::page(one);
    assert_eq!(numbers(picture(&page, "latency-0")), [Vec::new(), Vec::<u32>::new()], "one line needs no number");
}

/// The dashed lines of a picture.
fn dashed(picture: &str) -> usize {
    let (_, lines) = picture.split_once("<desc").expect("it is described");
    lines.split('<').filter(|line| line.starts_with("polyline") && line.contains("stroke-dasharray")).count()
}

#[test]
fn what_it_was_compared_with_is_drawn_beside_the_run() {
    for (verdict, words, row, sentence) in [
        (
            fixtures::interleaved(),
            "base of the comparison",
            ", base</th>",
            "A dashed line is the base of the comparison, all its blocks together.",
        ),
        (
            fixtures::regressed(),
            "stored runs",
            ", stored runs</th>",
            "A dashed line is all requests of the stored runs that the comparison counts.",
        ),
    ] {
        let page = page(verdict);
        let drawn = picture(&page, "latency-0");
        assert_eq!(dashed(drawn), 3, "one for each phase\n{drawn}");
        assert!(drawn.contains(&format!("{words}, with the number and colour of its phase")));
        assert!(drawn.contains(&format!("one line for each phase, dashed for the {words}: ")));
        assert!(page.contains(sentence));
        assert!(page.matches(row).count() >= 3, "its numbers stand in the table");
    }
}

/// Files of earlier releases hold no distribution of stored runs, and some stores have none.
#[test]
fn without_distributions_of_stored_runs_their_values_are_marked() {
    let without = |verdict: Verdict| {
        let endpoints = fixtures::endpoints(&verdict);
        let mut measured = fixtures::measured(&verdict);
        for phase in &mut measured {
            phase.base.clear();
        }
        render(&fixtures::publishable(verdict), Some(&Recording::of(&endpoints, &measured, &|text| text.into())))
    };
    let page = without(fixtures::regressed());
    let drawn = picture(&page, "latency-0");
    assert_eq!(dashed(drawn), 0);
    assert!(drawn.contains("stored runs, with the number and colour of its phase") && drawn.contains("chart data"));
    assert!(page.contains("a ring marks what they have for a compared cell"));
    assert_eq!(page.matches(", stored runs</th>").count(), 1, "that of light");
    let mut nothing = fixtures::regressed();
    nothing.regressions.retain(|one| one.endpoint.is_none());
    assert!(without(nothing).contains("No distribution of the stored runs is at hand to be drawn beside it."));
}

/// Neither by the names of the endpoints nor by those of the errors.
#[test]
fn errors_stand_in_the_order_of_their_appearance() {
    use crate::plan::{EndpointId, FailureKind};
    let verdict = fixtures::passed();
    let endpoints = fixtures::endpoints(&verdict);
    let mut measured = fixtures::measured(&verdict);
    let mut fails = |phase: usize, at: u32, endpoint: u32, kind: FailureKind| {
        let windows = &mut measured[phase].measurements.windows;
        let here =
            |window: &&mut crate::measure::Window| window.second >= at && window.endpoint == EndpointId(endpoint);
        for window in windows.iter_mut().filter(here) {
            window.failures += 2;
            window.errors.insert(kind, 2);
        }
    };
    fails(1, 4, 2, FailureKind::Check);
    fails(0, 9, 3, FailureKind::Timeout);
    fails(0, 11, 1, FailureKind::Check);
    let page =
        render(&fixtures::publishable(verdict), Some(&Recording::of(&endpoints, &measured, &|text| text.into())));
    let (_, table) = page.split_once("aria-label=\"All errors\"").expect("they are listed");
    let (table, _) = table.split_once("</table>").expect("it ends");
    let cells = |row: &str| -> Vec<String> {
        let cells = row.split('>').filter_map(|cell| cell.split_once("</")).map(|(text, _)| text.to_owned());
        cells.filter(|text| !text.is_empty()).take(5).collect()
    };
    let rows: Vec<_> = table.split("<tr>").skip(2).map(cells).collect();
    assert_eq!(
        rows,
        [
            ["timeout", "save detail", "baseline", "0:09, 6 s into the window", "8"],
            ["check", "dashboard", "baseline", "0:11, 8 s into the window", "4"],
            ["check", "chart data", "light", "0:17, 1 s into the window", "18"],
        ]
    );
}

#[test]
fn says_why_statements_are_not_known() {
    let mut verdict = fixtures::failed();
    verdict.phases[2].statements_unknown = vec!["it was gone <b>".to_owned()];
    let said = "<p>it was gone &lt;b&gt;.</p>";
    assert!(page(verdict.clone()).contains(said));
    verdict.phases[2].statements.clear();
    let page = page(verdict);
    assert!(page.contains(said) && page.contains("<h3>Statements of the database</h3>"));
    assert!(!page.contains("aria-label=\"Statements of the database in"));
}

#[test]
fn lists_requests_that_can_be_looked_up_by_their_trace_ids() {
    let mut verdict = fixtures::failed();
    assert!(!page(verdict.clone()).contains("in the app's tracing"));
    let trace = |id: &str, error: Option<&str>| crate::judge::TraceVerdict {
        trace_id: id.to_owned(),
        at_s: 1.5,
        latency_ms: 812.0,
        status: Some(503),
        error: error.map(str::to_owned),
    };
    verdict.phases[0].endpoints[1].traces = vec![trace("4bf92f3577b34da6a3ce929d0e0e4736", Some("check"))];
    let page = page(verdict);
    let (_, table) = page.split_once("Requests to look up in the app's tracing").expect("they are listed");
    let row = table.split("<tr>").find(|row| row.contains("4bf92f3577b34da6a3ce929d0e0e4736")).expect("it is there");
    assert!(row.contains("812 ms") && row.contains("check, 503") && row.contains("1.5 s"), "{row}");
}

/// More requests and rows than the tables take, and what failed stands last in the ladder.
#[test]
fn what_failed_stays_where_a_table_has_not_room_for_all() {
    let (mut verdict, failures) = fixtures::last_of_seven();
    let (of_passed, of_failed) = verdict.phases.split_at_mut(6);
    let endpoint = of_passed[0].endpoints[1].clone();
    for phase in of_passed {
        let named = |at| crate::judge::EndpointVerdict { name: format!("endpoint {at}"), ..endpoint.clone() };
        phase.endpoints = (0..120).map(named).collect();
    }
    let endpoints = of_failed[0].endpoints.len();
    let page = render(&fixtures::publishable(verdict), None);
    let (_, table) = page.split_once("aria-label=\"All endpoints in all phases\"").expect("they are listed");
    let (table, rest) = table.split_once("</table>").expect("it ends");
    assert_eq!(table.matches("data-value=\"6\">phase 6</td>").count(), endpoints, "{table}");
    let last = table.rfind("phase 4").zip(table.find("phase 6"));
    assert!(last.is_some_and(|(before, own)| before < own), "in the order of the ladder");
    assert!(rest.contains("and 124 more rows"));
    let (_, table) = page.split_once("aria-label=\"Requests with their trace ids\"").expect("they are listed");
    let (table, rest) = table.split_once("</table>").expect("it ends");
    let rows: Vec<&str> = table.split("<tr>").skip(2).collect();
    assert!(rows.iter().take(failures).all(|row| row.contains(fixtures::TRACE_OF_FAILURE)), "{table}");
    assert!(rows.len() == 300 && rows[failures].contains("phase 6") && rest.contains("more, in verdict.json"));
}

#[test]
fn asks_for_nothing_from_elsewhere() {
    let page = page(fixtures::everything());
    for forbidden in [" src=", "@import", "url(", "<link", "<iframe", "onload", "style=", "href=\"http"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert_eq!(page.matches("<script").count(), 1);
    let policy = page.split_once("Content-Security-Policy\" content=\"").expect("it has one").1;
    let policy = policy.split_once('"').expect("it ends").0;
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    let script = page.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>")).expect("it is there");
    assert!(policy.contains(&sha256(script.0)), "the policy lets the script run");
}

#[test]
fn a_page_that_is_rendered_again_is_the_same() {
    let some = ["failed", "regressed", "interleaved", "interrupted", "hostile"];
    for (name, verdict) in fixtures::all().into_iter().filter(|(name, _)| some.contains(name)) {
        let (endpoints, measured) = (fixtures::endpoints(&verdict), fixtures::measured(&verdict));
        let nothing: &crate::report::Mask<'_> = &|text| text.into();
        let written = crate::report::measurements(&endpoints, &measured, nothing);
        let publishable = fixtures::publishable(verdict);
        let first = render(&publishable, Some(&Recording::of(&endpoints, &measured, nothing)));
        let read = crate::report::read_recording(&written).expect(name);
        assert!(first == render(&publishable, Some(&read)), "{name}");
    }
}

#[test]
fn is_small_enough_to_be_opened_from_a_run() {
    let (verdict, measured) = fixtures::large();
    let endpoints = fixtures::endpoints(&verdict);
    let recording = Recording::of(&endpoints, &measured, &|text| text.into());
    let page = render(&fixtures::publishable(verdict), Some(&recording));
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    // The picture is whole, and of the tables what failed.
    assert!(page.contains("steps of 5 s") && page.matches("id=\"latency-11-title\"").count() == 1);
    let (_, criteria) = page.split_once("aria-label=\"Criteria of phase 6\"").expect("they are listed");
    let (criteria, rest) = criteria.split_once("</table>").expect("it ends");
    assert_eq!(criteria.matches("<span class=\"tag bad\">failed</span>").count(), 10, "{criteria}");
    assert!(rest.trim_start().starts_with("</div>\n<p class=\"soft\">and 40 more, in verdict.json</p>"), "{rest:.200}");
    assert!(page.contains("<summary>All 400 cells</summary>") && page.contains("and 280 more cells, in verdict.json"));
}

/// The tags in order, without what stands between them.
fn tags(page: &str) -> Vec<String> {
    let (_, body) = page.split_once("<body>").expect("there is a body");
    body.split('<').skip(1).map(|rest| rest.split([' ', '>', '\n']).next().unwrap_or_default().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_name_changes_the_structure(strings in prop::collection::vec(any::<String>(), 1..20), offset in 0usize..12) {
        let (hostile, benign) = fixtures::twins(strings, offset);
        let page = |verdict| render(&fixtures::publishable(verdict), None);
        prop_assert!(tags(&page(hostile)) == tags(&page(benign)), "a name became a tag");
    }
}

/// In pictures a name that does not fit is cut, so that their tags are held against those that can be there at all.
#[test]
fn no_name_becomes_a_tag_of_a_picture() {
    let page = page(fixtures::hostile());
    let (_, picture) = page.split_once("id=\"course-title\"").expect("the run is drawn");
    let known =
        ["desc", "/desc", "/title", "line", "rect", "text", "/text", "polyline", "polygon", "circle", "/svg", "svg"];
    let (picture, _) = picture.split_once("</svg>").expect("it ends");
    let strange: Vec<_> =
        tags(&format!("<body>{picture}")).into_iter().filter(|tag| !known.contains(&tag.as_str())).collect();
    assert_eq!(strange, Vec::<String>::new());
}
