//! What to try where too little was measured to decide: what kept it from being more, and what comes next.

use crate::{
    judge::{Cut, CutShort, Finding, MonitorVerdict, PhaseVerdict},
    plan::{Written, written},
    units::number,
};

/// When a source gave no number under load.
const SOURCE: &str = "See whether the source answers under load, and within the target's timeout.";

/// When files hold only a part of a phase's window.
const PART: &str = "Let the load go on through the whole window, or judge the part that it covers: correct `duration`, or name \
                    it by `--phase NAME=START..END`.";

/// When a window gave too few readings although its source answered.
const READINGS: &str = "A longer duration gives it more readings.";

/// For a phase as a whole of which something is missing; `None` for any other.
pub(super) fn for_phase(phase: &PhaseVerdict) -> Option<String> {
    cut_short(phase).or_else(|| phase.paused_s.map(|_| PART.to_owned()))
}

/// For a finding without data, or with too little of it; `None` where its evidence says what to do, or nothing can be done.
pub(super) fn for_finding(phase: &PhaseVerdict, finding: &Finding) -> Option<String> {
    // A gauge has no unit of its own.
    if finding.unit.is_empty() {
        return Some(for_gauge(phase, finding));
    }
    let advice = match (cut_short(phase), finding.samples) {
        (Some(advice), _) => return Some(advice),
        (None, 0) if by_another_tool(phase) => {
            "See whether the load makes such requests within this phase, and under which names its files hold them."
        }
        (None, 0) => "See whether a scenario of this phase reaches it: `stagegate run --dry-run` shows each step.",
        // Without an interval more requests decide nothing.
        (None, _) if by_another_tool(phase) && finding.interval.is_none() => return None,
        (None, _) => "A longer duration or more users give it the requests that it needs.",
    };
    Some(advice.to_owned())
}

/// For a gauge whose band is missing.
pub(super) fn for_monitor(phase: &PhaseVerdict, monitor: &MonitorVerdict) -> String {
    readings(phase, Some(monitor), SOURCE, READINGS)
}

/// For a criterion on a gauge.
fn for_gauge(phase: &PhaseVerdict, finding: &Finding) -> String {
    let name = match written(&finding.criterion) {
        Some(Written::Gauge { gauge, .. }) => gauge.text,
        _ => "",
    };
    let monitor = phase.monitors.iter().find(|monitor| monitor.name == name);
    let never = "See whether the source answers from this machine; `{name: monitors answer, monitors: all}` under \
                 `preflight` finds it before any load is sent.";
    if finding.samples == 0 {
        readings(phase, monitor, never, never)
    } else {
        readings(phase, monitor, SOURCE, READINGS)
    }
}

/// What to try for a `silent` source, and where it answered and gave `few` readings. A phase that ended before its time
/// explains few readings of a source that answered, and a target that stopped answering explains a silent one too.
fn readings(phase: &PhaseVerdict, monitor: Option<&MonitorVerdict>, silent: &str, few: &str) -> String {
    if by_another_tool(phase) {
        return "`stagegate judge` reads no gauge: leave criteria on gauges out of this phase, or let `stagegate run` make the \
                load."
            .to_owned();
    }
    let answered = monitor.is_none_or(|monitor| monitor.missing.is_none());
    let gone = phase.cut_short.is_some_and(|cut| cut.by == Cut::StoppedAnswering);
    let cut = cut_short(phase).filter(|_| answered || gone);
    cut.unwrap_or_else(|| if answered { few } else { silent }.to_owned())
}

/// The gate knows no generator of its own where another tool made the load.
fn by_another_tool(phase: &PhaseVerdict) -> bool {
    phase.generator.is_none()
}

