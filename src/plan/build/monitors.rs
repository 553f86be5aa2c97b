//! `monitors` and `bands`.

use url::Url;

use super::{Draft, Kind};
use crate::{
    config::{self, Located},
    plan::{Band, Gauge, GaugeId, Monitor, Source},
};

impl Draft<'_> {
    pub(super) fn monitors(&mut self) -> (Vec<Monitor>, Vec<Gauge>) {
        let mut gauges: Vec<Gauge> = Vec::new();
        let mut monitors = Vec::new();
        for (name, said) in self.config.monitors.iter() {
            let mut read = Vec::new();
            for (gauge, expression) in said.read.iter() {
                self.expression(expression);
                read.push((GaugeId(gauges.len() as u32), expression.value.clone()));
                gauges.push(Gauge { name: format!("{}.{}", name.value, gauge.value), band: None });
            }
            if read.is_empty() && !self.lost_key(said.span, &["read"]) {
                self.problem(name.span, format!("the monitor `{}` reads no gauges", name.value));
            }
            if let Some(source) = self.source(name, said) {
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
            ("host", said.host.is_some()),
            ("command", said.command.is_some()),
        ];
        let mut given = kinds.into_iter().filter(|(_, given)| *given).map(|(kind, _)| kind);
        let (Some(kind), None) = (given.next(), given.next()) else {
            if !self.lost_key(said.span, &kinds.map(|(kind, _)| kind)) {
                self.problem(name.span, "a monitor has one source: `prometheus`, `postgres`, `host` or `command`");
            }
            return None;
        };
        if let Some(pool) = &said.pool {
            self.positive("pool", pool, 0);
        }
        let Some(url) = &said.prometheus else {
            let message = format!(
                "the monitor `{}` has no effect yet: `{kind}` is not sampled, its gauges are missing",
                name.value
            );
            self.without_effect.push(message);
            return Some(Source::NotYet { kind });
        };
        let path = url.value.starts_with('/') && !url.value.starts_with("//");
        let absolute =
            Url::parse(&url.value).is_ok_and(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        if !path && !absolute {
            self.problem(
                url.span,
                format!("`{}` is neither a path on the target nor an http:// or https:// address", url.value),
            );
        }
        Some(Source::Prometheus { url: url.value.clone() })
    }

    /// Syntax only: which names a source has, it tells when it answers.
    fn expression(&mut self, expression: &Located<String>) {
        if let Err(error) = minijinja::Environment::new().compile_expression(&expression.value) {
            let why = error.detail().unwrap_or("a piece is missing").to_owned();
            self.problem(expression.span, format!("`{}` is not an expression: {why}", expression.value));
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
