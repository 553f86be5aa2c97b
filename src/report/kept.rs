//! Which rows stay in a table that has not room for all: those that a reader looks for first.

use crate::judge::Outcome;

/// How soon a reader looks for an outcome, the smallest number first.
pub(super) fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Failed => 0,
        Outcome::Invalid | Outcome::Interrupted => 1,
        Outcome::Inconclusive | Outcome::New => 2,
        Outcome::Warned => 3,
        Outcome::Passed | Outcome::NotRun => 4,
    }
}

/// Of more than so many rows those of the smallest rank, and of one rank the first; all in the order that they had. Then how
/// many are left out.
pub(super) fn kept<T, R: Ord>(rows: Vec<T>, most: usize, rank: impl Fn(&T) -> R) -> (Vec<T>, usize) {
    let more = rows.len().saturating_sub(most);
    if more == 0 {
        return (rows, 0);
    }
    let mut ranked: Vec<(usize, T)> = rows.into_iter().enumerate().collect();
    // A stable sort: those of one rank stay in their order.
    ranked.sort_by_key(|(_, row)| rank(row));
    ranked.truncate(most);
    ranked.sort_by_key(|(at, _)| *at);
    (ranked.into_iter().map(|(_, row)| row).collect(), more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_rank_stays_in_its_own_order() {
        assert_eq!(kept(vec![5, 1, 4, 1, 3], 5, |one| *one), (vec![5, 1, 4, 1, 3], 0), "all have room");
        assert_eq!(kept(vec![5, 1, 4, 1, 3], 3, |one| *one), (vec![1, 1, 3], 2));
        assert_eq!(kept(vec![5, 1, 4, 1, 3], 3, |one| *one == 1), (vec![5, 4, 3], 2), "among equals the first");
        assert_eq!(kept(Vec::<u8>::new(), 3, |one| *one), (Vec::new(), 0));
    }
}
