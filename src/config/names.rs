//! What a name says of the value under it: whether that is a secret. The one list of words, for outputs and for drafts.
//!
//! The two read it differently, because they err differently. An output hides too much rather than too little: to
//! [`hides`] most words count wherever they stand in a name. A draft must send what the recording sent: to [`is_secret`]
//! a word counts as a word or as the end of one, so that `max_tokens` stays a number.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;

use super::looks::is_opaque;

/// What a word in a name says of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It is a password.
    Password,
    /// It is one, where this is the last word: `login_pass`, not `compass`.
    ShortPassword,
    /// It is another secret.
    Secret,
    /// It is a token against forged requests: worth nothing elsewhere, found in an answer before, and secret all the same.
    FormToken,
    /// It is a secret unless it is a word itself: `key=name` sorts, `key=4F9a` opens.
    Perhaps,
    /// Its looks alone decide: `state=open` is a word, OAuth's `state` is none.
    Looks,
}

/// Where in a name a word has to stand so that an output hides the value, whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hides {
    /// Anywhere, whatever separates the words.
    Anywhere,
    /// At the end, whatever stands before it: `dbpass`.
    End,
    /// At the end, as a word of its own.
    Last,
    /// Nowhere: the value decides.
    ByValue,
}

/// Who takes a word so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Both,
    Outputs,
    Drafts,
}

/// The words, in small letters, `_` between those of a phrase.
const WORDS: [(&str, Says, Hides, For); 60] = [
    ("password", Says::Password, Hides::Anywhere, For::Both),
    ("passwd", Says::Password, Hides::Anywhere, For::Both),
    ("pwd", Says::Password, Hides::Anywhere, For::Both),
    ("passphrase", Says::Password, Hides::Anywhere, For::Both),
    ("passwort", Says::Password, Hides::Anywhere, For::Both),
    ("kennwort", Says::Password, Hides::Anywhere, For::Both),
    ("mot_de_passe", Says::Password, Hides::Anywhere, For::Both),
    ("contrasena", Says::Password, Hides::Anywhere, For::Both),
    ("contraseña", Says::Password, Hides::Anywhere, For::Both),
    ("senha", Says::ShortPassword, Hides::Last, For::Both),
    ("pass", Says::ShortPassword, Hides::End, For::Both),
    ("pw", Says::ShortPassword, Hides::Last, For::Both),
    ("userpass", Says::ShortPassword, Hides::Last, For::Drafts),
    ("passcode", Says::Secret, Hides::Anywhere, For::Both),
    ("secret", Says::Secret, Hides::Anywhere, For::Both),
    ("token", Says::Secret, Hides::Anywhere, For::Both),
    ("bearer", Says::Secret, Hides::Last, For::Outputs),
    ("jwt", Says::Secret, Hides::Last, For::Both),
    ("csrf", Says::FormToken, Hides::Anywhere, For::Both),
    ("xsrf", Says::FormToken, Hides::Anywhere, For::Both),
    ("authenticity_token", Says::FormToken, Hides::Anywhere, For::Both),
    ("request_verification_token", Says::FormToken, Hides::Anywhere, For::Both),
    ("api_key", Says::Secret, Hides::Anywhere, For::Both),
    ("access_key", Says::Secret, Hides::Anywhere, For::Both),
    ("private_key", Says::Secret, Hides::Anywhere, For::Both),
    ("auth_key", Says::Secret, Hides::Anywhere, For::Both),
    ("code_verifier", Says::Secret, Hides::Anywhere, For::Both),
    ("oauth_verifier", Says::Secret, Hides::Anywhere, For::Both),
    ("signature", Says::Secret, Hides::Anywhere, For::Both),
    ("authorization", Says::Secret, Hides::Anywhere, For::Both),
    ("credential", Says::Secret, Hides::Anywhere, For::Both),
    ("saml_response", Says::Secret, Hides::Anywhere, For::Both),
    ("saml_request", Says::Secret, Hides::Anywhere, For::Both),
    ("saml", Says::Secret, Hides::Anywhere, For::Outputs),
    ("session_id", Says::Secret, Hides::Anywhere, For::Both),
    ("sess_id", Says::Secret, Hides::Anywhere, For::Both),
    ("session", Says::Secret, Hides::ByValue, For::Drafts),
    ("session", Says::Looks, Hides::ByValue, For::Outputs),
    ("sid", Says::Secret, Hides::Last, For::Both),
    ("cookie", Says::Secret, Hides::Last, For::Outputs),
    ("pin_code", Says::Secret, Hides::Anywhere, For::Both),
    ("otp_code", Says::Secret, Hides::Anywhere, For::Both),
    ("pin", Says::Secret, Hides::Last, For::Both),
    ("otp", Says::Secret, Hides::Last, For::Both),
    ("totp", Says::Secret, Hides::Last, For::Both),
    ("card_number", Says::Secret, Hides::Anywhere, For::Both),
    ("cvv", Says::Secret, Hides::Last, For::Both),
    ("iban", Says::Secret, Hides::Last, For::Both),
    ("ssn", Says::Secret, Hides::Last, For::Both),
    ("sig", Says::Secret, Hides::Last, For::Outputs),
    ("sig", Says::Perhaps, Hides::ByValue, For::Drafts),
    ("code", Says::Perhaps, Hides::ByValue, For::Both),
    ("key", Says::Perhaps, Hides::ByValue, For::Both),
    ("ticket", Says::Perhaps, Hides::ByValue, For::Both),
    ("auth", Says::Perhaps, Hides::ByValue, For::Both),
    ("assertion", Says::Perhaps, Hides::ByValue, For::Both),
    ("hmac", Says::Perhaps, Hides::ByValue, For::Both),
    ("mfa", Says::Perhaps, Hides::ByValue, For::Outputs),
    ("state", Says::Looks, Hides::ByValue, For::Outputs),
    ("nonce", Says::Looks, Hides::ByValue, For::Outputs),
];

