//! Comparisons in words, the same in every output: what became worse, from what to what, by how much, how sure, and
//! against what; and which of them to read first.

use std::cmp::Ordering;

use super::{Anchored, Comparison, ComparisonMode, Outcome, Regime, Regression};
use crate::units::number::{self, NOTHING};

/// Comparisons that came to the same for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// What they came to.
    pub outcome: Outcome,
    /// Why, in a sentence or two.
    pub because: &'a str,
    /// They themselves.
    pub members: Vec<&'a Regression>,
}

impl Group<'_> {
    /// `21 comparisons`, or the name of a single one.
    pub fn subject(&self) -> String {
        match self.members.as_slice() {
            [only] => only.name(),
            members => number::counted(members.len() as u64, "comparison"),
        }
    }

    /// `21 comparisons are new`, or for a single one `light/p95 is new`.
    pub fn title(&self) -> String {
        let verb = match (self.outcome, self.members.len()) {
            (Outcome::NotRun, 1) => "was",
            (Outcome::NotRun, _) => "were",
            (_, 1) => "is",
            _ => "are",
        };
        format!("{} {verb} {}", self.subject(), self.outcome.word())
    }
}

/// What neither passed nor failed, by outcome and reason, in the order of the run.
pub fn groups(regressions: &[Regression]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let open = |one: &&Regression| !matches!(one.outcome, Outcome::Passed | Outcome::Failed);
    for one in regressions.iter().filter(open) {
        let same = |group: &&mut Group<'_>| group.outcome == one.outcome && group.because == one.because;
        match groups.iter_mut().find(same) {
            Some(group) => group.members.push(one),
            None => groups.push(Group { outcome: one.outcome, because: &one.because, members: vec![one] }),
        }
    }
    groups.sort_by_key(|group| rank(group.outcome));
    groups
}

/// Every comparison, the one to read first before all others: what failed, then by how much certainly beyond the margin.
/// Among those that failed, one endpoint says more than a phase, which is slow because of it.
pub fn ranked(regressions: &[Regression]) -> Vec<&Regression> {
    let mut ranked: Vec<&Regression> = regressions.iter().collect();
    ranked.sort_by(|a, b| {
        let broad = |one: &Regression| one.counts_as() == Outcome::Failed && one.endpoint.is_none();
        let excess = |one: &Regression| one.excess().unwrap_or(f64::NEG_INFINITY);
        (rank(a.counts_as()).cmp(&rank(b.counts_as())))
            .then(broad(a).cmp(&broad(b)))
            .then(excess(b).partial_cmp(&excess(a)).unwrap_or(Ordering::Equal))
            .then(a.endpoint.is_none().cmp(&b.endpoint.is_none()))
    });
    ranked
}

fn rank(outcome: Outcome) -> usize {
    let order =
        [Outcome::Failed, Outcome::Warned, Outcome::Invalid, Outcome::Inconclusive, Outcome::New, Outcome::NotRun];
    order.iter().position(|other| *other == outcome).unwrap_or(order.len())
}

