//! The files that GitHub's runner reads after a step: its summary and its outputs.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::PathBuf,
};

use crate::{config::Environment, publish::PublishError};

/// GitHub drops a step's summary of 1 MiB and more (docs, "Workflow commands"); this leaves room for a last line.
pub const LARGEST_SUMMARY: u64 = 1_000_000;

/// The runner's files, as far as they are named in the environment; outside of GitHub there are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GitHub {
    summary: Option<PathBuf>,
    output: Option<PathBuf>,
}

impl GitHub {
    /// `GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT`; an empty variable is as good as none.
    pub fn of(environment: &Environment) -> Self {
        let path = |name: &str| environment.get(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { summary: path("GITHUB_STEP_SUMMARY"), output: path("GITHUB_OUTPUT") }
    }

    /// Appends to the step's summary: the first of these texts that its room takes.
    ///
    /// # Errors
    /// When it cannot be written, or has no room for any of them.
    pub fn summarize(&self, texts: &[&str]) -> Result<(), PublishError> {
        let Some(path) = &self.summary else { return Ok(()) };
        let taken = fs::metadata(path).map_or(0, |file| file.len());
        let fits = |text: &&&str| taken + (text.len() as u64) < LARGEST_SUMMARY;
        let text = texts.iter().find(fits).ok_or(PublishError::SummaryFull)?;
        append(path, &format!("{text}\n"))
    }

    /// Appends the step's outputs; a value may have several lines.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn outputs(&self, outputs: &[(&str, &str)]) -> Result<(), PublishError> {
        let Some(path) = &self.output else { return Ok(()) };
        let lines: Vec<_> = outputs.iter().map(|(name, value)| output(name, value)).collect();
        append(path, &lines.concat())
    }
}

/// `name<<DELIMITER`: the delimiter is drawn anew, so that no value can end early and set another output.
fn output(name: &str, value: &str) -> String {
    let delimiter = std::iter::repeat_with(|| format!("end-{:032x}", fastrand::u128(..)))
        .find(|delimiter| !value.contains(delimiter.as_str()))
        .expect("a value is finite");
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

fn append(path: &PathBuf, text: &str) -> Result<(), PublishError> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|cause| PublishError::File { path: path.clone(), cause })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn github(folder: &TempDir) -> GitHub {
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let environment = [("GITHUB_STEP_SUMMARY", path("summary")), ("GITHUB_OUTPUT", path("output"))];
        GitHub::of(&environment.map(|(name, path)| (name.to_owned(), path)).into())
    }

    fn read(folder: &TempDir, name: &str) -> String {
        fs::read_to_string(folder.path().join(name)).expect("it was written")
    }

    #[test]
    fn appends_to_what_earlier_steps_wrote() {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let github = github(&folder);
        github.summarize(&["first"]).expect("it can be written");
        github.summarize(&["second", "short"]).expect("it can be written");
        assert_eq!(read(&folder, "summary"), "first\nsecond\n");
    }

    #[test]
    fn a_summary_stays_within_its_room() {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let github = github(&folder);
        let half = "x".repeat(600_000);
        github.summarize(&[&half]).expect("there is room for one");
        github.summarize(&[&half, "short"]).expect("there is room for the short one");
        assert!(read(&folder, "summary").ends_with("x\nshort\n"));
        let error = github.summarize(&[&half]).expect_err("there is no room for another").to_string();
        assert!(error.contains("the step summary is full"), "{error}");
        assert!(read(&folder, "summary").len() < 1024 * 1024);
    }

    #[test]
    fn a_value_of_several_lines_is_one_output() {
        let folder = TempDir::new().expect("a temporary folder can be made");
        github(&folder).outputs(&[("outcome", "passed"), ("report", "a\nforged=1\nEOF\n")]).expect("it can be written");
        let written = read(&folder, "output");
        let lines: Vec<_> = written.lines().collect();
        let delimiter = lines[0].strip_prefix("outcome<<").expect("the delimited form");
        assert_eq!(lines[1..3], ["passed", delimiter]);
        let delimiter = lines[3].strip_prefix("report<<").expect("the delimited form");
        assert_eq!(lines[4..], ["a", "forged=1", "EOF", "", delimiter]);
        assert_ne!(lines[0], lines[3]);
    }

    #[test]
    fn outside_of_github_nothing_is_written() {
        let github = GitHub::of(&[("GITHUB_OUTPUT".to_owned(), String::new())].into());
        assert_eq!(github, GitHub::default());
        github.summarize(&["text"]).expect("there is nothing to do");
        github.outputs(&[("outcome", "passed")]).expect("there is nothing to do");
    }
}
