//! Whether an output takes colour.

use std::io::IsTerminal;

use super::args::ColourArg;
use crate::{config::Environment, report::Colour};

/// `--color` first, then `NO_COLOR` and `CLICOLOR_FORCE` (no-color.org, bixense.com/clicolors), then whether the output
/// is a terminal that can.
pub(super) fn decide(choice: ColourArg, environment: &Environment, output: &impl IsTerminal) -> Colour {
    let set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    let dumb = environment.get("TERM").is_some_and(|term| term == "dumb");
    let on = match choice {
        ColourArg::Always => true,
        ColourArg::Never => false,
        ColourArg::Auto if set("NO_COLOR") => false,
        ColourArg::Auto => forced || (output.is_terminal() && !dumb),
    };
    if on { Colour::On } else { Colour::Off }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn the_flag_comes_before_the_variables() {
        let file = File::open(env!("CARGO_MANIFEST_DIR")).expect("a folder can be opened, and is no terminal");
        for (choice, variables, colour) in [
            (ColourArg::Auto, &[][..], Colour::Off),
            (ColourArg::Auto, &[("CLICOLOR_FORCE", "1")], Colour::On),
            (ColourArg::Auto, &[("CLICOLOR_FORCE", "0")], Colour::Off),
            (ColourArg::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], Colour::Off),
            (ColourArg::Auto, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], Colour::On),
            (ColourArg::Always, &[("NO_COLOR", "1")], Colour::On),
            (ColourArg::Never, &[("CLICOLOR_FORCE", "1")], Colour::Off),
        ] {
            let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(decide(choice, &environment, &file), colour, "{choice:?} {variables:?}");
        }
    }
}
