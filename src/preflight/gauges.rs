//! Whether the monitors answer.

use super::Kit;
use crate::{monitor::Reading, plan::GaugeId};

/// Every listed gauge gives a number once. Gauges of a kind that this version cannot sample are named and left out; when
/// nothing else is listed, the item does not hold, because then nothing was asked.
pub(super) async fn ask(kit: &Kit, asked: &[GaugeId]) -> Result<String, String> {
    let readings = kit.gauges.read(&kit.control, kit.control.timeout()).await;
    let listed: Vec<&Reading> = readings.iter().filter(|reading| asked.contains(&reading.gauge)).collect();
    let name = |reading: &Reading| kit.gauges.name(reading.gauge).to_owned();
    let (left_out, readable): (Vec<&Reading>, Vec<&Reading>) =
        listed.into_iter().partition(|reading| kit.gauges.not_yet(reading.gauge));
    let broken = readable.iter().find_map(|reading| Some((name(reading), reading.value.as_ref().err()?)));
    if let Some((gauge, reason)) = broken {
        return Err(format!("{gauge} gave no number: {reason}; start its source, or correct it under `monitors`"));
    }
    let omitted = left_out.iter().map(|reading| name(reading)).collect::<Vec<_>>().join(", ");
    match (readable.len(), left_out.is_empty()) {
        (0, _) => {
            Err(format!("no gauge could be asked: {omitted} cannot be sampled by this version; remove this item"))
        }
        (count, true) => Ok(format!("{count} gauges gave a number each")),
        (count, false) => Ok(format!("{count} gauges gave a number each; {omitted} cannot be sampled by this version")),
    }
}
