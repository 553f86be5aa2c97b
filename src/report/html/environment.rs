//! Where and how the run was made: what somebody needs who repeats it or doubts it.

use serde::Serialize;

use super::tone::Tone;
use crate::{
    judge::{Machine, Verdict, short_commit},
    report::{ladder, target, when},
    units::number,
};

/// How good the generator was in one phase.
#[derive(Serialize)]
pub(super) struct GeneratorView {
    phase: String,
    load: String,
    state: Tone,
    /// Lateness, CPU of the busiest worker, its wait for a core, what the hypervisor took, and what it would have managed.
    cells: [String; 6],
}

/// The run in short, for its first lines.
pub(super) fn facts(verdict: &Verdict) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("target", target::words(verdict)),
        ("commit", short_commit(&verdict.commit).to_owned()),
        ("profile", verdict.profile.clone()),
        ("requests", number::count(verdict.totals.requests)),
        ("failures", number::count(verdict.totals.failures)),
    ];
    facts.extend(when::took(verdict).map(|took| ("took", when::span(took))));
    facts
}

/// All of it.
pub(super) fn environment(verdict: &Verdict) -> Vec<(&'static str, String)> {
    let mut environment = vec![
        ("target", target::words(verdict)),
        ("commit", verdict.commit.clone()),
        ("profile", verdict.profile.clone()),
        ("seed", verdict.seed.to_string()),
        ("started", when::moment(&verdict.started_at)),
        ("finished", when::moment(&verdict.finished_at)),
        ("stagegate", verdict.version.clone()),
        ("exit code", verdict.exit_code.to_string()),
    ];
    if let Some(Machine { cpu, cores, cpu_quota, memory_bytes, system, kernel }) = &verdict.runner {
        let quota = cpu_quota.map(|quota| format!(", a quota of {}", number::plain(quota))).unwrap_or_default();
        environment.push(("runner's CPU", cpu.clone()));
        environment.push(("its cores", format!("{cores}{quota}")));
        let memory = |bytes: u64| format!("{} GiB", number::plain(bytes as f64 / f64::from(1 << 30)));
        environment.extend(memory_bytes.map(|bytes| ("its memory", memory(bytes))));
        environment.push(("its system", format!("{system}, kernel {kernel}")));
    }
    environment
}

/// The generator in each phase that was run.
pub(super) fn generators(verdict: &Verdict) -> Vec<GeneratorView> {
    let views = verdict.phases.iter().filter_map(|phase| {
        let generator = phase.generator.as_ref()?;
        let class = if generator.saturated { "unsure" } else { "good" };
        let percent = |share: Option<f64>| number::or_nothing(share, |share| format!("{} %", number::plain(share)));
        Some(GeneratorView {
            phase: phase.name.clone(),
            load: ladder::load(phase),
            state: Tone { word: generator.state(), class },
            cells: [
                number::milliseconds(generator.lateness_ms.p99),
                number::milliseconds(generator.lateness_ms.max),
                percent(Some(generator.cpu_percent)),
                percent(generator.run_queue_percent),
                percent(generator.steal_percent),
                number::or_nothing(generator.capacity_per_second, |rate| format!("{}/s", number::plain(rate))),
            ],
        })
    });
    views.collect()
}
