//! A proportion, and how sure it is although requests come in bursts (docs/decisions.md section 3).

use super::{ERROR, beta, spread};

/// Below so many spans the correction for the uncertainty of the deflation itself is left out.
const FEW_SPANS: usize = 8;

/// So many of the worst spans are counted twice before a pass is certain.
const WORST: usize = 2;

/// The counts of one span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::judge) struct Tally {
    /// Requests.
    pub(in crate::judge) n: u64,
    /// Those among them that count against the limit.
    pub(in crate::judge) x: u64,
}

impl Tally {
    fn share(self) -> f64 {
        self.x as f64 / self.n as f64
    }
}

/// Which look at a window this is: the error is shared out over the looks that a phase may take (docs/decisions.md
/// section 3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::judge) struct Look {
    /// Error rate on each side.
    error: f64,
    /// Independent requests that are taken for one: 2 asks what twice the requests would show.
    times: f64,
}

impl Look {
    /// The only look at a window that is never extended.
    pub(in crate::judge) const ONLY: Self = Self { error: ERROR, times: 1.0 };
    /// The look at a window that may be extended.
    pub(in crate::judge) const FIRST: Self = Self { error: 0.03, times: 1.0 };
    /// The look at a window that was extended.
    pub(in crate::judge) const SECOND: Self = Self { error: 0.02, times: 1.0 };
    /// What the second look would show if the extension were like the window before it.
    pub(in crate::judge) const SUPPOSED: Self = Self { error: 0.02, times: 2.0 };
}

/// A proportion of requests, observed span by span.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::judge) struct Proportion {
    /// All spans in order of time.
    spans: Vec<Tally>,
    /// Requests that were really made: no more than these are evidence.
    made: u64,
    /// How many requests of a burst count as one.
    deflation: f64,
    look: Look,
}

impl Proportion {
    /// From the counts of each span in order of time, and the number of requests really made among them (the others
    /// were added for silences). `None` without requests.
    pub(in crate::judge) fn new(spans: Vec<Tally>, made: u64, look: Look) -> Option<Self> {
        if made == 0 || spans.iter().all(|span| span.n == 0) {
            return None;
        }
        let deflation = deflation(&spans);
        Some(Self { spans, made, deflation, look })
    }

    /// Requests.
    pub(in crate::judge) fn n(&self) -> u64 {
        self.spans.iter().map(|span| span.n).sum()
    }

    /// Those that count against the limit.
    pub(in crate::judge) fn x(&self) -> u64 {
        self.spans.iter().map(|span| span.x).sum()
    }

    /// The observed share.
    pub(in crate::judge) fn share(&self) -> f64 {
        self.x() as f64 / self.n() as f64
    }

    /// The number of independent requests that these are worth: n'.
    pub(in crate::judge) fn effective(&self) -> f64 {
        self.effective_of(self.n() as f64)
    }

    /// The interval of the share, with the look's error on each side.
    pub(in crate::judge) fn interval(&self) -> [f64; 2] {
        let (n, p) = (self.effective(), self.share());
        [self.lower(n, p), self.upper(n, p)]
    }

    /// Whether so many effective requests can decide about `allowed` at all: below ln(a) / ln(q) nothing is certain
    /// (59 for p95 at 5 %).
    pub(in crate::judge) fn can_decide(&self, allowed: f64) -> bool {
        self.effective() >= needed(self.look.error, allowed)
    }

    /// Certain pass: the share is below `allowed`, also when the two spans with the highest share (among equals those
    /// with more exceedances) are counted twice.
    pub(in crate::judge) fn certainly_below(&self, allowed: f64) -> bool {
        let mut worst: Vec<Tally> = self.spans.iter().copied().filter(|span| span.n > 0).collect();
        worst.sort_by(|a, b| b.share().total_cmp(&a.share()).then(b.x.cmp(&a.x)));
        let twice = |count: fn(Tally) -> u64| worst.iter().take(WORST).map(|span| count(*span)).sum::<u64>();
        let n = (self.n() + twice(|span| span.n)) as f64;
        let p = (self.x() + twice(|span| span.x)) as f64 / n;
        self.can_decide(allowed)
            && self.upper(self.effective(), self.share()) < allowed
            && self.upper(self.effective_of(n), p) < allowed
    }

    /// Certain fail: the share is above `allowed`.
    pub(in crate::judge) fn certainly_above(&self, allowed: f64) -> bool {
        self.can_decide(allowed) && self.lower(self.effective(), self.share()) > allowed
    }

