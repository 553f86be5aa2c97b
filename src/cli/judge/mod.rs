//! `stagegate judge`: a load that another tool made.

mod files;
mod measured;
mod places;

use std::io;

use self::{files::Files as Given, measured::Elsewhere, places::Places};
use super::{
    USAGE,
    args::{JudgeArgs, PlanArgs, ToolArg},
    colour,
    history::Shelf,
    output,
    posting::{Posting, Said},
    prepare::{self, Comparison, Load, Prepared, prepare_for},
    publishing,
};
use crate::{
    foreign::Tool,
    gate::{self, Against, ForeignRun, Stop},
    publish::Folder,
    report::{self, Files},
};

/// Judges, prints, and gives the exit code.
pub(super) fn run(args: &JudgeArgs) -> u8 {
    match judge(args) {
        Ok(code) => code,
        Err(text) => {
            output::complain(&text);
            USAGE
        }
    }
}

fn tool(args: &JudgeArgs) -> Tool {
    match args.from {
        ToolArg::K6 => Tool::K6,
        ToolArg::Locust => Tool::Locust,
        ToolArg::JMeter => Tool::JMeter,
        ToolArg::Ndjson => Tool::Ndjson,
    }
}

/// Everything that is wrong with the command line, gates.yaml and the files is an error here: the text for standard error.
fn judge(args: &JudgeArgs) -> Result<u8, String> {
    let environment = prepare::environment();
    let complain = |sentence: String| format!("error: {}", report::clean(&sentence));
    let places = Places::read(&args.phase).map_err(complain)?;
    let given = Given::of(args, &places).map_err(complain)?;
    let elsewhere = Elsewhere::look(tool(args), &given, &places).map_err(complain)?;
    let comparison = if args.baseline.is_some() { Comparison::Wanted } else { Comparison::AsWritten };
    let foreign = elsewhere.foreign(&places).map_err(complain)?;
    let prepared = prepare_for(&plan_args(args, &places), environment.clone(), comparison, Load::Foreign(foreign))?;
    let Prepared { plan, secrets, .. } = prepared;
    let measured = elsewhere.measure(&plan, &given, &places).map_err(complain)?;

    let reports = Files::from(&plan.publish);
    let folder = Folder::prepare(&args.out)
        .and_then(|folder| publishing::clear(&folder, &reports).map(|()| folder))
        .map_err(|error| format!("error: {error}"))?;
    let (_switch, stop) = Stop::new();
    let mut posting = Posting::of(&plan, &secrets, &environment).unwrap_or_else(|_| Posting::nothing());
    posting.begin(&stop);
    let shelf = Shelf::of((args.baseline.as_deref(), &args.config), &plan, &secrets, &environment);
    let against = plan.regression.is_some().then(|| Against::Stored(Box::new(shelf.stored_with_distributions())));
    let run = ForeignRun { repeat: repeated(args), against, ..measured };
    let finished = gate::judge_foreign(&plan, run);
    let mut publishable = publishing::write(&finished, &plan, &folder, &secrets);
    publishing::summarize(&mut publishable, &folder, &secrets, &environment);
    let Said { warnings, commands } = posting.end(&publishable, &stop);
    publishing::warn(&mut publishable, &warnings, &secrets, &environment);
    if shelf.saves(args.save_baseline) {
        let said = shelf.save(&finished, &secrets).unwrap_or_else(|why| format!("warning: {why}"));
        output::complain(&report::clean(&secrets.mask(&said)));
    }
    let colour = colour::decide(args.color, &environment, &io::stdout());
    output::print(&if args.quiet {
        report::headline_only(&publishable, colour)
    } else {
        report::closing(&publishable, &args.out.to_string_lossy(), colour)
    });
    output::print_exactly(&commands);
    Ok(finished.verdict.exit_code)
}

/// Of a profile only its phases count: nothing of a load that is over can be shortened.
fn plan_args(args: &JudgeArgs, places: &Places) -> PlanArgs {
    PlanArgs {
        config: args.config.clone(),
        profile: args.profile.clone(),
        phase: places.phases(),
        target: args.target.clone(),
        commit: args.commit.clone(),
        seed: Some(0),
        time_scale: Some(1.0),
        deadline: None,
        color: args.color,
    }
}

/// The command that judges the same files again.
fn repeated(args: &JudgeArgs) -> String {
    let mut words = vec!["stagegate judge --from".to_owned(), tool(args).name().to_owned()];
    words.extend(args.files.iter().map(|file| super::repeat::quoted(&file.to_string_lossy())));
    let mut flag = |name: &str, value: &str| words.extend([name.to_owned(), super::repeat::quoted(value)]);
    args.phase.iter().for_each(|phase| flag("--phase", phase));
    if args.config.as_os_str() != "gates.yaml" {
        flag("-c", &args.config.to_string_lossy());
    }
    args.profile.iter().for_each(|profile| flag("--profile", profile));
    args.target.iter().for_each(|target| flag("--target", target));
    args.baseline.iter().for_each(|store| flag("--baseline", store));
    words.join(" ")
}

#[cfg(test)]
mod tests;
