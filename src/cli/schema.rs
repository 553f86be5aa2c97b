//! `stagegate schema`: the JSON schema of gates.yaml.

use super::{DONE, output};
use crate::config::SCHEMA;

/// Prints the schema.
pub(super) fn run() -> u8 {
    output::print_exactly(SCHEMA);
    DONE
}
