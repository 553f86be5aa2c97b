//! One side of an exchange as people read it: head and beginning of the body, without what is confidential.

use http::{HeaderMap, HeaderName, Method, StatusCode, Version, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// The longest beginning of a body that is kept, in bytes.
pub(super) const LONGEST: usize = 16 * 1024;

/// What stands in the place of a value that nobody may read.
const HIDDEN: &str = "***";

/// A request or an answer. Values of cookies and credentials in its head are hidden.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quote {
    /// The request or status line and the headers, a line each.
    pub head: Vec<String>,
    /// The beginning of the body, at most 16 KiB of it and then `…`; bytes that are no text are replaced.
    pub body: String,
}

impl Quote {
    /// A request as it goes out with these headers in this version of HTTP; `path` is path and query.
    pub fn of_request((method, path): (&Method, &str), version: Version, headers: &HeaderMap, body: &[u8]) -> Self {
        // Whatever the server answers in, HTTP/1.1 is what is sent without HTTP/2.
        let version = if version == Version::HTTP_2 { version } else { Version::HTTP_11 };
        Self::of(format!("{method} {path} {}", name(version)), headers, body)
    }

    /// An answer in this version of HTTP.
    pub fn of_answer((status, version): (u16, Version), headers: &HeaderMap, body: &[u8]) -> Self {
        // HTTP/2 has no reason phrase.
        let reason = StatusCode::from_u16(status).ok().filter(|_| version != Version::HTTP_2);
        let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or_default();
        Self::of(format!("{} {status} {reason}", name(version)).trim_end().to_owned(), headers, body)
    }

    /// Anything with a first line, headers and a body.
    fn of(first: String, headers: &HeaderMap, body: &[u8]) -> Self {
        let lines = headers.iter().map(|(name, value)| format!("{name}: {}", shown(name, value.as_bytes())));
        Self { head: std::iter::once(first).chain(lines).collect(), body: beginning(body) }
    }

    /// The values of a header of this name, in order.
    pub(super) fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.head.iter().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(move |(field, _)| *field == name).map(|(_, value)| value)
    }
}

/// A version as people write it.
fn name(version: Version) -> &'static str {
    match version {
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// The values in a head that must not be read anywhere, neither there nor where an app repeats them: those of cookies
/// and of credentials.
pub fn confidential(headers: &HeaderMap) -> Vec<String> {
    let mut values = Vec::new();
    for (name, value) in headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        if *name == header::COOKIE {
            values.extend(text.split(';').filter_map(|pair| pair.split_once('=')).map(|(_, value)| bare(value)));
        } else if *name == header::SET_COOKIE {
            let pair = text.split(';').next().unwrap_or_default();
            values.extend(pair.split_once('=').map(|(_, value)| bare(value)));
        } else if is_credential(name) {
            values.push(credential(&text).1.to_owned());
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

/// The values of the fields of a form, or of JSON, whose names say that nobody may read them: passwords, tokens. As they
/// stand in the body and as they are meant.
pub(super) fn confidential_fields(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST)]);
    let mut values = Vec::new();
    match serde_json::from_str(&text) {
        Ok(json) => collect(&json, &mut values),
        Err(_) => {
            for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
                if names_a_secret(name) {
                    let spaced = value.replace('+', " ");
                    values.extend([value.to_owned(), percent_decode_str(&spaced).decode_utf8_lossy().into_owned()]);
                }
            }
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

fn collect(json: &Value, values: &mut Vec<String>) {
    match json {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if names_a_secret(name) => values.push(text.clone()),
                    field => collect(field, values),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, values)),
        _ => {}
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "secret", "token"].iter().any(|word| name.contains(word))
}

fn bare(value: &str) -> String {
    value.trim().trim_matches('"').to_owned()
}

/// A header's value without what is confidential: cookies keep their names and attributes, credentials their scheme.
fn shown(name: &HeaderName, value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let hidden = |pair: &str| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None => HIDDEN.to_owned(),
    };
    if *name == header::COOKIE {
        return text.split(';').map(hidden).collect::<Vec<_>>().join(";");
    }
    if *name == header::SET_COOKIE {
        return match text.split_once(';') {
            Some((pair, attributes)) => format!("{};{attributes}", hidden(pair)),
            None => hidden(&text),
        };
    }
    if is_credential(name) {
        return format!("{}{HIDDEN}", credential(&text).0);
    }
    beginning(value)
}

