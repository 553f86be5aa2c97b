//! An allowed share, compared exactly.

/// One in a billion: finer than any limit that a person writes.
const PARTS: f64 = 1e9;

/// A share that at most, or less than which, may count against a limit. Compared with counts in whole numbers, because
/// `1 - 0.9` is not `0.1` in binary fractions, and a share of exactly the limit has to be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::judge) struct Allowed {
    parts: u64,
}

impl Allowed {
    /// The share itself.
    pub(in crate::judge) fn share(share: f64) -> Self {
        Self { parts: (share.clamp(0.0, 1.0) * PARTS).round() as u64 }
    }

    /// What is left of one: `p95` allows 5 %.
    pub(in crate::judge) fn rest(share: f64) -> Self {
        Self { parts: PARTS as u64 - Self::share(share).parts }
    }

    /// As a number.
    pub(in crate::judge) fn number(self) -> f64 {
        self.parts as f64 / PARTS
    }

    /// How `x` of `n` compares with this share.
    pub(in crate::judge) fn compare(self, x: u64, n: u64) -> std::cmp::Ordering {
        (u128::from(x) * PARTS as u128).cmp(&(u128::from(self.parts) * u128::from(n)))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::Allowed;

    #[test]
    fn exactly_the_share_is_equal() {
        for (q, x, n) in [(0.9, 1, 10), (0.95, 1, 20), (0.99, 1, 100), (0.999, 1, 1_000), (0.5, 4, 8), (0.7, 3, 10)] {
            assert_eq!(Allowed::rest(q).compare(x, n), Ordering::Equal, "{x} of {n} for {q}");
            assert_eq!(Allowed::rest(q).compare(x + 1, n), Ordering::Greater);
            assert_eq!(Allowed::rest(q).compare(x, n + 1), Ordering::Less);
        }
        assert_eq!(Allowed::rest(1.0), Allowed::share(0.0));
    }
}