/// The words without what separates those of a phrase.
static LETTERS: LazyLock<Vec<String>> = LazyLock::new(|| WORDS.iter().map(|(word, ..)| letters(word)).collect());

/// Last words of names whose values only tell something about a secret: `token_type`, Rails' `csrf-param`. Each reader has
/// some of its own: under `password_reset` an output may have the token that resets it.
const ABOUT: [(&str, For); 32] = [
    ("type", For::Both),
    ("name", For::Both),
    ("in", For::Both),
    ("at", For::Both),
    ("expires", For::Both),
    ("expiry", For::Both),
    ("url", For::Both),
    ("uri", For::Both),
    ("count", For::Both),
    ("length", For::Both),
    ("policy", For::Both),
    ("required", For::Both),
    ("status", For::Both),
    ("hint", For::Both),
    ("param", For::Outputs),
    ("parameter", For::Outputs),
    ("header", For::Outputs),
    ("field", For::Outputs),
    ("endpoint", For::Outputs),
    ("valid", For::Outputs),
    ("error", For::Outputs),
    ("enabled", For::Drafts),
    ("method", For::Drafts),
    ("reset", For::Drafts),
    ("strength", For::Drafts),
    ("changed", For::Drafts),
    ("updated", For::Drafts),
    ("expired", For::Drafts),
    ("visible", For::Drafts),
    ("protected", For::Drafts),
    ("score", For::Drafts),
    ("age", For::Drafts),
];

/// The same of variables and options, beside those of outputs.
const ABOUT_SETTINGS: [&str; 30] = [
    "issuer",
    "audience",
    "scope",
    "scopes",
    "realm",
    "provider",
    "algorithm",
    "alg",
    "mode",
    "method",
    "format",
    "encoding",
    "version",
    "file",
    "path",
    "dir",
    "directory",
    "stdin",
    "host",
    "port",
    "ttl",
    "lifetime",
    "timeout",
    "age",
    "size",
    "enabled",
    "disabled",
    "prefix",
    "bypass",
    "compass",
];

/// No field's name is longer.
const LONGEST: usize = 200;

/// What a name says to an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// What stands under it is hidden, whatever it is.
    Secret,
    /// [`hides_value`] tells, and takes what opens something: `code`, `key`.
    Perhaps,
    /// [`hides_value`] tells, and takes only what nobody wrote: `state`. Where a value counts under such a name, it counts
    /// under the others too.
    Looks,
    /// Nothing is hidden.
    Nothing,
}

/// What a name says to an output. `%` in it is read as in an address; one with `--` before it is an option's.
pub fn hint(name: &str) -> Hint {
    if name.starts_with("--") && is_about_setting(name) {
        return Hint::Nothing;
    }
    let Some((words, last)) = said(name) else { return Hint::Nothing };
    let joined = words.concat();
    let mut hint = Hint::Nothing;
    let known = WORDS.iter().zip(LETTERS.iter()).filter(|((.., reader), _)| *reader != For::Drafts);
    for ((word, says, hides, _), letters) in known {
        match hides {
            Hides::Anywhere if joined.contains(letters.as_str()) => return Hint::Secret,
            Hides::End if joined.ends_with(letters.as_str()) => return Hint::Secret,
            Hides::Last if last == *word => return Hint::Secret,
            Hides::ByValue if last == *word && hint == Hint::Nothing => {
                hint = if *says == Says::Looks { Hint::Looks } else { Hint::Perhaps };
            }
            _ => {}
        }
    }
    hint
}

/// Whether an output hides what stands under this name, whatever it is.
pub fn hides(name: &str) -> bool {
    hint(name) == Hint::Secret
}

/// Whether a variable of the environment or an option of a command line holds a secret by its name. Settings tell more
/// about secrets than fields do: `TOKEN_ISSUER`, `--password-stdin`.
pub fn hides_setting(name: &str) -> bool {
    hides(name) && !is_about_setting(name)
}

