//! Quantities: the parsing and printing of every number with a unit, in one place.
//!
//! Each quantity reads the form that gates.yaml uses (`500ms`, `99%`, `3/s`, `1GiB`, `1s..3s`) and prints the shortest
//! form that reads back to exactly the same value.

mod bytes;
mod date;
mod decimal;
mod duration;
pub mod number;
mod percent;
mod range;
mod rate;
mod reading;
mod stage;
pub mod text;

pub use bytes::Bytes;
pub use date::Date;
pub use duration::{Human, Milliseconds};
pub use percent::Percent;
pub use range::DurationRange;
pub use rate::Rate;
pub use reading::Reading;
pub use stage::Stage;

/// A value with a unit, as gates.yaml writes it.
pub trait Quantity: Sized {
    /// What the quantity is, with its article: `a duration`.
    const WHAT: &'static str;
    /// How it is written, for the user who wrote something else: `"500ms", "1.5s" or "2m"`.
    const FORMS: &'static str;

    /// Reads the whole text, without its surrounding white space; `None` when it is anything else.
    fn read(text: &str) -> Option<Self>;

    /// Reads the whole text.
    ///
    /// # Errors
    /// A sentence that names what was read and what is expected.
    fn parse(text: &str) -> Result<Self, NotAQuantity> {
        Self::read(text.trim()).ok_or_else(|| NotAQuantity {
            text: text.to_owned(),
            what: Self::WHAT,
            forms: Self::FORMS,
        })
    }
}

/// A text that is not the quantity it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}; write it like {forms}")]
pub struct NotAQuantity {
    text: String,
    what: &'static str,
    forms: &'static str,
}
