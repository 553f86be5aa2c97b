//! What is found and hidden in forms, JSON, pages and addresses.

use super::*;

#[track_caller]
fn shows(text: &str, shown: &str) {
    assert_eq!(hidden(text), shown);
}

#[test]
fn names_of_secrets_in_every_spelling() {
    for name in [
        "password",
        "Password2",
        "user[pw]",
        "user%5Bpwd%5D",
        "pass",
        "userPass",
        "passcode",
        "pin",
        "PIN",
        "otp",
        "otp_code",
        "SAMLResponse",
        "card_number",
        "cvv",
        "credential",
        "api_key",
        "apikey",
        "API-Key",
        "xApiKey",
        "access_token",
        "refreshToken",
        "csrf-token",
        "csrfmiddlewaretoken",
        "_csrf",
        "X-XSRF-TOKEN",
        "jsessionid",
        "client_secret",
    ] {
        assert!(names_a_secret(name), "{name}");
    }
    for name in ["user", "shipping", "spinner", "passed", "key", "csrf-param", "token_type", "tokenExpiresIn", "", "7"]
    {
        assert!(!names_a_secret(name), "{name}");
    }
}

#[test]
fn a_form_keeps_its_names() {
    shows("user=ann&pin=1234&pw=a b;c&next=%2F", "user=ann&pin=***&pw=***&next=%2F");
    shows("pass=&user%5Botp%5D=12", "pass=&user%5Botp%5D=***");
}

#[test]
fn json_keeps_its_shape_also_where_it_is_cut_or_embedded() {
    shows(
        "{\"user\": \"ann\", \"pwd\" : \"a\\\"b\",\n\"pin\":1234, \"n\": 1}",
        "{\"user\": \"ann\", \"pwd\" : \"***\",\n\"pin\":***, \"n\": 1}",
    );
    shows(
        "{\"access_token\":\"ab\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"***\",\"token_type\":\"Bearer\"}",
    );
    shows("{\"token\": null, \"api_key\": \"cut he", "{\"token\": null, \"api_key\": \"***");
    shows(
        "{\"tokens\": {\"a\": \"x\", \"b\": [\"y\"]}, \"c\": \"z\"}",
        "{\"tokens\": {\"a\": \"***\", \"b\": [\"***\"]}, \"c\": \"z\"}",
    );
    let refused = "{\"password\": [\"This field is required.\"]}";
    shows(refused, refused);
    shows(
        "<p data-page=\"{&quot;token&quot;:&quot;ab&quot;}\">",
        "<p data-page=\"{&quot;token&quot;:&quot;***&quot;}\">",
    );
    shows("{\"said\": \"{\\\"token\\\": \\\"ab\\\"}\"}", "{\"said\": \"{\\\"token\\\": \\\"***\\\"}\"}");
    shows("<script>var csrfToken = 'ab'; x == token</script>", "<script>var csrfToken = '***'; x == token</script>");
}

#[test]
fn a_page_keeps_its_fields() {
    shows(
        "<meta name=\"csrf-param\" content=\"authenticity_token\">",
        "<meta name=\"csrf-param\" content=\"authenticity_token\">",
    );
    shows("<meta name='csrf-token' content='x'>", "<meta name='csrf-token' content='***'>");
    shows(
        "<input value=\"abc\" name=_token><input name=user value=ann>",
        "<input value=\"***\" name=_token><input name=user value=ann>",
    );
    shows("<input type=\"password\" name=a value=b>", "<input type=\"password\" name=a value=***>");
    shows("<input name=\"csrf", "<input name=\"csrf");
}

#[test]
fn an_address_keeps_its_parameters() {
    shows(
        "http://a.test/reset?token=ab&user=1#access_token=cd",
        "http://a.test/reset?token=***&user=1#access_token=***",
    );
    shows("GET /?api_key=ab HTTP/1.1", "GET /?api_key=*** HTTP/1.1");
    shows("bearer eyJhbGciOi.eyJzdWIi.c2ln_-, eyJ.no", "bearer ***, eyJ.no");
}

#[test]
fn values_are_given_as_they_stand_and_as_they_are_meant() {
    let form = confidential_fields("username=ann&password=h%26nter+2&csrfmiddlewaretoken=abc&next=%2F");
    assert_eq!(form, ["h%26nter+2", "h&nter 2", "abc"]);
    let json = confidential_fields(r#"{"user": "ann", "auth": [{"Password": "a\"b"}], "api_secret": "", "n": 1}"#);
    assert_eq!(json, ["a\\\"b", "a\"b"]);
    assert_eq!(confidential_fields("plain text"), Vec::<String>::new());
    let long = format!("{{\"pad\": \"{}\", \"password\": \"late\"}}", "x".repeat(40_000));
    assert_eq!(confidential_fields(&long), ["late"]);
    let many = (0..100).map(|number| format!("a page, token={number}")).collect::<Vec<_>>().join(" ");
    assert_eq!(confidential_fields(&many).len(), MOST_VALUES);
    assert_eq!(confidential_fields(&format!("a page, token={}", "x".repeat(20_000))), Vec::<String>::new());
}