/// What to do about a window that ended before its time; `None` where all of it was measured.
fn cut_short(phase: &PhaseVerdict) -> Option<String> {
    let CutShort { by, planned_s } = phase.cut_short?;
    let [measured, planned] = [phase.duration_s, planned_s].map(number::seconds);
    Some(match by {
        Cut::FailedEarly => format!(
            "The phase was stopped early, after {measured} of {planned}, because a blocking criterion had failed for certain: \
             mend that first, then the whole window is measured."
        ),
        Cut::StoppedAnswering if phase.duration_s <= 0.0 => {
            "Find out first why the target stopped answering: the phase was ended before its window began.".to_owned()
        }
        Cut::StoppedAnswering => format!(
            "Find out first why the target stopped answering: the phase was ended after {measured} of {planned}."
        ),
        Cut::NotLoggedIn => "Mend the login first: without its users the phase was not measured.".to_owned(),
        Cut::Interrupted => format!(
            "Run it to its end: it was interrupted after {measured} of {planned}. Where a deadline ended it, `stagegate check` \
             prints how long the run takes."
        ),
        Cut::Files => PART.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::{Band, Outcome},
        report::fixtures,
    };

    /// A phase that passed, with a gauge of which so many readings were made.
    fn phase(readings: u64, missing: Option<&str>) -> (PhaseVerdict, Finding) {
        let mut phase = fixtures::passed().phases.swap_remove(0);
        let monitor = &mut phase.monitors[0];
        (monitor.samples, monitor.missing, monitor.band) = (readings, missing.map(str::to_owned), Band::Missing);
        let finding = Finding {
            criterion: format!("{} < 90", monitor.name),
            unit: String::new(),
            samples: readings,
            outcome: Outcome::Inconclusive,
            certain: false,
            ..phase.findings[0].clone()
        };
        (phase, finding)
    }

    fn cut(by: Cut) -> CutShort {
        CutShort { by, planned_s: 60.0 }
    }

    fn advised(phase: &PhaseVerdict, finding: &Finding) -> String {
        for_finding(phase, finding).expect("there is advice")
    }

    /// What is said of the criterion and of the band, which have to agree.
    fn said(phase: &PhaseVerdict, finding: &Finding) -> String {
        let (criterion, band) = (advised(phase, finding), for_monitor(phase, &phase.monitors[0]));
        assert!(finding.samples == 0 || criterion == band, "{criterion}\n{band}");
        criterion
    }

    #[test]
    fn a_gauge_that_was_never_read_is_no_matter_of_scenarios() {
        let (phase, finding) = phase(0, Some("GET /metrics answered 503."));
        let advice = said(&phase, &finding);
        assert!(advice.starts_with("See whether the source answers from this machine"), "{advice}");
    }

    #[test]
    fn few_readings_of_a_whole_window_need_a_longer_one_or_a_source_that_answers() {
        let (answered, finding) = phase(7, None);
        assert_eq!(said(&answered, &finding), "A longer duration gives it more readings.");
        let (silent, finding) = phase(7, Some("GET /metrics answered 503."));
        assert!(said(&silent, &finding).starts_with("See whether the source answers under load"));
    }

    #[test]
    fn few_readings_of_a_phase_that_was_stopped_are_no_matter_of_its_source() {
        let (mut stopped, finding) = phase(7, None);
        (stopped.cut_short, stopped.duration_s) = (Some(cut(Cut::FailedEarly)), 7.5);
        let early = "The phase was stopped early, after 7.5 s of 60 s, because a blocking criterion had failed for certain: \
                     mend that first, then the whole window is measured.";
        assert_eq!(said(&stopped, &finding), early);
        stopped.cut_short = Some(cut(Cut::StoppedAnswering));
        stopped.monitors[0].missing = Some("it did not answer.".to_owned());
        let gone = "Find out first why the target stopped answering: the phase was ended after 7.5 s of 60 s.";
        assert_eq!(said(&stopped, &finding), gone);
        // One whose source failed while the target answered is still a matter of the source.
        stopped.cut_short = Some(cut(Cut::FailedEarly));
        assert!(said(&stopped, &finding).starts_with("See whether the source answers under load"));
    }

    #[test]
    fn few_requests_of_a_part_of_a_window_do_not_need_more_users() {
        let (mut part, gauge) = phase(20, None);
        let requests = Finding { unit: "ms".to_owned(), ..gauge };
        assert!(advised(&part, &requests).starts_with("A longer duration or more users"));
        part.duration_s = 12.0;
        for (by, begins) in [
            (Cut::FailedEarly, "The phase was stopped early, after 12 s of 60 s"),
            (Cut::Interrupted, "Run it to its end: it was interrupted after 12 s of 60 s."),
            (Cut::Files, PART),
            (Cut::NotLoggedIn, "Mend the login first"),
        ] {
            part.cut_short = Some(cut(by));
            let advice = advised(&part, &requests);
            assert!(advice.starts_with(begins), "{advice}");
        }
        (part.cut_short, part.duration_s) = (Some(cut(Cut::StoppedAnswering)), 0.0);
        assert!(advised(&part, &requests).ends_with("before its window began."));
    }

    #[test]
    fn what_another_tool_drove_has_no_gauges_and_no_scenarios() {
        let (mut foreign, gauge) = phase(0, Some("another tool made the load"));
        foreign.generator = None;
        assert!(said(&foreign, &gauge).starts_with("`stagegate judge` reads no gauge"));
        let requests = Finding { unit: "ms".to_owned(), ..gauge };
        assert!(advised(&foreign, &requests).starts_with("See whether the load makes such requests"));
        let few = Finding { samples: 20, interval: Some([1.0, 2.0]), ..requests };
        assert!(advised(&foreign, &few).starts_with("A longer duration"));
        assert_eq!(for_finding(&foreign, &Finding { interval: None, ..few }), None, "more requests decide nothing");
    }

    #[test]
    fn a_load_that_paused_is_to_go_on() {
        let (mut paused, _) = phase(20, None);
        assert_eq!(for_phase(&paused), None);
        paused.paused_s = Some(4.0);
        assert_eq!(for_phase(&paused).as_deref(), Some(PART));
    }
}
