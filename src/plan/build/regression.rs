//! `regression`: the cells that are compared.

use super::{Draft, Known, after::reaction};
use crate::{
    config::{self, Cell, Located},
    plan::{Compared, Judged, Metric, Reaction, Regression, grammar},
};

/// `margin`, as a share.
const MARGIN: f64 = 0.1;
/// `history`.
const HISTORY: u32 = 20;
/// Fewer runs than this can never be compared, so a shorter history would compare nothing.
const SHORTEST_HISTORY: u32 = 5;
/// The comparison looks at no more runs than these.
const LONGEST_HISTORY: u32 = 20;
/// `confirm`.
const CONFIRM: u32 = 2;
/// Each confirmation costs the time of the phase.
const MOST_CONFIRMATIONS: u32 = 10;

impl Draft<'_> {
    pub(super) fn regression(&mut self, known: &Known<'_>) -> Option<Regression> {
        // Whoever names something to compare with wants a comparison.
        let wanted = self.choice.comparison || self.config.against.is_some();
        let usual = wanted.then(config::Regression::default);
        let said = self.config.regression.clone().or(usual)?;
        if let Some(margin) = &said.margin {
            self.margin(&margin.with(margin.value.fraction()));
        }
        let history = said.history.unwrap_or(Located::unplaced(HISTORY));
        if !(SHORTEST_HISTORY..=LONGEST_HISTORY).contains(&history.value) {
            let message = format!(
                "`history` is {SHORTEST_HISTORY} to {LONGEST_HISTORY} runs: fewer decide nothing, more are not looked at"
            );
            self.problem(history.span, message);
        }
        let confirm = said.confirm.unwrap_or(Located::unplaced(CONFIRM));
        if confirm.value > MOST_CONFIRMATIONS {
            self.problem(confirm.span, format!("`confirm` is at most {MOST_CONFIRMATIONS}"));
        }
        let margin = said.margin.map_or(MARGIN, |margin| margin.value.fraction());
        let before = self.problems.len();
        let mut cells: Vec<Compared> = Vec::new();
        for cell in &said.cells {
            self.cell(cell, margin, known, &mut cells);
        }
        if said.cells.is_empty() {
            cells = self.usual_cells(margin);
        }
        let whole = self.problems.len() == before;
        let waivers = self.waivers(&said.waivers, &cells, whole);
        Some(Regression {
            margin,
            cells,
            history: history.value as usize,
            confirm: confirm.value,
            missing: reaction(said.missing, Reaction::Warn),
            store: said.store.as_ref().map(|store| store.value.trim().to_owned()).filter(|store| !store.is_empty()),
            waivers,
        })
    }

    /// What is compared where gates.yaml names no cells: p50, p95, and the error rate within a percentage point.
    fn usual_cells(&self, margin: f64) -> Vec<Compared> {
        let all = self.every_endpoint();
        let cell = |name: &str, metric, margin| Compared {
            name: name.to_owned(),
            metric,
            endpoints: all.iter().flat_map(|judged| judged.endpoints.iter().copied()).collect(),
            margin,
            place: None,
        };
        vec![
            cell("p50", Metric::Quantile(0.5), margin),
            cell("p95", Metric::Quantile(0.95), margin),
            cell("error_rate", Metric::ErrorRate, 0.01),
        ]
    }

    fn cell(&mut self, cell: &Cell, margin: f64, known: &Known<'_>, cells: &mut Vec<Compared>) {
        match cell {
            Cell::Metric(text) => {
                let text = &text.with(self.config.variables.shown(text));
                let Some((metric, judged)) = self.cell_metric(text, known) else { return };
                if let Metric::SuccessRate | Metric::ErrorRate = metric {
                    let help = format!("write `{{{}: 1%}}`, in percentage points", text.value);
                    self.problem_with(text.span, "a rate needs a margin of its own", Some(help));
                }
                self.compare(text, metric, judged, margin, cells);
            }
            Cell::WithMargin(rows) => {
                for (text, margin) in rows.iter() {
                    let margin = margin.with(margin.value.fraction());
                    self.margin(&margin);
                    if let Some((metric, judged)) = self.cell_metric(text, known) {
                        self.compare(text, metric, judged, margin.value, cells);
                    }
                }
            }
        }
    }

    /// Adds one cell, with the selector `each` one for each endpoint.
    fn compare(
        &mut self,
        text: &Located<String>,
        metric: Metric,
        judged: Vec<Judged>,
        margin: f64,
        cells: &mut Vec<Compared>,
    ) {
        let written = text.value.trim();
        for Judged { name, endpoints } in judged {
            let name = match name {
                Some(endpoint) => format!("{}({endpoint})", written.split('(').next().unwrap_or(written).trim()),
                None => written.to_owned(),
            };
            if cells.iter().any(|cell| cell.name == name) {
                self.problem(text.span, format!("the cell `{name}` is there twice"));
            } else {
                cells.push(Compared { name, metric, endpoints, margin, place: Some(self.place(text.span)) });
            }
        }
    }

    fn cell_metric(&mut self, text: &Located<String>, known: &Known<'_>) -> Option<(Metric, Vec<Judged>)> {
        match grammar::cell(&text.value) {
            Ok((metric, selector)) => self.judged(text, selector, known).map(|judged| (metric, judged)),
            Err(fault) => {
                self.fault(text, fault);
                None
            }
        }
    }

    fn margin(&mut self, margin: &Located<f64>) {
        self.positive("margin", margin, 0.0);
        if margin.value > 1.0 {
            self.problem(margin.span, "a margin is at most 100%");
        }
    }
}
