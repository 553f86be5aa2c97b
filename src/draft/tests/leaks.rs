//! What a recording holds and its draft must not, and what it must not hide.

use serde_json::json;

use super::{
    archive::{FORM, archive, recorded},
    *,
};
use crate::plan::Body;

/// A token that no answer gave.
const RANDOM: &str = "x7Kp9mQ2vLrT4wZ8";

/// The draft, in which none of these stands.
#[track_caller]
fn without(text: &str, hidden: &[&str]) -> Draft {
    let draft = drafted(text);
    planned(&draft);
    for secret in hidden {
        assert!(!draft.yaml.contains(secret), "{secret}\n{}", draft.yaml);
    }
    draft
}

#[track_caller]
fn asks_for(draft: &Draft, variable: &str) {
    assert!(draft.variables.iter().any(|(name, _)| name == variable), "{variable}: {:?}", draft.variables);
}

#[test]
fn random_values_become_variables_whatever_they_are_called() {
    for name in ["code", "key", "sig", "jwt", "ticket", "auth", "SAMLResponse", "v", "state"] {
        let text = archive(vec![
            recorded("GET", &format!("/cb?{name}={RANDOM}"), 200),
            recorded("POST", "/cb", 200).sends(FORM, &format!("{name}={RANDOM}&a=1")),
            recorded("POST", "/cb", 200).sends("application/json", &json!({name: RANDOM}).to_string()),
        ]);
        asks_for(&without(&text, &[RANDOM]), &format!("STAGING_{}", name.to_uppercase()));
    }
    let text = archive(vec![
        recorded("GET", &format!("/cb?{RANDOM}"), 200).asks("X-Auth", "a1b2c3").asks("X-Trace", RANDOM),
        recorded("GET", "/cb?code=4711&currency=code", 200).asks("X-Requested-With", "XMLHttpRequest"),
        recorded("POST", "/cb", 200).sends(FORM, "next=%2Fa%3Ftoken%3Dabcdefgh"),
    ]);
    let draft = without(&text, &[RANDOM, "a1b2c3", "4711", "abcdefgh"]);
    for name in ["STAGING_QUERY", "STAGING_X_AUTH", "STAGING_CODE", "STAGING_NEXT"] {
        asks_for(&draft, name);
    }
    assert!(draft.yaml.contains("XMLHttpRequest") && draft.yaml.contains("currency=code"), "{}", draft.yaml);
    assert!(draft.yaml.contains("# STAGING_QUERY: review: the value of query, which looks random"), "{}", draft.yaml);
}

#[test]
fn passwords_hide_in_no_body() {
    let json = r#"{"user": {"name": "ann", "password": "swordfish"}}"#;
    let draft = without(
        &archive(vec![recorded("POST", "/login", 200).sends("text/plain", json), recorded("GET", "/", 200)]),
        &["swordfish"],
    );
    asks_for(&draft, "STAGING_PASSWORD");
    let plan = planned(&draft);
    let step = &plan.scenarios[0].login[0];
    let Body::Text(body) = &step.body else { panic!("JSON") };
    assert_eq!(shown(body), r#"{"user":{"name":"ann","password":"<STAGING_PASSWORD>"}}"#);
    let kind = step.headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| shown(value));
    assert_eq!(kind.as_deref(), Some("text/plain"));

    for (kind, body, variable) in [
        (FORM, json, true),
        ("", "user=ann&password=swordfish", true),
        ("application/json", r#"{"variables": "{\"password\": \"swordfish\"}"}"#, true),
        ("text/xml", "<login><password>swordfish</password></login>", false),
        ("application/x-ndjson", "{\"a\": 1}\n{\"password\": \"swordfish\"}", false),
        ("text/plain", "ann\nswordfish", false),
    ] {
        let draft = without(
            &archive(vec![recorded("POST", "/a", 200).sends(kind, body), recorded("GET", "/", 200)]),
            &["swordfish"],
        );
        assert_eq!(draft.variables.len() == 2, variable, "{body}: {:?}", draft.variables);
        assert_eq!(
            draft.yaml.contains(&format!("# review: its body ({kind}) was left out")),
            !variable,
            "{}",
            draft.yaml
        );
    }
}

/// The body itself is left out; what stands in it is a secret all the same, wherever else it was sent.
#[test]
fn passwords_in_a_form_with_files_are_known_elsewhere() {
    let body = "--x7\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nswordfish\r\n--x7\r\n\
                Content-Disposition: form-data; name=\"title\"\r\n\r\nbasket\r\n--x7--\r\n";
    let kind = "multipart/form-data; boundary=x7";
    let mut in_params = recorded("POST", "/b", 200);
    in_params.0["request"]["postData"] = json!({"mimeType": kind, "params": [{"name": "token", "value": "starfish"}]});
    let text = archive(vec![
        recorded("POST", "/a", 200).sends(kind, body),
        in_params,
        recorded("GET", "/swordfish/starfish/basket", 200),
    ]);
    let draft = without(&text, &["swordfish", "starfish"]);
    assert!(draft.yaml.contains("/basket"), "{}", draft.yaml);
}

#[test]
fn links_that_open_something_become_variables_and_no_rows() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Xy12Xy12Xy12";
    let text = archive(vec![
        recorded("GET", &format!("/reset/{RANDOM}/12"), 200),
        recorded("GET", &format!("/share/{jwt}"), 200),
        recorded("GET", "/orders/9f1c2d3e-7a0b-4c8d-9e6f-1234567890ab", 200),
        recorded("GET", &format!("/gone/{RANDOM}"), 404),
    ]);
    let draft = without(&text, &[RANDOM, jwt, "eyJhbGci"]);
    asks_for(&draft, "STAGING_RESET_TOKEN");
    asks_for(&draft, "STAGING_SHARE_TOKEN");
    let rows = &planned(&draft).datasets[0].rows[0].0;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(draft.yaml.contains("GET /gone/*** (it was answered with 404"), "{}", draft.yaml);
}

