//! What the gate says while it runs, as lines of text.
//!
//! In CI these lines are all there is: one at a phase's start, one every ten seconds, and the verdict on each phase. On
//! a terminal the lines of every ten seconds give way to a few that are drawn again and again ([`Narrator::screen`]).

use std::time::Duration;

use super::{
    Colour, Detail, Mask, clean, ladder,
    publishable::publishable_phase,
    screen::{self, Screen},
    terminal::{COLUMNS, Tint, clip, tint, without_commands, wrap},
    trouble::{self, Standing},
    when,
};
use crate::units::number;
use crate::{
    gate::{Event, Progress, Stage},
    judge::{CheckResult, Outcome, PhaseVerdict, RecoveryVerdict},
};

/// Progress comes once a second; in CI every tenth is a line.
const SECONDS_A_LINE: u32 = 10;

/// Turns events into lines.
pub struct Narrator<'a> {
    mask: Box<Mask<'a>>,
    colour: Colour,
    detail: Detail,
    planned: Duration,
    phases: u32,
    number: u32,
    seconds: u32,
}

impl<'a> Narrator<'a> {
    /// A narrator that has heard nothing yet; `mask` takes secrets out of what it repeats.
    pub fn new(mask: Box<Mask<'a>>, colour: Colour, detail: Detail) -> Self {
        Self { mask, colour, detail, planned: Duration::ZERO, phases: 0, number: 0, seconds: 0 }
    }

    /// The lines that an event deserves, without those of [`Self::progress`].
    pub fn lines(&mut self, event: &Event) -> Vec<String> {
        let lines = match event {
            Event::Started { gate, profile, target, phases, planned } => {
                (self.phases, self.planned) = (*phases, *planned);
                let phases = if *phases == 1 { "1 phase".to_owned() } else { format!("{phases} phases") };
                let planned = when::span(*planned);
                self.wrapped(&format!("{gate}, profile {profile}: {phases} on {target}, about {planned} of load"))
            }
            Event::Note(note) => self.wrapped(&format!("note: {note}")),
            Event::Waiting { what, within } => {
                let most = number::seconds(within.as_secs_f64());
                self.wrapped(&format!("waiting for {what}, at most {most}"))
            }
            Event::Preflight(check) => self.check("preflight", check),
            Event::PhaseStarted { name, number, users, rate, duration } => {
                (self.number, self.seconds) = (*number, 0);
                self.wrapped(&begins((name, *number, self.phases), (*users, *rate), *duration))
            }
            Event::PhaseExtended { name, by } => {
                self.planned += *by;
                let by = when::span(*by);
                self.wrapped(&format!("  {name}: extended by {by}, because a criterion is not decided yet"))
            }
            Event::Progress(_) | Event::Finished(_) => Vec::new(),
            Event::PhaseEnded(phase) => self.phase(phase),
            Event::Confirming { phase, time, of } => self.wrapped(&format!(
                "measuring {phase} again, {time} of {of}: a comparison would fail, and one run alone does not block"
            )),
            Event::RecoveryStarted => {
                self.number = 0;
                vec!["recovery: waiting until the app is back".to_owned()]
            }
            Event::Recovery(recovery) => self.recovery(recovery),
            Event::Integrity(check) => self.check("integrity", check),
            Event::Cleanup(check) => self.check("cleanup", check),
        };
        lines.iter().map(|line| without_commands(line)).collect()
    }

    /// In CI: the line of every tenth second of a phase.
    pub fn progress(&mut self, progress: &Progress) -> Option<String> {
        self.seconds += 1;
        let due = self.seconds.is_multiple_of(SECONDS_A_LINE);
        due.then(|| self.every(progress))
    }

    /// With `-v`: the line of every second.
    pub fn every(&self, progress: &Progress) -> String {
        without_commands(&format!("  {}", clip(&self.words(progress), COLUMNS - 2)))
    }

    /// On a terminal: how the run stands, in lines that fit on it.
    pub fn screen(&self, progress: &Progress, screen: Screen) -> Vec<String> {
        let left = progress.left.as_secs_f64() / self.planned.as_secs_f64().max(1.0);
        let course = screen::Course {
            phase: self.show(&progress.phase),
            number: self.number,
            of: self.phases,
            passed: (1.0 - left).clamp(0.0, 1.0),
        };
        let lines = screen::lines(progress, &course, (screen, self.colour), &|text| self.show(text).into());
        lines.iter().map(|line| without_commands(line)).collect()
    }

