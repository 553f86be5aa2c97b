//! `preflight`, `integrity` and `cleanup`.

use http::Method;

use super::{
    Draft, Kind, Known,
    request::{Said, text},
    template::Scope,
};
use crate::{
    config::{self, Located, command_line, hidden},
    plan::{Act, Body, Check, GaugeId, Probe, ScenarioId, Target},
    units::Bytes,
};

/// The keys that say what an item checks.
const ACTS: [&str; 11] =
    ["get", "post", "put", "patch", "delete", "head", "scenario", "disk", "monitors", "command", "postgres"];

impl Draft<'_> {
    pub(super) fn checks(&mut self, said: &[Located<config::Check>], target: &Target, known: &Known<'_>) -> Vec<Check> {
        let mut checks = Vec::new();
        for item in said {
            if let Some(act) = self.act(item, target, known) {
                let name = item.name.as_ref().map_or_else(|| described(&act, known), |name| name.value.clone());
                let span = item.name.as_ref().map_or(item.span, |name| name.span);
                checks.push(Check { name, act, place: self.place(span) });
            }
        }
        checks
    }

    fn act(&mut self, said: &Located<config::Check>, target: &Target, known: &Known<'_>) -> Option<Act> {
        let request = methods(said).iter().any(|(_, url)| url.is_some());
        let others = [
            said.scenario.is_some(),
            said.disk.is_some(),
            said.monitors.is_some(),
            said.command.is_some(),
            said.postgres.is_some(),
        ];
        let acts = others.into_iter().filter(|given| *given).count() + usize::from(request);
        if acts == 0 && self.lost_key(said.span, &ACTS) {
            self.expect(said.expect.as_ref());
            return None;
        }
        if acts != 1 {
            let message = if acts == 0 { "this item checks nothing" } else { "an item checks one thing" };
            let help =
                "give one of get, post, put, patch, delete, head, scenario, disk, monitors, command and postgres";
            self.problem_with(said.span, message, Some(help.to_owned()));
            return None;
        }
        let timeout = self.time("timeout", said.timeout, target.timeout);
        if let Some(url) = &said.postgres {
            return self.query(said, url, timeout).map(Act::Query);
        }
        if let Some(sql) = &said.sql {
            self.problem_with(sql.span, "`sql` needs a database", Some("name it with `postgres`".to_owned()));
        }
        if request {
            return self.probe(said, target).map(Act::Probe);
        }
        if let Some(expect) = &said.expect {
            let span = expect.status.first().map_or(said.span, |status| status.span);
            self.problem(span, "`expect` goes with a request");
        }
        if let Some(scenario) = &said.scenario {
            return self.scenario_act(scenario, known);
        }
        if let Some(disk) = &said.disk {
            let Bytes(free) = disk.free.value;
            return Some(Act::Disk { path: disk.path.value.clone(), free });
        }
        if let Some(command) = &said.command {
            if command.value.0.is_empty() && command.complete {
                self.problem(command.span, "a command needs a program");
            }
            let arguments = command.value.0.iter().map(|argument| argument.value.clone()).collect();
            return Some(Act::Command { arguments, timeout });
        }
        let names = said.monitors.as_ref()?;
        Some(Act::Monitors(self.monitored(names, said, known)))
    }

    fn scenario_act(&mut self, scenario: &Located<String>, known: &Known<'_>) -> Option<Act> {
        let index = known.scenarios.iter().position(|known| known.name == scenario.value);
        if index.is_none() {
            self.unknown(Kind::Scenario, scenario, known.scenarios.iter().map(|scenario| scenario.name.as_str()));
        }
        index.map(|index| Act::Scenario(ScenarioId(index as u32)))
    }

    /// The gauges of the named monitors, or of all.
    fn monitored(
        &mut self,
        names: &[Located<String>],
        item: &Located<config::Check>,
        known: &Known<'_>,
    ) -> Vec<GaugeId> {
        let gauges = |belongs: &dyn Fn(&str) -> bool| -> Vec<GaugeId> {
            let kept = known.gauges.iter().enumerate().filter(|(_, gauge)| belongs(&gauge.name));
            kept.map(|(index, _)| GaugeId(index as u32)).collect()
        };
        if known.gauges.is_empty() {
            if self.is_whole("monitors") {
                self.problem(item.span, "there are no monitors that could answer");
            }
            return Vec::new();
        }
        if let [name] = names
            && name.value == "all"
            && self.config.monitors.get("all").is_none()
        {
            return gauges(&|_| true);
        }
        let mut all = Vec::new();
        for name in names {
            let prefix = format!("{}.", name.value);
            let of_monitor = gauges(&|gauge| gauge.starts_with(&prefix));
            if of_monitor.is_empty() && self.config.monitors.get(&name.value).is_none() {
                let valid = self.config.monitors.names().chain(["all"]);
                self.unknown(Kind::Monitor, name, valid);
            }
            all.extend(of_monitor);
        }
        all
    }

    fn probe(&mut self, said: &Located<config::Check>, target: &Target) -> Option<Probe> {
        let (method, url) = self.method(said.span, methods(said))?;
        let request = Said {
            url,
            headers: &said.headers,
            query: &said.query,
            form: said.form.as_ref(),
            json: said.json.as_ref(),
            body: said.body.as_ref(),
        };
        let meant = self.request(&request, target, &Scope { scenario: None, slots: &[], extracted: &[] });
        Some(Probe {
            method,
            url: text(&meant.url),
            headers: meant.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: match &meant.body {
                Body::Empty => None,
                Body::Text(body) => Some(text(body)),
            },
            timeout: said.timeout.map_or(target.timeout, |timeout| timeout.value),
            expect: self.expect(said.expect.as_ref()),
        })
    }
}

fn methods(check: &config::Check) -> [(Method, &Option<Located<String>>); 6] {
    [
        (Method::GET, &check.get),
        (Method::HEAD, &check.head),
        (Method::POST, &check.post),
        (Method::PUT, &check.put),
        (Method::PATCH, &check.patch),
        (Method::DELETE, &check.delete),
    ]
}

/// The name of a check that was given none, without the secrets that variables put there.
fn described(act: &Act, known: &Known<'_>) -> String {
    match act {
        Act::Probe(probe) => format!("{} {}", probe.method, hidden(&probe.url)),
        Act::Scenario(id) => {
            format!("scenario {}", known.scenarios.get(id.0 as usize).map_or("", |scenario| scenario.name.as_str()))
        }
        Act::Disk { path, free } => format!("{} free at {path}", Bytes(*free)),
        Act::Monitors(_) => "monitors answer".to_owned(),
        Act::Command { arguments, .. } => command_line(arguments),
        Act::Query(query) => hidden(&query.sql.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}
