//! `stagegate schema`: the JSON schema of gates.yaml, or the page that is made from it.

use super::{DONE, args::SchemaArgs, output};
use crate::{config::SCHEMA, report};

/// Prints the schema, or the page.
pub(super) fn run(args: &SchemaArgs) -> u8 {
    if args.markdown {
        output::print_exactly(&report::reference(SCHEMA));
    } else {
        output::print_exactly(SCHEMA);
    }
    DONE
}
