//! What a reader must know first: everything that failed, warns, or is not sure, in the order of its weight.

use std::{collections::BTreeSet, fmt};

use super::{advice, diagnosis, regressions};
use crate::judge::{
    ANSWERS, Band, CheckResult, DEFECT, Finding, LOGGED_IN, Level, MonitorVerdict, Outcome, PhaseVerdict, Verdict,
    groups, ranked,
};
use crate::units::number;

/// The part of comparisons.
pub(super) const REGRESSION: &str = "regression";

/// One thing that is not simply fine.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble<'a> {
    /// How heavy it is.
    pub(super) standing: Standing,
    /// The phase, or `preflight`, `regression`, `recovery`, `integrity`.
    pub(super) part: &'a str,
    /// The criterion as written, or the name of the item.
    pub(super) what: String,
    /// What was observed, and what was allowed; `None` where it is not about a number.
    pub(super) measured: Option<Measured>,
    /// `gates.yaml:41`; `None` where it has no line.
    pub(super) place: Option<Place>,
    /// The evidence.
    pub(super) because: String,
    /// What to try.
    pub(super) advice: Option<String>,
}

/// A line of a file; it is written `gates.yaml:41`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// As the user named it.
    pub(super) file: String,
    /// From 1.
    pub(super) line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A number beside its limit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    /// `1.21 s`, or `no samples`.
    pub(super) observed: String,
    /// `750 ms`.
    pub(super) limit: String,
    /// `1.1 s to 1.38 s`.
    pub(super) interval: Option<String>,
    /// How sure the result is.
    pub(super) sure: &'static str,
}

/// How heavy a trouble is, the heaviest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It failed the run.
    Failed,
    /// It could not be measured.
    Invalid,
    /// The evidence does not decide.
    Inconclusive,
    /// It only warns.
    Warned,
    /// It holds as observed, but the interval straddles the limit.
    Uncertain,
}

impl Standing {
    /// The word in every report.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Inconclusive => "inconclusive",
            Self::Warned => "warned",
            Self::Uncertain => "uncertain",
        }
    }
}

impl Trouble<'_> {
    /// Observed, limit, interval and certainty in one line; empty where it is not about a number.
    pub(super) fn numbers(&self) -> String {
        let Some(Measured { observed, limit, interval, sure }) = &self.measured else { return String::new() };
        let interval = interval.as_ref().map(|interval| format!(", interval {interval}")).unwrap_or_default();
        format!("{observed}, limit {limit}{interval}; {sure}")
    }

    /// The evidence, which names observed value and limit itself, with the interval beside it.
    pub(super) fn evidence(&self) -> String {
        let interval = self.measured.as_ref().and_then(|measured| measured.interval.as_ref());
        match interval {
            Some(interval) => format!("{} Interval: {interval}.", self.because),
            None => self.because.clone(),
        }
    }
}

/// Every trouble of a run, the heaviest first, and among equals in the order of the run.
pub(super) fn of(verdict: &Verdict) -> Vec<Trouble<'_>> {
    let mut troubles: Vec<_> = verdict.preflight.iter().filter_map(|check| of_check("preflight", check)).collect();
    for phase in verdict.phases.iter().filter(|phase| phase.outcome != Outcome::NotRun) {
        troubles.extend(of_phase(phase));
    }
    troubles.extend(of_regressions(verdict));
    troubles.extend(verdict.recovery.iter().filter(|recovery| recovery.outcome != Outcome::Passed).map(|recovery| {
        Trouble {
            standing: standing(recovery.outcome),
            part: "recovery",
            what: "the app recovers".to_owned(),
            measured: None,
            place: None,
            because: recovery.detail.clone(),
            advice: Some(advice::RECOVERY.to_owned()),
        }
    }));
    troubles.extend(verdict.integrity.iter().filter_map(|check| of_check("integrity", check)));
    troubles.sort_by_key(|trouble| trouble.standing);
    follow_the_diagnosis(verdict, &mut troubles);
    if verdict.exit_code == DEFECT {
        leave_out_of_what_broke(verdict, &mut troubles);
    }
    say_advice_once(&mut troubles);
    troubles
}

