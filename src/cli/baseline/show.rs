//! `stagegate baseline show ID`.

use std::{fmt::Write as _, time::Duration};

use super::{HOW_TO_SAVE, damaged_lines, open, table::table};
use crate::{
    baseline::{EndpointHistograms, Recording, Run},
    cli::args::ShowArgs,
    measure::Histogram,
    report::clean,
};

const TAKES: &str = "a string takes what is written to it";

pub(super) fn run(args: &ShowArgs) -> Result<String, String> {
    let opened = open(&args.store)?;
    let (found, damaged) = opened.store.recordings(&args.id).map_err(|error| opened.failed(&error))?;
    let place = opened.store.place();
    match found.as_slice() {
        [one] => Ok(opened.secrets().mask(&shown(one)?).into_owned()),
        [] => Err(format!(
            "{}error: there is no run {} in {}; `stagegate baseline list` names those that are there, or {HOW_TO_SAVE}",
            damaged_lines(&damaged),
            clean(&args.id),
            clean(&place)
        )),
        several => {
            let ids: Vec<_> = several.iter().map(|recording| recording.run.id.as_str()).collect();
            Err(format!("error: {} could be {}; write more of the id", clean(&args.id), ids.join(" or ")))
        }
    }
}

fn shown(recording: &Recording) -> Result<String, String> {
    let Run { id, commit, branch, finished_at, outcome, key, environment, ruler_s, values } = &recording.run;
    let mut text = String::new();
    let mut line = |what: &str, value: &str| writeln!(text, "{what:<12}{}", clean(value)).expect(TAKES);
    line("run", id);
    line("finished", &finished_at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    line("commit", commit);
    line("branch", branch);
    line("outcome", outcome.word());
    line("gate", &key.gate);
    if let Some(tool) = &key.tool {
        line("loaded by", tool);
    }
    for phase in &key.phases {
        line("phase", phase);
    }
    line("target", &key.target);
    line("key", &format!("{} (dataset {}, scenarios {})", key.hash(), key.dataset, key.scenarios));
    let quota = environment.cpu_quota.map(|quota| format!(", quota {quota} cores")).unwrap_or_default();
    line("processor", &format!("{} x {}{quota}", environment.cores, environment.cpu_model));
    if let Some(memory) = environment.memory {
        line("memory", &format!("{:.1} GiB", memory as f64 / f64::from(1 << 30)));
    }
    let version = environment.os_image_version.as_deref().unwrap_or_default();
    line(
        "system",
        format!("{} {version}, kernel {}", environment.os_image, environment.kernel).replace(" ,", ",").as_str(),
    );
    if let Some(region) = &environment.region {
        line("region", region);
    }
    if let Some(ruler) = ruler_s {
        line("ruler", &format!("{ruler:.4} s"));
    }
    let rows: Vec<_> = values.iter().map(|(cell, value)| [clean(cell).into_owned(), number(*value)]).collect();
    write!(text, "\n{}", table(["CELL", "VALUE"], &rows)).expect(TAKES);
    let rows = recording.histograms.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    write!(text, "\n{}", table(["PHASE", "ENDPOINT", "TIMED", "P50 MS", "P95 MS", "P99 MS"], &rows)).expect(TAKES);
    Ok(text)
}

fn row(histograms: &EndpointHistograms) -> Result<[String; 6], String> {
    let EndpointHistograms { phase, scenario: _, endpoint, latency, service: _, added } = histograms;
    let read = |text: &str| {
        Histogram::decode(text).map_err(|cause| format!("error: {}/{}: {cause}", clean(phase), clean(endpoint)))
    };
    let (latency, added) = (read(latency)?, read(added)?);
    let quantile = |q| latency.worse_quantile(&added, q).map_or_else(|| "-".to_owned(), milliseconds);
    Ok([
        clean(phase).into_owned(),
        clean(endpoint).into_owned(),
        latency.count().to_string(),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
    ])
}

fn milliseconds(time: Duration) -> String {
    number(time.as_secs_f64() * 1000.0)
}

/// Four significant digits are more than a measurement has.
fn number(value: f64) -> String {
    let digits = if value == 0.0 { 0.0 } else { (3.0 - value.abs().log10().floor()).clamp(0.0, 6.0) };
    format!("{value:.*}", digits as usize)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_have_four_digits() {
        for (value, printed) in
            [(0.0, "0"), (0.998_76, "0.9988"), (12.3456, "12.35"), (1049.4, "1049"), (104_900.0, "104900")]
        {
            assert_eq!(number(value), printed);
        }
    }
}
