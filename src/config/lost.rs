//! What of a file could not be read, so that nothing is said twice: first of the value, then of what lacks it.

use std::collections::BTreeSet;

use super::{
    Span,
    nearest::nearest,
    tree::{Content, Node},
};

/// In the place of a key: an entry of a section whose names are free, like one scenario.
pub const ENTRY: &str = "";

/// What of a gates.yaml could not be read. Empty unless there were problems.
#[derive(Debug, Clone, Default)]
pub struct Lost {
    names: BTreeSet<String>,
    keys: BTreeSet<(Span, String)>,
    misspelt: BTreeSet<(Span, String)>,
    within: BTreeSet<(String, String)>,
    unknowable: BTreeSet<(String, String)>,
    any: bool,
}

impl Lost {
    /// Collects what was lost of a tree that has been read.
    pub(super) fn of(root: &Node) -> Self {
        let mut lost = Self::default();
        lost.any = lost.walk(root, Path { section: "", key: "", inside: false });
        lost
    }

    /// Whether everything could be read.
    pub fn is_empty(&self) -> bool {
        !self.any
    }

    /// Whether a name or text stands in what was lost: a name that seems unknown may be meant there.
    pub fn names(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether the map at this place lacks a key, or a part of its value, only because it could not be read.
    pub fn key(&self, map: Span, key: &str) -> bool {
        let misspelt = |(place, name): &(Span, String)| *place == map && nearest(name, &[key]).is_some();
        self.keys.contains(&(map, key.to_owned())) || self.misspelt.iter().any(misspelt)
    }

    /// Whether something was lost of a key's value anywhere in a section, which is a key of the whole file.
    pub fn within(&self, section: &str, key: &str) -> bool {
        self.within.contains(&(section.to_owned(), key.to_owned()))
    }

    /// Whether a value was lost, anywhere in a section under a key, that could have been any text: a variable that is
    /// not set, a text where a map should be, a key that is missing. [`ENTRY`] stands for
    /// whole entries of the section.
    pub fn unknowable(&self, section: &str, key: &str) -> bool {
        self.unknowable.contains(&(section.to_owned(), key.to_owned()))
    }

    /// Walks through a value; tells whether anything in it was lost.
    fn walk(&mut self, node: &Node, path: Path<'_>) -> bool {
        let path = Path { inside: path.inside || node.failed.get(), ..path };
        match &node.content {
            Content::Scalar(scalar) => {
                if path.inside {
                    self.names.insert(scalar.text.clone());
                    self.unknown(path.section, path.key);
                }
                path.inside
            }
            Content::List(items) => items.iter().fold(path.inside, |lost, item| self.walk(item, path) || lost),
            Content::Map(_) => self.walk_map(node, path),
        }
    }

    fn walk_map(&mut self, node: &Node, path: Path<'_>) -> bool {
        let Content::Map(entries) = &node.content else { return false };
        let mut any = path.inside;
        for key in node.missing.borrow().iter() {
            let section = if path.section.is_empty() { key } else { path.section };
            self.lose(node.span, section, key);
            self.unknown(section, key);
            any = true;
        }
        for entry in entries {
            let key = entry.key.text();
            let section = if path.section.is_empty() { key } else { path.section };
            let refused = entry.key.failed.get();
            if refused {
                self.misspelt.insert((node.span, key.to_owned()));
            }
            if refused || entry.value.failed.get() || path.inside {
                self.names.insert(key.to_owned());
            }
            // All of what lies inside a lost value would have been the value of the key outside.
            let within =
                Path { section, key: if path.inside { path.key } else { key }, inside: path.inside || refused };
            if self.walk(&entry.value, within) || refused {
                any = true;
                self.lose(node.span, section, key);
            }
            let unreadable = entry.value.failed.get() && matches!(entry.value.content, Content::Scalar(_));
            if unreadable && path.key == section {
                self.unknown(section, ENTRY);
            }
        }
        any
    }

    fn unknown(&mut self, section: &str, key: &str) {
        self.unknowable.insert((section.to_owned(), key.to_owned()));
    }

    fn lose(&mut self, map: Span, section: &str, key: &str) {
        self.keys.insert((map, key.to_owned()));
        self.within.insert((section.to_owned(), key.to_owned()));
    }
}

/// Where a walk has come to: the section, the key whose value this is, and whether all of it is lost.
#[derive(Clone, Copy)]
struct Path<'a> {
    section: &'a str,
    key: &'a str,
    inside: bool,
}
