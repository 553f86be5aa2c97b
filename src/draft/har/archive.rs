//! HAR 1.2, as far as a draft needs it. Browsers leave out or null whatever they like.

use std::{borrow::Cow, fmt};

use base64::Engine as _;
use percent_encoding::percent_decode_str;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, SeqAccess, Visitor},
};
use serde_json::Value;
use url::Url;

use crate::{
    config::{form_parts, looks::is_opaque},
    draft::Error,
};

/// Requests that are looked at.
pub(super) const MOST_ENTRIES: usize = 20_000;

#[derive(Deserialize)]
pub(super) struct Archive {
    pub(super) log: Log,
}

#[derive(Deserialize)]
pub(super) struct Log {
    #[serde(default, deserialize_with = "readable")]
    pub(super) entries: Entries,
}

/// The entries that can be read, and the names of those that cannot.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) read: Vec<Entry>,
    pub(super) unread: Vec<String>,
}

/// A request with its answer.
#[derive(Default, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "startedDateTime", default)]
    pub(super) started: Option<String>,
    /// Milliseconds.
    #[serde(default)]
    pub(super) time: Option<f64>,
    #[serde(rename = "_resourceType", default)]
    pub(super) kind: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) request: Request,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) response: Response,
}

#[derive(Default, Deserialize)]
pub(super) struct Request {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) method: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) url: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) headers: Vec<Pair>,
    #[serde(rename = "postData", default)]
    pub(super) post: Option<PostData>,
}

#[derive(Deserialize)]
pub(super) struct PostData {
    #[serde(rename = "mimeType", default)]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) params: Option<Vec<Param>>,
}

#[derive(Deserialize)]
pub(super) struct Param {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Response {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) status: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) headers: Vec<Pair>,
    #[serde(default)]
    pub(super) content: Option<Content>,
}

#[derive(Deserialize)]
pub(super) struct Content {
    #[serde(rename = "mimeType", default)]
    kind: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Pair {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) value: String,
}

/// A value, or the empty one where null stands in its place.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(reader: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

/// Entries one by one: one that is not as the format says costs no other.
fn readable<'de, D: Deserializer<'de>>(reader: D) -> Result<Entries, D::Error> {
    struct Each;
    impl<'de> Visitor<'de> for Each {
        type Value = Entries;

        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str("a list of requests")
        }

        fn visit_unit<E>(self) -> Result<Entries, E> {
            Ok(Entries::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries, A::Error> {
            let mut entries = Entries::default();
            while entries.read.len() + entries.unread.len() < MOST_ENTRIES {
                let Some(said) = list.next_element::<Value>()? else { return Ok(entries) };
                let name = named(&said);
                match Entry::deserialize(said) {
                    Ok(entry) => entries.read.push(entry),
                    Err(_) => entries.unread.push(name.unwrap_or_else(|| "a request without an address".to_owned())),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(entries)
        }
    }
    reader.deserialize_any(Each)
}

/// What an entry is called that may not be as the format says.
fn named(said: &Value) -> Option<String> {
    let request = &said["request"];
    let url = Url::parse(request["url"].as_str()?).ok()?;
    Some(called(request["method"].as_str()?, &url))
}

/// What a request is called where it is left out; what looks like a token in its path is not said.
pub(super) fn called(method: &str, url: &Url) -> String {
    let shown = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8_lossy();
        if is_opaque(&decoded) { "***".to_owned() } else { segment.to_owned() }
    };
    let path: Vec<String> = url.path().split('/').map(shown).collect();
    format!("{method} {}", path.join("/"))
}

/// Whether JSON is a recorded session and not a description.
///
/// # Errors
/// When it is no JSON object.
pub(in crate::draft) fn is_archive(text: &str) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Probe {
        log: Option<IgnoredAny>,
        openapi: Option<IgnoredAny>,
        swagger: Option<IgnoredAny>,
    }
    let probe: Probe = serde_json::from_str(text).map_err(|error| Error::json(&error))?;
    if probe.openapi.is_some() || probe.swagger.is_some() {
        return Ok(false);
    }
    if probe.log.is_some() { Ok(true) } else { Err(Error::Unknown) }
}

impl Archive {
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|error| Error::json(&error))
    }
}

impl Entry {
    /// The address; `None` for `data:`, `blob:`, extensions and what is no address.
    pub(super) fn url(&self) -> Option<Url> {
        Url::parse(&self.request.url).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
    }

    pub(super) fn status(&self) -> u16 {
        u16::try_from(self.response.status).unwrap_or_default()
    }

