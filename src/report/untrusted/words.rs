//! Every string of a verdict: a name, which is bounded, a word that is known, or a sentence, which is made anew.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};

use super::refused;
use crate::units::{number, text::shortened};
use crate::{
    judge::{
        ANSWERS, Anchored, BreakingPoint, CheckResult, Comparison, DEMO, EndpointVerdict, Finding, LOGGED_IN,
        MonitorVerdict, Outcome, PhaseVerdict, RecoveryVerdict, Regime, Regression, Verdict, Waived, Waiver,
    },
    plan::{FailureKind, is_criterion},
    report::{clean::clean, comment::clean_path, trouble},
};

/// The longest name, in characters.
const LONGEST_NAME: usize = 120;

/// The longest word: a commit, a version.
const LONGEST_WORD: usize = 64;

/// What stands where a word is none that is known.
const UNKNOWN: &str = "unknown";

/// The patterns name every field, so that a new one cannot be forgotten here.
///
/// # Errors
/// When a time is none.
pub(super) fn make_anew(verdict: &mut Verdict) -> Result<(), String> {
    let Verdict {
        schema: _,
        outcome: _,
        dry_run: _,
        ending: _,
        exit_code: _,
        headline,
        gate,
        profile,
        seed,
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
    // Its sentences and its conclusions are theirs; the numbers that it came from are there.
    *diagnosis = None;
    *runner = None;
    outages.clear();
    headline.clear();
    if target != DEMO {
        target.clear();
    }
    if let Some(source) = source {
        if !["k6", "locust", "jmeter", "ndjson"].contains(&source.tool.as_str()) {
            UNKNOWN.clone_into(&mut source.tool);
        }
        source.files.clear();
        source.generator.clear();
    }
    notes.clear();
    name(gate);
    name(profile);
    *repeat = command(profile, *seed);
    word(commit);
    word(version);
    moment(started_at)?;
    moment(finished_at)?;
    preflight.iter_mut().chain(integrity).chain(cleanup).for_each(check);
    phases.iter_mut().for_each(phase);
    comparison.iter_mut().try_for_each(compared)?;
    if let Some(comparison) = comparison {
        let counted = Comparison::of(regressions, comparison.mode);
        (comparison.compared, comparison.of) = (counted.compared, counted.of);
    }
    regressions.iter_mut().try_for_each(regression)?;
    waivers.iter_mut().try_for_each(waiver)?;
    breaking_point.iter_mut().for_each(point);
    if let Some(RecoveryVerdict { outcome, seconds: _, detail }) = recovery {
        let back =
            if *outcome == Outcome::Passed { "It was back to normal." } else { "It was not back to normal in time." };
        back.clone_into(detail);
    }
    Ok(())
}

/// The profile and the seed are all that a command may take from a verdict.
fn command(profile: &str, seed: u64) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let harmless = !profile.is_empty() && !profile.starts_with('-') && profile.chars().all(plain);
    let profile = if harmless { format!(" --profile {profile}") } else { String::new() };
    format!("stagegate run{profile} --seed {seed}")
}

fn check(check: &mut CheckResult) {
    let CheckResult { name: named, outcome, detail, file: place, line: _ } = check;
    name(named);
    file(place);
    let said = match outcome {
        Outcome::Passed => "it held.",
        Outcome::NotRun => "it was not tried.",
        Outcome::Warned => "it held, and something speaks against it; the log of its own run says what.",
        _ => "it did not hold; the log of its own run says why.",
    };
    said.clone_into(detail);
}

fn phase(phase: &mut PhaseVerdict) {
    let is_part = phase.is_part();
    let PhaseVerdict {
        name: named,
        outcome,
        because,
        users: _,
        rate: _,
        stages: _,
        arrivals: _,
        window_at,
        duration_s: _,
        extended: _,
        cut_short: _,
        paused_s,
        requests: _,
        failures: _,
        success_rate: _,
        throughput: _,
        latency_ms: _,
        service_ms: _,
        added: _,
        bursts: _,
        findings,
        endpoints,
        monitors,
        statements,
        statements_unknown,
        generator: _,
        file: place,
        line: _,
    } = phase;
    name(named);
    file(place);
    // Their text is whatever the app's database was sent.
    statements.clear();
    statements_unknown.clear();
    *window_at = None;
    let missing = paused_s.map(|seconds| format!("Its load paused for {}.", number::milliseconds(seconds * 1e3)));
    *because = match outcome {
        Outcome::Passed => Vec::new(),
        Outcome::Inconclusive if is_part => {
            vec!["Only a part of its window was measured, and that decides nothing.".to_owned()]
        }
        Outcome::Warned if missing.is_some() => missing.into_iter().collect(),
        outcome => vec![format!("It is {}.", outcome.word())],
    };
    findings.iter_mut().for_each(finding);
    endpoints.iter_mut().for_each(endpoint);
    for MonitorVerdict { name: named, max: _, mean: _, band: _, warning: _, critical: _, samples: _, missing } in
        monitors
    {
        name(named);
        *missing = missing.as_ref().map(|_| "its source gave too few readings.".to_owned());
    }
}

fn finding(finding: &mut Finding) {
    let Finding {
        criterion,
        endpoint,
        level: _,
        file: place,
        line: _,
        outcome: _,
        certain: _,
        observed: _,
        limit: _,
        unit: measured_in,
        interval: _,
        samples: _,
        because,
        worst_endpoint,
        worst_part: _,
    } = finding;
    if !is_criterion(criterion) && ![ANSWERS, LOGGED_IN].contains(&&**criterion) {
        "a criterion".clone_into(criterion);
    }
    name(criterion);
    endpoint.iter_mut().chain(worst_endpoint).for_each(name);
    file(place);
    unit(measured_in);
    because.clear();
    finding.because = observed(finding);
}