impl Regression {
    /// `light/p95(chart data)`: how stores and reports name it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.phase, self.cell)
    }

    /// A value of either side in its unit; `-` without one.
    pub fn value(&self, value: Option<f64>) -> String {
        value.filter(|value| value.is_finite()).map_or_else(
            || NOTHING.to_owned(),
            |value| match self.unit.as_str() {
                "ms" => number::milliseconds(value),
                "1" => number::share(value),
                unit => number::in_unit(value, unit),
            },
        )
    }

    /// A change as it is compared: `+12.3 %`, for rates `+1.2 points`; `-` without one.
    pub fn changed(&self, change: Option<f64>) -> String {
        number::or_nothing(change, if self.rate { number::points } else { number::change })
    }

    /// Its interval: `+38.2 to +56.1 %`; `-` without one.
    pub fn interval_words(&self) -> String {
        self.interval.map_or_else(|| NOTHING.to_owned(), |ends| self.ends(ends, self.margin))
    }

    /// Its margin: `10 %`, for rates `1 point`.
    pub fn margin_words(&self) -> String {
        self.without_sign(self.margin)
    }

    /// The smallest change that it would have failed in four of five runs: `+12.3 %`; `-` where none can be said.
    pub fn detectable_words(&self) -> String {
        self.changed(self.detectable)
    }

    /// The adjusted p: `0.004`; `-` without one.
    pub fn probability(&self) -> String {
        number::or_nothing(self.p_adjusted, number::probability)
    }

    /// Whether it failed by its creep alone: against the newest runs nothing is certainly beyond the margin.
    pub fn only_crept(&self) -> bool {
        let anchor = self.anchor.is_some_and(|anchor| anchor.outcome == Outcome::Failed);
        anchor && self.excess_of_itself().is_none_or(|excess| excess <= 0.0)
    }

    /// What it saw, as a sentence without its full stop.
    ///
    /// `chart data became slower in light: p95 from 22.1 ms to 32.4 ms, +46.7 % (interval +38.2 to +56.1 %, margin 10 %,
    /// adjusted p 0.004), against 20 stored runs of main since 2026-11-01`. A cell that compared nothing says why.
    pub fn sentence(&self, comparison: Option<&Comparison>) -> String {
        let Some(change) = self.change else {
            let because = self.because.trim_end_matches('.');
            return format!("{} is {}: {because}", self.name(), self.outcome.word());
        };
        let crept = self.crept(comparison.and_then(|comparison| comparison.regime.as_ref()));
        if let Some(crept) = crept.as_ref().filter(|_| self.only_crept()) {
            return format!("{} {crept}", self.subject());
        }
        let interval =
            self.interval.map(|ends| format!("interval {}, ", self.ends(ends, self.margin))).unwrap_or_default();
        format!(
            "{} {}: {} from {} to {}, {} ({interval}margin {}, adjusted p {}){}{}",
            self.subject(),
            self.verb(),
            self.metric(),
            self.value(self.base),
            self.value(self.head),
            self.changed(Some(change)),
            self.margin_words(),
            self.probability(),
            comparison.map(|comparison| format!(", against {}", self.against(comparison))).unwrap_or_default(),
            crept.map(|crept| format!("; it {crept}")).unwrap_or_default(),
        )
    }

    /// What it was compared with: `20 stored runs of main since 2026-11-01`, `8 blocks of http://127.0.0.1:8000/`.
    pub fn against(&self, comparison: &Comparison) -> String {
        match comparison.mode {
            ComparisonMode::Stored => comparison.stored(self.history.len()),
            ComparisonMode::Interleaved => {
                format!("{} of {}", number::counted(self.blocks.len() as u64, "block"), comparison.other())
            }
        }
    }

    /// How it got beyond the margin of the anchor: `crept by +17 % since v1.8 (commit 3f2a1c, 2026-11-01) over 23 runs,
    /// largest single step +2.1 %: p95 from 22.1 ms to 25.9 ms (interval .., margin 15 %, adjusted p 0.002)`. `None`
    /// where the anchor does not fail it.
    pub fn crept(&self, regime: Option<&Regime>) -> Option<String> {
        let anchor = self.anchor.filter(|anchor| anchor.outcome == Outcome::Failed)?;
        let Some(creep) = self.creep else {
            return Some(format!("crept by {} since the anchor", self.changed(anchor.change)));
        };
        let interval =
            anchor.interval.map(|ends| format!("interval {}, ", self.ends(ends, creep.margin))).unwrap_or_default();
        let since = regime.and_then(|regime| regime.anchored.as_ref());
        Some(format!(
            "crept by {} since {} over {}, largest single step {}: {} from {} to {} ({interval}margin {}, adjusted p {})",
            self.changed(anchor.change),
            since.map_or_else(|| "the anchor".to_owned(), Anchored::words),
            number::counted(creep.runs as u64, "run"),
            self.changed(Some(creep.largest_step)),
            self.metric(),
            self.value(Some(creep.base)),
            self.value(self.head),
            self.without_sign(creep.margin),
            number::probability(anchor.p_adjusted),
        ))
    }

    /// How far beyond the margin it certainly is, in margins: the lower end of the interval less the margin, over the
    /// margin. Of the comparison with the anchor, where that is further.
    fn excess(&self) -> Option<f64> {
        let anchor = self.anchor.filter(|anchor| anchor.outcome == Outcome::Failed);
        let of_anchor = anchor.zip(self.creep).and_then(|(anchor, creep)| excess(anchor.interval, creep.margin));
        match (self.excess_of_itself(), of_anchor) {
            (Some(own), Some(anchor)) => Some(own.max(anchor)),
            (own, anchor) => own.or(anchor),
        }
    }

    fn excess_of_itself(&self) -> Option<f64> {
        excess(self.interval, self.margin)
    }

    /// The endpoint, else the phase; with a selection of endpoints the cell.
    fn subject(&self) -> String {
        match &self.endpoint {
            Some(endpoint) => format!("{endpoint} in {}", self.phase),
            None => self.phase.clone(),
        }
    }

    /// The metric beside the subject; a selection of several endpoints belongs to it.
    fn metric(&self) -> &str {
        match (&self.endpoint, self.cell.split_once('(')) {
            (Some(_), Some((metric, _))) => metric.trim(),
            _ => &self.cell,
        }
    }

    fn verb(&self) -> &'static str {
        match (self.outcome, self.unit.as_str()) {
            (Outcome::Failed, "ms") => "became slower",
            (Outcome::Failed, _) => "became worse",
            _ => "changed",
        }
    }

    /// An interval beside its margin; the unit stands once.
    fn ends(&self, ends: [f64; 2], margin: f64) -> String {
        let print = if self.rate { number::points_beside } else { number::change_beside };
        let [low, high] = ends.map(|end| print(end, margin));
        // The unit of the lower end; that of the higher one stands for both.
        let number = low.split_once(' ').map_or(low.as_str(), |(number, _)| number);
        format!("{number} to {high}")
    }

    fn without_sign(&self, margin: f64) -> String {
        self.changed(Some(margin)).trim_start_matches('+').to_owned()
    }
}

