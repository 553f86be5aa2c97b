//! STAND-IN.
use crate::plan::*;
use crate::client::Origin;
/// STAND-IN
pub struct Rehearsal { /// a
 pub exchanges: Vec<Exchange>, /// b
 pub requests: u64, /// c
 pub failures: u64 }
/// STAND-IN
pub struct Exchange { /// a
 pub step: String, /// b
 pub status: Option<u16>, /// c
 pub failure: Option<Failure> }
/// STAND-IN
pub struct Failure { /// a
 pub kind: FailureKind, /// b
 pub description: String }
/// STAND-IN
pub async fn once(_: &std::sync::Arc<Plan>, _: ScenarioId, _: &std::sync::Arc<Origin>, _: u64) -> Rehearsal { Rehearsal { exchanges: vec![], requests: 0, failures: 0 } }
