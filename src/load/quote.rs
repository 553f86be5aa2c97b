//! One side of an exchange as people read it: head and beginning of the body, without what is confidential.

use http::{HeaderMap, HeaderName, Method, StatusCode, Version, header};

use crate::config::{HIDDEN, confidential_fields, hidden, names::hides};

/// The longest beginning of a body that is kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// A request or an answer. Values of cookies, of credentials and of fields named like them are hidden.
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
        Self::of(&format!("{method} {path} {}", name(version)), headers, body)
    }

    /// An answer in this version of HTTP.
    pub fn of_answer((status, version): (u16, Version), headers: &HeaderMap, body: &[u8]) -> Self {
        // HTTP/2 has no reason phrase.
        let reason = StatusCode::from_u16(status).ok().filter(|_| version != Version::HTTP_2);
        let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or_default();
        Self::of(format!("{} {status} {reason}", name(version)).trim_end(), headers, body)
    }

    /// Anything with a first line, headers and a body.
    fn of(first: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let lines = headers.iter().map(|(name, value)| format!("{name}: {}", shown(name, value.as_bytes())));
        // The whole body is looked through before it is cut.
        let body = beginning(&hidden(&String::from_utf8_lossy(body)));
        Self { head: std::iter::once(hidden(first)).chain(lines).collect(), body }
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

/// The values in a head that must not be read anywhere, neither there nor where an app repeats them: those of cookies,
/// of credentials and of parameters named like them.
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
        } else {
            values.extend(confidential_fields(&text));
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

fn bare(value: &str) -> String {
    value.trim().trim_matches('"').to_owned()
}

/// A header's value without what is confidential: cookies keep their names and attributes, credentials their scheme.
fn shown(name: &HeaderName, value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let without_value = |pair: &str| match pair.split_once('=') {
        Some((name, _)) => format!("{name}={HIDDEN}"),
        None => HIDDEN.to_owned(),
    };
    if *name == header::COOKIE {
        return text.split(';').map(without_value).collect::<Vec<_>>().join(";");
    }
    if *name == header::SET_COOKIE {
        return match text.split_once(';') {
            Some((pair, attributes)) => format!("{};{attributes}", without_value(pair)),
            None => without_value(&text),
        };
    }
    if is_credential(name) {
        return format!("{}{HIDDEN}", credential(&text).0);
    }
    beginning(&hidden(&text))
}

/// Whether a header carries a credential, by its name.
fn is_credential(name: &HeaderName) -> bool {
    hides(name.as_str())
}

/// The scheme with its space, where there is one, and the credential.
fn credential(text: &str) -> (&str, &str) {
    text.find(' ').map_or(("", text), |space| text.split_at(space + 1))
}

/// The mark at the end tells the mask that a secret may be cut in two there.
fn beginning(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(LONGEST)])
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
    fn fields_that_name_a_secret_are_hidden_in_head_and_body() {
        let mut headers = HeaderMap::new();
        headers.append(header::LOCATION, HeaderValue::from_static("/next?otp=12&a=b"));
        let sent = Quote::of_request((&Method::POST, "/?pin=12"), Version::HTTP_11, &headers, b"user=ann&pw=abc");
        assert_eq!(sent.head, ["POST /?pin=*** HTTP/1.1", "location: /next?otp=***&a=b"]);
        assert_eq!(sent.body, "user=ann&pw=***");
        assert_eq!(confidential(&headers), ["12"]);
        let long = format!("{{\"token\": \"{}\"}}", "x".repeat(40_000));
        assert_eq!(Quote::of_answer((200, Version::HTTP_11), &headers, long.as_bytes()).body, "{\"token\": \"***\"}");
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
