//! What is seen while a run goes on: lines in CI, a bar on a terminal. All of it goes to standard error, so that standard
//! output holds the verdict and nothing else.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::{
    config::Environment,
    gate::{Event, Progress},
    report::{Narrator, Standings},
};

/// The steps of the bar.
const STEPS: u64 = 1000;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loudness {
    /// `-q`: nothing before the headline.
    Quiet,
    /// Milestones, and in CI a line every ten seconds.
    Normal,
    /// `-v`: a line every second.
    Verbose,
}

/// The view of a run as it goes on.
pub(super) struct Live<'a> {
    narrator: Narrator<'a>,
    loudness: Loudness,
    bar: Option<ProgressBar>,
}

impl<'a> Live<'a> {
    /// A bar only where somebody looks: on a terminal, and not in CI.
    pub(super) fn new(narrator: Narrator<'a>, loudness: Loudness, environment: &Environment) -> Self {
        let in_ci = environment.get("CI").is_some_and(|value| !value.is_empty() && value != "false");
        let watched = loudness == Loudness::Normal && !in_ci && io::stderr().is_terminal();
        Self { narrator, loudness, bar: watched.then(bar) }
    }

    /// Shows an event.
    pub(super) fn show(&mut self, event: &Event) {
        if self.loudness == Loudness::Quiet {
            return;
        }
        for line in self.narrator.lines(event) {
            match &self.bar {
                Some(bar) => bar.println(line),
                None => output::complain(&line),
            }
        }
        match event {
            Event::Progress(progress) => self.progress(progress),
            Event::Finished(_) => self.bar.iter().for_each(ProgressBar::finish_and_clear),
            _ => {}
        }
    }

    /// Takes the bar away, where no [`Event::Finished`] does.
    pub(super) fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }

    fn progress(&mut self, progress: &Progress) {
        if let Some(bar) = &self.bar {
            let Standings { share, words } = self.narrator.standing(progress);
            bar.set_position((share * STEPS as f64) as u64);
            bar.set_message(words);
            return;
        }
        let due = self.narrator.progress(progress);
        let every = (self.loudness == Loudness::Verbose).then(|| self.narrator.every(progress));
        if let Some(line) = every.or(due) {
            output::complain(&line);
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:12} {msg}").expect("the template is part of the program");
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar
}
