//! k6, `JMeter` and samples, as their documents describe them.

use super::{
    super::{Moment, Tool},
    ms, only, requests,
};
use crate::plan::FailureKind;

/// Lines of the kinds that k6's documentation shows for `--out json`, with the tags of a current release.
const K6: &str = r#"{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":["p(95)<500"],"submetrics":null},"metric":"http_req_duration"}
{"metric":"http_reqs","type":"Point","data":{"time":"2026-11-24T09:00:01.250000000+01:00","value":1,"tags":{"expected_response":"true","group":"","method":"GET","name":"http://127.0.0.1:8000/dashboard/","proto":"HTTP/1.1","scenario":"shoppers","status":"200","url":"http://127.0.0.1:8000/dashboard/"}}}
{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-24T09:00:01.250000000+01:00","value":45.125,"tags":{"expected_response":"true","group":"","method":"GET","name":"http://127.0.0.1:8000/dashboard/","proto":"HTTP/1.1","scenario":"shoppers","status":"200","url":"http://127.0.0.1:8000/dashboard/"}}}
{"metric":"http_req_failed","type":"Point","data":{"time":"2026-11-24T09:00:01.250000000+01:00","value":0,"tags":{"expected_response":"true","name":"http://127.0.0.1:8000/dashboard/"}}}
{"metric":"vus","type":"Point","data":{"time":"2026-11-24T09:00:02.000000000+01:00","value":5,"tags":null}}
"#;

fn k6_point(metric: &str, value: &str, tags: &str) -> String {
    format!(
        r#"{{"metric":"{metric}","type":"Point","data":{{"time":"2026-11-24T08:00:01Z","value":{value},"tags":{{"name":"cart"{tags}}}}}}}"#
    )
}

#[test]
fn k6_notes_a_request_at_its_end_and_names_it_by_its_address() {
    let request = only(Tool::K6, K6);
    assert_eq!(request.end(), Moment::read("2026-11-24T08:00:01.25Z").expect("a moment"));
    assert_eq!((request.service, request.latency), (ms(45) + ms(1) / 8, ms(45) + ms(1) / 8));
    assert_eq!((request.status, request.failure), (Some(200), None));
    let names = &request.row.names;
    assert_eq!((names[0].as_str(), names[2].as_str()), ("http://127.0.0.1:8000/dashboard/", "GET /dashboard/"));
    assert_eq!(request.row.scenario.as_deref(), Some("shoppers"));
}

#[test]
fn k6_tells_kinds_of_failure_by_its_error_codes() {
    let failed = |code: &str| only(Tool::K6, &k6_point("http_req_duration", "3", code)).failure;
    let code = |code: u32| failed(&format!(r#","expected_response":"false","status":"0","error_code":"{code}""#));
    for (number, kind) in [
        (1050, FailureKind::Timeout),
        (1211, FailureKind::Timeout),
        (1101, FailureKind::Connect),
        (1212, FailureKind::Connect),
        (1220, FailureKind::Reset),
        (1310, FailureKind::Tls),
        (1503, FailureKind::Check),
        (1000, FailureKind::Protocol),
    ] {
        assert_eq!(code(number), Some(kind), "{number}");
    }
    assert_eq!(failed(r#","status":"500""#), Some(FailureKind::Check), "without expected_response, by the status");
    assert_eq!(failed(r#","status":"304""#), None);
}

#[test]
fn k6_says_by_a_point_of_its_own_what_the_tags_do_not() {
    let lines = |value: u8| {
        [
            k6_point("http_req_duration", "3", r#","status":"404""#),
            k6_point("http_req_waiting", "2", ""),
            k6_point("http_req_failed", &value.to_string(), ""),
        ]
        .join("\n")
    };
    assert_eq!(only(Tool::K6, &lines(0)).failure, None, "the script expected it");
    assert_eq!(only(Tool::K6, &lines(1)).failure, Some(FailureKind::Check));
    let (two, _) = requests(Tool::K6, &[lines(0), lines(1)].join("\n")).expect("it is read");
    assert_eq!(two.iter().map(|request| request.failure).collect::<Vec<_>>(), [None, Some(FailureKind::Check)]);
}

const JTL: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,grpThreads,allThreads,Latency,Connect\n";

#[test]
fn jmeter_counts_requests_and_no_transactions() {
    let text = [
        JTL,
        "1790000000000,120,dashboard,200,OK,Shoppers 1-3,text,true,,512,5,5,110,3\n",
        "1790000000120,30,\"cart, full\",200,OK,Shoppers 1-3,text,false,\"Test failed: text expected to contain /\"\"ok\"\"/\nand more\",512,5,5,29,0\n",
        "1790000000000,150,visit,200,\"Number of samples in transaction : 2, number of failing samples : 1\",Shoppers 1-3,,false,,1024,5,5,139,3\n",
        JTL,
    ]
    .concat();
    let (found, facts) = requests(Tool::JMeter, &text).expect("it is read");
    assert_eq!((facts.requests, facts.transactions, facts.grouped, facts.unreadable), (2, 1, 2, 0));
    let [first, second] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(first.start, Moment::of_milliseconds(1_790_000_000_000.0).expect("a moment"));
    assert_eq!((first.service, first.failure, first.row.scenario.as_deref()), (ms(120), None, Some("Shoppers")));
    assert_eq!((second.row.names[0].as_str(), second.failure), ("cart, full", Some(FailureKind::Check)));
    assert!(second.description.as_ref().is_some_and(|words| words.contains("\"ok\"")), "{second:?}");
    assert!(facts.remarks("x").is_empty(), "{:?}", facts.remarks("x"));
}

#[test]
fn jmeter_that_wrote_parents_only_is_noticed() {
    let row = "1790000000000,150,visit,200,\"Number of samples in transaction : 2, number of failing samples : 0\",S 1-1,,true,,9,1,1,9,0\n";
    let (found, facts) = requests(Tool::JMeter, &[JTL, row, row].concat()).expect("it is read");
    assert!(found.is_empty());
    let remarks = facts.remarks("a.jtl").join(" ");
    assert!(remarks.contains("2 transactions stand for 4 requests") && remarks.contains("parent sample"), "{remarks}");
}

#[test]
fn jmeter_tells_kinds_of_failure_by_exceptions() {
    let kind = |code: &str, message: &str| {
        let row = format!("1790000000000,5,a,{code},{message},S 1-1,text,false,,0,1,1,0,0\n");
        only(Tool::JMeter, &[JTL, &row].concat()).failure
    };
    let exception = |class: &str, words: &str| {
        kind(&format!("Non HTTP response code: {class}"), &format!("Non HTTP response message: {words}"))
    };
    for (class, words, expected) in [
        ("java.net.SocketTimeoutException", "Read timed out", FailureKind::Timeout),
        ("org.apache.http.conn.ConnectTimeoutException", "connect timed out", FailureKind::Timeout),
        ("org.apache.http.conn.HttpHostConnectException", "Connection refused", FailureKind::Connect),
        ("java.net.UnknownHostException", "nowhere", FailureKind::Connect),
        ("java.net.SocketException", "Connection reset", FailureKind::Reset),
        ("org.apache.http.NoHttpResponseException", "failed to respond", FailureKind::Reset),
        ("javax.net.ssl.SSLHandshakeException", "handshake", FailureKind::Tls),
        ("java.net.URISyntaxException", "Illegal character", FailureKind::Protocol),
    ] {
        assert_eq!(exception(class, words), Some(expected), "{class}");
    }
    assert_eq!(kind("503", "Busy"), Some(FailureKind::Check));
}

#[test]
fn samples_say_when_what_how_long_and_how_it_ended() {
    let request = only(
        Tool::Ndjson,
        "{\"schema\": \"stagegate/samples/1\"}\n\n{\"at\": 1790000000000.5, \"endpoint\": \"cart\", \"latency_ms\": 20, \"service_ms\": 12.5, \
         \"status\": 201, \"tags\": [\"write\"], \"scenario\": \"s\", \"phase\": \"light\", \"more\": [1]}",
    );
    assert_eq!((request.latency, request.service, request.status), (ms(20), ms(25) / 2, Some(201)));
    assert_eq!((request.row.tags.as_slice(), request.phase.as_deref()), (&["write".to_owned()][..], Some("light")));
    let ended = |how: &str| {
        let text = format!("{{\"at\": \"2026-11-24T09:00:00Z\", \"endpoint\": \"a\", \"service_ms\": 1, {how}}}");
        only(Tool::Ndjson, &text).failure
    };
    assert_eq!(ended(r#""ok": true, "status": 500"#), None, "the script accepts it");
    assert_eq!(ended(r#""ok": false"#), Some(FailureKind::Check));
    assert_eq!(ended(r#""status": 404"#), Some(FailureKind::Check));
    assert_eq!(ended(r#""error": null, "status": 302"#), None);
    assert_eq!(ended(r#""error": "tls""#), Some(FailureKind::Tls));
    assert_eq!(ended(r#""error": "ReadTimeout(host)""#), Some(FailureKind::Timeout));
    assert_eq!(ended(r#""error": "no more bananas""#), Some(FailureKind::Check));
}

#[test]
fn a_sample_that_lacks_something_is_none() {
    for (text, why) in [
        (r#"{"endpoint": "a", "service_ms": 1, "ok": true}"#, "no `at`"),
        (r#"{"at": "today", "endpoint": "a", "service_ms": 1, "ok": true}"#, "RFC 3339"),
        (r#"{"at": 1, "service_ms": 1, "ok": true}"#, "no `endpoint`"),
        (r#"{"at": 1, "endpoint": "a", "ok": true}"#, "neither `latency_ms`"),
        (r#"{"at": 1, "endpoint": "a", "service_ms": -1, "ok": true}"#, "between 0 and a day"),
        (r#"{"at": 1, "endpoint": "a", "service_ms": 1e300, "ok": true}"#, "between 0 and a day"),
        (r#"{"at": 1, "endpoint": "a", "service_ms": NaN, "ok": true}"#, "expected value"),
        (r#"{"at": 1, "endpoint": "a", "latency_ms": 1, "service_ms": 2, "ok": true}"#, "cannot be less"),
        (r#"{"at": 1, "endpoint": "a", "service_ms": 1}"#, "neither `ok`"),
    ] {
        let error = requests(Tool::Ndjson, &format!("{text}\n")).expect_err(text).to_string();
        assert!(error.starts_with("file:1: ") && error.contains(why), "{error}");
    }
}

#[test]
fn one_line_in_a_hundred_may_be_unreadable_and_a_cut_last_one() {
    let good = "{\"at\": 1, \"endpoint\": \"a\", \"service_ms\": 1, \"ok\": true}\n";
    let (found, facts) = requests(Tool::Ndjson, &["x\n", &good.repeat(99)].concat()).expect("one in a hundred");
    assert_eq!((found.len(), facts.unreadable, facts.cut), (99, 1, false));
    assert!(
        facts.remarks("f")[0].starts_with("f: 1 line of 100 could not be read, the first is line 1: "),
        "{facts:?}"
    );
    let error = requests(Tool::Ndjson, &["x\n", &good.repeat(98)].concat()).expect_err("one in 99").to_string();
    assert!(error.contains("1 of 99 lines"), "{error}");
    let (found, facts) = requests(Tool::Ndjson, &[good, &good[..30]].concat()).expect("it was stopped");
    assert_eq!((found.len(), facts.unreadable, facts.cut), (1, 1, true));
    assert!(facts.remarks("f")[0].contains("the last line is cut off"), "{facts:?}");
    let long = format!("{{\"at\": 1, \"x\": \"{}\"}}\n", "y".repeat(3 << 20));
    let (found, facts) = requests(Tool::Ndjson, &[&long, &*good.repeat(100)].concat()).expect("it is skipped");
    assert_eq!((found.len(), facts.lines, facts.examples[0].0), (100, 101, 1));
}

#[test]
fn files_of_another_kind_say_how_the_right_one_is_made() {
    for (tool, text, why) in [
        (Tool::K6, "timeStamp,elapsed\n", "k6 run --out json"),
        (Tool::K6, "{\n  \"metrics\": {}\n}\n", "k6 run --out json"),
        (Tool::JMeter, "<?xml version=\"1.0\"?>\n", "it is XML"),
        (Tool::JMeter, "1790000000000,120,dashboard,200\n", "no header"),
        (Tool::Ndjson, "{\"schema\": \"stagegate/samples/2\"}\n", "stagegate/samples/1"),
        (Tool::Locust, "Type,Name\n", "statistics, not requests"),
    ] {
        let error = requests(tool, text).expect_err(text).to_string();
        assert!(error.contains(why) && error.starts_with("file:"), "{error}");
    }
    for tool in [Tool::K6, Tool::JMeter, Tool::Ndjson] {
        let (found, facts) = requests(tool, "").expect("an empty file has no requests");
        assert_eq!((found.len(), facts.lines), (0, 0));
    }
}
