//! Files that nobody meant well, or nobody meant for this.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn what_is_something_else_is_said_to_be() {
    for text in ["", "hello", "a: 1", "{}", "[1]", r#"{"info": {"schema": "postman"}, "item": []}"#] {
        assert_eq!(refused(text), Error::Unknown, "{text}");
    }
    let error = refused("{\"openapi\": \"3.0.0\",\n \"paths\": {,}}");
    assert!(error.to_string().starts_with("line 2, column 12: "), "{error}");
    let error = refused("openapi: 3.0.0\npaths: [\n");
    assert!(error.to_string().starts_with("it is not YAML: ") && error.to_string().contains("line"), "{error}");
    assert!(matches!(refused(r#"{"log": {"entries": [{"request": 1}]}}"#), Error::Json { line: 1, .. }));
    assert_eq!(draft("f", b"\xff\xfe"), Err(Error::NotText { byte: 0 }));
}

#[test]
fn bounds_hold() {
    assert_eq!(draft("f", &vec![b' '; super::super::LARGEST_SOURCE + 1]), Err(Error::TooLarge));
    let nested = format!("{}{}", r#"{"log":"#, "[".repeat(1_000_000));
    assert!(matches!(refused(&nested), Error::Json { .. }));
    let deep = |levels: usize| format!("{}1{}", r#"{"a":"#.repeat(levels), "}".repeat(levels));
    let body =
        json!({"openapi": "3.0.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {}}}}}}});
    let example = body
        .to_string()
        .replace(r#""application/json":{}"#, &format!(r#""application/json":{{"example":{}}}"#, deep(90)));
    planned(&drafted(&example));
}

#[test]
fn references_in_circles_and_into_nothing_end() {
    let text = r##"{"openapi": "3.0.0", "paths": {
      "/a": {"$ref": "#/paths/~1a"},
      "/b/{id}": {"parameters": [{"$ref": "#/no"}, {"$ref": "other.yaml#/p"}],
        "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
        "responses": {"200": {"$ref": "#/components/responses/R"}}}}},
      "components": {"responses": {"R": {"$ref": "#/components/responses/R"}},
        "schemas": {"A": {"allOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}]},
          "B": {"type": "object", "required": ["a", "b", "c", "d"], "properties": {
            "a": {"$ref": "#/components/schemas/B"}, "b": {"$ref": "#/components/schemas/B"},
            "c": {"type": "array", "minItems": 1e9, "items": {"$ref": "#/components/schemas/B"}}, "d": {"$ref": "#/components/schemas/A"}}}}}}"##;
    planned(&drafted(text));
}

#[test]
fn what_multiplies_itself_ends() {
    let part = r##"{"$ref": "#/components/schemas/A"}"##;
    let many = vec![part; 60].join(",");
    let path = |levels: usize| format!("/a{}", "/{id}/a".repeat(levels));
    let get = format!(
        r#"{{"get": {{"responses": {{"200": {{"content": {{"application/json": {{"schema": {part}}}}}}}}}}}}}"#
    );
    let paths: Vec<String> = (0..50).map(|levels| format!(r#""{}": {get}"#, path(levels))).collect();
    let text = format!(
        r#"{{"openapi": "3.0.0", "paths": {{{}}}, "components": {{"schemas": {{"A": {{"allOf": [{many}], "oneOf": [{many}],
           "properties": {{"id": {{"type": "integer"}}}}}}}}}}}}"#,
        paths.join(",")
    );
    planned(&drafted(&text));
}

