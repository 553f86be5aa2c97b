//! The gauges of a plan, ready to be read.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{Exposition, Formula};
use crate::{
    client::control::Control,
    plan::{GaugeId, Plan, Source},
};

/// All gauges of a plan with their compiled expressions, grouped by address.
#[derive(Debug, Clone)]
pub struct Gauges {
    /// `MONITOR.GAUGE`, by [`GaugeId`].
    pub(super) names: Vec<String>,
    /// By [`GaugeId`]: why a gauge can never be read.
    pub(super) unreadable: Vec<Option<String>>,
    /// Gauges of sources that this version cannot sample; they are unreadable too.
    pub(super) not_yet: Vec<GaugeId>,
    pub(super) sources: Vec<Arc<Scraped>>,
}

/// One address with every gauge that is read from its answer.
#[derive(Debug)]
pub(super) struct Scraped {
    pub(super) url: String,
    pub(super) formulas: Vec<(GaugeId, Formula)>,
}

/// What one gauge gave once.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The gauge.
    pub gauge: GaugeId,
    /// A finite number, or why there is none, in one sentence.
    pub value: Result<f64, String>,
}

impl Gauges {
    /// Compiles the expressions under `monitors`. An expression that cannot be read and a kind of source that this
    /// version cannot sample make their gauges missing, with the reason; they are no error here.
    pub fn new(plan: &Plan) -> Self {
        let names: Vec<String> = plan.gauges.iter().map(|gauge| gauge.name.clone()).collect();
        let mut unreadable: Vec<Option<String>> = vec![None; names.len()];
        let mut not_yet = Vec::new();
        let mut sources: Vec<Scraped> = Vec::new();
        for monitor in &plan.monitors {
            for (gauge, text) in &monitor.read {
                let compiled = match &monitor.source {
                    Source::Prometheus { url } => Formula::compile(text).map(|formula| (url, formula)),
                    Source::NotYet { kind } => {
                        not_yet.push(*gauge);
                        Err(format!("a monitor of kind `{kind}` is not supported yet"))
                    }
                };
                match compiled {
                    Ok((url, formula)) => source_at(&mut sources, url).formulas.push((*gauge, formula)),
                    Err(reason) => unreadable[gauge.0 as usize] = Some(reason),
                }
            }
        }
        Self { names, unreadable, not_yet, sources: sources.into_iter().map(Arc::new).collect() }
    }

    /// Asks every source once, all at the same time; gives a reading for each gauge, by [`GaugeId`].
    pub async fn read(&self, control: &Control, timeout: Duration) -> Vec<Reading> {
        let mut asked = JoinSet::new();
        for source in &self.sources {
            let (source, control) = (Arc::clone(source), control.clone());
            asked.spawn(async move { source.read(&control, timeout).await });
        }
        let mut readings: Vec<Reading> = asked.join_all().await.into_iter().flatten().collect();
        let unreadable = self.unreadable.iter().zip(0..).filter_map(|(reason, id)| {
            reason.as_ref().map(|reason| Reading { gauge: GaugeId(id), value: Err(reason.clone()) })
        });
        readings.extend(unreadable);
        readings.sort_by_key(|reading| reading.gauge);
        readings
    }

    /// `MONITOR.GAUGE`.
    pub fn name(&self, gauge: GaugeId) -> &str {
        self.names.get(gauge.0 as usize).map_or("", String::as_str)
    }

    /// Whether the gauge is of a kind that this version reads from gates.yaml, but cannot sample.
    pub fn not_yet(&self, gauge: GaugeId) -> bool {
        self.not_yet.contains(&gauge)
    }
}

fn source_at<'a>(sources: &'a mut Vec<Scraped>, url: &str) -> &'a mut Scraped {
    let position = sources.iter().position(|source| source.url == url).unwrap_or_else(|| {
        sources.push(Scraped { url: url.to_owned(), formulas: Vec::new() });
        sources.len() - 1
    });
    &mut sources[position]
}

impl Scraped {
    /// One scrape, and every gauge that is read from it.
    pub(super) async fn read(&self, control: &Control, timeout: Duration) -> Vec<Reading> {
        let scrape = self.scrape(control, timeout).await;
        let value = |formula: &Formula| formula.value(scrape.as_ref().map_err(String::clone)?);
        self.formulas.iter().map(|(gauge, formula)| Reading { gauge: *gauge, value: value(formula) }).collect()
    }

    async fn scrape(&self, control: &Control, timeout: Duration) -> Result<Exposition, String> {
        let answer = control.scrape(&self.url, timeout).await.map_err(|failure| failure.to_string())?;
        let url = &self.url;
        if answer.status != 200 {
            return Err(format!("GET {url} answered with status {}, expected 200", answer.status));
        }
        if answer.cut() {
            return Err(format!("GET {url} gave more than 8 MiB, which is too long for a scrape"));
        }
        let exposition = Exposition::parse(&answer.text());
        if exposition.is_empty() { Err(format!("GET {url} gave no Prometheus text")) } else { Ok(exposition) }
    }
}
