//! A verdict that others wrote: the artifact of a run on a fork, before a workflow with rights shows it.
//!
//! Its numbers and outcomes are taken if they agree with each other, its names if they are short. Every sentence is made
//! anew from the numbers: nobody smuggles in a headline that says approved, or a command that is not ours.

mod agreement;
mod headline;
mod numbers;
mod words;

use super::{Files, Publishable};
use crate::judge::{SCHEMA, Verdict};

/// The remark in every such report.
const REMARK: &str = "These are the numbers of a run whose workflow had no rights here, as of a fork, put into words anew. \
                      Nobody vouches for them: what blocks the merge is the exit code of that run's own job.";

/// The most of each list that is read.
const MOST_PHASES: usize = 200;
const MOST_CHECKS: usize = 200;
const MOST_REGRESSIONS: usize = 2_000;
const MOST_WAIVERS: usize = 200;
/// Of each phase.
const MOST_FINDINGS: usize = 500;
const MOST_ENDPOINTS: usize = 500;
const MOST_MONITORS: usize = 500;
/// Of each endpoint.
const MOST_TAGS: usize = 50;
/// Of each comparison.
const MOST_VALUES: usize = 1_000;

impl Publishable {
    /// A verdict of a run that nobody vouches for. Its numbers, outcomes and names stay, names of at most 120 characters;
    /// every sentence is made anew from the numbers, and what cannot be made anew is left out.
    ///
    /// # Errors
    /// When it holds more than any run, a number that nothing can measure, a time that is none, or outcomes that
    /// contradict each other; a sentence that quotes nothing of it.
    pub fn untrusted(mut verdict: Verdict) -> Result<Self, String> {
        if verdict.schema != SCHEMA {
            return Err(refused("its schema is another than the one that this version reads"));
        }
        bounded(&verdict)?;
        numbers::possible(&verdict)?;
        agreement::of(&verdict)?;
        words::make_anew(&mut verdict)?;
        verdict.headline = headline::of(&verdict);
        verdict.notes = vec![REMARK.to_owned()];
        Ok(Self::new(verdict, Files::default(), &|text| text.into()))
    }
}

/// The sentence of an error.
fn refused(why: &str) -> String {
    format!("the verdict is refused: {why}")
}

fn bounded(verdict: &Verdict) -> Result<(), String> {
    let Verdict { preflight, integrity, cleanup, phases, regressions, waivers, comparison, .. } = verdict;
    let checks = preflight.len().max(integrity.len()).max(cleanup.len());
    let most = |number: &dyn Fn(&crate::judge::PhaseVerdict) -> usize| phases.iter().map(number).max().unwrap_or(0);
    let tags = |phase: &crate::judge::PhaseVerdict| phase.endpoints.iter().map(|of| of.tags.len()).max().unwrap_or(0);
    let values = regressions.iter().map(|of| of.history.len().max(of.runs.len()).max(of.blocks.len()));
    let regime = comparison.iter().flat_map(|of| &of.regime).map(|regime| regime.commits.len());
    let rulers = comparison.iter().map(|of| of.ruler_s.len());
    let lists = [
        ("phases", phases.len(), MOST_PHASES),
        ("checks in a list", checks, MOST_CHECKS),
        ("comparisons", regressions.len(), MOST_REGRESSIONS),
        ("waivers", waivers.len(), MOST_WAIVERS),
        ("findings in a phase", most(&|phase| phase.findings.len()), MOST_FINDINGS),
        ("endpoints in a phase", most(&|phase| phase.endpoints.len()), MOST_ENDPOINTS),
        ("gauges in a phase", most(&|phase| phase.monitors.len()), MOST_MONITORS),
        ("tags at an endpoint", most(&tags), MOST_TAGS),
        ("values in a comparison", values.chain(regime).chain(rulers).max().unwrap_or(0), MOST_VALUES),
    ];
    match lists.into_iter().find(|(_, number, most)| number > most) {
        Some((what, number, most)) => Err(refused(&format!("it has {number} {what}, and at most {most} are read"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