/// The numbers of a finding as a sentence.
fn observed(finding: &Finding) -> String {
    let trouble::Measured { observed, limit, sure, .. } = trouble::measured(finding);
    if finding.outcome == Outcome::NotRun {
        return "The phase was not run.".to_owned();
    }
    let samples = crate::units::number::counted(finding.samples, "sample");
    format!("Observed {observed}, limit {limit}, of {samples} ({sure}).")
}

fn endpoint(endpoint: &mut EndpointVerdict) {
    let EndpointVerdict {
        name: named,
        tags,
        requests: _,
        failures: _,
        statuses,
        errors,
        examples,
        latency_ms: _,
        service_ms: _,
        time_split_ms: _,
        traces,
    } = endpoint;
    // An id is a key to another system; nobody asks it in the name of a fork.
    traces.clear();
    name(named);
    tags.iter_mut().for_each(name);
    examples.clear();
    let status = |key: &str| key.len() == 3 && key.bytes().all(|byte| byte.is_ascii_digit());
    known(statuses, &status);
    known(errors, &is_kind);
}

/// Keeps the keys that are known, and counts the others together.
fn known(counts: &mut BTreeMap<String, u64>, is_known: &dyn Fn(&str) -> bool) {
    let mut kept = BTreeMap::new();
    for (key, count) in std::mem::take(counts) {
        let key = if is_known(&key) { key } else { UNKNOWN.to_owned() };
        let sum: &mut u64 = kept.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
    *counts = kept;
}

fn is_kind(key: &str) -> bool {
    FailureKind::ALL.iter().any(|kind| kind.key() == key)
}

fn compared(comparison: &mut Comparison) -> Result<(), String> {
    let Comparison { mode: _, source, compared: _, of: _, head_runs: _, regime, ruler_s: _, notes } = comparison;
    *source = None;
    notes.clear();
    if let Some(Regime { since, because, branch, runs: _, commits, anchor: _, anchored }) = regime {
        moment(since)?;
        "since normal last changed".clone_into(because);
        word(branch);
        commits.iter_mut().for_each(word);
        if let Some(Anchored { label, commit, at }) = anchored {
            label.iter_mut().for_each(word);
            word(commit);
            moment(at)?;
        }
    }
    Ok(())
}

fn regression(regression: &mut Regression) -> Result<(), String> {
    let Regression {
        phase,
        cell,
        endpoint,
        unit: measured_in,
        file: place,
        line: _,
        margin: _,
        rate: _,
        base: _,
        head: _,
        change: _,
        interval: _,
        p_adjusted: _,
        detectable: _,
        outcome,
        because,
        waived,
        anchor: _,
        creep: _,
        history: _,
        runs: _,
        blocks: _,
    } = regression;
    name(phase);
    name(cell);
    endpoint.iter_mut().for_each(name);
    unit(measured_in);
    file(place);
    let said = match outcome {
        Outcome::Passed => "The change stays below the margin.",
        Outcome::Failed => "The change goes beyond the margin.",
        Outcome::New => "Too few stored runs to compare with.",
        Outcome::Invalid => "The phase is invalid, so that its comparison does not count.",
        _ => "The runs do not decide.",
    };
    said.clone_into(because);
    if let Some(Waived { ceiling: _, reason, owner, expires }) = waived {
        in_the_file(reason, owner);
        date(expires)?;
    }
    Ok(())
}

fn waiver(waiver: &mut Waiver) -> Result<(), String> {
    let Waiver { cell, ceiling: _, rate: _, reason, owner, expires, days_left: _, file: place, line: _ } = waiver;
    name(cell);
    in_the_file(reason, owner);
    file(place);
    date(expires)
}

fn in_the_file(reason: &mut String, owner: &mut String) {
    "its reason stands in gates.yaml".clone_into(reason);
    "its owner too".clone_into(owner);
}

fn point(point: &mut BreakingPoint) {
    let BreakingPoint {
        phase,
        users: _,
        reached: _,
        last_good_users: _,
        no_last_good,
        first_endpoint,
        first_error,
        resource,
    } = point;
    name(phase);
    *no_last_good = None;
    first_endpoint.iter_mut().chain(resource).for_each(name);
    *first_error = first_error.take().filter(|error| is_kind(error));
}

/// One line of visible characters, and short.
fn name(name: &mut String) {
    *name = shortened(&clean(name), LONGEST_NAME).into_owned();
}

/// A hash, a branch, a version: no space, so that it says nothing.
fn word(word: &mut String) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
    if word.len() > LONGEST_WORD || !word.chars().all(plain) {
        UNKNOWN.clone_into(word);
    }
}

/// A unit that findings have; of others the number says enough.
fn unit(unit: &mut String) {
    if !["ms", "1", "requests", "requests/s", "events"].contains(&&**unit) {
        unit.clear();
    }
}

/// A path inside the repository, or none.
fn file(file: &mut String) {
    let clean = clean_path(file).filter(|path| path.chars().count() <= LONGEST_NAME && clean(path) == **path);
    *file = clean.unwrap_or_default().to_owned();
}

/// Writes a time anew, so that nothing else stands beside it.
fn moment(text: &mut String) -> Result<(), String> {
    let moment: Timestamp = text.parse().map_err(|_| refused("one of its times is none"))?;
    *text = moment.to_string();
    Ok(())
}

fn date(text: &mut String) -> Result<(), String> {
    let date: Date = text.parse().map_err(|_| refused("one of its dates is none"))?;
    *text = date.to_string();
    Ok(())
}
