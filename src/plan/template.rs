//! Strings with variables, compiled to segments before a phase, so that a user's loop only concatenates.

/// Position of an extracted value in a user's memory; each scenario numbers its own from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotId(pub u32);

/// A compiled string: literals and values in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// Adjacent literals are merged, so a template without variables has at most one segment.
    pub segments: Vec<Segment>,
}

impl Template {
    /// The text, if it has no variables: such a step becomes a prepared request.
    pub fn constant(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [] => Some(""),
            [Segment::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text as it goes out (already encoded for its context).
    Literal(String),
    /// A value inserted at run time, encoded for its context.
    Insert(Value, Encoding),
}

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `user.id`, from 1.
    UserId,
    /// `data.COLUMN` of the row that this iteration drew.
    Data(super::ColumnId),
    /// `random.int(low, high)`, both ends included.
    RandomInt {
        /// Smallest value.
        low: i64,
        /// Largest value.
        high: i64,
    },
    /// `random.uuid`, version 4.
    RandomUuid,
    /// A name that an earlier step extracted.
    Extracted(SlotId),
}

/// How an inserted value is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is: headers and raw bodies.
    Raw,
    /// Percent-encoded for a path segment or a query.
    Url,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// Inside the quotes of a JSON string.
    JsonString,
    /// A JSON number: a JSON string that is nothing but `user.id` or `random.int` becomes the number.
    JsonNumber,
}
