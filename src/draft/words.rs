//! Words and looks by which names, paths and values are told apart, the same for descriptions and recordings.

use super::text::snake;

/// Names of passwords, and those that only stand for one as a word of their own: `login_pass`, not `compass`.
const PASSWORDS: [&str; 4] = ["password", "passwd", "pwd", "passphrase"];
const SHORT_PASSWORDS: [&str; 3] = ["pass", "pw", "userpass"];
/// Words in the names of fields, parameters and headers whose values are secrets.
const SECRETS: [&str; 28] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "signature",
    "otp",
    "pin",
    "cvv",
    "credential",
    "authorization",
    "auth_key",
    "session",
    "sessionid",
    "sessid",
    "sid",
    "jwt",
    "samlresponse",
    "samlrequest",
    "saml_response",
    "card_number",
    "iban",
    "ssn",
];
/// Last words of names whose values are secrets, unless they are words themselves: `key=name` sorts, `key=4F9a` opens.
const CODES: [&str; 7] = ["code", "key", "sig", "ticket", "auth", "assertion", "hmac"];
/// Tokens against forged requests: worth nothing elsewhere, found in an answer before, and secret all the same.
const FORM_TOKENS: [&str; 4] = ["csrf", "xsrf", "authenticity_token", "request_verification_token"];
/// Ends of names that only tell something about a secret.
const ABOUT: [&str; 25] = [
    "type",
    "expires",
    "expiry",
    "in",
    "count",
    "at",
    "name",
    "url",
    "uri",
    "length",
    "enabled",
    "hint",
    "method",
    "reset",
    "strength",
    "changed",
    "updated",
    "policy",
    "expired",
    "required",
    "visible",
    "protected",
    "score",
    "age",
    "status",
];
/// Words of paths by which users end what a login began; a step would log the user out.
const LOGOUTS: [&str; 4] = ["logout", "signout", "sign-out", "logoff"];

/// Whether a field holds a password: `password`, `new_password2`, `password_confirmation`.
pub(super) fn is_password(name: &str) -> bool {
    let name = bare(name);
    let holds = |word: &&str| name.ends_with(*word) || name.starts_with(&format!("{word}_"));
    let last = name.rsplit('_').next().unwrap_or_default();
    !is_about(&name) && (SHORT_PASSWORDS.contains(&last) || PASSWORDS.iter().any(holds))
}

/// Whether a field holds the password by which a user logs in, and not a new one or its repetition.
pub(super) fn is_login_password(name: &str) -> bool {
    PASSWORDS.contains(&snake(name).as_str())
}

/// Whether the value under a name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = bare(name);
    let said = |wanted: &str| name.split('_').any(|word| word == wanted) || name.ends_with(wanted);
    !is_about(&name) && (SECRETS.iter().any(|wanted| said(wanted)) || is_password(&name) || is_form_token(&name))
}

/// Whether this value under this name is a secret, where the name alone does not tell.
pub(super) fn is_secret_value(name: &str, value: &str) -> bool {
    let name = snake(name);
    let code = name.rsplit('_').next().is_some_and(|last| CODES.contains(&last));
    is_secret(&name)
        || (code && value.len() >= 4 && (is_opaque(value) || value.bytes().any(|byte| byte.is_ascii_digit())))
}

/// Whether a name is that of a token against forged requests.
pub(super) fn is_form_token(name: &str) -> bool {
    let name = snake(name);
    FORM_TOKENS.iter().any(|word| name.contains(word))
}

/// Whether a request to this path would log the user out.
pub(super) fn logs_out(path: &str) -> bool {
    let path = path.to_lowercase();
    LOGOUTS.iter().any(|word| path.contains(word))
}

/// What a list is a list of: `categories` has a `category`, `projects` a `project`.
pub(super) fn singular(name: &str) -> String {
    match name.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => name.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(name).to_owned(),
    }
}

/// Whether a value may be one that nobody chose: long enough, of letters and digits, without spaces. Some words look so
/// too: see [`is_opaque`].
pub(super) fn is_random(value: &str) -> bool {
    let has = |kind: fn(&char) -> bool| value.chars().any(|c| kind(&c));
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.=+/:%".contains(c);
    value.len() >= 12
        && value.chars().all(token)
        && has(char::is_ascii_alphabetic)
        && (has(char::is_ascii_digit) || (has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)))
}

/// Whether a value, or a part of it, is surely none that a person wrote: letters and digits, or large and small letters,
/// that take turns as they do in no words. `XMLHttpRequest`, `iphone-15-pro` and times are words; a token, a hash and a
/// UUID are not.
pub(super) fn is_opaque(value: &str) -> bool {
    let parts = value.split(|c: char| !(c.is_ascii_alphanumeric() || "-_+".contains(c)));
    parts.into_iter().any(|part| takes_turns(part) && !is_slug(part))
}

fn takes_turns(part: &str) -> bool {
    const SHORTEST: usize = 10;
    let signs: Vec<u8> = part.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let digits = signs.iter().filter(|sign| sign.is_ascii_digit()).count();
    // Digits with `T` and `Z` alone are a time.
    if signs.len() < SHORTEST || signs.iter().all(|sign| sign.is_ascii_digit() || b"TZ".contains(sign)) {
        return false;
    }
    let kind = |sign: u8| (sign.is_ascii_digit(), sign.is_ascii_uppercase());
    let turns = signs.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    // By chance about half of the neighbours differ. Words with numbers have few such places, camelCase has some more.
    let least = if digits > 0 { 15 } else { 40 };
    turns * 100 >= least * signs.len()
}

/// Whether a part is words with numbers between them: `lamp-2024-128gb`.
fn is_slug(part: &str) -> bool {
    /// The longest number with letters.
    const LONGEST: usize = 5;
    let pieces: Vec<&str> = part.split(['-', '_', '+']).collect();
    let word = |piece: &&&str| piece.bytes().all(|byte| byte.is_ascii_lowercase());
    let letters: usize = pieces.iter().filter(word).map(|piece| piece.len()).sum();
    let total: usize = pieces.iter().map(|piece| piece.len()).sum();
    let simple =
        |piece: &&str| piece.len() <= LONGEST || word(&piece) || piece.bytes().all(|byte| byte.is_ascii_digit());
    pieces.iter().all(simple) && letters * 2 >= total
}

/// Whether a value is a UUID: it identifies, and opens nothing by itself where apps are well made.
pub(super) fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A name in one spelling, without the number at its end.
fn bare(name: &str) -> String {
    snake(name).trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').to_owned()
}

fn is_about(name: &str) -> bool {
    name.rsplit_once('_').is_some_and(|(_, end)| ABOUT.contains(&end))
}
