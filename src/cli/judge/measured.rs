//! From the files of another tool to the measurements of the plan's phases.

use std::path::Path;

use jiff::Timestamp;

use super::{Given, Places};
use crate::{
    foreign::{self, Cut, ForeignError, Meters, Moment, Survey, Tool, locust},
    gate::ForeignRun,
    judge::{Source, SourceFile, Times, regression},
    measure::PhaseMeasurements,
    plan::{Foreign, ForeignRow, Plan},
    units::number,
};

/// What the files hold, looked at once.
pub(super) enum Elsewhere {
    /// Requests.
    Requests(Tool, Survey),
    /// Locust's statistics of a run, file by file, with its kinds of request by their positions among all.
    Statistics(Vec<locust::Statistics>),
}

impl Elsewhere {
    /// Looks at the files.
    ///
    /// # Errors
    /// A sentence: place, cause, next step.
    pub(super) fn look(tool: Tool, given: &Given, places: &Places) -> Result<Self, String> {
        if tool == Tool::Locust {
            return statistics(given, places).map(Self::Statistics);
        }
        let mut found = Survey::default();
        for at in 0..given.count() {
            foreign::survey(tool, (&given.name(at), &mut *given.open(at)?), &mut found)
                .map_err(|error| error.to_string())?;
        }
        Ok(Self::Requests(tool, found))
    }

    /// What the plan has to know of them.
    ///
    /// # Errors
    /// A sentence: a window ends before it begins.
    pub(super) fn foreign(&self, places: &Places) -> Result<Foreign, String> {
        let (tool, rows) = match self {
            Self::Requests(tool, found) => (*tool, found.rows().to_vec()),
            Self::Statistics(runs) => (Tool::Locust, all_rows(runs)),
        };
        let (mut windows, mut open) = (Vec::new(), Vec::new());
        if let Self::Requests(_, found) = self {
            let all: Vec<usize> = (0..found.files.len()).collect();
            for (name, window) in places.windows() {
                let Some(extent) = found.extent(&all, None) else { break };
                let (_, duration) = window.within(&name, extent).map_err(|error: ForeignError| error.to_string())?;
                open.extend(window.is_open().then(|| name.clone()));
                windows.push((name, duration));
            }
        }
        Ok(Foreign { tool: tool.name().to_owned(), rows, windows, open })
    }

    /// Counts their requests, phase by phase.
    ///
    /// # Errors
    /// A sentence: place, cause, next step.
    pub(super) fn measure(self, plan: &Plan, given: &Given, places: &Places) -> Result<ForeignRun, String> {
        match self {
            Self::Requests(tool, found) => requests(plan, (tool, &found), given, places),
            Self::Statistics(runs) => summed_up(plan, &runs, given),
        }
    }
}

/// Which files are which phase's: what `--phase` says, or one after the other.
fn by_file(plan: &Plan, given: &Given) -> Result<Vec<(String, Vec<usize>)>, String> {
    let names = plan.phases.iter().map(|phase| phase.name.clone());
    if given.by_phase() {
        return Ok(names.map(|name| (name.clone(), given.of_phase(&name))).collect());
    }
    if given.count() != plan.phases.len() {
        return Err(format!(
            "there are {} and {}; name one file for each phase, in their order, or say it by --phase NAME=FILE",
            number::counted(given.count() as u64, "file"),
            number::counted(plan.phases.len() as u64, "phase")
        ));
    }
    Ok(names.enumerate().map(|(at, name)| (name, vec![at])).collect())
}

