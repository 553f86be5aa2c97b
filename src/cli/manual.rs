//! `stagegate completions` and `stagegate man`: the command line as shells and the manual read it.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use clap::CommandFactory as _;

use super::{
    DONE, USAGE,
    args::{Cli, CompletionsArgs, ManArgs},
    output,
};
use crate::report::clean;

/// Prints the completions of a shell.
pub(super) fn completions(args: &CompletionsArgs) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "stagegate", &mut text);
    write(&text)
}

/// Prints a page of the manual, or writes all of them into a folder.
pub(super) fn man(args: &ManArgs) -> u8 {
    if let Some(folder) = &args.out {
        return pages(folder);
    }
    let mut all = Cli::command();
    all.build();
    let Some(page) = args.command.iter().try_fold(&all, |command, name| command.find_subcommand(name)) else {
        let name = args.command.join(" ");
        output::complain(&format!("error: there is no command {}; `stagegate --help` lists them", clean(&name)));
        return USAGE;
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page.clone()).render(&mut text).expect("writing to memory does not fail");
    write(&text)
}

fn pages(folder: &Path) -> u8 {
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    match written {
        Ok(()) => DONE,
        Err(cause) => {
            output::complain(&format!(
                "error: the pages cannot be written to {} ({cause}); name a folder that you own",
                clean(&folder.to_string_lossy())
            ));
            USAGE
        }
    }
}

fn write(text: &[u8]) -> u8 {
    let mut out = io::stdout().lock();
    let _unread = out.write_all(text).and_then(|()| out.flush());
    DONE
}
