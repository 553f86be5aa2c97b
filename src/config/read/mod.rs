//! From the tree to the types: a serde deserializer that reports every problem instead of the first.
//!
//! Serde stops at the first error, so a file with problems is read several times. What failed is reported at its place
//! and marked; the next reading passes over it, as over unknown and repeated keys, until nothing new fails. What the
//! last reading gives is the file without the marked values.

mod access;
mod at;
mod deserializer;
mod fault;
mod hole;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde::de;

use self::{at::At, fault::Fault};
use super::{
    Problem, Problems, Source,
    tree::{Entry, Node},
};

/// Name of the struct by which [`super::Located`] asks for a value together with its place.
pub(super) const LOCATED: &str = "$located";
/// Name of the struct by which [`super::OneOrMany`] asks for a list, or for a single value in its place.
pub(super) const ONE_OR_MANY: &str = "$one or many";
/// Name of an enum's variant that is written as a bare scalar: `- p95 < 500ms` beside `- {warn: p95 < 500ms}`.
pub(super) const BARE: &str = "$bare";
/// Name of an enum's variant that is written as a map of any keys: `{error_rate: 1%}` beside `p95`.
pub(super) const WHOLE: &str = "$whole";

/// Name of the struct by which a quantity is asked for, so that a stand-in for it can be told from a text.
pub(super) const QUANTITY: &str = "$quantity";

/// Reads a tree into `T`; `None` when it is no map. Keys that must be there and are not, or could not be read, are filled
/// with something, so that the rest can be looked at: when there are problems, the value is for finding more of them and
/// nothing else.
pub(super) fn read<T: de::DeserializeOwned>(source: &Source, root: &Rc<Node>, problems: &mut Problems) -> Option<T> {
    let reader = Reader { source, problems: RefCell::default(), marks: Cell::new(0) };
    let mut value = None;
    while !reader.is_full() {
        let before = reader.marks.get();
        value = T::deserialize(At { node: root, reader: &reader }).ok();
        if reader.marks.get() == before {
            break;
        }
    }
    problems.extend(reader.problems.into_inner());
    value
}

struct Reader<'a> {
    source: &'a Source,
    problems: RefCell<Problems>,
    marks: Cell<usize>,
}

impl Reader<'_> {
    /// Marks a value, so that the next reading passes over it.
    fn mark(&self, node: &Node) {
        if !node.failed.replace(true) {
            self.marks.set(self.marks.get() + 1);
        }
    }

    /// Remembers that a key is missing in a map.
    fn dig(&self, node: &Node, key: &'static str) {
        if !node.missing.borrow().contains(&key) {
            node.missing.borrow_mut().push(key);
            self.marks.set(self.marks.get() + 1);
        }
    }

    fn report(&self, at: &Node, message: String, help: Option<String>) {
        if !self.is_full() {
            self.problems.borrow_mut().push(Problem::new(self.source, at.span, message).help(help));
        }
    }

    /// Reports a key that may not stand where it does, and passes over it from now on. The key is marked and not its
    /// value, which an alias may share with a better place.
    fn refuse(&self, entry: &Entry, message: String, help: Option<String>) {
        self.mark(&entry.key);
        self.report(&entry.key, message, help);
    }

    /// Whether there are so many problems that more would help nobody.
    fn is_full(&self) -> bool {
        const MOST_PROBLEMS: usize = 200;
        self.problems.borrow().len() >= MOST_PROBLEMS
    }
}
