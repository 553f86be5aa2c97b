//! `stagegate baseline prune`.

use jiff::Timestamp;

use super::{open, runs};
use crate::{baseline::Run, cli::args::PruneArgs, report::clean};

pub(super) fn run(args: &PruneArgs) -> Result<String, String> {
    let opened = open(&args.store)?;
    let beyond = opened.store.beyond(args.keep as usize, Timestamp::now()).map_err(|error| opened.failed(&error))?;
    let place = opened.store.place();
    let place = clean(&place);
    let number = runs(beyond.runs.len());
    if beyond.runs.is_empty() {
        return Ok(format!("There is nothing to remove from {place}: no kind has more than {} runs.\n", args.keep));
    }
    let line = |run: &Run| {
        let (gate, branch, finished) = (&run.key.gate, &run.branch, run.finished_at.strftime("%Y-%m-%d %H:%M"));
        format!("{}  {finished}  {}  {}\n", run.id, clean(gate), clean(branch))
    };
    let lines: String = beyond.runs.iter().map(line).collect();
    let end = if args.yes {
        opened.store.remove(&beyond).map_err(|error| opened.failed(&error))?;
        format!("Removed {number} from {place}.\n")
    } else {
        format!("These {number} would be removed from {place}; add --yes to do it.\n")
    };
    Ok(opened.secrets().mask(&format!("{lines}{end}")).into_owned())
}
