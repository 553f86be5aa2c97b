//! Security schemes become variables.

use serde_json::Value;

use super::description::Description;
use crate::draft::{
    gate::{Gate, Step, unused},
    text::{Text, snake},
};

/// What a scheme asks of a request.
#[derive(Clone, PartialEq)]
enum Place {
    Header(String),
    Query(String),
    Cookie(String),
}

/// A scheme as the draft meets it.
struct Scheme {
    id: String,
    place: Place,
    value: Text,
    /// The variable in it, and what it holds; `None` where a login gives the value.
    variable: Option<(String, String)>,
    bearer: bool,
}

/// The schemes of a description.
pub(super) struct Security<'a> {
    schemes: Vec<Scheme>,
    /// What operations need that do not say it themselves.
    general: &'a Value,
}

impl<'a> Security<'a> {
    pub(super) fn of(description: &Description<'a>) -> Self {
        let mut security = Self { schemes: Vec::new(), general: description.get("security") };
        for (id, scheme) in description.schemes().as_object().into_iter().flatten().take(50) {
            security.add(id, description.follow(scheme));
        }
        security
    }

    fn add(&mut self, id: &str, scheme: &Value) {
        let kind = (scheme["type"].as_str().unwrap_or_default(), scheme["scheme"].as_str().unwrap_or_default());
        let header = || Place::Header("Authorization".to_owned());
        let name = || scheme["name"].as_str().unwrap_or_default().to_owned();
        let basic = "the user's name and password as `printf user:password | base64` prints them".to_owned();
        let (place, wanted, what) = match kind {
            ("basic", _) => (header(), "API_BASIC", basic),
            ("http", scheme) if scheme.eq_ignore_ascii_case("basic") => (header(), "API_BASIC", basic),
            ("http" | "oauth2" | "openIdConnect", _) => (header(), "API_TOKEN", "a token of a test user".to_owned()),
            ("apiKey", _) if name().is_empty() || name().len() > 100 => return,
            ("apiKey", _) => {
                let place = match scheme["in"].as_str() {
                    Some("query") if !name().contains("{{") => Place::Query(name()),
                    Some("cookie") => Place::Cookie(name()),
                    _ if !name().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) => return,
                    _ => Place::Header(name()),
                };
                (place, "API_KEY", "a key of a test user".to_owned())
            }
            _ => return,
        };
        let taken = |name: &str| {
            self.schemes.iter().any(|known| known.variable.as_ref().is_some_and(|(known, _)| known == name))
        };
        let wanted = if taken(wanted) { snake(id).to_uppercase() } else { wanted.to_owned() };
        let variable = unused(&wanted, taken);
        let bearer = matches!(&place, Place::Header(_)) && wanted == "API_TOKEN";
        let before = match kind {
            ("apiKey", _) => "",
            ("http", other) if !other.eq_ignore_ascii_case("basic") && !other.eq_ignore_ascii_case("bearer") => "",
            _ if variable.starts_with("API_BASIC") || kind.0 == "basic" || kind.1.eq_ignore_ascii_case("basic") => {
                "Basic "
            }
            _ => "Bearer ",
        };
        self.schemes.push(Scheme {
            id: id.to_owned(),
            place,
            value: Text::said(before).then(Text::variable(variable.as_str())),
            variable: Some((variable, what)),
            bearer,
        });
    }

    /// A login gives the token from here on.
    pub(super) fn given_by_login(&mut self, name: &str) {
        for scheme in self.schemes.iter_mut().filter(|scheme| scheme.bearer) {
            scheme.value = Text::said("Bearer ").then(Text::insert(name));
            scheme.variable = None;
        }
    }

    /// Whether a token in a header is asked for.
    pub(super) fn has_bearer(&self) -> bool {
        self.schemes.iter().any(|scheme| scheme.bearer)
    }

    /// Adds to a step what it needs: the first of its alternatives.
    pub(super) fn apply(&self, operation: &Value, step: &mut Step, gate: &mut Gate) {
        let needed = operation.get("security").unwrap_or(self.general);
        let Some(first) =
            needed.as_array().and_then(|all| all.iter().find(|one| one.as_object().is_some_and(|one| !one.is_empty())))
        else {
            return;
        };
        for id in first.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let Some(scheme) = self.schemes.iter().find(|scheme| scheme.id == *id) else {
                step.remarks
                    .push(format!("it needs {id}, which the description does not define or the gate cannot send"));
                continue;
            };
            match &scheme.place {
                Place::Header(name) => step.headers.push((name.clone(), scheme.value.clone())),
                Place::Query(name) => step.query.push((name.clone(), scheme.value.clone())),
                Place::Cookie(_) if !gate.login.is_empty() => continue,
                Place::Cookie(name) => {
                    step.remarks.push(format!("it needs the cookie {name}: write a `login` whose answer sets it"));
                    continue;
                }
            }
            if let Some((variable, what)) = &scheme.variable {
                gate.variable(variable, what);
            }
        }
        step.headers.dedup_by(|b, a| a.0 == b.0);
    }

    /// Moves a header that every step has, and no user's value is in, to the target.
    pub(super) fn share(&self, gate: &mut Gate) {
        for scheme in &self.schemes {
            let Place::Header(name) = &scheme.place else { continue };
            let header = (name.clone(), scheme.value.clone());
            let everywhere = gate.steps.iter().all(|step| step.headers.contains(&header));
            if everywhere && gate.login.is_empty() && scheme.variable.is_some() && !gate.headers.contains(&header) {
                gate.steps.iter_mut().for_each(|step| step.headers.retain(|known| *known != header));
                gate.headers.push(header);
            }
        }
    }
}
