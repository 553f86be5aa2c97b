//! How the app is to misbehave: what the switches say. One grammar serves flags, environment variables and JSON.

mod active;
mod outage;
mod rule;
mod spread;

use serde::{Deserialize, Serialize};

pub(super) use active::ActiveFaults;
pub use outage::{NoRecovery, Refusal, Stall, Struggle};
pub use rule::{Delay, ErrorAnswer, PathPattern, Reset, SlowBody, Where};
pub use spread::Share;

/// Every fault switch. The default is a healthy app.
///
/// As JSON (`POST /demo/faults`) each value is written as on the command line, and what is not named is off:
/// `{"delay": ["/api/*=20ms@10%"], "stall": "1s/5s"}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Waits added before the work; all that match a request add up.
    pub delay: Vec<Delay>,
    /// Answers with an error status in the place of the work; the first that hits answers.
    pub errors: Vec<ErrorAnswer>,
    /// Freezes of the whole app, at the end of every period.
    pub stall: Option<Stall>,
    /// Connections cut with a TCP reset in the place of an answer.
    pub reset: Vec<Reset>,
    /// The listener closes.
    pub refuse: Option<Refusal>,
    /// Bodies that dribble; the first that hits counts.
    pub slow_body: Vec<SlowBody>,
    /// The share of good logins that are answered 200 with the login page.
    pub broken_login: Share,
    /// The share of saved details that are acknowledged with 201 but not stored.
    pub lose_writes: Share,
    /// The share of saved details that are stored wrong.
    pub corrupt_writes: Share,
    /// Once too many requests were in the app at one time, it never recovers.
    pub no_recovery: Option<NoRecovery>,
    /// A connection pool of another size than the app started with; at least 1.
    pub pool: Option<std::num::NonZeroUsize>,
}

/// A fault that cannot be read: what was written and what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: write {form}, for example {example}")]
pub struct FaultError {
    /// What was written.
    pub text: String,
    /// What it should have been, with its article.
    pub what: &'static str,
    /// The form wanted.
    pub form: &'static str,
    /// One that works.
    pub example: &'static str,
}

/// Gives a type that is written as text its JSON form: the same text.
macro_rules! written_as_text {
    ($($name:ty),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

written_as_text!(Delay, ErrorAnswer, Reset, SlowBody, Share, Stall, Refusal, NoRecovery);

#[cfg(test)]
mod tests {
    use super::Faults;

    const ALL: &str = r#"{"delay":["/api/*=20ms@10%","*=1.5ms"],"errors":["/a=500@5%"],"stall":"1s/5s","reset":["/b@2.5%"],
        "refuse":"100/2s","slow_body":["/c=2s"],"broken_login":"100%","lose_writes":"5%","corrupt_writes":"0%",
        "no_recovery":"50=500ms","pool":7}"#;

    #[test]
    fn every_fault_reads_and_prints_as_the_same_text() {
        let faults: Faults = serde_json::from_str(ALL).expect("the grammar's own examples");
        let printed = serde_json::to_value(&faults).expect("faults are JSON");
        let written: serde_json::Value = serde_json::from_str(ALL).expect("JSON");
        assert_eq!(printed, written);
    }

    #[test]
    fn an_empty_object_is_a_healthy_app_and_an_unknown_switch_is_an_error() {
        assert_eq!(serde_json::from_str::<Faults>("{}").expect("healthy"), Faults::default());
        let error = serde_json::from_str::<Faults>(r#"{"dely": []}"#).expect_err("unknown");
        assert!(error.to_string().contains("dely"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_says_what_is_wanted() {
        let wrong = [
            (r#"{"delay":["/a"]}"#, "is not a delay"),
            (r#"{"delay":["a=20ms"]}"#, "is not a delay"),
            (r#"{"delay":["/a=20"]}"#, "is not a delay"),
            (r#"{"delay":["/a=20ms@101%"]}"#, "is not a delay"),
            (r#"{"errors":["/a=99"]}"#, "is not an error"),
            (r#"{"errors":["/a=600"]}"#, "is not an error"),
            (r#"{"stall":"5s/5s"}"#, "is not a stall"),
            (r#"{"stall":"0s/5s"}"#, "is not a stall"),
            (r#"{"reset":["/a=1"]}"#, "is not a reset"),
            (r#"{"refuse":"soon"}"#, "is not a refusal"),
            (r#"{"no_recovery":"5=fast"}"#, "is not a lack of recovery"),
            (r#"{"lose_writes":"5"}"#, "is not a share"),
            (r#"{"pool":0}"#, "nonzero"),
        ];
        for (text, says) in wrong {
            let error = serde_json::from_str::<Faults>(text).expect_err(text).to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
