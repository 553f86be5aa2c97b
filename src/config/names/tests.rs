//! What names say, to outputs and to drafts.

use super::*;

/// A name; whether an output hides what stands under it; whether a draft takes that for a password, and for a secret.
const NAMES: &[(&str, bool, bool, bool)] = &[
    // Passwords.
    ("password", true, true, true),
    ("newPassword", true, true, true),
    ("password1", true, true, true),
    ("password_2", true, true, true),
    ("Password2", true, true, true),
    ("user[password]", true, true, true),
    ("user%5Bpwd%5D", true, true, true),
    ("password_confirmation", true, true, true),
    ("passwd", true, true, true),
    ("userpwd", true, true, true),
    ("j_passphrase", true, true, true),
    ("Passwort", true, true, true),
    ("mot_de_passe", true, true, true),
    ("contraseña", true, true, true),
    ("senha", true, true, true),
    ("pass", true, true, true),
    ("pw", true, true, true),
    ("user[pw]", true, true, true),
    ("login_pass", true, true, true),
    ("userPass", true, true, true),
    ("userpass", true, true, true),
    // Tokens and keys.
    ("token", true, false, true),
    ("access_token", true, false, true),
    ("refreshToken", true, false, true),
    ("authtoken", true, false, true),
    ("client_secret", true, false, true),
    ("clientSecret", true, false, true),
    ("api_key", true, false, true),
    ("apikey", true, false, true),
    ("API-Key", true, false, true),
    ("xApiKey", true, false, true),
    ("access-key", true, false, true),
    ("privateKey", true, false, true),
    ("auth_key", true, false, true),
    ("code_verifier", true, false, true),
    ("oauth_verifier", true, false, true),
    ("X-Amz-Signature", true, false, true),
    ("Authorization", true, false, true),
    ("Proxy-Authorization", true, false, true),
    ("credential", true, false, true),
    ("jwt", true, false, true),
    ("SAMLResponse", true, false, true),
    ("saml_request", true, false, true),
    // Sessions.
    ("sid", true, false, true),
    ("connect.sid", true, false, true),
    ("JSESSIONID", true, false, true),
    ("PHPSESSID", true, false, true),
    ("sessionId", true, false, true),
    // Tokens against forged requests.
    ("csrf-token", true, false, true),
    ("csrfmiddlewaretoken", true, false, true),
    ("_csrf", true, false, true),
    ("X-XSRF-TOKEN", true, false, true),
    ("__RequestVerificationToken", true, false, true),
    // Numbers that open something.
    ("pin", true, false, true),
    ("PIN", true, false, true),
    ("pin_code", true, false, true),
    ("otp", true, false, true),
    ("otp_code", true, false, true),
    ("totp", true, false, true),
    ("passcode", true, false, true),
    ("card_number", true, false, true),
    ("cardNumber", true, false, true),
    ("cvv", true, false, true),
    ("iban", true, false, true),
    ("ssn", true, false, true),
    // What only tells something about a secret.
    ("token_type", false, false, false),
    ("tokenExpiresIn", false, false, false),
    ("passwordHint", false, false, false),
    ("password_policy", false, false, false),
    ("secret_name", false, false, false),
    // An output hides rather too much, and a draft rather too little.
    ("max_tokens", true, false, false),
    ("tokenizer", true, false, false),
    ("passwords", true, false, false),
    ("compass", true, false, false),
    ("password_strength", true, false, false),
    ("password_changed", true, false, false),
    ("password_reset", true, false, false),
    ("saml_idp", true, false, false),
    ("cookie", true, false, false),
    ("sig", true, false, false),
    ("session", false, false, true),
    ("spin", false, false, true),
    ("csrf-param", false, false, true),
    ("password_field", false, true, true),
    // Others.
    ("passport", false, false, false),
    ("user", false, false, false),
    ("shipping", false, false, false),
    ("spinner", false, false, false),
    ("business_id", false, false, false),
    ("passed", false, false, false),
    ("key", false, false, false),
    ("code", false, false, false),
    ("state", false, false, false),
    ("page", false, false, false),
    ("", false, false, false),
    ("7", false, false, false),
];

#[test]
fn names_say_what_stands_under_them() {
    for (name, hidden, password, secret) in NAMES {
        assert_eq!(hides(name), *hidden, "an output: {name}");
        let drafted = percent_decode_str(name).decode_utf8_lossy();
        assert_eq!(is_secret(&drafted), *secret, "a secret to a draft: {name}");
        assert_eq!(is_password(&drafted), *password, "a password to a draft: {name}");
    }
}

#[test]
fn no_word_is_in_the_list_for_nothing() {
    for (word, says, hiding, reader) in WORDS {
        let (outputs, drafts) = (reader != For::Drafts, reader != For::Outputs);
        assert!(!outputs || hiding == Hides::ByValue || hides(&format!("my_{word}")), "{word}");
        assert!(!outputs || hiding != Hides::ByValue || is_by_value(word), "{word}");
        let by_name = !matches!(says, Says::Perhaps | Says::Looks);
        assert!(!drafts || !by_name || is_secret(word), "{word}");
        assert!(!drafts || by_name || is_secret_value(word, "4F9a"), "{word}");
    }
    for (this, (word, ..)) in WORDS.iter().enumerate() {
        let others = || WORDS.iter().enumerate().filter(|(other, _)| *other != this).map(|(_, other)| other);
        let (outputs, drafts) = (WORDS[this].3 != For::Drafts, WORDS[this].3 != For::Outputs);
        let needed = (outputs && !others().any(|other| outputs_know(&WORDS[this], other)))
            || (drafts && !others().any(|other| drafts_know(&WORDS[this], other)));
        assert!(needed, "another word says what `{word}` says");
    }
    for (word, reader) in ABOUT {
        assert_eq!(hides(&format!("token_{word}")), reader == For::Drafts, "{word}");
        assert_eq!(is_secret(&format!("token_{word}")), reader == For::Outputs, "{word}");
    }
}

