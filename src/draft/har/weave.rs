//! Requests as steps: each value that an answer gave is taken from there, each secret is a variable.

use std::collections::BTreeSet;

use super::{
    keep::{Kept, name},
    login,
    trace::{MOST_SEARCHED, Sought, source},
};
use crate::{
    config::{
        Secrets,
        looks::is_random,
        names::{is_form_token, is_password},
    },
    draft::{
        gate::{Extract, Gate, Step, unused, unused_value},
        text::{Text, snake},
        words::singular,
    },
};

/// More steps than one iteration should have; the rest is left out by name.
const MOST_STEPS: usize = 100;

/// The steps on the way.
pub(super) struct Weaver<'a> {
    pub(super) kept: &'a [Kept<'a>],
    pub(super) gate: Gate,
    secrets: &'a [String],
    mask: Secrets,
    /// Bytes of answers that may still be searched.
    left: u64,
    /// Secrets that became variables, with the variable's name.
    hidden: Vec<(String, String)>,
    /// Requests whose answers no step has: one that was left out, or that redirects and is followed.
    lost: BTreeSet<usize>,
    /// What an answer gives: its position, how it is found, and its name.
    given: Vec<(usize, Extract, String)>,
    /// Columns by what they stand for and their value.
    columns: Vec<(String, String, String)>,
    /// The request that carries the password.
    login: Option<usize>,
}

