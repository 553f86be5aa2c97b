//! The gate between a verdict and every output: masked, made harmless, bounded.

mod phase;

use std::borrow::Cow;

use self::phase::{each_key, each_text_of_phase};
use super::{Files, clean};
use crate::judge::{
    Anchored, Bottleneck, BreakingPoint, CheckResult, Comparison, Diagnosis, FirstError, GrownStatement, Machine,
    Onset, Outage, PhaseVerdict, Plateau, RecoveryVerdict, Regime, Regression, Saturation, Source, SourceFile, Verdict,
    Waiting, Waived, Waiver,
};

/// Replaces the values of secrets in a text.
pub type Mask<'a> = dyn Fn(&str) -> Cow<'_, str> + 'a;

/// A verdict that may leave the process, with the names of its report files.
///
/// Every string in it went through the mask and [`clean`], so no format can forget either. The masking comes before
/// any format's escaping: a secret with a quote or an ampersand in it is found all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Publishable {
    verdict: Verdict,
    files: Files,
}

impl Publishable {
    /// Masks and cleans every string of the verdict. A publishable verdict stays as it is when that is done again.
    pub fn new(mut verdict: Verdict, files: Files, mask: &Mask<'_>) -> Self {
        each_text(&mut verdict, &mut |text| {
            let masked = mask(text);
            let cleaned = clean(&masked);
            if *cleaned != **text {
                *text = cleaned.into_owned();
            }
        });
        Self { verdict, files }
    }

    /// The verdict.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// The names of the report files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Adds a remark that every report shows.
    pub fn note(&mut self, remark: &str, mask: &Mask<'_>) {
        self.verdict.notes.push(clean(&mask(remark)).into_owned());
    }
}

/// One phase as it may be shown while the run goes on.
pub(super) fn publishable_phase(mut phase: PhaseVerdict, mask: &Mask<'_>) -> PhaseVerdict {
    each_text_of_phase(&mut phase, &mut |text| *text = clean(&mask(text)).into_owned());
    phase
}

type Visit<'a> = dyn FnMut(&mut String) + 'a;

/// Visits every string. The patterns name every field, so that a new one cannot be forgotten here.
fn each_text(verdict: &mut Verdict, visit: &mut Visit<'_>) {
    let Verdict {
        schema: _,
        outcome: _,
        dry_run: _,
        ending: _,
        exit_code: _,
        headline,
        gate,
        profile,
        seed: _,
        target,
        source,
        commit,
        started_at,
        finished_at,
        version,
        repeat,
        notes,
        preflight,
        phases,
        totals: _,
        comparison,
        regressions,
        waivers,
        breaking_point,
        diagnosis,
        outages,
        recovery,
        integrity,
        cleanup,
        runner,
    } = verdict;
    for text in [headline, gate, profile, target, commit, started_at, finished_at, version, repeat] {
        visit(text);
    }
    if let Some(Source { tool, times: _, files, outside: _, generator }) = source {
        let names = files.iter_mut().map(|SourceFile { name, lines: _, requests: _, unreadable: _ }| name);
        [tool, generator].into_iter().chain(names).for_each(&mut *visit);
    }
    notes.iter_mut().for_each(&mut *visit);
    if let Some(Machine { cpu, cores: _, cpu_quota: _, memory_bytes: _, system, kernel }) = runner {
        [cpu, system, kernel].into_iter().for_each(&mut *visit);
    }
    for check in preflight.iter_mut().chain(integrity).chain(cleanup) {
        each_text_of_check(check, visit);
    }
    for phase in phases {
        each_text_of_phase(phase, visit);
    }
    if let Some(comparison) = comparison {
        each_text_of_comparison(comparison, visit);
    }
    for regression in regressions {
        each_text_of_regression(regression, visit);
    }
    for waiver in waivers {
        each_text_of_waiver(waiver, visit);
    }
    if let Some(BreakingPoint {
        phase,
        users: _,
        reached: _,
        last_good_users: _,
        no_last_good,
        first_endpoint,
        first_error,
        resource,
    }) = breaking_point
    {
        visit(phase);
        [no_last_good, first_endpoint, first_error, resource].into_iter().flatten().for_each(&mut *visit);
    }
    if let Some(diagnosis) = diagnosis {
        each_text_of_diagnosis(diagnosis, visit);
    }
    for Outage { phase, from_s: _, to_s: _, seconds: _, over: _, errors } in outages {
        visit(phase);
        each_key(errors, visit);
    }
    if let Some(RecoveryVerdict { outcome: _, seconds: _, detail }) = recovery {
        visit(detail);
    }
}

fn each_text_of_comparison(comparison: &mut Comparison, visit: &mut Visit<'_>) {
    let Comparison { mode: _, source, compared: _, of: _, head_runs: _, regime, ruler_s: _, notes } = comparison;
    source.iter_mut().chain(notes).for_each(&mut *visit);
    if let Some(Regime { since, because, branch, runs: _, commits, anchor: _, anchored }) = regime {
        [since, because, branch].into_iter().chain(commits).for_each(&mut *visit);
        if let Some(Anchored { label, commit, at }) = anchored {
            label.iter_mut().chain([commit, at]).for_each(visit);
        }
    }
}

