//! The operation by which a user logs in becomes the scenario's login.

use super::{Drafting, body::Kind, description::Description, operation::Operation};
use crate::{
    config::names::{is_form_token, is_login_password, is_password},
    draft::{
        gate::{Body, Extract, Json, Step},
        text::{Text, snake},
        words::logs_out,
    },
};

/// Words of paths by which users log in.
const PATHS: [&str; 7] = ["login", "signin", "sign-in", "session", "auth", "token", "logon"];
/// Names under which an answer gives a token.
const TOKENS: [&str; 6] = ["access_token", "token", "jwt", "id_token", "auth_token", "key"];

impl<'a> Drafting<'a> {
    /// Takes the login out of the operations, and what would undo it.
    pub(super) fn without_login(&mut self, operations: Vec<Operation<'a>>) -> Vec<Operation<'a>> {
        let (ended, mut kept): (Vec<_>, Vec<_>) =
            operations.into_iter().partition(|operation| logs_out(operation.path));
        let why = "it would end what the login began";
        self.gate.left_out.extend(ended.iter().map(|operation| (operation.name(), why.to_owned())));
        let Some(at) = kept.iter().position(|operation| self.logs_in(operation)) else { return kept };
        let login = kept.remove(at);
        let Ok(carried) = self.body(&login) else { return kept };
        let mut step = Step {
            method: login.method.to_owned(),
            path: Text::said(format!("{}{}", self.base, login.path)),
            name: login.name(),
            tags: vec!["auth".to_owned()],
            status: Description::statuses(&login),
            remarks: vec![
                "the users of staging: each virtual user can be one of its own, as `user{{ user.id }}`".to_owned(),
            ],
            body: carried.body,
            ..Step::default()
        };
        let page = self.page(&login, &mut kept, &mut step);
        self.credentials(&mut step.body);
        self.token(&login, &mut step);
        self.gate.login = page.into_iter().chain([step]).collect();
        kept
    }

    /// Whether an operation sends a password to where users log in.
    fn logs_in(&self, operation: &Operation<'a>) -> bool {
        let path = operation.path.to_lowercase();
        operation.method == "post"
            && operation.places().is_empty()
            && PATHS.iter().any(|word| path.contains(word))
            && self.fields_of(operation).iter().any(|field| is_login_password(field))
    }

    fn fields_of(&self, operation: &Operation<'a>) -> Vec<&'a str> {
        if self.description.old {
            let parameters = self.description.parameters(operation).into_iter();
            let form = parameters.clone().filter(|parameter| parameter["in"] == "formData");
            let form = form.filter_map(|parameter| parameter["name"].as_str());
            let body = parameters.filter(|parameter| parameter["in"] == "body");
            let body = body.flat_map(|body| self.description.properties(&body["schema"])).map(|(key, _)| key);
            return form.chain(body).collect();
        }
        match self.description.carried(operation) {
            Ok(Some((Kind::Json | Kind::Form, media))) => {
                self.description.properties(&media["schema"]).into_iter().map(|(key, _)| key).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The page with the form, which comes before it where a form needs a value of that page.
    fn page(&self, login: &Operation<'a>, kept: &mut Vec<Operation<'a>>, step: &mut Step) -> Option<Step> {
        let Body::Form(fields) = &mut step.body else { return None };
        let (name, token) = fields.iter_mut().find(|(name, _)| is_form_token(name))?;
        let at = kept.iter().position(|operation| operation.path == login.path && operation.reads())?;
        let page = kept.remove(at);
        *token = Text::insert("csrf");
        let pattern = format!("name=\"{}\"[^>]*value=\"([^\"]+)\"", regex::escape(name));
        Some(Step {
            method: "get".to_owned(),
            path: Text::said(format!("{}{}", self.base, page.path)),
            name: page.name(),
            tags: vec!["auth".to_owned()],
            status: Description::statuses(&page),
            extract: vec![("csrf".to_owned(), Extract::Regex(pattern))],
            remarks: vec!["how the page holds the token of the form is a guess".to_owned()],
            ..Step::default()
        })
    }

    /// Passwords of a body become the variable.
    pub(super) fn credentials(&mut self, body: &mut Body) {
        match body {
            Body::Form(fields) => {
                for (_, value) in fields.iter_mut().filter(|(name, _)| is_password(name)) {
                    *value = self.password();
                }
            }
            Body::Json(Json::Map(entries)) => {
                let texts = |(name, value): &&mut (String, Json)| is_password(name) && matches!(value, Json::Text(_));
                for (_, value) in entries.iter_mut().filter(texts) {
                    *value = Json::Text(self.password());
                }
            }
            _ => {}
        }
    }

    /// The password of the test users.
    pub(super) fn password(&mut self) -> Text {
        self.gate.variable("STAGING_PASSWORD", "the password of the test users");
        Text::variable("STAGING_PASSWORD")
    }

    /// A token in the answer is what later steps send.
    fn token(&mut self, login: &Operation<'a>, step: &mut Step) {
        if !self.security.has_bearer() {
            return;
        }
        let properties = self.description.properties(self.description.answer(login));
        let named = |name: &&str| properties.iter().map(|(key, _)| *key).find(|key| snake(key) == **name);
        if let Some(key) = TOKENS.iter().find_map(named) {
            step.extract
                .push(("token".to_owned(), Extract::Json(format!("/{}", key.replace('~', "~0").replace('/', "~1")))));
            self.names.push("token".to_owned());
            self.security.given_by_login("token");
        }
    }
}
