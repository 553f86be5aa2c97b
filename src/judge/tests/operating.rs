//! How often certainty is wrong: absolute criteria exactly at the limit, with requests that exceed it in bursts.

use super::super::statistics::{Look, Proportion, Tally};

const REQUESTS: usize = 12_000;
const SPANS: usize = 30;

/// One window in which each request exceeds the limit with probability `p`, in bursts of about `burst` requests.
fn window(p: f64, burst: f64, rng: &mut fastrand::Rng) -> Proportion {
    let mut spans = vec![Tally::default(); SPANS];
    // A chain of two states that stays as long as a burst is: in the long run the share p exceeds.
    let (leave, enter) = if burst > 0.0 { (1.0 / burst, p / (1.0 - p) / burst) } else { (1.0 - p, p) };
    let mut slow = rng.f64() < p;
    for index in 0..REQUESTS {
        let span = &mut spans[index * SPANS / REQUESTS];
        span.n += 1;
        span.x += u64::from(slow);
        slow = if slow { rng.f64() >= leave } else { rng.f64() < enter };
    }
    Proportion::new(spans, REQUESTS as u64, Look::ONLY).expect("there are requests")
}

/// The seventh acceptance check's numbers in a reduced form: at the limit neither answer is right, and each may be certain
/// in few runs only.
#[test]
fn at_the_limit_certainty_is_rare() {
    let mut rng = fastrand::Rng::with_seed(11);
    for (q, burst) in [(0.95, 0.0), (0.95, 20.0), (0.95, 100.0), (0.99, 0.0), (0.99, 20.0)] {
        let allowed = 1.0 - q;
        let runs = 1_000;
        let (mut fails, mut passes) = (0, 0);
        for _ in 0..runs {
            let window = window(allowed, burst, &mut rng);
            fails += i32::from(window.certainly_above(allowed));
            passes += i32::from(window.certainly_below(allowed));
        }
        let share = |count: i32| f64::from(count) / f64::from(runs);
        println!("q {q}, bursts of {burst}: certain fail {:.3}, certain pass {:.3}", share(fails), share(passes));
        assert!(share(fails) <= 0.06, "q {q}, bursts of {burst}: {} certain fails", share(fails));
        assert!(share(passes) <= 0.08, "q {q}, bursts of {burst}: {} certain passes", share(passes));
    }
}

/// Away from the limit most runs are certain, or certainty would be worth nothing.
#[test]
fn away_from_the_limit_certainty_is_common() {
    let mut rng = fastrand::Rng::with_seed(12);
    for (p, burst) in [(0.03, 0.0), (0.01, 20.0)] {
        let certain = (0..200).filter(|_| window(p, burst, &mut rng).certainly_below(0.05)).count();
        assert!(certain > 180, "{p} {burst}: {certain} of 200");
    }
    for (p, burst) in [(0.08, 0.0), (0.1, 20.0)] {
        let certain = (0..200).filter(|_| window(p, burst, &mut rng).certainly_above(0.05)).count();
        assert!(certain > 180, "{p} {burst}: {certain} of 200");
    }
}
