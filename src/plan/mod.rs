//! What will happen: the whole run, resolved and checked before the first request.
//!
//! gates.yaml says things by name; a [`Plan`] holds them by index, with every default filled in, every template
//! compiled and every name known to exist. Nothing here does I/O or reads a clock.

mod allow;
mod blocks;
mod build;
mod checklist;
mod criterion;
mod dataset;
mod endpoint;
mod expression;
mod failure;
mod foreign;
mod grammar;
mod limits;
mod logins;
mod monitors;
mod notes;
mod outlook;
mod phase;
mod place;
mod policy;
mod run;
mod scenario;
mod stages;
mod template;
mod waiver;

pub use allow::{allowed, is_loopback};
pub use blocks::Blocks;
pub use build::{Choice, build, files};
pub use checklist::{Act, Check, Probe, Query};
pub use criterion::{Count, Criterion, Judged, Level, Limit, Metric, Op, Subject};
pub use dataset::{ColumnId, Dataset, Row};
pub use endpoint::{Endpoint, EndpointId};
pub use expression::{Expression, Labels, Need, Selector, parse_labels, split_name};
pub use failure::FailureKind;
pub use foreign::{Foreign, ForeignLoad, ForeignRow};
pub use grammar::is_criterion;
pub(crate) use grammar::{Line as Written, Selector as Selected, written, written_cell};
pub use limits::Limits;
pub use monitors::{Band, Gauge, GaugeId, Host, Monitor, Process, Source};
pub use notes::notes;
pub use outlook::{Outlook, requests_needed};
pub use phase::{Arrivals, LAST_READINGS, LOGIN_PATIENCE, Load, Phase, SLOT_GRACE};
pub use place::Place;
pub use policy::{Compared, Policy, Reaction, Recovery, Regression, Uncertain};
pub use run::{Connections, Deployment, GitHub, Http, Plan, Profile, Publish, Start, Target, Tls, resolved};
pub use scenario::{
    Body, Expect, Extract, Extraction, HeaderExpectation, JsonExpectation, Pacing, Redirects, Scenario, ScenarioId,
    Step,
};
pub use stages::{Stage, Stages};
pub use template::{Encoding, Segment, SlotId, Template, Value};
pub use waiver::Waiver;
