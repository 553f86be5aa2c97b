//! How good the generator itself was, and what its machine gave it.

use std::time::Duration;

/// How good the generator was in one phase.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GeneratorHealth {
    /// 99th percentile of lateness over slots, wake-ups after think, and the workers' 10 ms heartbeats.
    pub lateness_p99: Duration,
    /// Largest lateness.
    pub lateness_max: Duration,
    /// CPU time of the busiest worker thread as a share of wall time, in percent.
    pub cpu_percent: f64,
    /// How long the worker that waited longest was ready to run and had no core, as a share of wall time in percent (its
    /// run-queue delay). `None` where the system does not say.
    pub run_queue_percent: Option<f64>,
    /// What the machine gave.
    pub machine: MachineShare,
    /// Open model: slots planned in the window; 0 in the closed model.
    pub slots: u64,
    /// Open model: slots not sent through the generator's own lateness.
    pub slots_missed: u64,
    /// A descriptor, a port or the memory for bodies ran out on this machine: the reason in words.
    pub exhausted: Option<String>,
}

/// What this machine gave the whole process in the measured window. `None` is what it does not say, or did not limit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MachineShare {
    /// CPU time a second: cores that it used, all threads together.
    pub cores_used: Option<f64>,
    /// Cores that it may use: those that it is bound to, and what the quota of its cgroups leaves of them.
    pub cores_allowed: Option<f64>,
    /// Periods of the quota in which it ran out, in percent. `None` without a quota.
    pub throttled_percent: Option<f64>,
    /// CPU time of these cores that the hypervisor gave to other machines, in percent (steal).
    pub steal_percent: Option<f64>,
}

impl GeneratorHealth {
    /// Joins the health of a later window of the same load: the worse of the two counts.
    pub(super) fn join(&mut self, more: &Self) {
        self.lateness_p99 = self.lateness_p99.max(more.lateness_p99);
        self.lateness_max = self.lateness_max.max(more.lateness_max);
        self.cpu_percent = self.cpu_percent.max(more.cpu_percent);
        self.run_queue_percent = larger(self.run_queue_percent, more.run_queue_percent);
        let (machine, other) = (&mut self.machine, &more.machine);
        machine.cores_used = larger(machine.cores_used, other.cores_used);
        machine.cores_allowed = either(machine.cores_allowed, other.cores_allowed, f64::min);
        machine.throttled_percent = larger(machine.throttled_percent, other.throttled_percent);
        machine.steal_percent = larger(machine.steal_percent, other.steal_percent);
        self.slots += more.slots;
        self.slots_missed += more.slots_missed;
        if self.exhausted.is_none() {
            self.exhausted.clone_from(&more.exhausted);
        }
    }
}

fn larger(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    either(one, other, f64::max)
}

/// Of two the one that is chosen, of one itself.
fn either(one: Option<f64>, other: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    one.into_iter().chain(other).reduce(choose)
}