fn excess(interval: Option<[f64; 2]>, margin: f64) -> Option<f64> {
    interval.filter(|_| margin > 0.0).map(|[low, _]| (low - margin) / margin)
}

impl Anchored {
    /// `v1.8 (commit 3f2a1c, 2026-11-01)`, without a pin `commit 3f2a1c of 2026-11-01`.
    pub fn words(&self) -> String {
        let (commit, day) = (short_commit(&self.commit), day(&self.at));
        match &self.label {
            Some(label) => format!("{label} (commit {commit}, {day})"),
            None => format!("commit {commit} of {day}"),
        }
    }
}

impl Comparison {
    /// What was compared with what: `42 of 45 cells compared with 20 stored runs of main since 2026-11-01 (commits
    /// 3f2a1c to 9bc1d2)`.
    pub fn words(&self) -> String {
        let with = match self.mode {
            ComparisonMode::Stored => match &self.regime {
                Some(regime) => format!("with {}", self.stored(regime.commits.len())),
                None => "because no stored run is comparable".to_owned(),
            },
            ComparisonMode::Interleaved if self.head_runs == 0 => {
                format!("because no block was measured on both sides ({})", self.other())
            }
            ComparisonMode::Interleaved => {
                let blocks = number::counted(self.head_runs as u64, "block");
                format!("in {blocks}, in turn with {}", self.other())
            }
        };
        let commits = self.regime.as_ref().and_then(|regime| match regime.commits.as_slice() {
            [] => None,
            [only] => Some(format!(" (commit {})", short_commit(only))),
            [first, .., last] => Some(format!(" (commits {} to {})", short_commit(first), short_commit(last))),
        });
        format!("{} of {} compared {with}{}", self.compared, cells(self.of), commits.unwrap_or_default())
    }

    /// The regime and its anchor, in a sentence or two; `None` when interleaved, and without stored runs.
    pub fn regime_words(&self) -> Option<String> {
        let regime = self.regime.as_ref()?;
        let counted = regime.commits.len();
        let runs = number::counted(regime.runs.max(counted) as u64, "comparable run");
        let newest =
            if regime.runs > counted { format!(", of which the newest {counted} count") } else { String::new() };
        let anchor = match &regime.anchored {
            Some(anchored) => format!("The anchor is the {} runs up to {}", regime.anchor, anchored.words()),
            None => "There is no anchor yet, which takes 10 runs".to_owned(),
        };
        let source = self.source.as_ref().map(|source| format!(" in {source}")).unwrap_or_default();
        let because = capital(regime.because.trim_end_matches('.'));
        Some(format!("{because}: {runs}{source}{newest}. {anchor}."))
    }

    fn stored(&self, runs: usize) -> String {
        let stored = number::counted(runs as u64, "stored run");
        let Some(regime) = self.regime.as_ref().filter(|regime| !regime.branch.is_empty()) else { return stored };
        format!("{stored} of {} since {}", regime.branch, day(&regime.since))
    }

    fn other(&self) -> &str {
        self.source.as_deref().unwrap_or("the second deployment")
    }
}

fn cells(number: usize) -> String {
    number::counted(number as u64, "cell")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The date of a moment in RFC 3339; what is none stays as it is.
fn day(moment: &str) -> &str {
    moment.split_once('T').map_or(moment, |(day, _)| day)
}

/// The first twelve characters of a long hash; other names of a commit as they are.
pub fn short_commit(commit: &str) -> &str {
    let hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hash { &commit[..12] } else { commit }
}