fn requests(plan: &Plan, (tool, found): (Tool, &Survey), given: &Given, places: &Places) -> Result<ForeignRun, String> {
    let sentence = |error: ForeignError| error.to_string();
    let windows = places.windows();
    let cut = if !windows.is_empty() {
        Cut::ByWindow(windows)
    } else if given.by_phase() || (given.count() > 1 && found.labels().is_empty()) {
        Cut::ByFile(by_file(plan, given)?)
    } else {
        Cut::ByTime
    };
    let claims = foreign::claims(plan, &cut, found).map_err(sentence)?;
    let mut meters = Meters::new(plan, found, claims);
    for at in 0..given.count() {
        meters.count(tool, (&given.name(at), &mut *given.open(at)?)).map_err(sentence)?;
    }
    let measured = meters.finish();
    let all: Vec<usize> = (0..given.count()).collect();
    let extent = found.extent(&all, None).and_then(|extent| Some((extent.first.timestamp()?, extent.end.timestamp()?)));
    let files = found.files.iter().enumerate().map(|(at, facts)| SourceFile {
        name: given.name(at),
        lines: facts.lines,
        requests: facts.requests,
        unreadable: facts.unreadable,
    });
    // What samples in the general form give as latency is from the intended start. Where one does not, nothing is said of all.
    let times = if found.without_latency == 0 && !found.rows().is_empty() { Times::Latency } else { Times::Service };
    let mut notes = remarks(tool, times);
    notes.extend(found.files.iter().enumerate().flat_map(|(at, facts)| facts.remarks(&given.name(at))));
    if measured.outside > 0 {
        let outside = number::counted(measured.outside, "request");
        notes.push(format!(
            "{outside} of the files lie outside of the measured windows: in ramps, warm-ups, setup, or beside them."
        ));
    }
    notes.extend(short(plan, measured.phases.iter()));
    let window = |at: &Option<Moment>| at.and_then(Moment::timestamp);
    let phases = measured.phases.into_iter().zip(measured.windows_at.iter().map(window)).collect();
    let source = Source {
        tool: tool.name().to_owned(),
        times,
        files: files.collect(),
        outside: measured.outside,
        generator: unknown_health(tool),
    };
    Ok(ForeignRun {
        phases,
        extent,
        unclaimed: measured.unclaimed,
        source,
        notes,
        repeat: String::new(),
        against: None,
    })
}

/// What has to be said about every result of a tool, once.
fn remarks(tool: Tool, times: Times) -> Vec<String> {
    let name = if tool == Tool::Ndjson { "the file" } else { tool.name() };
    let said = match times {
        Times::Latency => None,
        Times::Service => Some(format!(
            "Latency is service time here: {name} does not tell when a request was meant to start, so it is not corrected for \
             requests that waiting users did not make (coordinated omission), and a stall reads shorter than it was."
        )),
        Times::Rounded => Some(
            "Locust writes statistics of whole runs, ramps included: percentiles are rounded to two digits, taken over \
             failures too, and not corrected for requests that waiting users did not make; nothing about them is certain, and \
             whether the load paused they do not tell."
                .to_owned(),
        ),
    };
    let planned =
        "Users and rates are those that gates.yaml plans; what load was made, the files do not tell.".to_owned();
    said.into_iter().chain([unknown_health(tool), planned]).collect()
}

/// Why nothing is said about the generator.
fn unknown_health(tool: Tool) -> String {
    let tool = tool.name();
    format!("Whether the generator kept up is not known: files of {tool} do not tell, so no phase is invalid for it.")
}

/// Phases whose load ended before their windows did.
fn short<'a>(plan: &'a Plan, phases: impl Iterator<Item = &'a PhaseMeasurements>) -> Vec<String> {
    let short = plan
        .phases
        .iter()
        .zip(phases)
        .filter(|(phase, measured)| !foreign::is_whole(measured.measured, phase.duration));
    let sentence = |(phase, measured): (&crate::plan::Phase, &PhaseMeasurements)| {
        format!(
            "{}: the files tell of {} of a window of {}; correct `duration` in gates.yaml, or run the load to its end.",
            phase.name,
            number::duration(measured.measured),
            number::duration(phase.duration)
        )
    };
    short.map(sentence).collect()
}

