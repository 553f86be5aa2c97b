//! What the load needs of its machine besides CPU: descriptors and local ports.

use super::{Connections, Phase, Plan};
use crate::units::number;

/// Descriptors that a run needs besides those of users and monitors: the output, the event loops of its threads, the app
/// that it starts, what it asks of GitHub.
const BESIDES: u64 = 64;

/// What a machine has for the load; `None` is without a limit, or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Open files of one process, connections included.
    pub descriptors: Option<u64>,
    /// Local ports for connections to one address.
    pub ports: Option<u64>,
}

impl Limits {
    /// What a phase may need beyond them, each in one sentence with the next step. Each user has at least one connection at
    /// a time, of both deployments in a comparison side by side, unless users share connections: then it is not known; one that is closed is closed by a reset and holds its port no
    /// longer. Connections to other hosts, to which redirects lead, come to it.
    pub(super) fn exceeded(&self, plan: &Plan, phase: &Phase) -> Vec<(String, &'static str)> {
        if plan.target.connections == Connections::Shared {
            return Vec::new();
        }
        let users = u64::from(phase.load.users());
        let sides = if plan.against.is_some() { 2 } else { 1 };
        let descriptors = users * sides + 2 * plan.monitors.len() as u64 + BESIDES;
        let beyond = |needed: u64, limit: Option<u64>| limit.filter(|limit| needed > *limit);
        let name = &phase.name;
        let mut exceeded = Vec::new();
        if let Some(limit) = beyond(descriptors, self.descriptors) {
            let (needed, limit) = (number::count(descriptors), number::count(limit));
            exceeded.push((
                format!("phase `{name}` needs up to {needed} descriptors, one for each user, and this machine allows {limit}"),
                "raise the hard limit of open files (`ulimit -H -n`), or lower users; a run raises the soft limit itself",
            ));
        }
        if let Some(limit) = beyond(users, self.ports) {
            let (needed, limit) = (number::count(users), number::count(limit));
            exceeded.push((
                format!(
                    "phase `{name}` needs up to {needed} local ports, one for each user, and this machine has {limit}"
                ),
                "widen the range of local ports (`net.ipv4.ip_local_port_range`), or lower users",
            ));
        }
        exceeded
    }
}

impl Plan {
    /// What its phases may need beyond what a machine has, each as a sentence; such a phase is invalid once it runs out.
    pub fn beyond(&self, limits: &Limits) -> Vec<String> {
        let exceeded = self.phases.iter().flat_map(|phase| limits.exceeded(self, phase));
        exceeded.map(|(what, help)| format!("The {what}: {help}.")).collect()
    }
}