    /// The shares between which a limit on `allowed` would not be certain with as many effective requests as these:
    /// what lies below the first is a certain pass, above the second a certain fail. `None` when they are too few.
    pub(in crate::judge) fn undecided(&self, allowed: f64) -> Option<[f64; 2]> {
        let n = self.effective();
        if !self.can_decide(allowed) || self.upper(n, 0.0) >= allowed || self.lower(n, 1.0) <= allowed {
            return None;
        }
        let low = bisect(0.0, allowed, |p| self.upper(n, p) < allowed);
        let high = bisect(allowed, 1.0, |p| self.lower(n, p) <= allowed);
        Some([low, high])
    }

    /// Groups of consecutive spans in which more than `allowed` of the requests count against the limit.
    pub(in crate::judge) fn bursts(&self, allowed: f64) -> u32 {
        groups(self.spans.iter().map(|span| span.x as f64 > allowed * span.n as f64))
    }

    fn effective_of(&self, n: f64) -> f64 {
        (n / self.deflation).min(self.made as f64) * self.look.times
    }

    /// The upper bound of a share `p` of `n` requests. Source: Clopper & Pearson 1934, continued to counts that are not
    /// whole.
    fn upper(&self, n: f64, p: f64) -> f64 {
        if p >= 1.0 { 1.0 } else { beta::inverse(1.0 - self.look.error, p * n + 1.0, n - p * n) }
    }

    /// The lower bound, likewise.
    fn lower(&self, n: f64, p: f64) -> f64 {
        if p <= 0.0 { 0.0 } else { beta::inverse(self.look.error, p * n, n - p * n + 1.0) }
    }
}

/// Groups of consecutive `true`.
pub(in crate::judge) fn groups(spans: impl Iterator<Item = bool>) -> u32 {
    let mut inside = false;
    let mut groups = 0;
    for span in spans {
        groups += u32::from(span && !inside);
        inside = span;
    }
    groups
}

/// Independent requests below which nothing is certain: ln(a) / ln(q), with q the share that has to hold.
fn needed(error: f64, allowed: f64) -> f64 {
    if allowed >= 1.0 { 0.0 } else { error.ln() / (1.0 - allowed).ln() }
}

/// D = max(1, s² m / (p (1 - p))) (1 + sqrt(2 / (B - 1))): the variance of the spans' shares over that of independent
/// requests, and one standard error of it. Without the last factor with few spans; 1 where nothing varies.
fn deflation(spans: &[Tally]) -> f64 {
    let spans: Vec<Tally> = spans.iter().copied().filter(|span| span.n > 0).collect();
    let (n, x) = spans.iter().fold((0.0, 0.0), |(n, x), span| (n + span.n as f64, x + span.x as f64));
    let p = x / n;
    if spans.len() < 2 || p <= 0.0 || p >= 1.0 {
        return 1.0;
    }
    let count = spans.len() as f64;
    let shares: Vec<f64> = spans.iter().map(|span| span.share()).collect();
    let ratio = spread::variance(&shares) * (n / count) / (p * (1.0 - p));
    let uncertainty = if spans.len() < FEW_SPANS { 1.0 } else { 1.0 + (2.0 / (count - 1.0)).sqrt() };
    ratio.max(1.0) * uncertainty
}

