//! What a database must answer.

use serde_json::Value;

use super::Kit;
use crate::units::text::shortened;
use crate::{
    monitor::{Given, ask_value},
    plan::Query,
};

/// So many characters of a value are shown.
const SHOWN: usize = 100;

/// Asks once; the value must be the expected one.
pub(super) async fn ask(kit: &Kit, item: &Query) -> Result<String, String> {
    let given = ask_value(&item.url, &kit.plan.target.tls, &item.sql, item.timeout).await;
    let Given { from, value } = given
        .map_err(|why| format!("{why}; correct `postgres` or `sql` of this item, or give it a longer `timeout`"))?;
    // Masked before it is shortened: what is left of a cut secret is not found later.
    let show = |text: &str| shortened(&kit.secrets.mask(text), SHOWN).into_owned();
    let shown = value.as_deref().map_or("NULL".to_owned(), show);
    if value.is_some_and(|value| is(&value, &item.expected)) {
        return Ok(format!("{from} gave {shown} as expected"));
    }
    let expected = item.expected.as_str().map_or_else(|| item.expected.to_string(), show);
    Err(format!(
        "{from} gave {shown}, expected {expected}; look what became of the data, or correct what this item expects"
    ))
}

/// Whether a value as `PostgreSQL` writes it is the expected one. Numbers are compared as numbers, whole ones exactly: `0.00` is
/// 0; texts as they are; `t` is true.
fn is(seen: &str, expected: &Value) -> bool {
    match expected {
        Value::Bool(true) => ["t", "true"].contains(&seen),
        Value::Bool(false) => ["f", "false"].contains(&seen),
        Value::Number(number) => match (seen.parse::<i128>(), number.as_i64()) {
            (Ok(seen), Some(expected)) => seen == i128::from(expected),
            _ => seen.parse::<f64>().ok() == number.as_f64(),
        },
        Value::String(text) => seen == text,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_compared_by_what_they_are() {
        for (seen, expected) in [
            ("0", json!(0)),
            ("-7", json!(-7)),
            ("0.00", json!(0)),
            ("12.50", json!(12.5)),
            ("1e3", json!(1000)),
            ("9007199254740993", json!(9_007_199_254_740_993_i64)),
            ("t", json!(true)),
            ("f", json!(false)),
            ("true", json!(true)),
            ("0012_initial", json!("0012_initial")),
            ("0", json!("0")),
            ("", json!("")),
        ] {
            assert!(is(seen, &expected), "{seen} is {expected}");
        }
        for (seen, expected) in [
            ("1", json!(0)),
            ("9007199254740992", json!(9_007_199_254_740_993_i64)),
            ("170141183460469231731687303715884105728", json!(0)),
            ("", json!(0)),
            ("NaN", json!(0)),
            ("none", json!(0)),
            ("f", json!(true)),
            ("1", json!(true)),
            ("0.0", json!("0")),
            ("null", json!(null)),
        ] {
            assert!(!is(seen, &expected), "{seen} is not {expected}");
        }
    }
}
