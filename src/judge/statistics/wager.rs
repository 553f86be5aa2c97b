//! How strongly spans speak against a share, however often one looks (docs/decisions.md section 5).

use super::{ERROR, Look, Proportion, Tally};

/// Larger shares that are bet on.
const ALTERNATIVES: u32 = 12;
/// They exceed the allowed share by a tenth of it at least, and by four times of it at most.
const EXCESS: (f64, f64) = (0.1, 4.0);
/// Fewer spans are not looked at.
pub(in crate::judge) const FIRST_LOOK: usize = 8;
/// The evidence at which a failure is certain: one over its own error.
pub(in crate::judge) const ENOUGH: f64 = 1.0 / ERROR;

/// The evidence that more than `allowed` of the requests count against a limit: what a bettor has made of 1 who bets on
/// larger shares, at odds that are fair if the share is `allowed`. While the limit holds, the chance of ever reaching 1/a
/// is at most a. The counts are deflated, because requests come in bursts. 0 where there is nothing to bet on.
///
/// Source: Ville 1939; Howard & Ramdas 2022.
pub(in crate::judge) fn evidence(spans: &[Tally], made: u64, allowed: f64) -> f64 {
    if allowed <= 0.0 || allowed >= 1.0 {
        return 0.0;
    }
    let Some(proportion) = Proportion::new(spans.to_vec(), made, Look::ONLY) else { return 0.0 };
    let (n, share) = (proportion.effective(), proportion.share());
    let (beyond, within) = (share * n, (1.0 - share) * n);
    let of = |larger: f64| (beyond * (larger / allowed).ln() + within * ((1.0 - larger) / (1.0 - allowed)).ln()).exp();
    (0..ALTERNATIVES).map(|number| of(alternative(number, allowed))).sum::<f64>() / f64::from(ALTERNATIVES)
}

/// One of the larger shares; none is beyond the middle between the allowed one and 1.
fn alternative(number: u32, allowed: f64) -> f64 {
    let position = f64::from(number) / f64::from(ALTERNATIVES - 1);
    let excess = EXCESS.0 * (EXCESS.1 / EXCESS.0).powf(position);
    (allowed * (1.0 + excess)).min(f64::midpoint(1.0, allowed))
}

#[cfg(test)]
mod tests {
    use super::{ENOUGH, Tally, alternative, evidence};

    fn spans(count: usize, n: u64, x: u64) -> Vec<Tally> {
        vec![Tally { n, x }; count]
    }

    #[test]
    fn alternatives_lie_between_a_tenth_and_four_times_more() {
        assert!((alternative(0, 0.05) - 0.055).abs() < 1e-12);
        assert!((alternative(11, 0.05) - 0.25).abs() < 1e-12);
        assert!((alternative(11, 0.3) - 0.65).abs() < 1e-12, "capped");
        // The middle of the logarithms of 0.1 and 4 lies between the sixth and the seventh.
        let middle = (alternative(5, 0.05) / 0.05 - 1.0) * (alternative(6, 0.05) / 0.05 - 1.0);
        assert!((middle - 0.4).abs() < 1e-12);
    }

    /// Computed by hand: with even spans the deflation is 1 + sqrt(2 / 7) only, so 800 requests count as 521.4.
    #[test]
    fn equals_the_mean_of_likelihood_ratios() {
        let n = 800.0 / (1.0 + (2.0_f64 / 7.0).sqrt());
        let by_hand: f64 = (0..12)
            .map(|number| {
                let larger: f64 = 0.05 * (1.0 + 0.1 * 40.0_f64.powf(f64::from(number) / 11.0));
                (larger / 0.05).powf(0.08 * n) * ((1.0 - larger) / 0.95).powf(0.92 * n)
            })
            .sum::<f64>()
            / 12.0;
        assert!((evidence(&spans(8, 100, 8), 800, 0.05) / by_hand - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_limit_that_holds_gives_none_and_one_far_beyond_gives_plenty() {
        assert!(evidence(&spans(8, 100, 5), 800, 0.05) < 1.0);
        assert!(evidence(&spans(8, 100, 20), 800, 0.05) > ENOUGH);
        assert!(evidence(&spans(8, 0, 0), 0, 0.05) <= 0.0, "no requests, no evidence");
        assert!(evidence(&spans(8, 100, 100), 800, 0.0) <= 0.0, "a count of events needs none");
    }
}
