//! What is taken, and what is refused.

use clap::CommandFactory;

use super::*;

fn read(line: &[&str]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from([&["stagegate"], line].concat())
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn every_flag_of_run_has_an_environment_variable() {
    let command = Cli::command();
    let run = command.find_subcommand("run").expect("there is a run");
    for arg in run.get_arguments().filter(|arg| arg.get_id() != "help") {
        let flag = arg.get_long().expect("every argument of run has a long flag");
        let name = format!("STAGEGATE_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(name.as_str()));
    }
}

#[test]
fn every_flag_of_the_contract_is_there() {
    let line = "run -c f --profile p --phase a --phase b --target http://x --baseline s --repeat 3 --out o \
                --save-baseline --commit c --seed 7 --time-scale 0.5 --deadline 30m --dry-run -v \
                --color never";
    let cli = read(&line.split_whitespace().collect::<Vec<_>>()).expect("all of them");
    let Command::Run(args) = cli.command else { panic!("it is run") };
    assert_eq!(args.plan.phase, ["a", "b"]);
    assert_eq!(args.plan.deadline, Some(Duration::from_secs(1800)));
    assert!(args.dry_run && args.verbose && args.save_baseline && !args.quiet);
    assert!(read(&["run", "--against", "http://y"]).is_ok());
    assert!(read(&["selftest", "-c", "f", "--profile", "p", "--target", "http://x", "-q"]).is_ok());
    assert!(read(&["calibrate", "-c", "f", "--profile", "p", "--budget", "10m", "-q"]).is_ok());
}

#[test]
fn every_act_on_baselines_is_there() {
    for line in [
        "list --baseline git:baselines",
        "show 0123",
        "save out --branch main -c f",
        "save",
        "pin v1.8",
        "accept --reason r --author a --expires 2127-01-31",
        "prune --keep 100 --yes",
    ] {
        let words: Vec<_> = ["baseline"].into_iter().chain(line.split_whitespace()).collect();
        assert!(read(&words).is_ok(), "{line}");
    }
}

#[test]
fn wrong_usage_is_refused_with_code_2() {
    for line in [
        &["run", "--no-such-flag"][..],
        &["run", "--time-scale", "0"],
        &["run", "--time-scale", "NaN"],
        &["run", "--deadline", "30"],
        &["run", "--repeat", "0"],
        &["run", "--against", "http://y", "--baseline", "s"],
        &["run", "--against", "http://y", "--repeat", "2"],
        &["run", "--against", "http://y", "--save-baseline"],
        &["run", "--seed", "x"],
        &["baseline"],
        &["baseline", "accept"],
        &["baseline", "accept", "--reason", "r", "--expires", "tomorrow"],
        &["baseline", "accept", "--reason", "r", "--expires", "2020-01-31"],
        &["baseline", "prune", "--keep", "0"],
        &["calibrate", "--budget", "0s"],
        &["compare"],
        &["compare", "a", "b", "c"],
        &[],
    ] {
        assert_eq!(read(line).expect_err("it is wrong").exit_code(), 2, "{line:?}");
    }
    assert_eq!(read(&["--help"]).expect_err("help is no command").exit_code(), 0);
}

/// The words of an example, up to the remark beside it.
fn words(line: &str) -> Vec<String> {
    let command = line.trim().split("  ").next().unwrap_or_default();
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words
}

/// The lines of the examples below every command's help.
pub(super) fn examples() -> Vec<String> {
    fn of(command: &clap::Command, found: &mut Vec<String>) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        found.extend(help.lines().filter(|line| line.starts_with("  stagegate ")).map(str::to_owned));
        command.get_subcommands().for_each(|command| of(command, found));
    }
    let mut found = Vec::new();
    of(&Cli::command(), &mut found);
    found
}

#[test]
fn every_example_is_taken() {
    let found = examples();
    assert!(found.len() > 30, "{found:#?}");
    for line in &found {
        if line.contains("stagegate help ") {
            continue;
        }
        let words = words(line);
        let refused = Cli::try_parse_from(&words).err();
        assert!(refused.is_none(), "{words:?}: {refused:?}");
    }
}

#[test]
fn every_command_has_an_example() {
    fn asked(command: &clap::Command, path: &str) -> usize {
        let of = |command: &clap::Command| {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.lines().any(|line| line.starts_with(&path)), "{path}: {help}");
            1 + asked(command, &path)
        };
        command.get_subcommands().map(of).sum()
    }
    assert!(asked(&Cli::command(), "  stagegate") >= 20, "the acts of `baseline` are commands too");
}