#[test]
fn more_secrets_than_can_be_kept_out_are_refused() {
    let items: Vec<String> = (0..1_500).map(|n| format!(r#"{{"token": "abcdefgh{n:08}"}}"#)).collect();
    let text = json!({"log": {"entries": [{"request": {"method": "POST", "url": "http://a.example/", "headers": null,
        "postData": {"mimeType": "application/json", "text": format!("[{}]", items.join(","))}}, "response": {"status": 200}}]}});
    assert_eq!(refused(&text.to_string()), Error::TooManySecrets { found: 1_500 });
}

#[test]
fn a_huge_description_gives_a_file_within_the_gates_bounds() {
    let mut paths = String::new();
    let body = "x".repeat(60_000);
    for n in 0..1_500 {
        write!(
            paths,
            r#"{}"/things{n}/{{id}}": {{"post": {{"tags": ["a", "b"], "requestBody": {{"content": {{"application/json": {{"example": {{"text": "{body}"}}}}}}}}}}}}"#,
            if n == 0 { "" } else { "," }
        )
        .expect("a string takes it");
        if paths.len() > 30 << 20 {
            break;
        }
    }
    let draft = drafted(&format!(r#"{{"openapi": "3.0.0", "paths": {{{paths}}}}}"#));
    assert!(draft.yaml.len() < crate::config::LARGEST_FILE);
    planned(&draft);
    assert!(draft.yaml.contains("the file would become too large"), "what finds no room is named");
}

/// Pieces that break out of what they are written into.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,20}",
        "[\\[\\]{}:,#&*!|>'\"%@`$\\\\ \n\t-]{0,12}",
        Just("\"\n  - {get: /evil}\n#".to_owned()),
        Just("${HOME}".to_owned()),
        Just("{{ user.id }}".to_owned()),
        Just("<<".to_owned()),
        Just("x".repeat(3_000)),
        Just("\u{2028}\u{feff}\u{0}\u{85}\u{202e}".to_owned()),
        "[0-9]{1,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_description_is_called_the_gate_takes_its_draft(
        texts in proptest::collection::vec(nasty(), 12), in_query in any::<bool>()
    ) {
        let t = |at: usize| texts[at].clone();
        let place = if in_query { "query" } else { "header" };
        let text = json!({
            "openapi": "3.0.0", "info": {"title": t(0)}, "servers": [{"url": t(1)}],
            "security": [{"s": []}],
            "components": {"securitySchemes": {"s": {"type": "apiKey", "in": place, "name": t(2)}}},
            "paths": {
                "/safe": {"get": {"tags": [t(3), t(0)]}},
                format!("/{}", t(4)): {"get": {"parameters": [
                    {"name": t(5), "in": place, "required": true, "example": t(6)},
                    {"name": t(7), "in": "path", "required": true, "schema": {"type": "string", "default": t(8)}}]}},
                format!("/{}/{{{}}}", t(9), t(7)): {"post": {"requestBody": {"content": {"application/json": {
                    "example": {t(10): t(11), "list": [t(5), {t(6): 1e300, "n": 18_446_744_073_709_551_615_u64}]}}}}}},
                "/form": {"post": {"requestBody": {"content": {"application/x-www-form-urlencoded": {
                    "example": {t(10): t(11), t(5): t(6)}}}}}},
            }
        }).to_string();
        planned(&drafted(&text));
    }

    #[test]
    fn whatever_a_recording_holds_the_gate_takes_its_draft(texts in proptest::collection::vec(nasty(), 10)) {
        let t = |at: usize| texts[at].clone();
        let entry = |method: &str, path: &str, post: serde_json::Value| json!({
            "request": {"method": method, "url": format!("http://shop.example/{path}"), "postData": post,
                "headers": [{"name": "X-A", "value": t(0)}, {"name": t(1), "value": t(2)}, {"name": "Authorization", "value": t(9)}]},
            "response": {"status": 200, "headers": [{"name": t(1), "value": t(3)}, {"name": "Set-Cookie", "value": format!("{}={}", t(4), t(5))}],
                "content": {"mimeType": "application/json", "text": json!({t(6): t(7), "id": t(3)}).to_string()}}
        });
        let text = json!({"log": {"entries": [
            entry("GET", "safe", json!(null)),
            entry("GET", &format!("{}?{}={}", t(3), t(4), t(5)), json!(null)),
            entry("POST", "form", json!({"mimeType": "application/x-www-form-urlencoded", "params": [
                {"name": t(6), "value": t(7)}, {"name": "password", "value": t(8)}, {"name": "username", "value": t(0)}]})),
            entry("POST", "json", json!({"mimeType": "application/json", "text": json!({t(1): t(3), "token": t(7), "o_id": 12345}).to_string()})),
            entry("POST", "text", json!({"mimeType": t(9), "text": t(8)})),
        ]}}).to_string();
        planned(&drafted(&text));
    }
}
