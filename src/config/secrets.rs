//! Values that never appear in any output.

use std::{borrow::Cow, fmt::Write as _};

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Config, Environment, HIDDEN, Located, Span, confidential_fields,
    names::hides_setting,
    unlisted::{unlisted_and_short, unlisted_values},
};

/// A value below this length is not masked: it would blank out half of every report.
const SHORTEST: usize = 6;

/// Where a quotation was cut; the beginning of a secret before it is masked from so many characters on.
const CUT: char = '…';
const SHORTEST_BEGINNING: usize = 3;

/// The job's key to GitHub.
pub(crate) const GITHUB_TOKEN: &str = "GITHUB_TOKEN";

/// The job's keys, which nobody has to name: to GitHub, to the runner, and to a store of baselines.
const KEYS: [&str; 6] = [
    GITHUB_TOKEN,
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// The values of the variables that `secrets` names, and of the job's own keys, such as `GITHUB_TOKEN`.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The forms a value can take in an output, longest first.
    forms: Vec<String>,
}

impl Secrets {
    /// Looks the names up; names of variables that are not set are ignored.
    pub fn new(names: &[Located<String>], environment: &Environment) -> Self {
        Self::of(names.iter().map(|name| name.value.as_str()).chain(KEYS).filter_map(|name| environment.get(name)))
    }

    /// The same for a gates.yaml, and of the variables that it uses those that are secrets without being listed: by their
    /// names, or because they hold an address with a password.
    pub fn of_file(config: &Config, environment: &Environment) -> Self {
        let named = config.secrets.iter().map(|name| name.value.as_str()).chain(KEYS);
        let unlisted = unlisted_values(config, environment);
        Self::of(named.filter_map(|name| environment.get(name)).chain(&unlisted))
    }

    /// Whether a variable holds one of the job's own keys, which are masked whatever gates.yaml says.
    pub fn always(name: &str) -> bool {
        KEYS.contains(&name)
    }

    /// What the names of variables say are secrets, and the passwords in their values: for what is said while it is not
    /// known which ones gates.yaml names, because it cannot be used.
    pub fn guessed(environment: &Environment) -> Self {
        let named = environment.iter().filter(|(name, _)| hides_setting(name)).map(|(_, value)| value.clone());
        let within = environment.values().flat_map(|value| confidential_fields(value));
        Self::of(&named.chain(within).collect::<Vec<_>>())
    }

    /// These values; those under 6 characters are left out. The lines of a value of several lines count too, because what
    /// is shown line by line never holds the whole of it.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v String>) -> Self {
        let lines = |value: &'v String| value.lines().map(str::trim).chain([value.as_str()]);
        let long = values.into_iter().flat_map(lines).filter(|value| value.chars().count() >= SHORTEST);
        let mut forms: Vec<String> = long.flat_map(forms).collect();
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        Self { forms }
    }

    /// The text with every secret replaced, in whatever form it stands there, also the first half of one before the `…`
    /// of a quotation that was cut.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let whole = self.forms.iter().fold(Cow::Borrowed(text), |text, form| {
            if text.contains(form.as_str()) { Cow::Owned(text.replace(form.as_str(), HIDDEN)) } else { text }
        });
        self.mask_cut(whole)
    }

    fn mask_cut<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        if self.forms.is_empty() || !text.contains(CUT) {
            return text;
        }
        let parts: Vec<&str> = text.split(CUT).collect();
        let (last, cut) = parts.split_last().unwrap_or((&"", &[]));
        let longest = |part: &str| self.forms.iter().filter_map(|form| beginning_of(form, part)).max();
        let masked = cut.iter().map(|part| match longest(part) {
            Some(length) => format!("{}{HIDDEN}{CUT}", &part[..part.len() - length]),
            None => format!("{part}{CUT}"),
        });
        Cow::Owned(masked.chain([(*last).to_owned()]).collect())
    }

    /// The variables whose values are too short to be masked, each with its place: those under `secrets`, then those that
    /// gates.yaml uses and that are secrets by their names.
    pub fn too_short(config: &Config, environment: &Environment) -> Vec<(String, Span)> {
        let listed =
            config.secrets.iter().filter(|name| environment.get(&name.value).is_some_and(|value| is_short(value)));
        let listed = listed.map(|name| (name.value.clone(), name.span));
        listed.chain(unlisted_and_short(config, environment)).collect()
    }
}

/// Whether a value is too short to be masked; nothing is not.
pub(super) fn is_short(value: &str) -> bool {
    (1..SHORTEST).contains(&value.chars().count())
}

/// Debug output is an output: it tells how many forms there are and nothing else.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Secrets({} forms)", self.forms.len())
    }
}

