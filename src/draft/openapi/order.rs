//! In which order operations run: reading ones first, each after what gives it a value.

use std::collections::{HashMap, HashSet};

use super::{description::Description, operation::Operation};

/// The positions of the operations that become steps, at most so many.
pub(super) fn ordered(description: &Description<'_>, all: &[Operation<'_>], most: usize) -> Vec<usize> {
    let reads = (0..all.len()).filter(|at| all[*at].reads());
    let writes = (0..all.len()).filter(|at| !all[*at].reads());
    let collections = all.iter().map(|operation| operation.path.trim_end_matches('/')).collect();
    let mut needs = Needs { description, all, most, collections, givers: HashMap::new() };
    let mut order: Vec<usize> = Vec::new();
    for at in reads.chain(writes) {
        if order.len() >= most {
            break;
        }
        let mut needed = Vec::new();
        needs.require(at, &order, &mut needed);
        if order.len() + needed.len() <= most {
            order.extend(needed);
        }
    }
    order
}

/// What operations need of each other. Each question is asked once: a description may ask it many thousand times.
struct Needs<'d, 'a> {
    description: &'d Description<'a>,
    all: &'d [Operation<'a>],
    /// More than this one operation cannot need.
    most: usize,
    /// Paths on which something may be listed or created.
    collections: HashSet<&'a str>,
    /// Who gives a parameter behind a path.
    givers: HashMap<(&'a str, &'a str), Option<usize>>,
}

impl Needs<'_, '_> {
    /// An operation after everything that it needs and that is not there yet. A giver's path has fewer parameters than
    /// the path that needs it, so this ends.
    fn require(&mut self, at: usize, order: &[usize], needed: &mut Vec<usize>) {
        if needed.len() > self.most || needed.contains(&at) || order.contains(&at) {
            return;
        }
        for (before, parameter) in self.all[at].places() {
            if !self.collections.contains(before) {
                continue;
            }
            let (description, all) = (self.description, self.all);
            let known = self.givers.entry((before, parameter));
            let giver = *known.or_insert_with(|| giver(description, all, before, parameter).map(|(giver, _)| giver));
            if let Some(giver) = giver {
                self.require(giver, order, needed);
            }
        }
        needed.push(at);
    }
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