/// Whether the last word of a setting's name says that its value only tells something about a secret, or is a word that ends
/// as one of the list does.
fn is_about_setting(name: &str) -> bool {
    words(bounded(name)).last().is_some_and(|last| ABOUT_SETTINGS.contains(&last.as_str()))
}

/// Whether an output hides this value under a name that does not tell by itself: OAuth's `code`, a `key`, a `state`.
/// `told` is how the value stands there.
pub fn hides_value(name: &str, value: &str, told: Told) -> bool {
    let Some((_, last)) = said(name) else { return false };
    let counts = |(word, says, _, reader): &(&str, Says, Hides, For)| {
        *reader != For::Drafts
            && last == *word
            && match (says, told) {
                (Says::Perhaps, Told::Sent) => is_code(value),
                (Says::Perhaps, Told::Said) => is_opaque(value) || (last == "code" && is_one_time(value)),
                (Says::Looks, _) => is_opaque(value),
                _ => false,
            }
    };
    WORDS.iter().any(counts)
}

/// How a value stands beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// As a parameter or a field of a form, where a `code` opens something.
    Sent,
    /// In JSON or a page, where most of them name an error.
    Said,
}

/// Whether a field holds a password: `password`, `new_password2`, `password_confirmation`; to a draft.
pub fn is_password(name: &str) -> bool {
    let words = words(bounded(name));
    let Some(last) = words.last() else { return false };
    let spelled = words.join("_");
    let holds = |word: &str| {
        spelled.ends_with(word) || spelled.starts_with(&format!("{word}_")) || last.ends_with(&letters(word))
    };
    !is_about(&words)
        && drafted().any(|(word, says)| match says {
            Says::ShortPassword => last == word,
            Says::Password => holds(word),
            _ => false,
        })
}

/// Whether a field holds the password by which a user logs in, and not a new one or its repetition; to a draft.
pub fn is_login_password(name: &str) -> bool {
    let spelled = words(bounded(name)).join("_");
    let is = |word: &str| spelled == word || spelled == letters(word);
    !name.contains(|c: char| c.is_ascii_digit()) && drafted().any(|(word, says)| says == Says::Password && is(word))
}

/// Whether the value under a name is a secret; to a draft.
pub fn is_secret(name: &str) -> bool {
    let words = words(bounded(name));
    let spelled = words.join("_");
    let counts = |word: &str| {
        let letters = letters(word);
        words.contains(&letters) || spelled.ends_with(word) || spelled.ends_with(&letters)
    };
    !is_about(&words)
        && (is_password(name)
            || is_form_token(name)
            || drafted().any(|(word, says)| says == Says::Secret && counts(word)))
}

/// Whether this value under this name is a secret, where the name alone does not tell; to a draft.
pub fn is_secret_value(name: &str, value: &str) -> bool {
    let words = words(bounded(name));
    let perhaps = |last: &String| drafted().any(|(word, says)| says == Says::Perhaps && last == word);
    is_secret(name) || (words.last().is_some_and(perhaps) && is_code(value))
}

/// Whether a name is that of a token against forged requests.
pub fn is_form_token(name: &str) -> bool {
    let joined = words(bounded(name)).concat();
    drafted().any(|(word, says)| says == Says::FormToken && joined.contains(&letters(word)))
}

/// The words that drafts know.
fn drafted() -> impl Iterator<Item = (&'static str, Says)> {
    let known = WORDS.iter().filter(|(.., reader)| *reader != For::Outputs);
    known.map(|(word, says, ..)| (*word, *says))
}

/// A value that opens something and is no word: of four characters at least, with a number in it, or one that nobody
/// wrote.
fn is_code(value: &str) -> bool {
    value.len() >= 4 && (is_opaque(value) || value.bytes().any(|byte| byte.is_ascii_digit()))
}

/// A one-time code as people type it.
fn is_one_time(value: &str) -> bool {
    (6..=8).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a name that says more than what is about a secret, and the last of them; to an output.
fn said(name: &str) -> Option<(Vec<String>, String)> {
    if name.len() > LONGEST {
        return None;
    }
    let words = words(&percent_decode_str(name).decode_utf8_lossy());
    let last = words.last()?.clone();
    let about = ABOUT.iter().any(|(word, reader)| last == *word && *reader != For::Drafts);
    (!about).then_some((words, last))
}

/// Whether the last of several words says that the value is only about a secret; to a draft.
fn is_about(words: &[String]) -> bool {
    let about = |last: &String| ABOUT.iter().any(|(word, reader)| last == word && *reader != For::Outputs);
    words.len() > 1 && words.last().is_some_and(about)
}

/// The words of a name in small letters, without numbers: `userPwd2` is `user` and `pwd`.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.extend(if letter.is_alphabetic() { letter.to_lowercase().next() } else { Some(' ') });
        before = letter;
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// A word of the list without what separates the words of a phrase.
fn letters(word: &str) -> String {
    word.replace('_', "")
}

fn bounded(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests;
