//! Against a second deployment, measured in turn.

use super::{RunValues, entries};
use crate::{
    judge::{
        Outcome, Regression,
        comparison::{self, Cell, Side},
    },
    plan::Plan,
};

/// What one phase gave, block by block in order of time: the values of the base and of the head.
pub type Blocks = Vec<[RunValues; 2]>;

/// Compares each cell of the plan with the second deployment; one regression each, phase by phase. A phase of which no
/// block was measured is `not_run`.
///
/// `blocks` are those of each phase, by its position in the plan.
pub fn against_deployment(plan: &Plan, blocks: &[Blocks]) -> Vec<Regression> {
    let entries = entries(plan);
    let of_phase = |phase: &str| {
        let position = plan.phases.iter().position(|planned| planned.name == phase);
        position.and_then(|position| blocks.get(position)).map(Vec::as_slice).unwrap_or_default()
    };
    let pairs: Vec<Vec<[Option<f64>; 2]>> = entries
        .iter()
        .map(|entry| {
            let name = entry.name();
            let pair = |block: &[RunValues; 2]| [block[0].get(&name).copied(), block[1].get(&name).copied()];
            of_phase(entry.phase).iter().map(pair).collect()
        })
        .collect();
    let cells: Vec<Cell> = entries
        .iter()
        .zip(&pairs)
        .filter(|(_, pairs)| !pairs.is_empty())
        .map(|(entry, pairs)| entry.cell(Side::Interleaved { pairs: pairs.clone() }))
        .collect();
    let mut results = comparison::interleaved(&cells).into_iter();
    entries
        .iter()
        .zip(&pairs)
        .map(|(entry, pairs)| {
            let result = if pairs.is_empty() { None } else { results.next() };
            let Some(result) = result else {
                return entry.without(Outcome::NotRun, "The phase was not measured whole.".to_owned());
            };
            let side = |side: usize| pairs.iter().filter_map(|pair| pair[side]).collect::<Vec<f64>>();
            Regression { blocks: pairs.clone(), ..entry.compared(result, &side(0), &side(1)) }
        })
        .collect()
}
