//! How much of a window a gauge was in its bands.

use crate::judge::{Crossing, MonitorVerdict};
use crate::units::number;

/// `at or above warning for 80 % of the readings, first after 2 s; above critical for 60 % of the readings, first after 4 s`;
/// empty where it stayed below warning, and without declared bands.
pub(super) fn crossings(monitor: &MonitorVerdict) -> String {
    let told = |crossing: Option<Crossing>, band: &str| {
        let Crossing { share, first_s, limit: _ } = crossing?;
        let first = number::seconds((first_s? * 10.0).round() / 10.0);
        Some(format!("{band} for {} of the readings, first after {first}", number::share(share)))
    };
    let parts = [told(monitor.warning, "at or above warning"), told(monitor.critical, "above critical")];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn tells_for_how_long_and_from_when_on() {
        let mut monitor = fixtures::failed().phases[2].monitors[1].clone();
        assert_eq!(
            crossings(&monitor),
            "at or above warning for 80 % of the readings, first after 2 s; above critical for 60 % of the readings, first after 4 s"
        );
        monitor.critical = Some(Crossing { share: 0.0, first_s: None, limit: Some(80.0) });
        assert_eq!(crossings(&monitor), "at or above warning for 80 % of the readings, first after 2 s");
        (monitor.warning, monitor.critical) = (None, None);
        assert_eq!(crossings(&monitor), "", "no band is declared");
    }
}
