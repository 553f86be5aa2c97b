//! Holm's step-down adjustment.

/// Adjusted p values, in the order given: the i-th smallest of m times (m - i + 1), never below the one before, at most 1.
/// Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
pub(super) fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut floor: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        floor = floor.max(p[index] * (p.len() - rank) as f64).min(1.0);
        adjusted[index] = floor;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::adjusted;

    #[test]
    fn steps_down() {
        assert_eq!(adjusted(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert_eq!(adjusted(&[0.5]), [0.5]);
        assert_eq!(adjusted(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(adjusted(&[]).is_empty());
    }
}
