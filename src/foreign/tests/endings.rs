//! What a file tells of how requests ended, and what it leaves open.

use super::{
    super::{Moment, Survey, Tool, survey},
    only, requests,
};
use crate::plan::FailureKind;

/// Whether status and kind of a sample's failure are left open.
fn open(more: &str) -> (Option<FailureKind>, bool, bool) {
    let text = format!("{{\"at\": 1790000000000, \"endpoint\": \"a\", \"service_ms\": 1, {more}}}");
    let request = only(Tool::Ndjson, &text);
    (request.failure, request.status_unknown, request.kind_unknown)
}

#[test]
fn samples_without_a_status_leave_it_open_unless_no_answer_came() {
    let check = Some(FailureKind::Check);
    assert_eq!(open(r#""status": 200"#), (None, false, false));
    assert_eq!(open(r#""ok": true"#), (None, true, false));
    assert_eq!(open(r#""ok": false"#), (check, true, true));
    assert_eq!(open(r#""ok": false, "status": 503"#), (check, false, false));
    assert_eq!(open(r#""error": "timeout""#), (Some(FailureKind::Timeout), false, false));
    assert_eq!(open(r#""error": "check""#), (check, true, false));
    assert_eq!(open(r#""error": "no more bananas""#), (check, true, true));
}

#[test]
fn words_say_nothing_against_an_answer_and_are_whole() {
    assert_eq!(open(r#""status": 504, "error": "upstream timed out""#), (Some(FailureKind::Check), false, false));
    let kind = |words: &str| open(&format!(r#""error": "{words}""#)).0;
    for words in ["preset missing", "the account is disclosed", "typeof is wrong", "throttls"] {
        assert_eq!(kind(words), Some(FailureKind::Check), "{words}");
    }
    for (words, expected) in [
        ("ConnectionResetError(104)", FailureKind::Reset),
        ("EOFError", FailureKind::Reset),
        ("SSLError(1)", FailureKind::Tls),
        ("connect ECONNREFUSED 127.0.0.1:1", FailureKind::Connect),
        ("RemoteDisconnected('x')", FailureKind::Reset),
    ] {
        assert_eq!(kind(words), Some(expected), "{words}");
    }
}

#[test]
fn jmeter_and_k6_leave_open_what_they_do_not_write() {
    let jtl = |code: &str, message: &str| {
        let header = "timeStamp,elapsed,label,responseCode,success,failureMessage\n";
        let request = only(Tool::JMeter, &format!("{header}1790000000000,5,a,{code},false,{message}\n"));
        (request.status_unknown, request.kind_unknown)
    };
    assert_eq!(jtl("503", ""), (false, false));
    assert_eq!(jtl("", ""), (true, true));
    assert_eq!(jtl("", "text expected"), (true, false));
    assert_eq!(jtl("Non HTTP response code: java.net.ConnectException", ""), (false, false));
    assert_eq!(jtl("Non HTTP response code: com.example.Odd", ""), (false, true));
    let k6 = |tags: &str| {
        let request = only(
            Tool::K6,
            &format!(
                r#"{{"metric":"http_req_duration","type":"Point","data":{{"time":"2026-11-24T08:00:01Z","value":3,"tags":{{"name":"cart","expected_response":"false"{tags}}}}}}}"#
            ),
        );
        (request.status_unknown, request.kind_unknown)
    };
    assert_eq!(k6(r#","status":"503""#), (false, false));
    assert_eq!(k6(r#","status":"0","error_code":"1050""#), (false, false));
    assert_eq!(k6(r#","status":"0","error_code":"1000""#), (false, true));
    assert_eq!(k6(""), (true, true));
}

#[test]
fn seconds_are_not_taken_for_milliseconds() {
    let text = "{\"at\": 1790000000.5, \"endpoint\": \"a\", \"service_ms\": 1, \"ok\": true}\n";
    let error = requests(Tool::Ndjson, text).expect_err("it is in seconds").to_string();
    assert!(error.contains("looks like seconds; write milliseconds"), "{error}");
    let text = "timeStamp,elapsed,label,success\n1790000000,5,a,true\n";
    let error = requests(Tool::JMeter, text).expect_err("it is in seconds").to_string();
    assert!(error.contains("looks like seconds"), "{error}");
    assert!(Moment::of_milliseconds(1.0).is_err() && Moment::of_milliseconds(f64::NAN).is_err());
}

#[test]
fn a_quotation_mark_that_does_not_end_costs_the_lines_that_it_takes() {
    let row = "1790000000000,5,a,true\n";
    let text = ["timeStamp,elapsed,label,success\n1790000000000,5,\"a,true\n", &row.repeat(20_000)].concat();
    let error = requests(Tool::JMeter, &text).expect_err("it takes 64 KiB of rows").to_string();
    assert!(error.contains("a quotation mark does not end; 2850 of 20002 lines"), "{error}");
    let text = ["timeStamp,elapsed,label,success\n", &row.repeat(1000), "1,5,\"a,true\n", row].concat();
    let (_, facts) = requests(Tool::JMeter, &text).expect("two lines of a thousand");
    assert_eq!((facts.unreadable, facts.examples[0].0, facts.cut), (2, 1002, false));
}

#[test]
fn latency_is_said_to_be_told_where_all_samples_tell_it() {
    let found = |second: &str| {
        let text = format!(
            "{{\"at\": 1790000000000, \"endpoint\": \"a\", \"latency_ms\": 2, \"service_ms\": 2, \"ok\": true}}\n\
             {{\"at\": 1790000000000, \"endpoint\": \"a\", {second}, \"ok\": true}}\n"
        );
        let mut found = Survey::default();
        survey(Tool::Ndjson, ("f", &mut text.as_bytes()), &mut found).unwrap_or_else(|error| panic!("{error}"));
        found.without_latency
    };
    assert_eq!(found(r#""latency_ms": 2, "service_ms": 2"#), 0, "equal times are told all the same");
    assert_eq!(found(r#""service_ms": 2"#), 1);
}

#[test]
fn k6_requests_are_named_without_their_queries() {
    let text = r#"{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-24T08:00:01Z","value":3,"tags":{"name":"http://a.example/cart?token=abc","method":"GET","expected_response":"true","status":"200"}}}"#;
    let names = only(Tool::K6, text).row.names;
    assert_eq!(names, ["GET /cart", "http://a.example/cart", "GET http://a.example/cart"]);
}
