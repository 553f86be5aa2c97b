//! In which order operations run: reading ones first, each after what gives it a value.

use super::{description::Description, operation::Operation};

/// The positions of the operations that become steps, at most so many.
pub(super) fn ordered(description: &Description<'_>, all: &[Operation<'_>], most: usize) -> Vec<usize> {
    let reads = (0..all.len()).filter(|at| all[*at].reads());
    let writes = (0..all.len()).filter(|at| !all[*at].reads());
    let mut order: Vec<usize> = Vec::new();
    for at in reads.chain(writes) {
        let mut needed = Vec::new();
        require(description, all, at, &mut needed);
        needed.retain(|at| !order.contains(at));
        if order.len() + needed.len() <= most {
            order.extend(needed);
        }
    }
    order
}

/// An operation after everything that it needs. A giver's path is shorter than the path that needs it, so this ends.
fn require(description: &Description<'_>, all: &[Operation<'_>], at: usize, needed: &mut Vec<usize>) {
    if needed.contains(&at) {
        return;
    }
    for (before, parameter) in all[at].places() {
        if let Some((giver, _)) = giver(description, all, before, parameter) {
            require(description, all, giver, needed);
        }
    }
    needed.push(at);
}

/// The operation whose answer holds the value of a parameter, and where: one that creates, else one that lists.
pub(super) fn giver(
    description: &Description<'_>,
    all: &[Operation<'_>],
    before: &str,
    parameter: &str,
) -> Option<(usize, String)> {
    ["post", "get"].into_iter().find_map(|method| {
        let collection =
            |operation: &&Operation<'_>| operation.method == method && operation.path.trim_end_matches('/') == before;
        let at = all.iter().position(|operation| collection(&operation))?;
        if method == "post" && !description.can_carry(&all[at]) {
            return None;
        }
        Some((at, description.pointer_to(parameter, description.answer(&all[at]))?))
    })
}