    /// The media type of the answer, in lower case.
    pub(super) fn media(&self) -> String {
        let said = self.response.content.as_ref().and_then(|content| content.kind.as_deref());
        let kind = said.filter(|kind| !kind.is_empty() && *kind != "x-unknown");
        let kind = kind.or_else(|| self.answered("content-type")).unwrap_or_default();
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The text of the answer; empty where it was not recorded, or is no text.
    pub(super) fn body(&self) -> Cow<'_, str> {
        let Some(content) = &self.response.content else { return Cow::Borrowed("") };
        let text = content.text.as_deref().unwrap_or_default();
        if content.encoding.as_deref() != Some("base64") {
            return Cow::Borrowed(text);
        }
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default();
        String::from_utf8(bytes).map_or(Cow::Borrowed(""), Cow::Owned)
    }

    /// A header of the answer.
    pub(super) fn answered(&self, name: &str) -> Option<&str> {
        header(&self.response.headers, name)
    }

    /// A header of the request.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        header(&self.request.headers, name)
    }

    /// The cookies that the answer sets: name and value. Some recorders put several into one header, line by line.
    pub(super) fn sets(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.response.headers.iter().filter(|pair| pair.name.eq_ignore_ascii_case("set-cookie"));
        lines.flat_map(|pair| pair.value.lines()).filter_map(|line| {
            let (name, value) = line.split(';').next().unwrap_or_default().split_once('=')?;
            Some((name.trim(), value.trim()))
        })
    }

    /// The cookies that the request sent.
    pub(super) fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.asked("cookie").unwrap_or_default().split(';').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.trim(), value.trim()))
    }

    /// The media type of what it sent, as it was written; empty if it says none.
    pub(super) fn sent_kind(&self) -> &str {
        let said = self.request.post.as_ref().and_then(|post| post.kind.as_deref());
        said.filter(|kind| !kind.is_empty()).or_else(|| self.asked("content-type")).unwrap_or_default()
    }

    /// What it sent. Its type tells little: libraries send JSON as text, and as a form.
    pub(super) fn sent(&self) -> Sent {
        let Some(post) = &self.request.post else { return Sent::Nothing };
        let text = post.text.as_deref().unwrap_or_default();
        let kind = self.sent_kind().to_ascii_lowercase();
        if kind.starts_with("multipart/") {
            return Sent::Other;
        }
        if (kind.contains("json") || text.trim_start().starts_with(['{', '[']))
            && let Ok(json) = serde_json::from_str(text)
        {
            return Sent::Json(json);
        }
        let params = post.params.as_deref().unwrap_or_default();
        if text.is_empty() && params.is_empty() {
            return Sent::Nothing;
        }
        if text.is_empty() {
            let field = |param: &Param| (param.name.clone(), param.value.clone().unwrap_or_default());
            return Sent::Form(params.iter().map(field).collect());
        }
        if !kind.starts_with(FORM) && !is_form(text) {
            return Sent::Other;
        }
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        // A token alone is no form, whatever it is called.
        if fields.iter().any(|(name, value)| value.is_empty() && is_opaque(name)) {
            Sent::Other
        } else {
            Sent::Form(fields)
        }
    }

    /// The parts of a form with files that it sent, as they were recorded.
    pub(super) fn parts(&self) -> Vec<(String, String)> {
        let Some(post) = self.request.post.as_ref().filter(|_| self.sent_kind().starts_with("multipart/")) else {
            return Vec::new();
        };
        let said = post.params.iter().flatten();
        let said = said.map(|param| (param.name.clone(), param.value.clone().unwrap_or_default()));
        form_parts(post.text.as_deref().unwrap_or_default()).into_iter().chain(said).collect()
    }

    /// The fields of a form that it sent.
    pub(super) fn form(&self) -> Option<Vec<(String, String)>> {
        if let Sent::Form(fields) = self.sent() { Some(fields) } else { None }
    }

    /// The JSON that it sent.
    pub(super) fn json(&self) -> Option<Value> {
        if let Sent::Json(json) = self.sent() { Some(json) } else { None }
    }
}

/// The media type of forms.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// What a request carried.
pub(super) enum Sent {
    Nothing,
    Form(Vec<(String, String)>),
    Json(Value),
    /// Files, XML, or text of which nobody knows what in it is secret.
    Other,
}

/// Whether a text is a form that is not called one.
fn is_form(text: &str) -> bool {
    let name = |name: &str| {
        (1..=100).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-[]%+".contains(&byte))
    };
    let field = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| name(key));
    !text.contains(|c: char| c.is_whitespace() || c.is_control()) && text.split('&').all(field)
}

fn header<'h>(headers: &'h [Pair], name: &str) -> Option<&'h str> {
    headers.iter().find(|pair| pair.name.eq_ignore_ascii_case(name)).map(|pair| pair.value.as_str())
}
