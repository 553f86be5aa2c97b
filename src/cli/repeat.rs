//! The command that repeats a run.

use super::args::{PlanArgs, RunArgs};

/// A command for a shell: every choice of this run, its seed included; places such as --out are left out.
pub(super) fn command(args: &RunArgs, seed: u64) -> String {
    let PlanArgs { config, profile, phase, target, commit: _, seed: _, time_scale, deadline: _, color: _ } = &args.plan;
    let mut words = vec!["stagegate".to_owned(), "run".to_owned()];
    let mut flag = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
    if config.as_os_str() != "gates.yaml" {
        flag("-c", &config.to_string_lossy());
    }
    let phases = phase.iter().map(|name| ("--phase", name.clone()));
    let choices = profile.iter().map(|name| ("--profile", name.clone())).chain(phases);
    let choices = choices.chain(target.iter().map(|url| ("--target", url.clone())));
    let choices = choices.chain(args.against.iter().map(|url| ("--against", url.clone())));
    let choices = choices.chain(args.baseline.iter().map(|store| ("--baseline", store.clone())));
    let repeat = (args.repeat > 1).then(|| ("--repeat", args.repeat.to_string()));
    for (name, value) in choices.chain(repeat).chain(time_scale.iter().map(|scale| ("--time-scale", scale.to_string())))
    {
        flag(name, &value);
    }
    flag("--seed", &seed.to_string());
    if args.dry_run {
        words.push("--dry-run".to_owned());
    }
    words.join(" ")
}

/// As a POSIX shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn repeated(line: &[&str]) -> String {
        let cli = Cli::try_parse_from([&["stagegate", "run"], line].concat()).expect("it is right");
        let Command::Run(args) = cli.command else { panic!("it is run") };
        command(&args, 7)
    }

    #[test]
    fn says_what_was_compared() {
        assert_eq!(repeated(&["--against", "http://b"]), "stagegate run --against http://b --seed 7");
        assert_eq!(
            repeated(&["--baseline", "git:perf", "--repeat", "3"]),
            "stagegate run --baseline git:perf --repeat 3 --seed 7"
        );
    }

    #[test]
    fn says_every_choice_as_a_shell_reads_it() {
        assert_eq!(repeated(&[]), "stagegate run --seed 7");
        assert_eq!(
            repeated(&["-c", "a b.yaml", "--profile", "pr", "--phase", "it's", "--time-scale", "0.5", "--dry-run"]),
            r"stagegate run -c 'a b.yaml' --profile pr --phase 'it'\''s' --time-scale 0.5 --seed 7 --dry-run"
        );
    }
}
