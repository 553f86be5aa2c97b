//! `stagegate compare`: numbers measured elsewhere, or two finished runs.

use std::{
    io::{self, Read as _},
    path::Path,
};

use super::{DONE, USAGE, args::CompareArgs, colour, input, output, prepare, report::read as read_verdict};
use crate::{
    judge::{
        Outcome,
        comparison::{CellResult, ComparisonFile, LARGEST_COMPARISON, outcome},
    },
    report::{VERDICT, clean, comparison_json, comparison_table, side_by_side},
};

/// Something became worse.
const FAILED: u8 = 1;

/// Nothing was decided: invalid, and with `--strict` inconclusive or new.
const UNDECIDED: u8 = 4;

/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Compares, prints, and gives the exit code.
pub(super) fn run(args: &CompareArgs) -> u8 {
    let compared = match &args.head {
        None => file(args),
        Some(head) => folders(&args.base, head, args),
    };
    match compared {
        Ok((cells, text)) => {
            // A table may quote a name; JSON is for programs, and says `##` in another way that means the same.
            if args.json {
                output::print_exactly(&text.replace("##", "#\\u0023"));
            } else {
                output::print(&text);
            }
            exit_code(outcome(&cells), args)
        }
        Err(sentence) => {
            output::complain(&format!("error: {sentence}"));
            USAGE
        }
    }
}

fn exit_code(outcome: Outcome, args: &CompareArgs) -> u8 {
    match outcome {
        Outcome::Passed => DONE,
        Outcome::Failed => FAILED,
        Outcome::Invalid => UNDECIDED,
        _ if args.strict => UNDECIDED,
        _ => DONE,
    }
}

fn file(args: &CompareArgs) -> Result<(Vec<CellResult>, String), String> {
    let shown = shown(&args.base);
    if args.base.is_dir() {
        return Err(format!(
            "{shown} is a directory: name two output directories of `run`, the base first, or one file of numbers"
        ));
    }
    let text = read(&args.base)?;
    let file = ComparisonFile::read(&text).map_err(|error| clean(&format!("{shown}: {error}")).into_owned())?;
    let cells = file.compare();
    let text = if args.json {
        comparison_json(&cells)
    } else {
        comparison_table(&cells, colour::decide(args.color, &prepare::environment(), &io::stdout()))
    };
    Ok((cells, text))
}

fn folders(base: &Path, head: &Path, args: &CompareArgs) -> Result<(Vec<CellResult>, String), String> {
    let both = side_by_side(&read_verdict(&base.join(VERDICT))?, &read_verdict(&head.join(VERDICT))?);
    let text = if args.json { comparison_json(&both.cells) } else { both.text };
    Ok((both.cells, text))
}

/// The text of a file or of standard input; never more than the largest that is read.
fn read(path: &Path) -> Result<String, String> {
    let shown = shown(path);
    let bytes = if path.as_os_str() == STANDARD_INPUT { stdin() } else { input::read(path, LARGEST_COMPARISON) };
    let bytes = bytes.map_err(|cause| {
        format!("{shown} cannot be read ({cause}); name a file of numbers, or - for standard input")
    })?;
    if bytes.len() as u64 > LARGEST_COMPARISON {
        return Err(format!(
            "{shown} is larger than {LARGEST_COMPARISON} bytes and is not read; compare fewer cells at once"
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{shown} cannot be used: it is not UTF-8 text from byte {at} on; the file must be JSON")
    })
}

fn stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(LARGEST_COMPARISON + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn shown(path: &Path) -> String {
    if path.as_os_str() == STANDARD_INPUT {
        return "standard input".to_owned();
    }
    clean(&path.to_string_lossy()).into_owned()
}