fn statistics(given: &Given, places: &Places) -> Result<Vec<locust::Statistics>, String> {
    if !places.windows().is_empty() {
        return Err(
            "--phase: Locust's statistics are of whole runs and have no windows; run Locust once for each phase, \
                    or let it write samples (docs/contract.md, \"Samples\")"
                .to_owned(),
        );
    }
    let read = |at: usize| {
        let name = given.name(at);
        let Some(failures) = locust::failures_of(&name) else {
            return Err(format!("{name}: its name does not end with _stats.csv; {}", Tool::Locust.how()));
        };
        let failures = Path::new(&failures);
        let failures = failures.exists().then(|| given.text(failures)).transpose()?;
        locust::statistics(&name, &given.text(given.path(at))?, failures.as_deref()).map_err(|error| error.to_string())
    };
    (0..given.count()).map(read).collect()
}

fn all_rows(runs: &[locust::Statistics]) -> Vec<ForeignRow> {
    runs.iter().flat_map(locust::Statistics::rows).collect()
}

fn summed_up(plan: &Plan, runs: &[locust::Statistics], given: &Given) -> Result<ForeignRun, String> {
    let assigned = by_file(plan, given)?;
    let endpoints = plan.foreign.as_ref().map(|foreign| foreign.rows.as_slice()).unwrap_or_default();
    let mut phases: Vec<(PhaseMeasurements, Option<Timestamp>)> = Vec::new();
    let mut extent: Option<(Timestamp, Timestamp)> = None;
    for (phase, (name, files)) in plan.phases.iter().zip(assigned) {
        let [file] = files.as_slice() else {
            return Err(format!(
                "--phase {name}: percentiles of several runs cannot be added up; name one file of statistics"
            ));
        };
        let before: usize = runs[..*file].iter().map(|run| run.rows().len()).sum();
        let own = endpoints.get(before..before + runs[*file].rows().len()).unwrap_or_default();
        let measured = runs[*file].measurements(plan, phase, own);
        if let Some(end) = given.written(*file) {
            // Locust writes no time of day; it wrote the file at its end.
            let start = end.checked_sub(measured.measured).unwrap_or(end);
            extent = Some(extent.map_or((start, end), |(first, last)| (first.min(start), last.max(end))));
        }
        phases.push((measured, None));
    }
    let files = runs.iter().enumerate().map(|(at, run)| SourceFile {
        name: given.name(at),
        lines: run.rows().len() as u64 + 2,
        requests: run.requests(),
        unreadable: 0,
    });
    let mut notes = remarks(Tool::Locust, Times::Rounded);
    notes.extend(short(plan, phases.iter().map(|(measured, _)| measured)));
    notes.extend(with_failures(plan, &phases));
    let source = Source {
        tool: Tool::Locust.name().to_owned(),
        times: Times::Rounded,
        files: files.collect(),
        outside: 0,
        generator: unknown_health(Tool::Locust),
    };
    Ok(ForeignRun { phases, extent, unclaimed: (0, 0), source, notes, repeat: String::new(), against: None })
}

/// Phases whose times are compared with stored runs only as far as their failures cannot have moved them.
fn with_failures(plan: &Plan, phases: &[(PhaseMeasurements, Option<Timestamp>)]) -> Vec<String> {
    let sentence = |(phase, (measured, _)): (&crate::plan::Phase, &(PhaseMeasurements, Option<Timestamp>))| {
        let moving: u64 = measured.endpoints.iter().map(regression::moving).sum();
        (moving > 0).then(|| {
            format!(
                "{}: {} of {} failed otherwise than by a timeout, and their times are in Locust's; percentiles that they may \
                 have moved, means and maxima are not compared with stored runs.",
                phase.name,
                number::count(moving),
                number::counted(measured.sent, "request")
            )
        })
    };
    let phases = plan.phases.iter().zip(phases).filter(|_| plan.regression.is_some());
    phases.filter_map(sentence).collect()
}
