//! From the command line and gates.yaml to a plan: shared by `run` and `check`.

use std::path::Path;

use jiff::Timestamp;

use super::{SECRETS, args::PlanArgs, ci::in_github_actions, commit, input, named::named, output};
use crate::{
    config::{self, Config, Environment, LARGEST_FILE, Note, Problem, Problems, Secrets},
    plan::{self, Choice, Foreign, Plan},
    publish::github,
    report::{Annotation, AnnotationLevel, Blob, clean},
    units::{Bytes, Date},
};

/// A file of rows beyond this size is not read.
const LARGEST_ROWS: u64 = 256 << 20;

/// A gates.yaml in which everything is right.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) notes: Vec<Note>,
    pub(super) secrets: Secrets,
    /// Names of `secrets` whose values are too short to be masked.
    pub(super) unmasked: Vec<String>,
}

/// Whether a run compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Where gates.yaml has a `regression`.
    AsWritten,
    /// In any case: with the defaults where it has none.
    Wanted,
}

/// The environment of this process; a variable that is not Unicode cannot be named in gates.yaml.
pub(super) fn environment() -> Environment {
    let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(unicode).collect()
}

/// Reads gates.yaml and builds its plan.
///
/// # Errors
/// The text for standard error: everything that is wrong, already masked.
pub(super) fn prepare(args: &PlanArgs, environment: Environment) -> Result<Prepared, String> {
    prepare_with(args, environment, Comparison::AsWritten)
}

/// The same for a command line that may ask for a comparison.
///
/// # Errors
/// As [`prepare`].
pub(super) fn prepare_with(
    args: &PlanArgs,
    environment: Environment,
    comparison: Comparison,
) -> Result<Prepared, String> {
    prepare_for(args, environment, comparison, Load::Own)
}

/// The same for a look into a store: a gates.yaml without `scenarios`, by which only other tools' loads are judged, will do.
///
/// # Errors
/// As [`prepare`].
pub(super) fn prepare_for_store(args: &PlanArgs, environment: Environment) -> Result<Prepared, String> {
    prepare_for(args, environment, Comparison::AsWritten, Load::OwnOrForeign)
}

/// Who makes the load that a plan is built for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Load {
    /// The gate.
    Own,
    /// Another tool did; this is what its files hold.
    Foreign(Foreign),
    /// The gate, where gates.yaml says how, else another tool.
    OwnOrForeign,
}

/// The same for a load that another tool made, or may have made.
///
/// # Errors
/// As [`prepare`].
pub(super) fn prepare_for(
    args: &PlanArgs,
    mut environment: Environment,
    comparison: Comparison,
    load: Load,
) -> Result<Prepared, String> {
    let name = named(&args.config, &environment);
    let commit = args.commit.clone().unwrap_or_else(|| commit::under_test(&environment));
    environment.insert("STAGEGATE_COMMIT".to_owned(), commit.clone());
    let bytes = input::read(&args.config, LARGEST_FILE as u64).map_err(|cause| {
        format!("error: {} cannot be read ({cause}); `stagegate init` writes one, and -c names another", clean(&name))
    })?;
    let read = if load == Load::Own { config::read } else { config::read_without_load };
    let (config, problems) = read(&name, &bytes, &environment);
    let keys = Secrets::new(&[], &environment);
    let Some(config) = config else { return Err(told(&problems, &keys, &environment)) };
    let foreign = match load {
        Load::Own => None,
        Load::Foreign(foreign) => Some(foreign),
        Load::OwnOrForeign => config.without_load.then(Foreign::default),
    };
    let secrets = Secrets::of_file(&config, &environment);
    // There is one run in a process; a second one would mask by the first one's secrets in a defect's last words only.
    let _first = SECRETS.set(secrets.clone());
    let choice = Choice {
        profile: args.profile.clone(),
        phases: args.phase.clone(),
        target: args.target.clone(),
        time_scale: args.time_scale,
        seed: args.seed.unwrap_or_else(drawn_seed),
        commit,
        comparison: comparison == Comparison::Wanted,
        deadline: args.deadline,
        today: Date::of(Timestamp::now()),
        limits: crate::load::limits(),
        files: files(&config, &args.config),
        foreign,
        environment,
    };
    build(&config, &choice, problems).map_err(|problems| told(&problems, &secrets, &choice.environment)).map(|plan| {
        let notes = plan::notes(&config, &choice, &plan);
        let short = Secrets::too_short(&config, &choice.environment);
        let unmasked = short.into_iter().map(|(name, _)| name).collect();
        Prepared { plan, notes, secrets, unmasked }
    })
}

/// The text of what is wrong; in a job of GitHub Actions it stands at its lines too. What is wrong may be `secrets`, so that
/// also what only looks like one is masked.
fn told(problems: &Problems, secrets: &Secrets, environment: &Environment) -> String {
    let guessed = Secrets::guessed(environment);
    let mask = |text: &str| guessed.mask(&secrets.mask(text)).into_owned();
    if in_github_actions(environment) {
        let folder = std::env::current_dir().ok().and_then(|here| github::folder_in_repository(environment, &here));
        let blob = folder.map(|folder| Blob { base: String::new(), folder });
        let place = |file: &str| blob.as_ref().and_then(|blob| blob.path(file)).unwrap_or_else(|| file.to_owned());
        let annotation = |problem: &Problem| {
            let help = problem.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
            Annotation {
                file: place(&problem.file),
                line: problem.line,
                level: AnnotationLevel::Failure,
                title: "gates.yaml cannot be used".to_owned(),
                message: mask(&format!("{}{help}", problem.message)),
            }
        };
        output::print_exactly(&github::commands(&problems.iter().map(annotation).collect::<Vec<_>>(), 0));
    }
    mask(&problems.to_string())
}

/// The plan, or every problem of both layers in the order of the file.
fn build(config: &Config, choice: &Choice, mut problems: Problems) -> Result<Plan, Problems> {
    match plan::build(config, choice) {
        Ok(plan) if problems.is_empty() => Ok(plan),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            Err(problems)
        }
    }
}

/// Six digits are enough for a seed that people type again.
fn drawn_seed() -> u64 {
    fastrand::u64(1..1_000_000)
}

/// The files of datasets and waivers, beside gates.yaml.
fn files(config: &Config, gates: &Path) -> std::collections::BTreeMap<String, Result<String, String>> {
    let folder = gates.parent().unwrap_or(Path::new(""));
    let read = |name: String| {
        let text = rows(&folder.join(&name));
        (name, text)
    };
    plan::files(config).into_iter().map(read).collect()
}

/// The text of a file of rows, or why it cannot be read.
fn rows(path: &Path) -> Result<String, String> {
    let bytes = input::read(path, LARGEST_ROWS).map_err(|cause| cause.to_string())?;
    if bytes.len() as u64 > LARGEST_ROWS {
        return Err(format!("it is larger than {}", Bytes(LARGEST_ROWS)));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}
