//! One operation of a description.

use serde_json::Value;

use super::description::is_path;

/// Methods that a step can have, the reading ones first.
pub(super) const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// A method on a path.
#[derive(Clone, Copy)]
pub(super) struct Operation<'a> {
    /// One of [`METHODS`].
    pub(super) method: &'static str,
    /// As described: `/pets/{petId}`.
    pub(super) path: &'a str,
    /// What is said about the path.
    pub(super) item: &'a Value,
    /// What is said about the operation.
    pub(super) said: &'a Value,
}

/// A piece of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Said(&'a str),
    Parameter(&'a str),
}

impl<'a> Operation<'a> {
    /// The endpoint's name: `GET /pets/{petId}`.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path.trim())
    }

    pub(super) fn reads(&self) -> bool {
        self.method == "get"
    }

    /// Why it is no step.
    pub(super) fn unfit(&self) -> Option<&'static str> {
        if !is_path(self.path) {
            return Some("its path is none");
        }
        if self.said["deprecated"] == true {
            return Some("deprecated");
        }
        match self.method {
            "delete" => Some("it destroys data"),
            "head" => Some("it answers nothing"),
            _ => None,
        }
    }

    pub(super) fn tags(&self) -> Vec<String> {
        const MOST: usize = 5;
        let tags = self.said["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut kept: Vec<String> = Vec::new();
        for tag in tags.map(str::trim).filter(|tag| !tag.is_empty() && tag.len() <= 100) {
            if !kept.iter().any(|known| known == tag) && kept.len() < MOST {
                kept.push(tag.to_owned());
            }
        }
        if !self.reads() && !kept.iter().any(|tag| tag == "write") {
            kept.push("write".to_owned());
        }
        kept
    }

    /// Its path in pieces.
    pub(super) fn parts(&self) -> Vec<Part<'a>> {
        let mut parts = Vec::new();
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            if !before.is_empty() {
                parts.push(Part::Said(before));
            }
            parts.push(Part::Parameter(name));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Said(rest));
        }
        parts
    }

    /// Each parameter of its path that is a segment of its own, with what stands before it: `/pets` and `petId`.
    pub(super) fn places(&self) -> Vec<(&'a str, &'a str)> {
        let mut places = Vec::new();
        let mut at = 0;
        while let Some(open) = self.path[at..].find('{').map(|found| at + found) {
            let Some(close) = self.path[open..].find('}').map(|found| open + found) else { break };
            places.push((self.path[..open].trim_end_matches('/'), &self.path[open + 1..close]));
            at = close + 1;
        }
        places
    }
}