/// Whether another word says to an output what this one does.
fn outputs_know((word, says, hides, _): &Entry, other: &Entry) -> bool {
    let (joined, known) = (letters(word), letters(other.0));
    other.3 != For::Drafts
        && match other.2 {
            Hides::Anywhere => joined.contains(&known),
            Hides::End => joined.ends_with(&known),
            Hides::Last => word.rsplit('_').next() == Some(other.0),
            Hides::ByValue => *hides == Hides::ByValue && *says == other.1 && *word == other.0,
        }
}

/// Whether another word says to a draft what this one does.
fn drafts_know((word, says, ..): &Entry, other: &Entry) -> bool {
    let is_part = matches!(says, Says::Secret | Says::Password | Says::FormToken);
    other.3 != For::Outputs
        && *says == other.1
        && if is_part { letters(word).ends_with(&letters(other.0)) } else { *word == other.0 }
}

type Entry = (&'static str, Says, Hides, For);

fn is_by_value(name: &str) -> bool {
    matches!(hint(name), Hint::Perhaps | Hint::Looks)
}

#[test]
fn settings_tell_more_about_secrets() {
    for name in [
        "TOKEN_ISSUER",
        "SIGNATURE_ALGORITHM",
        "CSRF_MODE",
        "PASSWORD_FILE",
        "BYPASS",
        "COMPASS",
        "TOKEN_TYPE",
        "--password-stdin",
        "--token-file",
    ] {
        assert!(!hides_setting(name), "{name}");
    }
    for name in [
        "API_TOKEN",
        "DB_PASSWORD",
        "DBPASS",
        "AWS_SECRET_ACCESS_KEY",
        "CLIENT_SECRET",
        "SIGNATURE",
        "PASSWORD_FILE_TOKEN",
        "--password",
    ] {
        assert!(hides_setting(name), "{name}");
    }
    for last in ABOUT_SETTINGS {
        assert!(hides(&format!("token_{last}")) && !hides_setting(&format!("token_{last}")), "{last}");
    }
}

#[test]
fn a_login_asks_for_a_password_by_its_name_alone() {
    for name in ["password", "Password", "passwd", "pwd", "passphrase", "Passwort", "mot_de_passe"] {
        assert!(is_login_password(name), "{name}");
    }
    for name in ["new_password", "password2", "password_confirmation", "pass", "user"] {
        assert!(!is_login_password(name), "{name}");
    }
}

#[test]
fn codes_are_secrets_unless_they_are_words() {
    for (name, value) in [
        ("code", "4711"),
        ("key", "AIzaSyA1b2"),
        ("X-Auth", "a1b2c3"),
        ("jwt", "x"),
        ("SAMLResponse", "PHNh"),
        ("sid", "abc"),
        ("JSESSIONID", "abc"),
    ] {
        assert!(is_secret_value(name, value), "{name}: {value}");
        assert!(hides(name) || hides_value(name, value, Told::Sent), "{name}: {value}");
    }
    for (name, value) in [("code", "EUR"), ("key", "volume"), ("sort_key", "name"), ("page", "4711")] {
        assert!(!is_secret_value(name, value), "{name}: {value}");
        assert!(!hides(name) && !hides_value(name, value, Told::Sent), "{name}: {value}");
    }
}

#[test]
fn an_answers_code_is_that_of_an_error_until_it_looks_otherwise() {
    for (name, value, sent, said) in [
        ("code", "SplxlOBeZQQYbYS6WxSbIA", true, true),
        ("code", "ERR_4711", true, false),
        ("code", "40001", true, false),
        ("code", "123456", true, true),
        ("key", "123456", true, false),
        ("code", "not_found", false, false),
        ("state", "af0ifjsldkj2x", true, true),
        ("state", "open", false, false),
        ("state", "PaymentReceived", false, false),
        ("state", "Massachusetts", false, false),
        ("session", "Unauthorized", false, false),
        ("state", "step-2", false, false),
        ("session", "q8w7e6r5t4y3u2i1", true, true),
        ("session", "basket", false, false),
        ("nonce", "n-0S6_WzA2Mj4X", true, true),
        ("title", "SplxlOBeZQQYbYS6WxSbIA", false, false),
    ] {
        assert_eq!(hides_value(name, value, Told::Sent), sent, "{name}={value}");
        assert_eq!(hides_value(name, value, Told::Said), said, "{name}: {value}");
        assert!(is_by_value(name) || !sent, "{name}");
    }
}

#[test]
fn names_of_any_length_are_read() {
    let long = format!("{}password", "ä".repeat(300));
    assert!(!hides(&long) && !is_secret(&long) && !is_password(&long));
    assert!(hides(&format!("{}_password", "x".repeat(150))));
}