/// The bytes of the longest beginning of a secret with which a text ends.
fn beginning_of(form: &str, text: &str) -> Option<usize> {
    let ends = form.char_indices().map(|(at, _)| at).skip(SHORTEST_BEGINNING);
    ends.filter(|end| text.ends_with(&form[..*end])).last()
}

/// What every URL may hold as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What browsers leave as it is in `encodeURIComponent`.
const COMPONENT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'\'').remove(b'(').remove(b')').remove(b'*');

/// What may stand in a path.
const PATH: &AsciiSet = &COMPONENT
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b';');

/// What URL parsers encode in a query.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');

/// A value as it is, and as it looks in a URL, a form, JSON, XML and HTML, and after base64 at each of its three
/// alignments.
fn forms(value: &str) -> Vec<String> {
    let percent = utf8_percent_encode(value, UNRESERVED).to_string();
    let json = serde_json::Value::from(value).to_string();
    let script = json[1..json.len() - 1].replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let markup = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut forms = vec![
        percent.to_lowercase(),
        percent.replace("%20", "+"),
        percent,
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(value, COMPONENT).to_string(),
        utf8_percent_encode(value, PATH).to_string(),
        utf8_percent_encode(value, QUERY).to_string(),
        json[1..json.len() - 1].to_owned(),
        json[1..json.len() - 1].replace('/', "\\/"),
        in_ascii(&json[1..json.len() - 1]),
        in_ascii(&script),
        script,
        value.escape_debug().to_string(),
        markup.replace('"', "&quot;").replace('\'', "&#39;"),
        markup.replace('"', "&quot;").replace('\'', "&#039;"),
        markup.replace('"', "&#34;").replace('\'', "&#39;"),
        markup.replace('"', "&quot;"),
        markup.replace('"', "&quot;").replace('\'', "&apos;"),
        markup.replace('"', "&quot;").replace('\'', "&#x27;"),
        markup,
        value.to_owned(),
    ];
    forms.extend((0..3).flat_map(|shift| encoded(value.as_bytes(), shift)));
    forms
}

/// JSON as many programs write it: what is not ASCII becomes `\u` and four digits for each UTF-16 unit.
fn in_ascii(json: &str) -> String {
    let mut text = String::new();
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(text, "\\u{unit:04x}").expect("a string takes what is written to it");
        }
    }
    text
}

