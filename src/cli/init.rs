//! `stagegate init`: a commented gates.yaml and a GitHub workflow to begin with, or a gates.yaml drafted from what people
//! have.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use super::{DONE, USAGE, args::InitArgs, input, output};
use crate::{
    draft::{self, Draft, LARGEST_SOURCE},
    report,
};

/// What is written, in which `STAGEGATE_VERSION` stands for the version of this binary.
const GATES: (&str, &str) = ("gates.yaml", include_str!("init/gates.yaml"));
const WORKFLOW: (&str, &str) = (".github/workflows/stagegate.yml", include_str!("init/workflow.yml"));
/// The line of the workflow below which variables of a draft are handed on.
const PASSWORD: &str = "          STAGING_PASSWORD: ${{ secrets.STAGING_PASSWORD }}\n";

/// What to do next.
const NEXT: &str = "next, on the demo app that is built in:
  stagegate check            what a run will do
  stagegate run --dry-run    one user through every scenario, no load
  stagegate run              the gate, in half a minute
then on yours: set STAGING_URL and STAGING_PASSWORD, and write into gates.yaml
its paths, and its host under `target.allow` unless it is this machine
";

/// Writes what is not there yet, and says what to do next.
pub(super) fn run(args: &InitArgs) -> u8 {
    match &args.from {
        Some(file) => from(file),
        None => fresh(),
    }
}

fn fresh() -> u8 {
    let code = write(GATES.0, GATES.1).max(write(WORKFLOW.0, WORKFLOW.1));
    if code == DONE {
        output::print(NEXT);
    }
    code
}

/// Drafts gates.yaml from a file. One that is there already is the user's, and is not drafted over.
fn from(file: &Path) -> u8 {
    let name = report::clean(&file.to_string_lossy()).into_owned();
    let draft = match drafted(file) {
        Ok(draft) => draft,
        Err(because) => {
            output::complain(&format!("error: {name}: {because}"));
            return USAGE;
        }
    };
    if Path::new(GATES.0).exists() {
        output::complain(
            "error: gates.yaml is there already, and stays as it is; move it away, or draft in another folder",
        );
        return USAGE;
    }
    let theirs = Path::new(WORKFLOW.0).exists();
    let code = write(GATES.0, &draft.yaml).max(write(WORKFLOW.0, &workflow(&draft)));
    if code == DONE {
        let lines = lines(&draft);
        if theirs && !lines.is_empty() {
            output::print(&format!("add these to `env` of the step of {} that runs the gate:\n{lines}", WORKFLOW.0));
        }
        output::print(&next(&draft));
    }
    code
}

fn drafted(file: &Path) -> Result<Draft, String> {
    let bytes = input::read(file, LARGEST_SOURCE as u64)
        .map_err(|cause| format!("it cannot be read ({cause}); name a file"))?;
    let source = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    draft::draft(&source, &bytes).map_err(|error| report::clean(&error.to_string()).into_owned())
}

/// The workflow, with the draft's variables handed on as secrets.
fn workflow(draft: &Draft) -> String {
    let mut text = WORKFLOW.1.replace(PASSWORD, &format!("{PASSWORD}{}", lines(draft)));
    // A draft names no demo app to fall back to.
    for (demo, instead) in [
        ("drives its built-in demo app, and every report says so.", "ends with code 2."),
        (
            "Without STAGING_URL they would gate the demo app, and pass;",
            "Without STAGING_URL they have no app to measure;",
        ),
        ("Refuse to pass a fork on the demo app", "Refuse to pass a fork that is not measured"),
    ] {
        text = text.replace(demo, instead);
    }
    text
}

/// The lines of a workflow that hand on the variables of a draft, besides those that every workflow has.
fn lines(draft: &Draft) -> String {
    let own = ["STAGING_URL", "STAGING_PASSWORD"];
    let names = draft.variables.iter().map(|(name, _)| name).filter(|name| !own.contains(&name.as_str()));
    let mut lines = String::new();
    for name in names {
        writeln!(lines, "          {name}: ${{{{ secrets.{name} }}}}").expect("a string takes what is written to it");
    }
    lines
}

/// What the draft is, what to set, and what to do.
fn next(draft: &Draft) -> String {
    let mut text = String::new();
    for note in &draft.notes {
        writeln!(text, "- {note}").expect("a string takes what is written to it");
    }
    text.push_str("next: set\n");
    for (name, what) in &draft.variables {
        writeln!(text, "  {name:<20} {}", report::clean(what)).expect("a string takes what is written to it");
    }
    text.push_str("and write the host of STAGING_URL under `target.allow` unless it is this machine\n");
    text.push_str(
        "then stagegate check, then stagegate run --dry-run, which says what does not work yet, then stagegate run\n",
    );
    text
}

/// Writes a file that is not there yet.
fn write(path: &str, text: &str) -> u8 {
    match write_new(Path::new(path), &text.replace("STAGEGATE_VERSION", env!("CARGO_PKG_VERSION"))) {
        Ok(()) => output::print(&format!("wrote {path}\n")),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            output::print(&format!("{path} is there already, and stays as it is\n"));
        }
        Err(cause) => {
            output::complain(&format!("error: {path} cannot be written ({cause}); run it in a folder that you own"));
            return USAGE;
        }
    }
    DONE
}

/// Fails if the file exists, also when it was made a moment ago by another process.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
