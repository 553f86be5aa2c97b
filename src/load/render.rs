//! Filling in templates: concatenation only, what can be prepared was prepared.

use std::{fmt::Write, sync::Arc};

use bytes::Bytes;
use fastrand::Rng;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    client::Request,
    config::names::hides,
    plan::{ColumnId, Encoding, Row, Segment, SlotId, Template, Value},
};

/// A value that was not extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing(pub(super) SlotId);

/// What a user's templates are filled from.
#[derive(Debug)]
pub(super) struct Memory {
    /// `user.id`, from 1.
    user_id: u32,
    rows: Arc<[Row]>,
    /// The row of this iteration.
    row: usize,
    /// Extracted values.
    slots: Vec<Option<String>>,
    /// Those of the login.
    login: Vec<Option<String>>,
    /// Those that were renewed or lost; `None` where nobody will ask for them.
    before: Option<Vec<(SlotId, String)>>,
    /// The source of `random.int` and `random.uuid`.
    values: Rng,
    buffer: String,
    /// The request before, whose room the next one takes.
    request: Option<Box<Request>>,
}

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A larger buffer is not kept between requests.
const LARGEST_BUFFER: usize = 4096;

impl Memory {
    /// The memory of a user (id from 1) that has extracted nothing yet.
    pub(super) fn new(user_id: u32, rows: Arc<[Row]>, slots: usize, values: Rng) -> Self {
        let (slots, login) = (vec![None; slots], Vec::new());
        Self { user_id, rows, row: 0, slots, login, before: None, values, buffer: String::new(), request: None }
    }

    /// Remembers also what is renewed or lost, for [`Self::secrets`]. It grows with what is extracted, so that this is
    /// for a single pass.
    pub(super) fn remembering(mut self) -> Self {
        self.before = Some(Vec::new());
        self
    }

    /// For templates without variables.
    pub(super) fn empty() -> Self {
        Self::new(0, Arc::from([]), 0, Rng::with_seed(0))
    }

    /// Draws the row of the next iteration.
    pub(super) fn draw_row(&mut self, random: &mut Rng) {
        if !self.rows.is_empty() {
            self.row = random.usize(..self.rows.len());
        }
    }

    /// The user has logged in: what it extracted meanwhile is there for each iteration.
    pub(super) fn logged_in(&mut self) {
        self.login.clone_from(&self.slots);
    }

    /// The next iteration begins. A value that the one before was to renew and could not is that of the login again: steps
    /// that need it would otherwise never be sent any more, and nothing would be counted for them.
    pub(super) fn begin_iteration(&mut self) {
        for (value, login) in self.slots.iter_mut().zip(&self.login) {
            if value.is_none() {
                value.clone_from(login);
            }
        }
    }

    /// Keeps an extracted value, or forgets the one before when it was not found.
    pub(super) fn keep(&mut self, slot: SlotId, value: Option<String>) {
        let Some(kept) = self.slots.get_mut(slot.0 as usize) else { return };
        let old = std::mem::replace(kept, value);
        if let Some(before) = &mut self.before {
            before.extend(old.map(|old| (slot, old)));
        }
    }

    /// What was extracted and drawn under names of secrets, and, if it was remembered, what was renewed or lost; `slots`
    /// and `columns` are those names by their ids.
    pub(super) fn secrets(&self, slots: &[String], columns: &[String]) -> Vec<String> {
        let row = self.rows.get(self.row).map(|row| row.0.as_slice()).unwrap_or_default();
        let held = slots.iter().zip(&self.slots).chain(columns.iter().zip(row));
        let held = held.filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let before = self.before.iter().flatten().filter_map(|(slot, old)| Some((slots.get(slot.0 as usize)?, old)));
        held.chain(before).filter(|(name, _)| hides(name)).map(|(_, value)| value.clone()).collect()
    }

    pub(super) fn buffer(&mut self) -> String {
        std::mem::take(&mut self.buffer)
    }

    pub(super) fn give_back(&mut self, buffer: String) {
        if buffer.capacity() <= LARGEST_BUFFER {
            self.buffer = buffer;
        }
    }

    pub(super) fn request(&mut self) -> Option<Box<Request>> {
        self.request.take()
    }

    pub(super) fn give_back_request(&mut self, mut request: Box<Request>) {
        request.body = Bytes::new();
        self.request = Some(request);
    }

    fn column(&self, column: ColumnId) -> &str {
        let value = self.rows.get(self.row).and_then(|row| row.0.get(column.0 as usize));
        // That no template meets a row without its column was checked when the plan was built.
        value.and_then(Option::as_deref).unwrap_or_default()
    }
}

/// Fills a template into `out`, replacing what it held.
pub(super) fn render(template: &Template, memory: &mut Memory, out: &mut String) -> Result<(), Missing> {
    out.clear();
    for segment in &template.segments {
        match segment {
            Segment::Literal(text) => out.push_str(text),
            Segment::Insert(value, encoding) => insert(value, *encoding, memory, out)?,
        }
    }
    Ok(())
}