/// The characters that `bytes` become in base64 when `shift` bytes stand before them: those that depend on them alone.
/// In the standard and in the URL alphabet.
fn encoded(bytes: &[u8], shift: usize) -> [String; 2] {
    const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = bytes.len() * 8;
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    let skipped = (6 - shift * 8 % 6) % 6;
    let characters = (skipped..).step_by(6).take_while(|start| start + 6 <= bits);
    let standard: String = characters
        .map(|start| (start..start + 6).fold(0u8, |value, at| value << 1 | bit(at)))
        .map(|value| char::from(STANDARD[usize::from(value)]))
        .collect();
    let url = standard.replace('+', "-").replace('/', "_");
    [standard, url]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(value: &str) -> Secrets {
        let environment = [("PASSWORD".to_owned(), value.to_owned())].into();
        Secrets::new(&["PASSWORD", "UNSET"].map(|name| Located::unplaced(name.to_owned())), &environment)
    }

    #[test]
    fn masks_every_form() {
        let secrets = secrets("p&ss \"wörd\"/1");
        for text in [
            "p&ss \"wörd\"/1",
            "p%26ss%20%22w%C3%B6rd%22%2F1",
            "p%26ss%20%22w%c3%b6rd%22%2f1",
            "p%26ss+%22w%C3%B6rd%22%2F1",
            "p&ss \\\"wörd\\\"/1",
            "p&amp;ss &quot;wörd&quot;/1",
            "p&amp;ss &#34;wörd&#34;/1",
            "p&ss%20%22w%C3%B6rd%22/1",
            "p&ss \\\"w\\u00f6rd\\\"/1",
            "p\\u0026ss \\\"w\\u00f6rd\\\"/1",
            "p&ss \\\"wörd\\\"\\/1",
        ] {
            assert_eq!(secrets.mask(&format!("before {text} after")), "before *** after", "{text}");
        }
    }

    #[test]
    fn masks_base64_at_every_alignment() {
        let secrets = secrets("hunter2hunter2");
        // `user:`, `users:` and `me:` before the password, as basic authentication sends them.
        for text in ["dXNlcjpodW50ZXIyaHVudGVyMg==", "dXNlcnM6aHVudGVyMmh1bnRlcjI=", "bWU6aHVudGVyMmh1bnRlcjI="] {
            let masked = secrets.mask(text);
            assert!(masked.contains(HIDDEN), "{text} became {masked}");
        }
    }

    #[test]
    fn masks_the_beginning_before_a_cut() {
        let secrets = secrets("hunter2hunter2");
        assert_eq!(
            secrets.mask("the header is \"hunter2hun…\", expected \"a\""),
            "the header is \"***…\", expected \"a\""
        );
        assert_eq!(secrets.mask("hunter2h… and hun…"), "***… and ***…");
        assert_eq!(secrets.mask("a shu… text hu…"), "a shu… text hu…");
        assert_eq!(Secrets::default().mask("text…"), "text…");
    }

    #[test]
    fn leaves_short_and_unset_values_alone() {
        assert_eq!(secrets("short").mask("a short text"), "a short text");
        assert_eq!(secrets("").mask("a short text"), "a short text");
        let environment =
            [("A", "12345"), ("B", "123456"), ("C", "")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let text = "secrets: [A, B, C, D]\n";
        let (config, _) = crate::config::read("gates.yaml", text.as_bytes(), &environment);
        let short = Secrets::too_short(&config.expect("a map"), &environment);
        assert_eq!(short.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), ["A"]);
    }

    #[test]
    fn the_jobs_token_is_masked_without_being_named() {
        let environment = [("GITHUB_TOKEN".to_owned(), "ghs_0123456789".to_owned())].into();
        assert_eq!(Secrets::new(&[], &environment).mask("token ghs_0123456789"), "token ***");
    }

    #[test]
    fn so_are_its_keys_to_a_store_of_baselines() {
        let environment = [("AWS_SECRET_ACCESS_KEY".to_owned(), "wJalrXUtnFEMI".to_owned())].into();
        assert_eq!(Secrets::new(&[], &environment).mask("InvalidToken: wJalrXUtnFEMI"), "InvalidToken: ***");
    }

    #[test]
    fn what_names_of_variables_say_is_guessed() {
        let variables = [
            ("DB_PASSWORD", "hunter2hunter2"),
            ("DATABASE_URL", "postgresql://shop:s3cr3t!@db.internal/shop"),
            ("STAGE", "staging"),
            ("TOKEN_TYPE", "bearer"),
            ("PIN", "1234"),
        ];
        let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(
            Secrets::guessed(&environment).mask("hunter2hunter2 of shop:s3cr3t!@db in staging, bearer 1234"),
            "*** of shop:***@db in staging, bearer 1234"
        );
    }

    #[test]
    fn what_a_file_uses_and_does_not_list_is_masked_by_the_names_of_its_variables() {
        let text = "secrets: [LISTED]\ntarget: {url: '${STAGE}', headers: {A: '${API_TOKEN:-none}', B: '{{ env.DB }}'}}\n\
                    # ${IN_A_COMMENT_TOKEN} $${NOT_PASSWORD_X}\nx: '$${LITERAL_TOKEN} {{ env.ISSUER_TOKEN }} ${TOKEN_ISSUER}'\n";
        let variables = [
            ("LISTED", "value-listed"),
            ("STAGE", "value-stage"),
            ("API_TOKEN", "value-token"),
            ("DB", "redis://:value-db@h"),
            ("UNUSED_TOKEN", "value-unused"),
            ("IN_A_COMMENT_TOKEN", "value-comment"),
            ("API", "value-api"),
            ("LITERAL_TOKEN", "value-literal"),
            ("ISSUER_TOKEN", "value-template"),
            ("TOKEN_ISSUER", "value-issuer"),
        ];
        let environment: Environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let (config, _) = crate::config::read("gates.yaml", text.as_bytes(), &environment);
        let secrets = Secrets::of_file(&config.expect("a map"), &environment);
        let values = variables.map(|(_, value)| value).join(" ");
        assert_eq!(
            secrets.mask(&values),
            "*** value-stage *** redis://:***@h value-unused value-comment value-api value-literal *** value-issuer"
        );
    }

    #[test]
    fn longer_secrets_go_first() {
        let environment = [("A", "secret"), ("B", "secret-and-more")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let names = ["A", "B"].map(|name| Located::unplaced(name.to_owned()));
        assert_eq!(Secrets::new(&names, &environment).mask("secret-and-more secret"), "*** ***");
    }

    #[test]
    fn a_key_of_several_lines_is_masked_line_by_line() {
        let key = "BEGIN KEY\n  c2VjcmV0c2VjcmV0\n  Zm9v\nEND KEY\n";
        let secrets = secrets(key);
        assert_eq!(secrets.mask(&format!("a {key} b")), "a *** b");
        assert_eq!(secrets.mask("read c2VjcmV0c2VjcmV0 and Zm9v"), "read *** and Zm9v");
    }

    #[test]
    fn debug_output_tells_nothing() {
        assert!(!format!("{:?}", secrets("hunter2hunter2")).contains("hunter2"));
    }
}