/// Where a phase broke by slow answers and the diagnosis knows what held it back, that is what to try: which endpoint had
/// most of the slow answers says little where all of them wait for one thing.
fn follow_the_diagnosis(verdict: &Verdict, troubles: &mut [Trouble<'_>]) {
    let broke = verdict.breaking_point.as_ref().map(|point| &point.phase);
    let Some(phase) = verdict.phases.iter().find(|phase| Some(&phase.name) == broke) else { return };
    let Some(advice) = diagnosis::advice(verdict).into_iter().next() else { return };
    let slow = |finding: &&Finding| finding.unit == "ms" && finding.outcome == Outcome::Failed;
    let slow: Vec<String> = phase.findings.iter().filter(slow).map(title).collect();
    for trouble in troubles.iter_mut().filter(|trouble| trouble.part == phase.name && slow.contains(&trouble.what)) {
        trouble.advice = Some(advice.clone());
    }
}

/// Where stagegate itself broke, nothing is to be tried for the phase in which it did: the first line says what to do.
fn leave_out_of_what_broke(verdict: &Verdict, troubles: &mut [Trouble<'_>]) {
    let undecided = |phase: &&PhaseVerdict| phase.outcome == Outcome::Inconclusive;
    let broke: Vec<&str> = verdict.phases.iter().filter(undecided).map(|phase| &*phase.name).collect();
    for trouble in troubles.iter_mut().filter(|trouble| broke.contains(&trouble.part)) {
        trouble.advice = None;
    }
}

/// Leaves out what to try where it was said before.
fn say_advice_once(troubles: &mut [Trouble<'_>]) {
    let mut said = BTreeSet::new();
    for trouble in troubles {
        trouble.advice = trouble.advice.take().filter(|advice| said.insert(advice.clone()));
    }
}

/// The troubles of one phase: its criteria in the order of gates.yaml, then [`besides`].
pub(super) fn of_phase(phase: &PhaseVerdict) -> Vec<Trouble<'_>> {
    let criteria = phase.findings.iter().filter_map(|finding| of_finding(phase, finding));
    let mut troubles: Vec<_> = criteria.chain(besides(phase)).collect();
    if phase.outcome == Outcome::Invalid {
        // What was seen in a phase that does not count weighs no more than that it does not, and comes after it.
        for trouble in &mut troubles {
            trouble.standing = trouble.standing.max(Standing::Invalid);
        }
        troubles.rotate_right(1);
    }
    troubles
}

/// What troubles a phase besides its criteria: bands, and the phase as a whole where neither says what became of it.
pub(super) fn besides(phase: &PhaseVerdict) -> Vec<Trouble<'_>> {
    let mut troubles: Vec<_> = phase.monitors.iter().filter_map(|monitor| of_monitor(phase, monitor)).collect();
    let weights = phase.findings.iter().filter_map(weight).chain(troubles.iter().map(|trouble| trouble.standing));
    let heaviest = weights.min().unwrap_or(Standing::Uncertain);
    let whole = standing(phase.outcome);
    // What is missing of a window or of its load is no matter of a criterion, and stands beside those that warn or are not
    // decided.
    let unsaid = match phase.outcome {
        Outcome::Warned => !own_reasons(phase).is_empty(),
        Outcome::Inconclusive => phase.is_part(),
        _ => false,
    };
    if !matches!(phase.outcome, Outcome::Passed | Outcome::NotRun) && whole < heaviest
        || whole == Standing::Invalid
        || unsaid
    {
        let advice = match phase.outcome {
            Outcome::Invalid => Some(advice::for_generator(phase.generator.as_ref())),
            _ => advice::for_part(phase),
        };
        troubles.push(of_whole_phase(phase, whole, advice));
    }
    troubles
}

/// The title of a finding: the criterion as written, with `each` the endpoint beside it.
pub(super) fn title(finding: &Finding) -> String {
    match &finding.endpoint {
        Some(endpoint) => format!("{}: {endpoint}", finding.criterion),
        None => finding.criterion.clone(),
    }
}

/// Where something stands in gates.yaml; `None` for what the gate itself added.
pub(super) fn place(file: &str, line: u32) -> Option<Place> {
    (line > 0 && !file.is_empty()).then(|| Place { file: file.to_owned(), line })
}

/// The numbers of a finding.
pub(super) fn measured(finding: &Finding) -> Measured {
    let Finding { observed, limit, unit, interval, certain, outcome, .. } = finding;
    Measured {
        observed: match observed {
            Some(observed) => number::beside(*observed, *limit, unit),
            None => "no samples".to_owned(),
        },
        limit: number::limit(*limit, unit),
        interval: interval.map(|interval| number::interval(interval, *limit, unit)),
        sure: match (certain, observed, outcome) {
            (true, _, _) => "certain",
            (false, None, _) => "nothing was measured",
            (false, _, Outcome::Inconclusive) => "not certain, so it is not decided",
            (false, _, _) => "not certain, the observed value decides",
        },
    }
}

/// Whether a finding weighs anything, and how much.
pub(super) fn weight(finding: &Finding) -> Option<Standing> {
    match (finding.outcome, finding.level, finding.certain) {
        (Outcome::Passed, _, true) | (Outcome::NotRun, _, _) => None,
        (Outcome::Passed, _, false) => Some(Standing::Uncertain),
        (Outcome::Failed, Level::Warn, _) => Some(Standing::Warned),
        (outcome, _, _) => Some(standing(outcome)),
    }
}

fn standing(outcome: Outcome) -> Standing {
    match outcome {
        Outcome::Failed => Standing::Failed,
        Outcome::Invalid | Outcome::Interrupted => Standing::Invalid,
        Outcome::Inconclusive | Outcome::New => Standing::Inconclusive,
        Outcome::Warned | Outcome::Passed | Outcome::NotRun => Standing::Warned,
    }
}

fn of_finding<'a>(phase: &'a PhaseVerdict, finding: &Finding) -> Option<Trouble<'a>> {
    let standing = weight(finding)?;
    Some(Trouble {
        standing,
        part: &phase.name,
        what: title(finding),
        // These count nothing that a limit is set for; their evidence says it all.
        measured: (![ANSWERS, LOGGED_IN].contains(&&*finding.criterion)).then(|| measured(finding)),
        place: place(&finding.file, finding.line),
        because: finding.because.clone(),
        advice: advice::for_finding(phase, finding),
    })
}

