//! Whether the monitors answer.

use super::Kit;
use crate::{monitor::Reading, plan::GaugeId};

/// Every listed gauge gives a number once.
pub(super) async fn ask(kit: &Kit, asked: &[GaugeId]) -> Result<String, String> {
    let readings = kit.gauges.read(&kit.control).await;
    let listed: Vec<&Reading> = readings.iter().filter(|reading| asked.contains(&reading.gauge)).collect();
    if let Some((gauge, reason)) =
        listed.iter().find_map(|reading| Some((reading.gauge, reading.value.as_ref().err()?)))
    {
        let gauge = kit.gauges.name(gauge);
        return Err(format!("{gauge} gave no number: {reason}; start its source, or correct it under `monitors`"));
    }
    match listed.len() {
        0 => Err("no gauge could be asked; name monitors that read gauges, or remove this item".to_owned()),
        count => Ok(format!("{count} gauges gave a number each")),
    }
}
