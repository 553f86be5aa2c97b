//! HAR 1.2, as far as a draft needs it. Browsers leave out or null whatever they like.

use std::borrow::Cow;

use base64::Engine as _;
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use url::Url;

use crate::draft::Error;

/// Requests that are looked at.
pub(super) const MOST_ENTRIES: usize = 20_000;

#[derive(Deserialize)]
pub(super) struct Archive {
    pub(super) log: Log,
}

#[derive(Deserialize)]
pub(super) struct Log {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) entries: Vec<Entry>,
}

/// A request with its answer.
#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "startedDateTime", default)]
    pub(super) started: Option<String>,
    /// Milliseconds.
    #[serde(default)]
    pub(super) time: Option<f64>,
    #[serde(rename = "_resourceType", default)]
    pub(super) kind: Option<String>,
    pub(super) request: Request,
    pub(super) response: Response,
}

#[derive(Deserialize)]
pub(super) struct Request {
    pub(super) method: String,
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
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
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
    pub(super) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) value: String,
}

/// A value, or the empty one where null stands in its place.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(reader: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
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
        let mut archive: Self = serde_json::from_str(text).map_err(|error| Error::json(&error))?;
        archive.log.entries.truncate(MOST_ENTRIES);
        Ok(archive)
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

    /// The fields of a form that it sent.
    pub(super) fn form(&self) -> Option<Vec<(String, String)>> {
        let post = self.request.post.as_ref()?;
        let kind = post.kind.as_deref().or_else(|| self.asked("content-type")).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return None;
        }
        if let Some(text) = post.text.as_deref().filter(|text| !text.is_empty()) {
            return Some(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect());
        }
        let params = post.params.as_deref().unwrap_or_default().iter();
        Some(params.map(|param| (param.name.clone(), param.value.clone().unwrap_or_default())).collect())
    }

    /// The JSON that it sent.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        let post = self.request.post.as_ref()?;
        let kind = post.kind.as_deref().or_else(|| self.asked("content-type")).unwrap_or_default().to_ascii_lowercase();
        if !kind.contains("json") {
            return None;
        }
        serde_json::from_str(post.text.as_deref()?).ok()
    }
}

fn header<'h>(headers: &'h [Pair], name: &str) -> Option<&'h str> {
    headers.iter().find(|pair| pair.name.eq_ignore_ascii_case(name)).map(|pair| pair.value.as_str())
}