fn insert(value: &Value, encoding: Encoding, memory: &mut Memory, out: &mut String) -> Result<(), Missing> {
    match value {
        // Numbers and UUIDs are the same in every encoding.
        Value::UserId => number(memory.user_id.into(), out),
        Value::RandomInt { low, high } => {
            let drawn = memory.values.i64(*low..=*high);
            number(drawn, out);
        }
        Value::RandomUuid => {
            let drawn = memory.values.u128(..);
            uuid(drawn, out);
        }
        Value::Data(column) => encode(memory.column(*column), encoding, out),
        Value::Extracted(slot) => {
            let kept = memory.slots.get(slot.0 as usize).and_then(Option::as_deref).ok_or(Missing(*slot))?;
            encode(kept, encoding, out);
        }
    }
    Ok(())
}

fn number(number: i64, out: &mut String) {
    let _ = write!(out, "{number}");
}

/// A version 4 UUID from random bits (RFC 9562 section 5.4).
fn uuid(bits: u128, out: &mut String) {
    let bits = (bits & !(0xF << 76) & !(0b11 << 62)) | (0x4 << 76) | (0b10 << 62);
    let part = |shift: u32, width: u32| (bits >> shift) & ((1 << width) - 1);
    let _ = write!(
        out,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        part(96, 32),
        part(80, 16),
        part(64, 16),
        part(48, 16),
        part(0, 48)
    );
}

fn encode(text: &str, encoding: Encoding, out: &mut String) {
    match encoding {
        Encoding::Raw | Encoding::JsonNumber => out.push_str(text),
        Encoding::Url => out.extend(utf8_percent_encode(text, RESERVED)),
        Encoding::Form => out.extend(url::form_urlencoded::byte_serialize(text.as_bytes())),
        Encoding::JsonString => json_string(text, out),
    }
}

/// Escapes what JSON strings must escape (RFC 8259 section 7).
fn json_string(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            plain => out.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::{prop_assert_eq, proptest};

    use super::{Memory, Missing, json_string, render};
    use crate::plan::{ColumnId, Encoding, Row, Segment, SlotId, Template, Value};

    fn memory() -> Memory {
        let rows = [Row(vec![Some("a b/ü&\"".to_owned()), None])];
        let mut memory = Memory::new(7, Arc::from(rows), 2, fastrand::Rng::with_seed(1));
        memory.keep(SlotId(0), Some("x=\"y\"\n+".to_owned()));
        memory
    }

    fn rendered(value: Value, encoding: Encoding) -> Result<String, Missing> {
        let template = Template { segments: vec![Segment::Literal("<".to_owned()), Segment::Insert(value, encoding)] };
        let mut out = "what was there before".to_owned();
        render(&template, &mut memory(), &mut out).map(|()| out)
    }

    #[test]
    fn values_are_encoded_for_their_context() {
        let data = Value::Data(ColumnId(0));
        let slot = Value::Extracted(SlotId(0));
        assert_eq!(rendered(data.clone(), Encoding::Raw).as_deref(), Ok("<a b/ü&\""));
        assert_eq!(rendered(data.clone(), Encoding::Url).as_deref(), Ok("<a%20b%2F%C3%BC%26%22"));
        assert_eq!(rendered(data.clone(), Encoding::Form).as_deref(), Ok("<a+b%2F%C3%BC%26%22"));
        assert_eq!(rendered(data, Encoding::JsonString).as_deref(), Ok("<a b/ü&\\\""));
        assert_eq!(rendered(slot.clone(), Encoding::JsonString).as_deref(), Ok("<x=\\\"y\\\"\\n+"));
        assert_eq!(rendered(slot, Encoding::Form).as_deref(), Ok("<x%3D%22y%22%0A%2B"));
        assert_eq!(rendered(Value::UserId, Encoding::JsonNumber).as_deref(), Ok("<7"));
        assert_eq!(rendered(Value::RandomInt { low: 5, high: 5 }, Encoding::Url).as_deref(), Ok("<5"));
    }

    #[test]
    fn a_value_that_was_not_extracted_is_missing() {
        assert_eq!(rendered(Value::Extracted(SlotId(1)), Encoding::Raw), Err(Missing(SlotId(1))));
    }

    #[test]
    fn a_uuid_is_of_version_four() {
        let uuid = rendered(Value::RandomUuid, Encoding::Raw).expect("nothing is missing");
        let groups: Vec<&str> = uuid.trim_start_matches('<').split('-').collect();
        assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
    }

    proptest! {
        #[test]
        fn a_json_string_reads_back(text: String) {
            let mut out = String::from("\"");
            json_string(&text, &mut out);
            out.push('"');
            prop_assert_eq!(serde_json::from_str::<String>(&out).expect("JSON"), text);
        }
    }
}