fn of_monitor<'a>(phase: &'a PhaseVerdict, monitor: &MonitorVerdict) -> Option<Trouble<'a>> {
    let because = match (monitor.band, monitor.max, &monitor.missing) {
        (Band::Critical, Some(max), _) => format!("It reached {}, which is critical.", number::plain(max)),
        (Band::Missing, _, Some(missing)) => format!("Its source is missing: {missing}"),
        (Band::Missing, _, None) => format!("It gave only {}.", number::counted(monitor.samples, "reading")),
        _ => return None,
    };
    Some(Trouble {
        standing: Standing::Warned,
        part: &phase.name,
        what: format!("band {}", monitor.name),
        measured: None,
        place: None,
        because,
        advice: advice::for_monitor(phase, monitor),
    })
}

fn of_whole_phase(phase: &PhaseVerdict, standing: Standing, advice: Option<String>) -> Trouble<'_> {
    Trouble {
        standing,
        part: &phase.name,
        what: "the whole phase".to_owned(),
        measured: None,
        place: place(&phase.file, phase.line),
        because: match own_reasons(phase) {
            own if own.is_empty() => phase.because.join(" "),
            own => own.join(" "),
        },
        advice,
    }
}

/// How the judge names a finding among a phase's reasons.
fn said_of(finding: &Finding) -> String {
    let endpoint = finding.endpoint.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{}{endpoint}: {}", finding.criterion, finding.because)
}

/// Why a phase came out as it did, without the sentences that its criteria say themselves.
pub(super) fn own_reasons(phase: &PhaseVerdict) -> Vec<&str> {
    let of_gauge = |because: &str| {
        let weighs = |monitor: &&MonitorVerdict| matches!(monitor.band, Band::Critical | Band::Missing);
        let said =
            |monitor: &MonitorVerdict| because.strip_prefix(&*monitor.name).is_some_and(|rest| rest.starts_with(' '));
        phase.monitors.iter().filter(weighs).any(said)
    };
    let said =
        |because: &&String| phase.findings.iter().any(|finding| **because == said_of(finding)) || of_gauge(because);
    phase.because.iter().filter(|because| !said(because)).map(String::as_str).collect()
}

fn of_check<'a>(part: &'a str, check: &CheckResult) -> Option<Trouble<'a>> {
    (!matches!(check.outcome, Outcome::Passed | Outcome::NotRun)).then(|| Trouble {
        standing: standing(check.outcome),
        part,
        what: check.name.clone(),
        measured: None,
        place: place(&check.file, check.line),
        because: check.detail.clone(),
        advice: None,
    })
}

/// Each comparison that failed, the most telling one first and with what to try; the others together where they came to
/// the same, because many of them have one cause.
fn of_regressions(verdict: &Verdict) -> Vec<Trouble<'_>> {
    let failed = ranked(&verdict.regressions).into_iter().filter(|one| one.outcome == Outcome::Failed);
    let failed = failed.enumerate().map(|(position, one)| Trouble {
        standing: standing(one.counts_as()),
        part: REGRESSION,
        what: one.name(),
        measured: None,
        place: place(&one.file, one.line),
        because: regressions::account(verdict, one),
        advice: (position == 0 && one.waived.is_none()).then(|| advice::for_regression(verdict, one)),
    });
    let mut troubles: Vec<Trouble<'_>> = failed.collect();
    let undecided = groups(&verdict.regressions).into_iter().filter(|group| {
        // Where the phase itself was not measured, that is the trouble.
        let measured = |phase: &PhaseVerdict| {
            let of_group = group.members.iter().any(|member| member.phase == phase.name);
            of_group && matches!(phase.outcome, Outcome::Passed | Outcome::Warned)
        };
        group.outcome != Outcome::NotRun || verdict.phases.iter().any(measured)
    });
    troubles.extend(undecided.map(|group| {
        // Where the run went well all the same, the policies let it pass.
        let standing = match group.outcome {
            _ if verdict.exit_code == 0 => Standing::Warned,
            Outcome::NotRun => Standing::Inconclusive,
            outcome => standing(outcome),
        };
        let because = match group.members.as_slice() {
            [only] if only.change.is_some() => regressions::account(verdict, only),
            [_] => group.because.to_owned(),
            members => format!("{} Cells: {}.", group.because, regressions::names(members)),
        };
        Trouble {
            standing,
            part: REGRESSION,
            what: if standing.word() == group.outcome.word() { group.subject() } else { group.title() },
            measured: None,
            place: None,
            because,
            advice: advice::for_undecided(verdict, group.outcome),
        }
    }));
    troubles
}

#[cfg(test)]
mod tests;