#[test]
fn words_are_no_secrets_that_break_paths() {
    let text = archive(vec![
        recorded("GET", "/checkout/basket-view", 200),
        recorded("POST", "https://metrics.example/x", 200)
            .sends("application/json", r#"{"session": "basket", "token": "checkout"}"#),
        recorded("POST", "/a", 200).sends("application/json", r#"{"password_strength": "strong"}"#),
    ]);
    let draft = drafted(&text);
    assert_eq!(steps(&planned(&draft))[0], "GET /checkout/basket-view [200]");
    assert_eq!(draft.variables.len(), 1, "{:?}", draft.variables);

    // A word that is a password here: its segment is a variable, and not three stars that lead nowhere.
    let text = archive(vec![
        recorded("POST", "/login", 200).sends(FORM, "user=ann&password=checkout"),
        recorded("GET", "/checkout/now", 200),
    ]);
    let draft = without(&text, &["/checkout", "***"]);
    assert_eq!(steps(&planned(&draft)), ["GET /%3CSTAGING_PASSWORD%3E/now [200]"]);
}

#[test]
fn a_form_that_repeats_a_field_says_what_is_not_encoded() {
    let form = |token: &str| {
        archive(vec![
            recorded("GET", "/", 200).holds("text/html", r#"<input name="csrf_token" value="Ab+12/Cd34Ef56==">"#),
            recorded("POST", "/a", 200).sends(FORM, &format!("a=1&a=2{token}")),
        ])
    };
    let draft = drafted(&form("&csrf_token=Ab%2B12%2FCd34Ef56%3D%3D"));
    assert!(draft.yaml.contains("# review: its form repeats a field"), "{}", draft.yaml);
    assert!(!drafted(&form("")).yaml.contains("repeats a field"));
}

#[test]
fn the_recorded_host_is_named_and_not_allowed() {
    let draft = drafted(&archive(vec![recorded("GET", "/", 200)]));
    assert!(draft.yaml.contains("allow: [\"*.staging.example.com\"]"), "{}", draft.yaml);
    assert!(
        draft.yaml.contains("# Recorded at app.shop.example, which `target.allow` does not name"),
        "{}",
        draft.yaml
    );
}

#[test]
fn null_is_nothing_and_what_cannot_be_read_costs_no_other_entry() {
    let mut nulls = recorded("POST", "/a", 200).asks("X-A", "b");
    nulls.0["request"]["headers"].as_array_mut().expect("a list").push(json!({"name": null, "value": null}));
    nulls.0["request"]["postData"] = json!({"mimeType": null, "text": null, "params": [{"name": null}]});
    nulls.0["response"]["content"] = json!(null);
    let mut odd = recorded("GET", &format!("/odd/{RANDOM}"), 200);
    odd.0["time"] = json!("long");
    let mut empty = recorded("GET", "/", 200);
    empty.0["request"] = json!(null);
    let draft = drafted(&archive(vec![nulls, odd, empty, recorded("GET", "/b", 200)]));
    assert_eq!(steps(&planned(&draft)), ["POST /a [200]", "GET /b [200]"]);
    assert!(
        draft.yaml.contains("# left out: GET /odd/*** (its entry in the file is not as HAR has it)"),
        "{}",
        draft.yaml
    );
}

#[test]
fn an_answer_that_no_step_has_gives_nothing() {
    let text = archive(vec![
        recorded("GET", "/a", 200),
        recorded("DELETE", "/items/9", 200).holds("application/json", &json!({"receipt": RANDOM}).to_string()),
        recorded("POST", "/b", 200).sends("application/json", &json!({"receipt": RANDOM}).to_string()),
    ]);
    let draft = without(&text, &[RANDOM, "extract:"]);
    asks_for(&draft, "STAGING_RECEIPT");
}

#[test]
fn reasons_say_no_secret() {
    let error = refused(&archive(vec![
        recorded("POST", "/login/swordfish", 403).sends(FORM, "user=ann&password=swordfish"),
        recorded("GET", &format!("/t/{RANDOM}"), 404),
    ]));
    let said = error.to_string();
    assert!(!said.contains("swordfish") && !said.contains(RANDOM), "{said}");
    assert!(said.contains("POST /login/*** (it was answered with 403"), "{said}");
}
