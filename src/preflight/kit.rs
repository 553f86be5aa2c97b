//! What the items of a checklist work with.

use std::sync::Arc;

use crate::{
    client::{Origin, control::Control},
    config::Secrets,
    monitor::Gauges,
    plan::Plan,
};

/// What the items of a checklist work with.
#[derive(Debug, Clone)]
pub struct Kit {
    /// The plan; scenarios are looked up in it.
    pub plan: Arc<Plan>,
    /// For probes and scrapes.
    pub control: Control,
    /// For a user who runs a scenario once.
    pub origin: Arc<Origin>,
    /// For `monitors: all`.
    pub gauges: Gauges,
    /// What is masked in a command's words before they are shortened: what is left of a cut secret is not found later.
    pub secrets: Arc<Secrets>,
}
