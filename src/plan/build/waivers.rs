//! `regression.waivers`: names become cells, and what has expired is a problem.

use std::path::Path;

use super::{Draft, Kind};
use crate::{
    config::{self, Config, Located, Problem, Source, Span, Waivers, suggestion},
    plan::{Compared, Place, Waiver},
    units::Percent,
};

/// A reason or an owner beyond so many characters is no line of a report.
const LONGEST_TEXT: usize = 300;

/// The files of waivers that a config names, as written there.
pub(super) fn files(config: &Config) -> impl Iterator<Item = String> + '_ {
    let entries = config.regression.iter().flat_map(|regression| regression.waivers.iter());
    entries.filter_map(|entry| match entry {
        Waivers::File(path) => Some(path.value.clone()),
        Waivers::Here(_) => None,
    })
}

/// What waivers may name: the cells of `regression.cells` in every phase, also in those that this profile leaves out.
struct Cells<'a> {
    compared: &'a [Compared],
    names: Vec<String>,
    /// Whether all of `regression.cells` could be read: a waiver may mean one that could not.
    whole: bool,
}

impl<'a> Cells<'a> {
    fn get(&self, name: &str) -> Option<&'a Compared> {
        let position = self.names.iter().position(|known| known == name)?;
        self.compared.get(position % self.compared.len())
    }
}

impl Draft<'_> {
    /// The waivers that hold today. `whole` says whether all of `regression.cells` could be read.
    pub(super) fn waivers(&mut self, said: &[Waivers], compared: &[Compared], whole: bool) -> Vec<Waiver> {
        let phases = self.config.phases.iter();
        let of_phase = |phase: &Located<config::Phase>| {
            let name = phase.name.value.clone();
            compared.iter().map(move |cell| format!("{name}/{}", cell.name))
        };
        let names = phases.flat_map(of_phase).collect();
        let cells = Cells { compared, names, whole };
        let mut waivers: Vec<Waiver> = Vec::new();
        for entry in said {
            match entry {
                Waivers::Here(waiver) => self.waive(waiver, &self.config.source.clone(), &cells, &mut waivers),
                Waivers::File(path) => self.waivers_of(path, &cells, &mut waivers),
            }
        }
        waivers
    }

    /// The waivers of a file whose text the caller has read.
    fn waivers_of(&mut self, path: &Located<String>, cells: &Cells<'_>, waivers: &mut Vec<Waiver>) {
        if !path.complete {
            return;
        }
        let text = match self.choice.files.get(&path.value) {
            Some(Ok(text)) => text,
            Some(Err(error)) => {
                return self.problem(path.span, format!("`{}` cannot be read: {error}", path.value));
            }
            None => return self.problem(path.span, format!("`{}` was not read", path.value)),
        };
        // Named as gates.yaml is: the way from where the user stands.
        let gates = self.config.source.name();
        let name = Path::new(&*gates).with_file_name(&path.value);
        let (source, said, problems) = config::waivers(&name.to_string_lossy(), text, &self.choice.environment);
        self.problems.extend(problems);
        for waiver in &said {
            self.waive(waiver, &source, cells, waivers);
        }
    }

    fn waive(&mut self, said: &config::Waiver, source: &Source, cells: &Cells<'_>, waivers: &mut Vec<Waiver>) {
        let name = said.cell.value.trim();
        let may_be_lost = !cells.whole || self.may_be_lost(Kind::Cell, name);
        let full = self.is_full();
        let mut problem = |span: Span, message: String, help: Option<String>| {
            if !full {
                self.problems.push(Problem::new(source, span, message).help(help));
            }
        };
        let config::Waiver { cell, ceiling, reason, owner, expires } = said;
        for (key, text) in [("reason", reason), ("owner", owner)] {
            let unusable = text.value.trim().is_empty() || text.value.chars().count() > LONGEST_TEXT;
            if unusable && text.complete {
                problem(text.span, format!("`{key}` is a text of 1 to {LONGEST_TEXT} characters"), None);
            }
        }
        let days_left = self.choice.today.days_until(expires.value);
        if days_left < 0 && expires.complete {
            let ago = if days_left == -1 { "yesterday".to_owned() } else { format!("{} days ago", -days_left) };
            let help = format!("remove it, or agree on a new day with its owner, {}", owner.value.trim());
            problem(
                expires.span,
                format!("the waiver of `{name}` has expired: its last day was {}, {ago}", expires.value),
                Some(help).filter(|_| owner.complete),
            );
        }
        if !cell.complete {
            return;
        }
        if waivers.iter().any(|waiver| waiver.cell == name) {
            problem(cell.span, format!("the cell `{name}` is waived twice"), None);
        }
        let Some(compared) = cells.get(name) else {
            if !may_be_lost {
                let help = suggestion(name, cells.names.iter().map(String::as_str));
                problem(cell.span, format!("there is no {} `{name}`", Kind::Cell.word()), help);
            }
            return;
        };
        if ceiling.value.fraction() <= compared.margin && ceiling.complete {
            let margin = Percent::from_fraction(compared.margin);
            problem(
                ceiling.span,
                format!(
                    "the ceiling must be more than the margin of `{name}`, {margin}: below it nothing blocks anyway"
                ),
                None,
            );
        }
        waivers.push(Waiver {
            cell: name.to_owned(),
            ceiling: ceiling.value.fraction(),
            rate: compared.is_rate(),
            reason: reason.value.trim().to_owned(),
            owner: owner.value.trim().to_owned(),
            expires: expires.value,
            days_left,
            place: Place { file: source.name(), line: cell.span.line, column: cell.span.column },
        });
    }
}
