//! Whether the numbers of a verdict are such as a run can give.

use serde_json::Value;

use super::refused;
use crate::judge::Verdict;

/// The largest number that a run measures: a gauge of bytes stays below it, and so does any time in milliseconds.
const LARGEST: f64 = 1e15;

/// Keys whose values, and those inside of them, are never negative.
const NEVER_NEGATIVE: [&str; 19] = [
    "run_queue_percent",
    "cores_used",
    "cores_allowed",
    "throttled_percent",
    "steal_percent",
    "capacity_per_second",
    "latency_ms",
    "service_ms",
    "time_split_ms",
    "lateness_ms",
    "duration_s",
    "planned_s",
    "paused_s",
    "success_rate",
    "throughput",
    "rate",
    "users",
    "seconds",
    "p_adjusted",
];

/// # Errors
/// When a number is none, is beyond any measurement, or is negative where nothing is.
pub(super) fn possible(verdict: &Verdict) -> Result<(), String> {
    let value = serde_json::to_value(verdict).map_err(|_| refused("it is no verdict"))?;
    // What is no number is written as null, and so reads back as another verdict.
    if serde_json::from_value::<Verdict>(value.clone()).ok().as_ref() != Some(verdict) {
        return Err(refused("one of its numbers is none"));
    }
    check(&value, "", Sign::Any)
}

#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Any,
    NotNegative,
}

fn check(value: &Value, key: &str, sign: Sign) -> Result<(), String> {
    let sign = if NEVER_NEGATIVE.contains(&key) { Sign::NotNegative } else { sign };
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check(item, "", sign)),
        Value::Object(fields) => fields.iter().try_for_each(|(key, field)| check(field, key, sign)),
        Value::Number(number) => {
            let number = if number.is_u64() { 0.0 } else { number.as_f64().unwrap_or(f64::NAN) };
            if number.is_nan() || number.abs() > LARGEST {
                return Err(refused("one of its numbers is beyond any measurement"));
            }
            if number < 0.0 && sign == Sign::NotNegative {
                return Err(refused("a time, a share or a rate in it is negative"));
            }
            Ok(())
        }
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}
