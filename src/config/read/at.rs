//! A value of the tree while it is being read: what it may hold, and what is reported about it.

use std::{collections::HashMap, rc::Rc};

use super::{
    super::{
        Span,
        nearest::{nearest, suggestion},
        tree::{Content, Entry, Node, Scalar, Typed},
    },
    BARE, Fault, Reader, WHOLE,
};

/// A value of the tree that is being read.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) node: &'a Rc<Node>,
    pub(super) reader: &'a Reader<'a>,
}

impl<'a> At<'a> {
    pub(super) fn of(self, node: &'a Rc<Node>) -> Self {
        Self { node, ..self }
    }

    /// Reads this value; what it says about itself is reported here.
    pub(super) fn read<T>(self, read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        if self.node.failed.get() {
            return Err(Fault::Reported);
        }
        let fault = match read() {
            Ok(value) => return Ok(value),
            Err(fault) => fault,
        };
        match fault {
            Fault::Said { message, help } => {
                self.reader.report(self.node, self.without_values(message), help);
                self.reader.mark(self.node);
            }
            // The next reading puts a hole there, so that it can tell whether other keys are missing too.
            Fault::Missing(key) => {
                if !self.has_failed(key) {
                    self.reader.report(self.node, format!("`{key}` is missing here"), None);
                }
                self.reader.dig(self.node, key);
            }
            Fault::Reported => {}
        }
        Err(Fault::Reported)
    }

    /// A message with this value as it stands in the file instead of what a variable holds.
    pub(super) fn without_values(self, message: String) -> String {
        match &self.node.content {
            Content::Scalar(Scalar { text, written: Some(written), .. }) if !text.is_empty() => {
                message.replace(text.as_str(), written)
            }
            _ => message,
        }
    }

    /// Whether a problem was reported that explains why the map lacks a key: of its value, or of the key's spelling.
    pub(super) fn has_failed(self, key: &str) -> bool {
        let Content::Map(entries) = &self.node.content else { return false };
        entries.iter().any(|entry| {
            let name = entry.key.text();
            (name == key && entry.value.failed.get()) || (entry.key.failed.get() && nearest(name, &[key]).is_some())
        })
    }

    pub(super) fn expected(self, what: &str) -> Fault {
        Fault::Said { message: format!("expected {what}, found {}", self.node.found()), help: None }
    }

    pub(super) fn scalar(self, what: &str) -> Result<&'a Scalar, Fault> {
        match &self.node.content {
            Content::Scalar(scalar) if scalar.typed() != Typed::Nothing => Ok(scalar),
            _ => Err(self.expected(what)),
        }
    }

    /// A child that cannot be passed over: when it failed before, this value fails with it.
    pub(super) fn needed(self, child: &Node) -> Result<(), Fault> {
        if !child.failed.get() {
            return Ok(());
        }
        self.reader.mark(self.node);
        Err(Fault::Reported)
    }

    /// The entries of a map that are left, with repeated keys reported.
    pub(super) fn entries(self, entries: &'a [Entry]) -> Vec<&'a Entry> {
        let mut firsts: HashMap<&str, Span> = HashMap::with_capacity(entries.len());
        for entry in entries.iter().filter(|entry| !entry.key.failed.get()) {
            let first = *firsts.entry(entry.key.text()).or_insert(entry.key.span);
            if first != entry.key.span {
                let message = format!("`{}` is given twice, first on line {}", entry.key.text(), first.line);
                self.reader.refuse(entry, message, None);
            }
        }
        entries.iter().filter(|entry| !entry.key.failed.get() && !entry.value.failed.get()).collect()
    }

    /// The entries of a map that has these keys only, with all others reported.
    pub(super) fn known(self, entries: &'a [Entry], keys: &'static [&'static str]) -> Vec<&'a Entry> {
        let (kept, unknown): (Vec<_>, Vec<_>) = self
            .entries(entries)
            .into_iter()
            .partition(|entry| keys.contains(&entry.key.text()) && !entry.key.text().starts_with('$'));
        for entry in unknown {
            let name = entry.key.text();
            let message = format!("`{}` is not a key here", name.escape_debug());
            let taken = |key: &&str| entries.iter().any(|entry| entry.key.text() == *key);
            let help = match nearest(name, keys).filter(taken) {
                Some(meant) => Some(format!("did you mean `{meant}`, which is given already?")),
                None => suggestion(name, keys.iter().copied().filter(|key| !key.starts_with('$') && !taken(key))),
            };
            self.reader.refuse(entry, message, help);
        }
        kept
    }

    pub(super) fn whole_number(self) -> Result<i64, Fault> {
        let what = "a whole number";
        let scalar = self.scalar(what)?;
        scalar.text.trim().parse().map_err(|_| self.expected(what))
    }
}

/// Says which keys an enum is written with.
pub(super) fn expected_one_of(names: &[&str]) -> Fault {
    let written = names.iter().filter(|name| **name != BARE && **name != WHOLE);
    let names: Vec<String> = written.map(|name| format!("`{name}`")).collect();
    Fault::Said { message: format!("expected exactly one of {} here", names.join(", ")), help: None }
}
