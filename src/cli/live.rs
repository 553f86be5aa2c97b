//! What is seen while a run goes on: a few lines that are drawn again on a terminal, and lines in CI and in a pipe. All
//! of it goes to standard error, so that standard output holds the verdict and nothing else.

use std::io::{self, IsTerminal as _, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use rustix::termios::tcgetwinsize;

use super::{
    ci::{in_ci, in_github_actions, in_gitlab},
    output,
};
use crate::{
    config::Environment,
    gate::{Event, Progress},
    publish::{github, gitlab},
    report::{Narrator, Screen},
};

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

/// Where it is seen.
#[derive(Debug)]
enum Place {
    /// On a terminal: lines that are drawn again once a second, below those that stay.
    Terminal(ProgressBar),
    /// In the log of a job of a forge that folds the lines of a phase; the name of the group that is open.
    Groups { forge: Forge, open: Option<String> },
    /// In any other file or log.
    Lines,
}

/// Whose log it is.
#[derive(Debug, Clone, Copy)]
enum Forge {
    GitHub,
    GitLab,
}

impl Forge {
    /// Begins a group of lines.
    fn begin(self, name: &str, title: &str) -> String {
        match self {
            Self::GitHub => github::group(title),
            Self::GitLab => gitlab::section(name, Timestamp::now().as_second(), title),
        }
    }

    /// Ends it.
    fn end(self, name: &str) -> String {
        match self {
            Self::GitHub => github::GROUP_END.to_owned(),
            Self::GitLab => gitlab::section_end(name, Timestamp::now().as_second()),
        }
    }
}

/// The view of a run as it goes on.
pub(super) struct Live<'a> {
    narrator: Narrator<'a>,
    loudness: Loudness,
    place: Place,
    /// Standard error.
    log: Box<dyn Write + 'a>,
}

impl<'a> Live<'a> {
    /// Draws only where somebody looks: on a terminal that can, and not in CI.
    pub(super) fn new(narrator: Narrator<'a>, loudness: Loudness, environment: &Environment) -> Self {
        Self::writing_to(Box::new(io::stderr()), narrator, loudness, environment)
    }

    fn writing_to(
        log: Box<dyn Write + 'a>,
        narrator: Narrator<'a>,
        loudness: Loudness,
        environment: &Environment,
    ) -> Self {
        let dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
        let can = io::stderr().is_terminal() && !dumb;
        let place = match loudness {
            Loudness::Normal if !in_ci(environment) && can => Place::Terminal(bar()),
            _ if in_github_actions(environment) => Place::Groups { forge: Forge::GitHub, open: None },
            _ if in_gitlab(environment) => Place::Groups { forge: Forge::GitLab, open: None },
            _ => Place::Lines,
        };
        Self { narrator, loudness, place, log }
    }

    /// Whether somebody looks each second.
    pub(super) fn watched(&self) -> bool {
        matches!(self.place, Place::Terminal(_))
    }

    /// Shows an event.
    pub(super) fn show(&mut self, event: &Event) {
        if self.loudness == Loudness::Quiet {
            return;
        }
        if let Event::Progress(progress) = event {
            self.progress(progress);
            return;
        }
        if ends_a_phase(event) {
            self.end_phase();
        }
        let title = self.narrator.group(event);
        let lines = self.narrator.lines(event);
        match (&mut self.place, title) {
            (Place::Groups { forge, open }, Some(title)) => {
                // No two of a job have the same name, also where it runs the gate twice.
                let name = open.insert(format!("stagegate_{}", Timestamp::now().as_millisecond()));
                output::command_to(&mut self.log, &forge.begin(name, &title));
            }
            (Place::Terminal(bar), _) => lines.iter().for_each(|line| bar.println(line)),
            _ => lines.iter().for_each(|line| output::line_to(&mut self.log, line)),
        }
        if matches!(event, Event::Finished(_)) {
            self.end();
        }
    }

    /// Takes away what is drawn again, where no [`Event::Finished`] does.
    pub(super) fn end(&mut self) {
        self.end_phase();
        if let Place::Terminal(bar) = &self.place {
            bar.finish_and_clear();
        }
    }

    fn progress(&mut self, progress: &Progress) {
        if let Place::Terminal(bar) = &self.place {
            bar.set_message(self.narrator.screen(progress, screen()).join("\n"));
            return;
        }
        let due = self.narrator.progress(progress);
        let every = (self.loudness == Loudness::Verbose).then(|| self.narrator.every(progress));
        if let Some(line) = every.or(due) {
            output::line_to(&mut self.log, &line);
        }
    }

    fn end_phase(&mut self) {
        match &mut self.place {
            Place::Groups { forge, open } => {
                if let Some(name) = open.take() {
                    output::command_to(&mut self.log, &forge.end(&name));
                }
            }
            // How the phase stood is no news beside its verdict.
            Place::Terminal(bar) => bar.set_message(""),
            Place::Lines => {}
        }
    }
}

impl Drop for Live<'_> {
    /// An error may end a run in the middle of a phase.
    fn drop(&mut self) {
        self.end();
    }
}

/// Whatever comes of a load, and whatever load comes next, ends what was said of the phase before.
fn ends_a_phase(event: &Event) -> bool {
    !matches!(event, Event::Note(_) | Event::PhaseExtended { .. } | Event::Progress(_))
}

/// The terminal's size, asked each time because it changes; the size of the first terminals where it has none.
fn screen() -> Screen {
    let size = tcgetwinsize(io::stderr()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    size.map_or(Screen { columns: 80, rows: 24 }, |size| Screen {
        columns: usize::from(size.ws_col),
        rows: usize::from(size.ws_row),
    })
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg}").expect("the template is part of the program");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style);
    bar
}

#[cfg(test)]
mod tests;
