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

/// Compares each cell of the plan with the second deployment; one regression each, phase by phase.
///
/// `blocks` are those of each phase that was run, by its position in the plan. The cells of a phase that was not run are
/// `not_run`; those of one that was run without a block, because one side could not be measured, are inconclusive: a
/// comparison that was asked for and did not take place is no pass.
pub fn against_deployment(plan: &Plan, blocks: &[Blocks]) -> Vec<Regression> {
    let entries = entries(plan);
    let of_phase = |phase: &str| {
        let position = plan.phases.iter().position(|planned| planned.name == phase);
        position.and_then(|position| blocks.get(position))
    };
    let pairs: Vec<Vec<[Option<f64>; 2]>> = entries
        .iter()
        .map(|entry| {
            let name = entry.name();
            let pair = |block: &[RunValues; 2]| [block[0].get(&name).copied(), block[1].get(&name).copied()];
            of_phase(entry.phase).into_iter().flatten().map(pair).collect()
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
                return match of_phase(entry.phase) {
                    None => entry.without(Outcome::NotRun, "The phase was not run.".to_owned()),
                    Some(_) => entry.without(
                        Outcome::Inconclusive,
                        "Not both sides could be measured, so nothing was compared.".to_owned(),
                    ),
                };
            };
            let side = |side: usize| pairs.iter().filter_map(|pair| pair[side]).collect::<Vec<f64>>();
            Regression { blocks: pairs.clone(), ..entry.compared(result, &side(0), &side(1)) }
        })
        .collect()
}