/// The largest number between `low` and `high` for which `holds`, which holds up to some number only.
fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ERROR, Look, Proportion, Tally, groups, needed};

    fn even(n: u64, x: u64) -> Proportion {
        let spans = (0..30).map(|span| Tally { n: n / 30, x: x / 30 + u64::from(span < x % 30) }).collect();
        Proportion::new(spans, n, Look::ONLY).expect("there are requests")
    }

    #[test]
    fn the_numbers_of_requests_below_which_nothing_is_certain() {
        assert_eq!([0.05, 0.01, 0.001].map(|allowed| needed(ERROR, allowed).ceil() as u64), [59, 299, 2_995]);
        assert!(!even(30, 0).certainly_below(0.05), "30 requests without any beyond do not make p95 certain");
        assert!(even(60, 0).certainly_below(0.05));
        assert!(!even(30, 30).certainly_above(0.05), "30 requests that are all beyond do not either");
        assert!(even(60, 60).certainly_above(0.05));
    }

    #[test]
    fn the_deflation_of_even_spans_is_its_uncertainty_only() {
        let factor = 1.0 + (2.0_f64 / 29.0).sqrt();
        assert!((even(12_000, 600).effective() - 12_000.0 / factor).abs() < 1e-6);
        let few = Proportion::new(vec![Tally { n: 100, x: 10 }; 7], 700, Look::ONLY).expect("requests");
        assert!((few.effective() - 700.0).abs() < 1e-9, "below eight spans without it");
        assert!((even(300, 0).effective() - 300.0).abs() < 1e-9, "nothing varies at a share of 0");
    }

    #[test]
    fn a_burst_is_worth_less_than_as_many_single_requests() {
        let mut spans = vec![Tally { n: 400, x: 0 }; 30];
        spans[7].x = 300;
        let burst = Proportion::new(spans, 12_000, Look::ONLY).expect("requests");
        assert!((burst.share() - 0.025).abs() < 1e-12);
        assert!(burst.effective() < 100.0, "{}", burst.effective());
        assert!(even(12_000, 300).certainly_below(0.05), "spread evenly this is certain");
        assert!(!burst.certainly_below(0.05), "in one burst it is not");
    }

    #[test]
    fn two_worst_spans_count_twice_before_a_pass_is_certain() {
        // 0.4 % beyond in all but two spans of 10 %: just certain without counting them twice.
        let mut spans = vec![Tally { n: 4_000, x: 80 }; 30];
        (spans[3].x, spans[20].x) = (2_000, 2_000);
        let bursts = Proportion::new(spans, 120_000, Look::ONLY).expect("requests");
        let [_, upper] = bursts.interval();
        assert!(bursts.share() < upper);
        assert!(!bursts.certainly_below(upper * 1.01), "below the plain bound, but not with the worst spans twice");
    }

    #[test]
    fn no_more_evidence_than_requests_really_made() {
        let added = Proportion::new(vec![Tally { n: 1_000, x: 0 }; 30], 600, Look::ONLY).expect("requests");
        assert!((added.effective() - 600.0).abs() < 1e-9);
        assert_eq!(
            Proportion::new(vec![Tally { n: 5, x: 5 }], 0, Look::ONLY),
            None,
            "added requests alone are no data"
        );
    }

    #[test]
    fn a_look_that_may_be_followed_by_another_asks_for_more() {
        let at = |look| {
            let spans = (0..30).map(|span| Tally { n: 40, x: 1 + u64::from(span < 16) }).collect();
            Proportion::new(spans, 1_200, look).expect("requests")
        };
        let width = |look| at(look).interval()[1] - at(look).interval()[0];
        assert!(width(Look::ONLY) < width(Look::FIRST) && width(Look::FIRST) < width(Look::SECOND));
        assert!(width(Look::SUPPOSED) < width(Look::ONLY), "twice the requests");
        assert!(!at(Look::FIRST).certainly_below(0.05) && at(Look::SUPPOSED).certainly_below(0.05));
        assert_eq!([0.03, 0.02].map(|error| needed(error, 0.05).ceil() as u64), [69, 77]);
    }

    #[test]
    fn bursts_are_groups_of_consecutive_spans() {
        assert_eq!(groups([true, true, false, true, false, false, true].into_iter()), 3);
        assert_eq!(groups([].into_iter()), 0);
    }

    proptest! {
        #[test]
        fn more_exceedances_never_turn_a_fail_into_a_pass(
            counts in prop::collection::vec((1_u64..2_000, 0.0_f64..0.3), 1..30),
            more in prop::collection::vec(0.0_f64..1.0, 30),
            allowed in 0.001_f64..0.5,
        ) {
            let spans: Vec<Tally> = counts.iter().map(|(n, p)| Tally { n: *n, x: (*n as f64 * p) as u64 }).collect();
            let worse: Vec<Tally> = spans.iter().zip(&more)
                .map(|(span, more)| Tally { x: span.x + ((span.n - span.x) as f64 * more) as u64, ..*span }).collect();
            let made = spans.iter().map(|span| span.n).sum();
            let before = Proportion::new(spans, made, Look::ONLY).expect("requests");
            let after = Proportion::new(worse, made, Look::ONLY).expect("requests");
            prop_assert!(after.share() >= before.share());
            prop_assert!(!(before.certainly_above(allowed) && after.certainly_below(allowed)));
            prop_assert!(!(before.share() > allowed && after.certainly_below(allowed)));
            let [low, high] = after.interval();
            prop_assert!(low <= after.share() && after.share() <= high);
            if let Some([pass, fail]) = after.undecided(allowed) {
                prop_assert!(pass <= allowed && allowed <= fail);
                prop_assert!(!after.certainly_above(allowed) || after.share() >= fail - 1e-6);
                prop_assert!(!after.certainly_below(allowed) || after.share() <= pass + 1e-6);
            }
        }
    }
}
