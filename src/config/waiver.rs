//! `regression.waivers`: regressions that are known and do not block for a while.

use serde::Deserialize;

use super::{Environment, Located, Problems, Source, read, yaml};
use crate::units::{Date, Percent};

/// A known regression of one cell. It is listed in every report, blocks all the same from its ceiling on, and ends.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Phase and cell: `light/p95(chart data)`.
    pub cell: Located<String>,
    /// The change from which on the cell blocks all the same; more than its margin. In percentage points for rates.
    pub ceiling: Located<Percent>,
    /// Why it is accepted for now.
    pub reason: Located<String>,
    /// Who sees to it.
    pub owner: Located<String>,
    /// The last day on which it holds, in UTC: `2027-01-31`. After that day gates.yaml is wrong until it is removed or
    /// given a new one.
    pub expires: Located<Date>,
}

/// A waiver, or a file that holds a list of them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Waivers {
    /// A YAML file beside gates.yaml: a list of waivers.
    #[serde(rename = "$bare")]
    #[cfg_attr(test, schemars(untagged))]
    File(Located<String>),
    /// Written here.
    #[serde(rename = "$whole")]
    #[cfg_attr(test, schemars(untagged))]
    Here(Waiver),
}

/// Reads the text of a file of waivers, `file` as the user named it; with it the file for problems that are found later.
///
/// A waiver beside problems may hold stand-ins, which are not [`complete`](Located::complete).
pub fn waivers(file: &str, text: &str, environment: &Environment) -> (Source, Vec<Waiver>, Problems) {
    let mut problems = Problems::default();
    let source = Source::new(file, text);
    let root = yaml::text(file, text.as_bytes()).map(|text| yaml::tree(&source, text, environment, &mut problems));
    let root = root.unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let waivers = root.and_then(|(root, _)| read::read(&source, &root, &mut problems)).unwrap_or_default();
    (source, waivers, problems)
}
