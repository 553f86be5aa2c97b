//! From a finished run to its files. The verdict is written first; what fails after that is a warning.

use super::{SECRETS, output};
use crate::{
    config::{Environment, Secrets},
    gate::{Finished, LOGS},
    plan::Plan,
    publish::{Folder, GitHub, PublishError},
    report::{self, Files, MEASUREMENTS, Mask, Publishable, Recording, VERDICT},
};

/// Removes the reports of an earlier run, so that one that never ends leaves no verdict that is not its own.
///
/// # Errors
/// When one cannot be removed, or its name leads out of the folder.
pub(super) fn clear(folder: &Folder, files: &Files) -> Result<(), PublishError> {
    [VERDICT, MEASUREMENTS].into_iter().chain(LOGS).chain(files.names()).try_for_each(|name| folder.clear(name))
}

/// Writes every file of the run, the verdict first; gives what there is to show.
pub(super) fn write(finished: &Finished, plan: &Plan, folder: &Folder, secrets: &Secrets) -> Publishable {
    let mask: &Mask<'_> = &|text| secrets.mask(text);
    let mut publishable = Publishable::new(finished.verdict.clone(), Files::from(&plan.publish), mask);
    let recording = Recording::of(&plan.endpoints, &finished.phases, mask);
    let documents = report::documents(&publishable, Some(&recording));
    let written = documents.iter().map(|document| folder.write(&document.name, &document.text));
    let mut warnings: Vec<_> = written.filter_map(Result::err).collect();
    let measurements = report::measurements(&plan.endpoints, &finished.phases, mask);
    warnings.extend(folder.write(MEASUREMENTS, &measurements).err());
    for warning in &warnings {
        say(&warning.to_string());
        note(&mut publishable, &warning.to_string(), secrets);
    }
    publishable
}

/// Adds what could not be published to what is shown: the terminal and the step's summary have it, the files that were
/// written before have not.
pub(super) fn note(publishable: &mut Publishable, warning: &str, secrets: &Secrets) {
    publishable.note(&format!("warning: {warning}"), &|text| secrets.mask(text));
}

/// Says a warning on standard error.
pub(super) fn say(warning: &str) {
    output::complain(&report::clean(&masked(&format!("warning: {warning}"))));
}

/// A text without the secrets of this run.
pub(super) fn masked(text: &str) -> String {
    SECRETS.get().map_or_else(|| text.to_owned(), |secrets| secrets.mask(text).into_owned())
}

/// Writes what GitHub's runner reads after the step: its summary and outputs. What is wrong with the summary itself, only
/// the terminal can say.
pub(super) fn summarize(publishable: &mut Publishable, folder: &Folder, secrets: &Secrets, environment: &Environment) {
    for warning in github(publishable, folder, environment) {
        say(&warning.to_string());
        note(publishable, &warning.to_string(), secrets);
    }
}

/// Adds what could not be posted to the terminal's last words and to the step's summary, which is written already.
pub(super) fn warn(publishable: &mut Publishable, warnings: &[String], secrets: &Secrets, environment: &Environment) {
    for warning in warnings {
        note(publishable, warning, secrets);
    }
    if warnings.is_empty() {
        return;
    }
    if let Err(full) = GitHub::of(environment).summarize(&[&report::warnings(warnings)]) {
        say(&full.to_string());
        note(publishable, &full.to_string(), secrets);
    }
}

/// The step's summary and outputs; a warning for each that cannot be written.
fn github(publishable: &Publishable, folder: &Folder, environment: &Environment) -> Vec<PublishError> {
    let github = GitHub::of(environment);
    let verdict = publishable.verdict();
    let code = verdict.exit_code.to_string();
    let outcome = verdict.word().replace(' ', "_");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let outputs = [
        ("outcome", &*outcome),
        ("exit-code", &code),
        ("verdict", &path(VERDICT)),
        ("report", &folder.path().to_string_lossy()),
    ];
    let (long, short) = (report::summary(publishable), report::short_summary(publishable));
    [github.outputs(&outputs), github.summarize(&[&long, &short])].into_iter().filter_map(Result::err).collect()
}
