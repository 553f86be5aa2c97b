//! `criteria`: what their names mean.

use super::{Draft, Kind, Known, template::part};
use crate::{
    config::{self, Located},
    plan::{
        Criterion, EndpointId, GaugeId, Judged, Level, Subject,
        grammar::{self, Fault, Line, Selector, Word},
    },
};

impl Draft<'_> {
    pub(super) fn criterion(&mut self, said: &config::Criterion, known: &Known<'_>) -> Option<Criterion> {
        let (text, level) = match said {
            config::Criterion::Block(text) => (text, Level::Block),
            config::Criterion::Warn(text) => (text, Level::Warn),
        };
        // As endpoints without a name of their own are named.
        let text = &text.with(self.config.variables.shown(text));
        let line = match grammar::criterion(&text.value) {
            Ok(line) => line,
            Err(fault) => {
                self.fault(text, fault);
                return None;
            }
        };
        let subject = match line {
            Line::Metric { service, metric, selector, op, limit } => {
                Subject::Metric { metric, service, judged: self.judged(text, selector, known)?, op, limit }
            }
            Line::No { count, selector } => Subject::No { count, judged: self.judged(text, selector, known)? },
            Line::Gauge { gauge, op, limit, hold } => {
                let Some(index) = known.gauges.iter().position(|known| known.name == gauge.text) else {
                    self.unknown_gauge(&located(text, gauge), known.gauges);
                    return None;
                };
                Subject::Gauge { gauge: GaugeId(index as u32), op, limit, hold }
            }
        };
        Some(Criterion { text: text.value.trim().to_owned(), level, place: self.place(text.span), subject })
    }

    /// Reports what the grammar found.
    pub(super) fn fault(&mut self, text: &Located<String>, fault: Fault) {
        self.problem_with(part(text, fault.at, fault.length), fault.message, fault.help);
    }

    /// The endpoints that a selector names.
    pub(super) fn judged(
        &mut self,
        text: &Located<String>,
        selector: Option<Selector<'_>>,
        known: &Known<'_>,
    ) -> Option<Vec<Judged>> {
        let together = |endpoints: Vec<EndpointId>| vec![Judged { name: None, endpoints }];
        match selector {
            None => Some(self.every_endpoint()),
            Some(Selector::Each) => Some(self.each()),
            Some(Selector::Scenario(word)) => {
                let Some(index) = known.scenarios.iter().position(|scenario| scenario.name == word.text) else {
                    let names = known.scenarios.iter().map(|scenario| scenario.name.as_str());
                    self.unknown(Kind::Scenario, &located(text, word), names);
                    return None;
                };
                Some(together(
                    self.endpoints_where(|endpoint| !endpoint.login && endpoint.scenario.0 as usize == index),
                ))
            }
            Some(Selector::Not(word)) => self.without_tag(text, word).map(together),
            Some(Selector::Name(word)) => self.named(text, word).map(together),
        }
    }

    /// What is meant without a selector: every endpoint but the login's, taken together.
    pub(super) fn every_endpoint(&self) -> Vec<Judged> {
        vec![Judged { name: None, endpoints: self.endpoints_where(|endpoint| !endpoint.login) }]
    }

    fn endpoints_where(&self, holds: impl Fn(&crate::plan::Endpoint) -> bool) -> Vec<EndpointId> {
        let kept = self.endpoints.iter().enumerate().filter(|(_, endpoint)| holds(endpoint));
        kept.map(|(index, _)| EndpointId(index as u32)).collect()
    }

    /// One entry for each name that is not a login's.
    fn each(&self) -> Vec<Judged> {
        let mut judged: Vec<Judged> = Vec::new();
        for (index, endpoint) in self.endpoints.iter().enumerate().filter(|(_, endpoint)| !endpoint.login) {
            let id = EndpointId(index as u32);
            if self.is_missing(id) {
                continue;
            }
            match judged.iter_mut().find(|judged| judged.name.as_ref() == Some(&endpoint.name)) {
                Some(judged) => judged.endpoints.push(id),
                None => judged.push(Judged { name: Some(endpoint.name.clone()), endpoints: vec![id] }),
            }
        }
        judged
    }

    fn without_tag(&mut self, text: &Located<String>, word: Word<'_>) -> Option<Vec<EndpointId>> {
        if !self.endpoints.iter().any(|endpoint| endpoint.tags.iter().any(|tag| tag == word.text)) {
            let tags: Vec<String> = self.endpoints.iter().flat_map(|endpoint| endpoint.tags.clone()).collect();
            self.unknown(Kind::Tag, &located(text, word), tags.iter().map(String::as_str));
            return None;
        }
        let kept = self.endpoints_where(|endpoint| !endpoint.login && endpoint.tags.iter().all(|tag| tag != word.text));
        if kept.is_empty() {
            if self.is_whole("scenarios") {
                let message = format!("every endpoint has the tag `{}`: nothing is left to judge", word.text);
                self.problem(located(text, word).span, message);
            }
            return None;
        }
        Some(kept)
    }

    /// The endpoints of a name or of a tag, logins included.
    fn named(&mut self, text: &Located<String>, word: Word<'_>) -> Option<Vec<EndpointId>> {
        let by_name = self.endpoints_where(|endpoint| endpoint.name == word.text);
        let by_tag = self.endpoints_where(|endpoint| endpoint.tags.iter().any(|tag| tag == word.text));
        let at = located(text, word);
        match (by_name.is_empty(), by_tag.is_empty()) {
            (false, true) => Some(by_name),
            (true, false) => Some(by_tag),
            (false, false) => {
                let message = format!("`{}` is the name of an endpoint and a tag", word.text);
                self.problem_with(
                    at.span,
                    message,
                    Some("rename one of them, so that the criterion says which it means".into()),
                );
                None
            }
            (true, true) if self.choice.foreign.is_some() => Some(vec![self.missing_endpoint(&at)]),
            (true, true) => {
                let mut names: Vec<String> = Vec::new();
                for endpoint in &self.endpoints {
                    for name in std::iter::once(&endpoint.name).chain(&endpoint.tags) {
                        if !names.contains(name) {
                            names.push(name.clone());
                        }
                    }
                }
                self.unknown(Kind::Endpoint, &at, names.iter().map(String::as_str));
                None
            }
        }
    }
}

/// A word of a criterion with its place.
fn located(text: &Located<String>, word: Word<'_>) -> Located<String> {
    Located { value: word.text.to_owned(), span: part(text, word.at, word.text.len()), complete: true }
}
