//! `monitors` and `bands`.

use url::Url;

use super::{Draft, Kind};
use crate::{
    config::{self, Located, suggestion},
    plan::{Band, Expression, Gauge, GaugeId, Host, Monitor, Process, Source},
};

impl Draft<'_> {
    pub(super) fn monitors(&mut self) -> (Vec<Monitor>, Vec<Gauge>) {
        let mut gauges: Vec<Gauge> = Vec::new();
        let mut monitors = Vec::new();
        for (name, said) in self.config.monitors.iter() {
            let source = self.source(name, said);
            let mut read = Vec::new();
            for (gauge, expression) in said.read.iter() {
                self.expression(expression, source.as_ref());
                read.push((GaugeId(gauges.len() as u32), expression.value.clone()));
                gauges.push(Gauge { name: format!("{}.{}", name.value, gauge.value), band: None });
            }
            if read.is_empty() && !self.lost_key(said.span, &["read"]) {
                self.problem(name.span, format!("the monitor `{}` reads no gauges", name.value));
            }
            if let Some(source) = source {
                monitors.push(Monitor { name: name.value.clone(), source, read, place: self.place(name.span) });
            }
        }
        self.bands(&mut gauges);
        (monitors, gauges)
    }

    fn source(&mut self, name: &Located<String>, said: &Located<config::Monitor>) -> Option<Source> {
        let kinds = [
            ("prometheus", said.prometheus.is_some()),
            ("postgres", said.postgres.is_some()),
            ("redis", said.redis.is_some()),
            ("host", said.host.is_some()),
            ("command", said.command.is_some()),
        ];
        let mut given = kinds.into_iter().filter(|(_, given)| *given).map(|(kind, _)| kind);
        let (Some(_), None) = (given.next(), given.next()) else {
            if !self.lost_key(said.span, &kinds.map(|(kind, _)| kind)) {
                let message = "a monitor has one source: `prometheus`, `postgres`, `redis`, `host` or `command`";
                self.problem(name.span, message);
            }
            return None;
        };
        if let Some(pool) = &said.pool {
            self.positive("pool", pool, 0);
            if said.postgres.is_none() {
                self.problem(pool.span, "`pool` goes with `postgres`");
            }
        }
        if let Some(url) = &said.prometheus {
            return Some(self.prometheus(url));
        }
        if let Some(url) = &said.postgres {
            let pool = said.pool.as_ref().map(|pool| pool.value).filter(|pool| *pool > 0);
            self.address_of("a PostgreSQL", url, &["postgresql", "postgres"]);
            return Some(Source::Postgres { url: url.value.clone(), pool });
        }
        if let Some(url) = &said.redis {
            self.address_of("a Redis", url, &["redis", "rediss"]);
            return Some(Source::Redis { url: url.value.clone() });
        }
        if let Some(host) = &said.host {
            return self.host(host).map(Source::Host);
        }
        let command = said.command.as_ref()?;
        if command.value.0.is_empty() && command.complete {
            self.problem(command.span, "a command needs a program");
        }
        Some(Source::Command { arguments: command.value.0.iter().map(|word| word.value.clone()).collect() })
    }

    fn prometheus(&mut self, url: &Located<String>) -> Source {
        let path = url.value.starts_with('/') && !url.value.starts_with("//");
        let absolute =
            Url::parse(&url.value).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        if !path && !absolute {
            // Not repeated: it may hold a password.
            self.problem(url.span, "this is neither a path on the target nor an http:// or https:// address");
        }
        Source::Prometheus { url: url.value.clone() }
    }

    /// The value itself is not repeated in the message: it may hold a password.
    pub(super) fn address_of(&mut self, what: &str, url: &Located<String>, schemes: &[&str]) {
        let known = Url::parse(&url.value).is_ok_and(|url| schemes.contains(&url.scheme()));
        if !known && url.complete {
            let message = format!("this is not the address of {what}");
            let help = format!("write it like {}://user:password@host:port", schemes[0]);
            self.problem_with(url.span, message, Some(help));
        }
    }

    fn host(&mut self, said: &Located<config::Host>) -> Option<Host> {
        match &said.value {
            config::Host::Named(name) if name.value == "local" => Some(Host::Local),
            config::Host::Named(name) => {
                if name.complete && said.complete {
                    let message = format!("the host `{}` cannot be watched from here", name.value);
                    let help = "`local`, {process: NAME}, {cgroup: PATH}; for another machine a node exporter: `prometheus: http://HOST:9100/metrics`";
                    self.problem_with(name.span, message, Some(help.to_owned()));
                }
                None
            }
            config::Host::Process(name) => {
                let process = name.value.parse().map_or_else(|_| Process::Named(name.value.clone()), Process::Id);
                Some(Host::Process(process))
            }
            config::Host::Cgroup(path) => {
                if path.value.split('/').any(|part| part == "..") {
                    self.problem(path.span, "a cgroup's path leads down only, without `..`");
                }
                Some(Host::Cgroup(path.value.clone()))
            }
        }
    }

    /// Its form, and the names where the source has the same ones always; which others it has, it tells when it answers.
    fn expression(&mut self, text: &Located<String>, source: Option<&Source>) {
        match Expression::parse(&text.value) {
            Err(why) => self.problem(text.span, format!("`{}` is not an expression: {why}", text.value)),
            Ok(expression) => {
                let Some(names) = source.and_then(Source::names) else { return };
                let builtin = minijinja::Environment::new();
                let known = |name: &str| names.contains(&name) || builtin.globals().any(|(global, _)| global == name);
                let unknown = expression.needs.values().map(|need| &need.selector.name).find(|name| !known(name));
                if let Some(name) = unknown {
                    let help = suggestion(name, names.iter().copied());

                    self.problem_with(text.span, format!("the source gives no `{name}`"), help);
                }
            }
        }
    }

    fn bands(&mut self, gauges: &mut [Gauge]) {
        for (name, said) in self.config.bands.iter() {
            let band = Band { warning: said.warning.value.0, critical: said.critical.value.0 };
            let complete = said.warning.complete && said.critical.complete;
            if band.warning > band.critical && complete {
                let message = format!("the warning band of `{}` starts above its critical band", name.value);
                self.problem_with(said.warning.span, message, Some("`warning` is at most `critical`".to_owned()));
            }
            match gauges.iter_mut().find(|gauge| gauge.name == name.value) {
                Some(gauge) => gauge.band = Some(band),
                None => self.unknown_gauge(name, gauges),
            }
        }
    }

    /// Reports a gauge that no monitor reads.
    pub(super) fn unknown_gauge(&mut self, name: &Located<String>, gauges: &[Gauge]) {
        if let Some((monitor, gauge)) = name.value.split_once('.') {
            let lost = &self.config.lost;
            let read = self.config.monitors.get(monitor);
            let misread = read.is_some_and(|monitor| monitor.read.is_empty() && lost.key(monitor.span, "read"));
            if misread || lost.names(monitor) || lost.names(gauge) {
                return;
            }
        }
        self.unknown(Kind::Gauge, name, gauges.iter().map(|gauge| gauge.name.as_str()));
    }
}