fn each_text_of_regression(regression: &mut Regression, visit: &mut Visit<'_>) {
    let Regression {
        phase,
        cell,
        endpoint,
        unit,
        file,
        line: _,
        margin: _,
        rate: _,
        base: _,
        head: _,
        change: _,
        interval: _,
        p_adjusted: _,
        detectable: _,
        outcome: _,
        because,
        waived,
        anchor: _,
        creep: _,
        history: _,
        runs: _,
        blocks: _,
    } = regression;
    for text in [phase, cell, unit, file, because].into_iter().chain(endpoint) {
        visit(text);
    }
    if let Some(Waived { ceiling: _, reason, owner, expires }) = waived {
        [reason, owner, expires].into_iter().for_each(visit);
    }
}

fn each_text_of_waiver(waiver: &mut Waiver, visit: &mut Visit<'_>) {
    let Waiver { cell, ceiling: _, rate: _, reason, owner, expires, days_left: _, file, line: _ } = waiver;
    [cell, reason, owner, expires, file].into_iter().for_each(visit);
}

fn each_text_of_check(check: &mut CheckResult, visit: &mut Visit<'_>) {
    let CheckResult { name, outcome: _, detail, file, line: _ } = check;
    for text in [name, detail, file] {
        visit(text);
    }
}

fn each_text_of_diagnosis(diagnosis: &mut Diagnosis, visit: &mut Visit<'_>) {
    let Diagnosis { bottlenecks, because, onset, errors, saturated, plateau, waiting, statements } = diagnosis;
    for Bottleneck { cause: _, resource: _, gauge, endpoint, what } in bottlenecks {
        gauge.iter_mut().chain(endpoint).chain([what]).for_each(&mut *visit);
    }
    because.iter_mut().for_each(&mut *visit);
    if let Some(onset) = onset {
        let Onset {
            endpoint,
            rising: _,
            phase,
            load: _,
            after_s: _,
            against,
            latency_ms: _,
            service_ms: _,
            failed: _,
            others: _,
        } = onset;
        [endpoint, phase].into_iter().chain(against).for_each(&mut *visit);
    }
    for FirstError { kind, endpoint, phase, after_s: _, count: _ } in errors {
        [kind, endpoint, phase].into_iter().for_each(&mut *visit);
    }
    for Saturation { gauge, resource: _, phase, after_s: _, share: _, max: _, order: _ } in saturated {
        [gauge, phase].into_iter().for_each(&mut *visit);
    }
    for GrownStatement { source, query, phase, against, calls: _, ms: _ } in statements {
        [source, query, phase, against].into_iter().for_each(&mut *visit);
    }
    if let Some(Plateau { phases, load: _, throughput: _ }) = plateau {
        phases.iter_mut().for_each(&mut *visit);
    }
    if let Some(Waiting { queued: _, phase, against, service_ms: _, in_app: _, rose: _ }) = waiting {
        [phase].into_iter().chain(against).for_each(&mut *visit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    /// Marks every text, so that a text that was left out shows in the verdict's debug form.
    fn marked(text: &str) -> Cow<'_, str> {
        Cow::Owned(format!("<{text}>"))
    }

    #[test]
    fn every_string_goes_through_the_mask() {
        let publishable = Publishable::new(fixtures::everything(), Files::default(), &marked);
        let json = serde_json::to_value(publishable.verdict()).expect("a verdict is JSON");
        let mut unmasked = Vec::new();
        collect_unmasked("", &json, &mut unmasked);
        assert_eq!(unmasked, Vec::<String>::new());
    }

    /// The paths of strings that the mask did not see; words of this program need no mask.
    fn collect_unmasked(path: &str, value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => {
                let word =
                    ["/outcome", "/ending", "/level", "/band", "/mode", "/schema", "/cause", "/rising", "/order"]
                        .iter()
                        .chain(&["/bottlenecks/resource", "/saturated/resource"])
                        .any(|key| path.ends_with(key));
                if !word && !text.starts_with('<') {
                    found.push(format!("{path}: {text}"));
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect_unmasked(path, item, found)),
            serde_json::Value::Object(fields) => {
                for (key, item) in fields {
                    let counted =
                        ["/statuses", "/endpoints/errors", "/outages/errors"].iter().any(|key| path.ends_with(key));
                    if counted && !key.starts_with('<') {
                        found.push(format!("{path}: key {key}"));
                    }
                    collect_unmasked(&format!("{path}/{key}"), item, found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn is_stable() {
        let nothing: &Mask<'_> = &|text| Cow::Borrowed(text);
        let once = Publishable::new(fixtures::hostile(), Files::default(), nothing);
        let twice = Publishable::new(once.verdict().clone(), Files::default(), nothing);
        assert_eq!(once, twice);
        assert!(!format!("{:?}", once.verdict()).contains("\\u{1b}"));
    }
}