impl<'a> Weaver<'a> {
    pub(super) fn of(kept: &'a [Kept<'a>], gate: Gate, secrets: &'a [String]) -> Self {
        Self {
            kept,
            gate,
            secrets,
            mask: Secrets::of(secrets),
            left: MOST_SEARCHED,
            hidden: Vec::new(),
            lost: BTreeSet::new(),
            given: Vec::new(),
            columns: Vec::new(),
            login: login::position(kept),
        }
    }

    /// Makes the steps; with them every value that became a variable.
    pub(super) fn gate(mut self) -> (Gate, Vec<String>) {
        let mut steps: Vec<(usize, Step)> = Vec::new();
        let mut merged = None;
        let begin = self.login.map_or(0, |login| login + 1);
        for at in 0..self.kept.len() {
            // The redirect of a request that writes leads to one that reads, which is followed no further.
            if merged == Some(at) {
                continue;
            }
            if steps.len() >= MOST_STEPS {
                let why = format!("one iteration has {MOST_STEPS} steps already: record a shorter session");
                self.gate.left_out.push((name(self.kept[at].entry, &self.kept[at].url), why));
                continue;
            }
            let before_login = at < begin && self.login != Some(at);
            let follows = self.is_followed(at);
            let mut step = self.step(at);
            if follows && !before_login {
                self.lost.insert(at);
                step.follow = true;
                step.status = self.kept.get(at + 1).map(|next| status(next)).into_iter().collect();
                merged = Some(at + 1);
            }
            if self.destroys(&step, at) {
                let why = "it destroys data: write one that deletes only what its own session created";
                self.gate.left_out.push((step.name, why.to_owned()));
                self.lost.insert(at);
                continue;
            }
            steps.push((at, step));
        }
        self.part(steps);
        (self.gate, self.hidden.into_iter().map(|(value, _)| value).collect())
    }

    /// Parts the login from the steps, and gives each step what later ones take from its answer.
    fn part(&mut self, steps: Vec<(usize, Step)>) {
        let begin = self.login.map_or(0, |login| login + 1);
        let needed = self.needed();
        let mut kept: Vec<(usize, Step)> = Vec::new();
        for (at, step) in steps {
            if at >= begin || needed.contains(&at) {
                kept.push((at, step));
            } else {
                let why = "it came before the login; a scenario of its own can have it";
                self.gate.left_out.push((step.name, why.to_owned()));
            }
        }
        // What only requests needed that were left out is not asked for.
        let used = |name: &str| kept.iter().any(|(_, step)| step.inserts(name));
        self.gate.columns.retain(|column| used(&format!("data.{}", column.name)));
        self.given.retain(|(.., name)| used(name));
        for (giver, extract, name) in std::mem::take(&mut self.given) {
            // The answer to a redirect that is followed is that of its step.
            let gives = |(at, step): &&mut (usize, Step)| *at + usize::from(step.follow) == giver;
            if let Some((_, step)) = kept.iter_mut().find(gives) {
                step.extract.push((name, extract));
            }
        }
        for (at, mut step) in kept {
            if at < begin {
                step.tags.push("auth".to_owned());
                self.gate.login.push(step);
            } else {
                self.gate.steps.push(step);
            }
        }
        self.distinct();
    }

    /// A step of the login and one of the iteration never have the same name: they are counted apart.
    fn distinct(&mut self) {
        let names: Vec<String> = self.gate.login.iter().map(|step| step.name.clone()).collect();
        for step in self.gate.steps.iter_mut().filter(|step| names.contains(&step.name)) {
            step.name.push_str(" again");
        }
    }

    /// The login, and the requests before it whose answers it takes values from.
    fn needed(&self) -> Vec<usize> {
        let begin = self.login.map_or(0, |login| login + 1);
        self.login.into_iter().chain(self.given.iter().map(|(at, ..)| *at).filter(|at| *at < begin)).collect()
    }

    /// Whether the gate follows the redirect of a request by itself: to an address that only its answer tells.
    fn is_followed(&self, at: usize) -> bool {
        let (Some(kept), Some(next)) = (self.kept.get(at), self.kept.get(at + 1)) else { return false };
        let redirect = (300..400).contains(&kept.entry.status()) && kept.entry.status() != 304;
        let location = kept.entry.answered("location").and_then(|location| kept.url.join(location).ok());
        let there = redirect && next.entry.request.method == "GET" && location.is_some_and(|url| url == next.url);
        let writes = kept.entry.request.method != "GET" && self.login != Some(at);
        let known = |segment: &str| self.kept[..=at].iter().any(|kept| kept.url.path().contains(segment));
        there && writes && next.url.path().split('/').any(|segment| is_id(segment) && !known(segment))
    }

    fn destroys(&self, step: &Step, at: usize) -> bool {
        let made_here = self.given.iter().any(|(giver, _, name)| {
            *giver < at
                && self.kept[*giver].entry.request.method == "POST"
                && step.name.contains(&format!("{{{name}}}"))
        });
        step.method == "delete" && !made_here
    }

    /// A value that an answer before this request gave, under its name.
    pub(super) fn taken(&mut self, at: usize, sought: Sought<'_>) -> Option<(Text, String)> {
        let (giver, extract) = source(&self.kept[..at], &self.lost, sought, &mut self.left)?;
        if let Some((.., name)) = self.given.iter().find(|(known, how, _)| *known == giver && *how == extract) {
            return Some((Text::insert(name.as_str()), name.clone()));
        }
        let wanted = match sought.name {
            "" => thing(sought.path),
            name if is_form_token(name) => "csrf".to_owned(),
            name if name.eq_ignore_ascii_case("authorization") => "token".to_owned(),
            name => snake(name),
        };
        let name = unused_value(&wanted, |name| self.given.iter().any(|(.., known)| known == name));
        self.given.push((giver, extract, name.clone()));
        Some((Text::insert(name.as_str()), name))
    }

    /// The column that an earlier request has for this value.
    pub(super) fn chosen(&self, path: &str, value: &str) -> Option<String> {
        let thing = thing(path);
        let same = |(known, held, _): &&(String, String, String)| *known == thing && held == value;
        self.columns.iter().find(same).map(|(.., name)| name.clone())
    }

    /// A number in a path that no answer gave: a column, so that there can be more of them.
    pub(super) fn column(&mut self, path: &str, value: &str) -> String {
        let thing = thing(path);
        let remark = format!("as recorded in {path}: it must exist on staging; more rows spread the load");
        let name = self.gate.column(&thing, value, &remark);
        self.columns.push((thing, value.to_owned(), name.clone()));
        name
    }

    /// The column that has this value, whatever it stands for.
    pub(super) fn column_of(&self, value: &str) -> Option<Text> {
        let (.., name) = self.columns.iter().find(|(_, held, _)| held == value)?;
        Some(Text::insert(format!("data.{name}")))
    }

    /// A secret: a variable named after where it was met first.
    pub(super) fn hidden(&mut self, name: &str, value: &str) -> Text {
        self.variable(name, value, &format!("the value of {name} in the recording"))
    }

    /// A value that no answer gave, that nobody can have chosen, and that may be a secret for all its name says.
    pub(super) fn unexplained(&mut self, name: &str, value: &str) -> Text {
        let what = format!(
            "review: the value of {name}, which looks random and is in no answer of the recording; set one that staging takes"
        );
        self.variable(name, value, &what)
    }

    fn variable(&mut self, name: &str, value: &str, what: &str) -> Text {
        if let Some((_, variable)) = self.hidden.iter().find(|(known, _)| known == value) {
            return Text::variable(variable.as_str());
        }
        let (wanted, what) = if is_password(name) {
            ("STAGING_PASSWORD".to_owned(), "the password of the test user")
        } else {
            (format!("STAGING_{}", snake(name).to_uppercase()), what)
        };
        let taken = |name: &str| {
            ["STAGING_URL", "STAGING_USER"].contains(&name) || self.hidden.iter().any(|(_, known)| known == name)
        };
        let variable = unused(&wanted, taken);
        self.gate.variable(&variable, what);
        self.hidden.push((value.to_owned(), variable.clone()));
        Text::variable(variable)
    }

    /// Whether a value is a secret by itself.
    pub(super) fn is_known_secret(&self, value: &str) -> bool {
        self.secrets.iter().any(|secret| secret == value)
    }

    /// Whether a secret is somewhere in a value, in any form.
    pub(super) fn holds_secret(&self, value: &str) -> bool {
        self.mask.mask(value) != value
    }

    pub(super) fn is_login(&self, at: usize) -> bool {
        self.login == Some(at)
    }
}

/// The status of an answer; that of a page which the browser had already is as if it had not.
pub(super) fn status(kept: &Kept<'_>) -> u16 {
    match kept.entry.status() {
        304 => 200,
        status => status,
    }
}

/// Whether a segment of a path is an id and no word.
pub(super) fn is_id(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let number = digits == segment.len() && digits > 0;
    plain && (number || is_random(segment) || (segment.len() >= 8 && digits >= 4))
}

/// What the id behind a path is of: `/api/projects/` is a `project`.
pub(super) fn thing(path: &str) -> String {
    let segment = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if segment.is_empty() || is_id(segment) {
        return "id".to_owned();
    }
    singular(&snake(segment))
}