    /// In a log that folds groups of lines: the title of the group that a phase's start begins.
    pub fn group(&self, event: &Event) -> Option<String> {
        let Event::PhaseStarted { name, number, users, rate, duration } = event else { return None };
        Some(self.show(&begins((name, *number, self.phases), (*users, *rate), *duration)))
    }

    fn words(&self, progress: &Progress) -> String {
        let Progress { phase, stage, users, rate, p95, failures, left, .. } = progress;
        let stage = match stage {
            Stage::Window => String::new(),
            stage => format!(" {}", screen::doing(*stage)),
        };
        let users = number::count(u64::from(*users));
        let rate = number::per_second(*rate);
        let p95 = number::or_nothing(p95.map(|p95| p95.as_secs_f64() * 1000.0), number::milliseconds);
        let failures = number::count(*failures);
        let left = when::span(*left);
        let phase = clip(&self.show(phase), 16);
        format!("{phase}{stage} {users} users {rate} p95 {p95} {failures} failed {left} left")
    }

    fn show(&self, text: &str) -> String {
        clean(&(self.mask)(text)).into_owned()
    }

    fn wrapped(&self, text: &str) -> Vec<String> {
        wrap(&self.show(text), 0)
    }

    fn check(&self, part: &str, check: &CheckResult) -> Vec<String> {
        let CheckResult { name, outcome, detail, .. } = check;
        let silent = *outcome == Outcome::Passed && self.detail == Detail::Failures;
        let detail = if silent { String::new() } else { format!(" ({detail})") };
        self.coloured(*outcome, part, &format!("{name}{detail}"))
    }

    fn recovery(&self, recovery: &RecoveryVerdict) -> Vec<String> {
        let seconds =
            recovery.seconds.map(|seconds| format!("after {}. ", number::seconds(seconds))).unwrap_or_default();
        self.coloured(recovery.outcome, "recovery", &format!("{seconds}{}", recovery.detail))
    }

    /// `PART OUTCOME: TEXT`, the outcome in its colour.
    fn coloured(&self, outcome: Outcome, part: &str, text: &str) -> Vec<String> {
        let word = outcome.word();
        let mut lines = wrap(&self.show(&format!("{part} {word}: {text}")), 0);
        let opening = format!("{part} {word}:");
        if let Some(rest) = lines[0].strip_prefix(&opening) {
            lines[0] = format!("{part} {}:{rest}", self.colour.paint(tint(outcome), word));
        }
        lines
    }

    fn phase(&self, phase: &PhaseVerdict) -> Vec<String> {
        let phase = publishable_phase(phase.clone(), &*self.mask);
        let ladder::Rung { name, requests, success, p95, outcome, .. } = ladder::rung(&phase);
        let name = clip(name, 24);
        let word = self.colour.paint(tint(outcome), outcome.word());
        let mut lines = vec![format!("  {name} {word}: {requests} requests, success {success}, p95 {p95}")];
        let mut troubles = trouble::of_phase(&phase);
        troubles.sort_by_key(|trouble| trouble.standing);
        for trouble in troubles.iter().filter(|trouble| trouble.standing != Standing::Uncertain) {
            let word = trouble.standing.word();
            let numbers = trouble.numbers();
            let told = if numbers.is_empty() { &trouble.because } else { &numbers };
            let mut wrapped = wrap(&format!("{word} {}: {told}", trouble.what), 4);
            if let Some(rest) = wrapped[0].trim_start().strip_prefix(word) {
                wrapped[0] = format!("    {}{rest}", self.colour.paint(Tint::Bold, word));
            }
            lines.extend(wrapped);
        }
        lines.extend(phase.statements_unknown.iter().flat_map(|why| wrap(&format!("note: {why}."), 4)));
        lines
    }
}

