//! gates.yaml as a tree of values, each with its place. Nothing is typed yet, and duplicate keys are still there.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{Span, nearest::nearest};

/// A value with its place.
#[derive(Debug)]
pub(super) struct Node {
    /// Where it stands.
    pub(super) span: Span,
    /// What stands there.
    pub(super) content: Content,
    /// Whether a problem of this value was reported already, so that a later reading passes over it.
    pub(super) failed: Cell<bool>,
    /// Keys of a map that must be there and are not; a later reading puts a stand-in there.
    pub(super) missing: RefCell<Vec<&'static str>>,
}

/// What stands at a place.
#[derive(Debug)]
pub(super) enum Content {
    /// A text, number, boolean or nothing.
    Scalar(Scalar),
    /// A list.
    List(Vec<Rc<Node>>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// A scalar, not typed yet.
#[derive(Debug)]
pub(super) struct Scalar {
    /// Its text, variables replaced.
    pub(super) text: String,
    /// Whether it may be anything else than a text: it was not quoted.
    pub(super) plain: bool,
    /// As it stands in the file, where that is something else because of variables. Messages show this.
    pub(super) written: Option<String>,
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    /// Always a scalar.
    pub(super) key: Rc<Node>,
    /// Anything.
    pub(super) value: Rc<Node>,
}

/// What a plain scalar stands for (the core schema of YAML 1.2, without its octal and hexadecimal numbers).
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Typed {
    /// `null`, `~` or nothing at all.
    Nothing,
    /// `true` or `false` and nothing else: `yes` and `no` are texts.
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// Any other finite number.
    Number(f64),
    /// Everything else.
    Text,
}

impl Scalar {
    /// What the scalar stands for.
    pub(super) fn typed(&self) -> Typed {
        if !self.plain {
            return Typed::Text;
        }
        match self.text.as_str() {
            // A variable that expands to nothing is an empty text.
            "" if self.written.is_some() => return Typed::Text,
            "" | "~" | "null" => return Typed::Nothing,
            "true" => return Typed::Bool(true),
            "false" => return Typed::Bool(false),
            _ => {}
        }
        if !self.text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
            return Typed::Text;
        }
        if let Ok(whole) = self.text.parse() {
            return Typed::Whole(whole);
        }
        match self.text.parse::<f64>() {
            Ok(number) if number.is_finite() && self.text.contains(|c: char| c.is_ascii_digit()) => {
                Typed::Number(number)
            }
            _ => Typed::Text,
        }
    }

    /// The text for a message: as it stands in the file, so that no message shows what a variable holds.
    pub(super) fn shown(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.text)
    }
}

/// Adds an empty map under a key that a map does not have, not even misspelt; tells whether it did.
pub(super) fn add_map(map: &mut Rc<Node>, key: &str) -> bool {
    let span = map.span;
    // Nothing else holds the root of a tree.
    let Some(Node { content: Content::Map(entries), .. }) = Rc::get_mut(map) else { return false };
    if entries.iter().any(|entry| entry.key.text() == key || nearest(entry.key.text(), &[key]).is_some()) {
        return false;
    }
    let name = Scalar { text: key.to_owned(), plain: true, written: None };
    let key = Node::new(span, Content::Scalar(name));
    entries.push(Entry { key, value: Node::new(span, Content::Map(Vec::new())) });
    true
}

impl Node {
    /// A value that has not been looked at.
    pub(super) fn new(span: Span, content: Content) -> Rc<Self> {
        Rc::new(Self { span, content, failed: Cell::new(false), missing: RefCell::default() })
    }

    /// Whether nothing in it was reported, or is missing.
    pub(super) fn is_complete(&self) -> bool {
        !self.failed.get()
            && match &self.content {
                Content::Scalar(_) => true,
                Content::List(items) => items.iter().all(|item| item.is_complete()),
                Content::Map(entries) => {
                    self.missing.borrow().is_empty()
                        && entries.iter().all(|entry| entry.key.is_complete() && entry.value.is_complete())
                }
            }
    }

    /// The text of a key.
    pub(super) fn text(&self) -> &str {
        match &self.content {
            Content::Scalar(scalar) => &scalar.text,
            Content::List(_) | Content::Map(_) => "",
        }
    }

    /// What was found here, for a message.
    pub(super) fn found(&self) -> String {
        match &self.content {
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
            Content::Scalar(scalar) if scalar.typed() == Typed::Nothing => "nothing".to_owned(),
            Content::Scalar(scalar) => {
                const SHOWN: usize = 60;
                let text: String = scalar.shown().chars().take(SHOWN).collect();
                let cut = if scalar.shown().chars().count() > SHOWN { "..." } else { "" };
                format!("`{}{cut}`", text.escape_debug())
            }
        }
    }
}