/// Whether a header carries a credential, by its name.
fn is_credential(name: &HeaderName) -> bool {
    let says = |word: &&str| name.as_str().contains(word);
    [header::AUTHORIZATION, header::PROXY_AUTHORIZATION].contains(name)
        || ["token", "api-key", "apikey", "secret", "password"].iter().any(says)
}

/// The scheme with its space, where there is one, and the credential.
fn credential(text: &str) -> (&str, &str) {
    text.find(' ').map_or(("", text), |space| text.split_at(space + 1))
}

/// The mark at the end tells the mask that a secret may be cut in two there.
fn beginning(bytes: &[u8]) -> String {
    if bytes.len() <= LONGEST {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let text = String::from_utf8_lossy(&bytes[..LONGEST]);
    format!("{}…", text.trim_end_matches(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("cookie", "sessionid=abcdef123; theme=dark"),
            ("set-cookie", "sessionid=\"xyz789xyz\"; Path=/; Secure"),
            ("authorization", "Basic dXNlcjpwYXNz"),
            ("x-csrftoken", "t0k3n-t0k3n"),
            ("accept", "*/*"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn cookies_keep_their_names_and_credentials_their_scheme() {
        let quote = Quote::of_answer((302, Version::HTTP_11), &headers(), b"hello");
        assert_eq!(
            quote.head,
            [
                "HTTP/1.1 302 Found",
                "cookie: sessionid=***; theme=***",
                "set-cookie: sessionid=***; Path=/; Secure",
                "authorization: Basic ***",
                "x-csrftoken: ***",
                "accept: */*",
            ]
        );
        assert_eq!(quote.body, "hello");
        assert_eq!(confidential(&headers()), ["abcdef123", "dark", "xyz789xyz", "dXNlcjpwYXNz", "t0k3n-t0k3n"]);
    }

    #[test]
    fn the_version_spoken_is_named() {
        let none = HeaderMap::new();
        let line = |version| {
            let sent = Quote::of_request((&Method::GET, "/a?b"), version, &none, b"").head.remove(0);
            (sent, Quote::of_answer((404, version), &none, b"").head.remove(0))
        };
        assert_eq!(line(Version::HTTP_2), ("GET /a?b HTTP/2".to_owned(), "HTTP/2 404".to_owned()));
        assert_eq!(line(Version::HTTP_11), ("GET /a?b HTTP/1.1".to_owned(), "HTTP/1.1 404 Not Found".to_owned()));
        assert_eq!(line(Version::HTTP_10), ("GET /a?b HTTP/1.1".to_owned(), "HTTP/1.0 404 Not Found".to_owned()));
    }

    #[test]
    fn fields_that_name_a_secret_are_confidential() {
        let form = confidential_fields(b"username=ann&password=h%26nter+2&csrfmiddlewaretoken=abc&next=%2F");
        assert_eq!(form, ["h%26nter+2", "h&nter 2", "abc", "abc"]);
        let json =
            confidential_fields(br#"{"user": "ann", "auth": [{"Password": "hunter2"}], "api_secret": "", "n": 1}"#);
        assert_eq!(json, ["hunter2"]);
        assert_eq!(confidential_fields(b"plain text"), Vec::<String>::new());
    }

    #[test]
    fn a_long_body_is_cut_with_a_mark() {
        let quote = Quote::of_answer((200, Version::HTTP_11), &HeaderMap::new(), "ä".repeat(20_000).as_bytes());
        assert_eq!(quote.body.len(), LONGEST + "…".len());
        let odd =
            Quote::of_answer((200, Version::HTTP_11), &HeaderMap::new(), format!("x{}", "ä".repeat(20_000)).as_bytes());
        assert!(odd.body.ends_with("ä…"), "a character that was cut leaves nothing");
    }
}