/// A phase begins, the so many-th of so many.
fn begins((name, number, of): (&str, u32, u32), (users, rate): (u32, Option<f64>), window: Duration) -> String {
    let load = match rate {
        Some(rate) => number::per_second(rate),
        None => number::counted(u64::from(users), "user"),
    };
    format!("phase {number} of {of}, {name}: {load}, window {}", when::span(window))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::report::fixtures;

    fn narrator(colour: Colour) -> Narrator<'static> {
        Narrator::new(Box::new(|text| Cow::Owned(text.replace("hunter2", "***"))), colour, Detail::Failures)
    }

    fn progress(stage: Stage) -> Progress {
        Progress {
            phase: "light hunter2".to_owned(),
            stage,
            users: 30,
            rate: 128.4,
            p95: Some(Duration::from_millis(283)),
            failures: 1_204,
            share: 0.25,
            left: Duration::from_secs(72),
            standing: crate::judge::Standing::default(),
        }
    }

    #[test]
    fn tells_a_run_in_lines() {
        let mut narrator = narrator(Colour::Off);
        let verdict = fixtures::failed();
        let mut events = vec![
            Event::Started {
                gate: "ahsp".to_owned(),
                profile: "pr".to_owned(),
                target: "http://127.0.0.1:1/?key=hunter2".to_owned(),
                phases: 4,
                planned: Duration::from_secs(160),
            },
            Event::Note("`publish.github` has no effect in this version.".to_owned()),
        ];
        events.extend(verdict.preflight.iter().cloned().map(Event::Preflight));
        events.push(Event::PhaseStarted {
            name: "medium".to_owned(),
            number: 3,
            users: 50,
            rate: None,
            duration: Duration::from_secs(45),
        });
        events.push(Event::PhaseEnded(Box::new(verdict.phases[2].clone())));
        events.push(Event::RecoveryStarted);
        events.extend(verdict.recovery.clone().map(Event::Recovery));
        events.extend(verdict.integrity.iter().cloned().map(Event::Integrity));
        events.push(Event::Preflight(fixtures::not_ready().preflight[1].clone()));
        events.push(Event::Note("::error::forged \u{1b}[2J".to_owned()));
        events.push(Event::Finished(Box::new(verdict)));
        let lines: Vec<String> = events.iter().flat_map(|event| narrator.lines(event)).collect();
        insta::assert_snapshot!("progress_failed", lines.join("\n"));
    }

    #[test]
    fn a_wait_says_for_what_and_how_long() {
        let what = "http://127.0.0.1:1/healthz?key=hunter2 to be ready".to_owned();
        assert_eq!(
            narrator(Colour::Off).lines(&Event::Waiting { what, within: Duration::from_secs(60) }),
            ["waiting for http://127.0.0.1:1/healthz?key=*** to be ready, at most 60 s"]
        );
    }

    #[test]
    fn a_line_comes_every_ten_seconds() {
        let mut narrator = narrator(Colour::Off);
        let lines: Vec<_> = (0..25).filter_map(|_| narrator.progress(&progress(Stage::Window))).collect();
        assert_eq!(lines, ["  light *** 30 users 128/s p95 283 ms 1,204 failed 1 min 12 s left"; 2]);
    }

    #[test]
    fn a_screen_knows_how_far_the_run_is() {
        let mut narrator = narrator(Colour::Off);
        narrator.lines(&Event::Started {
            gate: "ahsp".to_owned(),
            profile: "pr".to_owned(),
            target: "demo".to_owned(),
            phases: 3,
            planned: Duration::from_secs(144),
        });
        let screen = Screen { columns: 80, rows: 24 };
        let lines = narrator.screen(&progress(Stage::Ramp), screen);
        assert_eq!(lines.len(), 2, "behind the ladder there is no ladder: {lines:?}");
        assert!(lines[0].ends_with("  at most 1 min 12 s left"), "{lines:?}");
        narrator.lines(&Event::PhaseStarted {
            name: "light".to_owned(),
            number: 1,
            users: 30,
            rate: None,
            duration: Duration::from_secs(60),
        });
        let lines = narrator.screen(&progress(Stage::Ramp), screen);
        assert!(lines[0].starts_with("light *** ███████░"), "{lines:?}");
        assert!(lines[0].ends_with(" 25 %  logging in"), "{lines:?}");
        let filled = |line: &str| line.chars().filter(|c| *c == '█').count();
        let last = lines.last().expect("there are lines");
        assert_eq!(filled(last) * 2, last.chars().filter(|c| "█░".contains(*c)).count(), "half of it: {last}");
        assert!(last.ends_with(" 1 min 12 s left"), "{last}");
    }

    #[test]
    fn a_group_has_its_phase_as_its_title() {
        let mut narrator = narrator(Colour::On);
        let phase = |name: &str| Event::PhaseStarted {
            name: name.to_owned(),
            number: 2,
            users: 1,
            rate: None,
            duration: Duration::from_secs(20),
        };
        assert_eq!(narrator.group(&Event::RecoveryStarted), None);
        let title = narrator.group(&phase("li\nght hunter2")).expect("a phase begins");
        assert_eq!(title, "phase 2 of 0, li ght ***: 1 user, window 20 s");
        assert_eq!(narrator.lines(&phase("light"))[0], "phase 2 of 0, light: 1 user, window 20 s");
    }
}
