//! What an answer must be.

use http::{HeaderMap, HeaderValue, header};
use proptest::{arbitrary::any, collection::vec, prop_assert, proptest};
use serde_json::json;
use tokio::time::Instant;

use crate::client::{Answer, Content, Session, extract, testing, verify};
use crate::plan::{Expect, Extraction, HeaderExpectation, JsonExpectation};

fn expecting(change: impl FnOnce(&mut Expect)) -> Expect {
    let mut expect = Expect::default();
    change(&mut expect);
    expect
}

#[track_caller]
fn violated(expect: &Expect, status: u16, body: &str) -> String {
    let mut headers = HeaderMap::new();
    headers.insert("x-kind", HeaderValue::from_static("seen"));
    verify(expect, status, &headers, &Content::of(&headers, body.as_bytes(), body.len() as u64))
        .err()
        .unwrap_or_default()
}

#[test]
fn each_expectation_says_what_was_expected_and_what_was_seen() {
    let holds = String::new();
    assert_eq!(violated(&Expect::default(), 399, ""), holds);
    assert_eq!(violated(&Expect::default(), 400, ""), "status 400, expected 200 to 399");
    let status = expecting(|expect| expect.status = vec![200, 201, 302]);
    assert_eq!(violated(&status, 302, ""), holds);
    assert_eq!(violated(&status, 500, ""), "status 500, expected 200, 201 or 302");

    let has = expecting(|expect| expect.body_has = vec!["Dash".to_owned()]);
    assert_eq!(violated(&has, 200, "a DaDash"), holds);
    assert_eq!(violated(&has, 200, "a Das"), "the body lacks \"Dash\"");
    let lacks = expecting(|expect| expect.body_lacks = vec!["DEBUG".to_owned()]);
    assert_eq!(violated(&lacks, 200, "DEBU"), holds);
    assert_eq!(violated(&lacks, 200, "x DEBUG y"), "the body has \"DEBUG\", which it must lack");

    let json = |wanted| expecting(|expect| expect.json = vec![("/lost".to_owned(), wanted)]);
    assert_eq!(violated(&json(JsonExpectation::Exists), 200, r#"{"lost": null}"#), holds);
    assert_eq!(violated(&json(JsonExpectation::Exists), 200, "{}"), "JSON /lost is missing");
    assert_eq!(violated(&json(JsonExpectation::Equals(json!(0))), 200, r#"{"lost": 0.0}"#), holds);
    assert_eq!(
        violated(&json(JsonExpectation::Equals(json!(0))), 200, r#"{"lost": 3}"#),
        "JSON /lost is 3, expected 0"
    );
    assert_eq!(
        violated(&json(JsonExpectation::Equals(json!("0"))), 200, r#"{"lost": 0}"#),
        "JSON /lost is 0, expected \"0\""
    );
    assert!(violated(&json(JsonExpectation::Exists), 200, "<html>").starts_with("the body is not JSON"));

    let header = |wanted| expecting(|expect| expect.header = vec![(header::HeaderName::from_static("x-kind"), wanted)]);
    assert_eq!(violated(&header(HeaderExpectation::Exists), 200, ""), holds);
    assert_eq!(violated(&header(HeaderExpectation::Equals("seen".to_owned())), 200, ""), holds);
    assert_eq!(
        violated(&header(HeaderExpectation::Equals("x".to_owned())), 200, ""),
        "the header x-kind is \"seen\", expected \"x\""
    );
    let absent = expecting(|expect| expect.header = vec![(header::LOCATION, HeaderExpectation::Exists)]);
    assert_eq!(violated(&absent, 200, ""), "the header location is missing");

    let size = expecting(|expect| expect.max_size = Some(3));
    assert_eq!(violated(&size, 200, "123"), holds);
    assert_eq!(violated(&size, 200, "1234"), "the body has more than the 3 bytes of max_size");
}

proptest! {
    #[test]
    fn a_violation_is_short_whatever_the_app_says(body in vec(any::<u8>(), 0..3000), text in ".{0,400}") {
        let expect = expecting(|expect| {
            expect.body_has = vec![text.clone()];
            expect.json = vec![("/a".to_owned(), JsonExpectation::Equals(json!(text)))];
        });
        let headers = HeaderMap::new();
        let content = Content::of(&headers, &body, body.len() as u64);
        if let Err(violation) = verify(&expect, 200, &headers, &content) {
            prop_assert!(violation.chars().count() < 500, "{}", violation);
        }
    }
}

/// What a report repeats of an answer holds no session, no token and no code of OAuth's.
#[test]
fn what_is_wrong_is_said_without_the_secret_that_is_wrong() {
    let json = |pointer: &str, wanted: serde_json::Value| {
        expecting(|expect| expect.json = vec![(pointer.to_owned(), JsonExpectation::Equals(wanted))])
    };
    let body = r#"{"access_token": "s3cret-token", "user": {"pin": 1234, "name": "ann"}, "code": "SplxlOBeZQQYbYS6WxSbIA",
        "token": {"valid": true}}"#;
    for (expect, said) in [
        (json("/access_token", json!("other")), "JSON /access_token is not as expected"),
        (json("/user/pin", json!(1)), "JSON /user/pin is not as expected"),
        (json("/user", json!({})), "JSON /user is {\"pin\":***,\"name\":\"ann\"}, expected {}"),
        (json("/code", json!("x")), "JSON /code is not as expected"),
        (json("/refresh_token", json!("s3cret")), "JSON /refresh_token is missing"),
        (json("/token/valid", json!(false)), "JSON /token/valid is true, expected false"),
        (json("/user/name", json!("bob")), "JSON /user/name is \"ann\", expected \"bob\""),
    ] {
        assert_eq!(violated(&expect, 200, body), said);
    }

    let headers: HeaderMap = [
        (header::LOCATION, "/cb?code=SplxlOBeZQQYbYS6WxSbIA&a=b"),
        (header::HeaderName::from_static("x-auth-token"), "s3cret-token"),
    ]
    .into_iter()
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
    .collect();
    for (name, said) in [
        ("location", "the header location is \"/cb?code=***&a=b\", expected \"/home\""),
        ("x-auth-token", "the header x-auth-token is not as expected"),
    ] {
        let wanted = (header::HeaderName::from_static(name), HeaderExpectation::Equals("/home".to_owned()));
        let expect = expecting(|expect| expect.header = vec![wanted]);
        assert_eq!(verify(&expect, 200, &headers, &Content::of(&headers, b"", 0)), Err(said.to_owned()));
    }
}

#[test]
fn a_compressed_body_is_looked_into_decoded_and_measured_as_it_came() {
    use std::io::Write;
    let gzip = |plain: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain.as_bytes()).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    };
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_ENCODING, "gzip".parse().expect("a header"));
    // Shorter than its encoded form, which is no sign that it was cut off.
    let body = gzip("{\"a\": 1}");
    assert!(body.len() > 9);
    let size = body.len() as u64;
    let expect = Expect {
        body_has: vec!["a".to_owned()],
        body_lacks: vec!["Traceback".to_owned()],
        json: vec![("/a".to_owned(), JsonExpectation::Equals(1.into()))],
        max_size: Some(size),
        ..Expect::default()
    };
    let of = |expect: &Expect, status, body: &[u8]| {
        verify(expect, status, &headers, &Content::of(&headers, body, body.len() as u64))
    };
    assert_eq!(of(&expect, 200, &body), Ok(()));
    let found = of(&Expect { max_size: Some(size - 1), ..expect.clone() }, 200, &body);
    assert!(found.expect_err("one byte too many").contains("max_size"));
    let broken = of(&expect, 200, b"{\"a\": 1}").expect_err("no gzip");
    assert!(broken.contains("not the gzip"), "{broken}");
    assert!(of(&expect, 500, b"oops").expect_err("first of all").starts_with("status 500"));
    assert_eq!(of(&Expect::default(), 200, b"opaque"), Ok(()), "nobody looks into it");

    let version = http::Version::HTTP_11;
    let answer = Answer { status: 200, version, headers, body: body.into(), size, first_byte: Instant::now() };
    let address = testing::origin("http://localhost/").address("/").expect("an address");
    let from = Extraction::Json("/a".to_owned());
    assert_eq!(extract(&from, (&answer, &answer.content()), &address, &Session::new()), Ok("1".to_owned()));
}
