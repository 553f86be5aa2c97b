//! The bytes of gates.yaml as a tree: YAML syntax, and what of YAML is allowed here.
//!
//! serde-saphyr's own deserializer stops at the first error and hides duplicate keys, so that its parser is used
//! alone. Everything is bounded: a hostile file costs one problem, not time or memory.

use std::{collections::HashMap, rc::Rc};

use serde_saphyr::granit_parser::{self as parser, Event, Parser, ScalarStyle};

use super::{
    Environment, Problem, Problems, Source, Span, Variables,
    environment::expand,
    tree::{Content, Entry, Node, Scalar},
};

/// A file beyond this size is not read.
pub const LARGEST_FILE: usize = 1 << 20;
/// Bounds of what a file may hold; the reference file has about 600 values on at most 7 levels.
const MOST_EVENTS: usize = 50_000;
const MOST_VALUES: usize = 20_000;
const MOST_ALIASES: usize = 100;
const DEEPEST: usize = 64;

const KEY_IS_TEXT: &str = "a key is a text, not a list or a map; quote it if it starts with a bracket";
const QUOTES: &str = "quote values that hold `: ` or ` #`, or start with one of `*&!|>%@{[` or a quote";
const NO_MERGE: &str =
    "merge keys (`<<`) are not supported; write the keys out, or repeat the whole value with an alias";

/// Reads the text of a file.
///
/// # Errors
/// The one problem that keeps bytes from being text: too many of them, not UTF-8, or a binary file.
pub(super) fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let problem = |text: &str, at: usize, message: String| {
        let before = &text[..at];
        let line = before.matches('\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
        Problem::new(&Source::new(file, text), Span { line, column, length: 1 }, message)
    };
    if bytes.len() > LARGEST_FILE {
        let message = format!("the file is larger than {} KiB, which no gates.yaml needs", LARGEST_FILE >> 10);
        return Err(problem("", 0, message));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            return Err(problem(valid, valid.len(), format!("the byte {byte:#04x} here is not UTF-8 text")));
        }
    };
    let binary = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}');
    match text.find(binary) {
        Some(at) => Err(problem(text, at, "a control character stands here, which YAML does not allow".to_owned())),
        None => Ok(text),
    }
}

/// Reads the tree of a file, with variables replaced, and says which ones. `None` when the syntax is wrong: the problems say why.
pub(super) fn tree(
    source: &Source,
    text: &str,
    environment: &Environment,
    problems: &mut Problems,
) -> Option<(Rc<Node>, Variables)> {
    let mut variables = Variables::default();
    let builder = Builder {
        source,
        environment,
        problems,
        variables: &mut variables,
        frames: Vec::new(),
        anchors: HashMap::new(),
        values: 0,
        aliases: 0,
    };
    match builder.read(text) {
        Ok(root) => Some((root, variables)),
        Err(problem) => {
            problems.push(problem);
            None
        }
    }
}

/// A collection that is not complete yet.
struct Frame {
    span: Span,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>, Option<Rc<Node>>),
}

/// A complete value that aliases may repeat, with the number of values in it and their depth.
struct Anchored {
    node: Rc<Node>,
    values: usize,
    depth: usize,
}

struct Builder<'a> {
    source: &'a Source,
    environment: &'a Environment,
    problems: &'a mut Problems,
    variables: &'a mut Variables,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
    aliases: usize,
}

impl Builder<'_> {
    fn read(mut self, text: &str) -> Result<Rc<Node>, Problem> {
        let options =
            parser::options! { emit_comments: false, flow_nesting_limit: DEEPEST, block_nesting_limit: DEEPEST };
        let mut root = None;
        let mut end = Span { line: 1, column: 1, length: 1 };
        for (count, event) in Parser::new_from_str_with_options(text, options).enumerate() {
            let (event, at) = event.map_err(|error| self.syntax(&error))?;
            end = span(at);
            if count > MOST_EVENTS {
                return Err(self.problem(end, "the file holds more than any gates.yaml needs"));
            }
            if matches!(event, Event::DocumentStart(..)) && root.is_some() {
                return Err(self.problem(end, "a second document starts here; gates.yaml is one document"));
            }
            if let Some(node) = self.take(event, end)? {
                root = Some(node);
            }
        }
        root.ok_or_else(|| self.problem(end, "the file is empty; `stagegate init` writes one to start from"))
    }

    /// Takes one event; gives the root when it is complete.
    fn take(&mut self, event: Event<'_>, at: Span) -> Result<Option<Rc<Node>>, Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.untagged(tag.is_some(), at)?;
                let node = self.scalar(&text, style, at)?;
                self.place(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.untagged(tag.is_some(), at)?;
                self.open(Frame { span: first(at), anchor, kind: Kind::List(Vec::new()) })
            }
            Event::MappingStart(_, anchor, tag) => {
                self.untagged(tag.is_some(), at)?;
                self.open(Frame { span: first(at), anchor, kind: Kind::Map(Vec::new(), None) })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, at),
            _ => Ok(None),
        }
    }

    fn open(&mut self, frame: Frame) -> Result<Option<Rc<Node>>, Problem> {
        if matches!(self.frames.last(), Some(Frame { kind: Kind::Map(_, None), .. })) {
            return Err(self.problem(frame.span, KEY_IS_TEXT));
        }
        if self.frames.len() >= DEEPEST {
            return Err(self.problem(frame.span, "lists and maps are nested too deeply here"));
        }
        self.frames.push(frame);
        Ok(None)
    }

    fn close(&mut self) -> Result<Option<Rc<Node>>, Problem> {
        let frame = self.frames.pop().expect("the parser ends only what it started");
        let (span, content) = match frame.kind {
            Kind::List(items) => (frame.span, Content::List(items)),
            // A block map has no mark of its own: it is pointed at by its first key.
            Kind::Map(entries, _) => {
                let first = entries.first().map(|entry| entry.key.span);
                (
                    first.filter(|key| *key >= frame.span && key.column == frame.span.column).unwrap_or(frame.span),
                    Content::Map(entries),
                )
            }
        };
        self.place(Node::new(span, content), frame.anchor)
    }

    /// Puts a complete value where it belongs; gives it back if it is the root.
    fn place(&mut self, node: Rc<Node>, anchor: usize) -> Result<Option<Rc<Node>>, Problem> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(self.problem(node.span, "the file holds more values than any gates.yaml needs"));
        }
        if anchor > 0 {
            let (values, depth) = size(&node);
            self.anchors.insert(anchor, Anchored { node: Rc::clone(&node), values, depth });
        }
        match self.frames.last_mut().map(|frame| &mut frame.kind) {
            None => return Ok(Some(node)),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map(entries, key)) => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None if !matches!(node.content, Content::Scalar(_)) => return Err(self.problem(node.span, KEY_IS_TEXT)),
                None if node.text() == "<<" => return Err(self.problem(node.span, NO_MERGE)),
                None => *key = Some(node),
            },
        }
        Ok(None)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, at: Span) -> Result<Rc<Node>, Problem> {
        let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let at = if quoted && at.length >= 2 {
            Span { column: at.column + 1, length: (at.length - 2).max(1), ..at }
        } else {
            at
        };
        let plain = style == ScalarStyle::Plain;
        let is_key = matches!(self.frames.last(), Some(Frame { kind: Kind::Map(_, None), .. }));
        self.variables.take_templates(text, at);
        if is_key || !text.contains("${") {
            return Ok(Node::new(at, Content::Scalar(Scalar { text: text.to_owned(), plain, written: None })));
        }
        let expanded = expand(text, self.environment);
        if expanded.text.len() > LARGEST_FILE {
            return Err(self.problem(at, "the variables in this value expand to more than any gates.yaml needs"));
        }
        let failed = !expanded.faults.is_empty();
        self.problems.extend(expanded.faults.into_iter().map(|fault| {
            Problem::new(self.source, at, fault)
                .help(Some("set it, or write `${NAME:-default}`".to_owned()).filter(|_| text.contains('}')))
        }));
        self.variables.take(expanded.variables, at);
        let written = expanded.changed.then(|| text.to_owned());
        let node = Node::new(at, Content::Scalar(Scalar { text: expanded.text, plain, written }));
        node.failed.set(failed);
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, at: Span) -> Result<Option<Rc<Node>>, Problem> {
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(self.problem(at, "this alias stands inside the value that it repeats"));
        };
        let (node, values, depth) = (Rc::clone(&target.node), target.values, target.depth);
        self.aliases += 1;
        self.values = self.values.saturating_add(values);
        if self.aliases > MOST_ALIASES || self.values > MOST_VALUES || self.frames.len() + depth > DEEPEST {
            return Err(self.problem(at, "aliases repeat more values than any gates.yaml needs"));
        }
        self.place(node, 0)
    }

    fn untagged(&self, tagged: bool, at: Span) -> Result<(), Problem> {
        if tagged {
            Err(self.problem(at, "tags (`!...`) are not supported; quote the value if it is a text"))
        } else {
            Ok(())
        }
    }

    fn problem(&self, at: Span, message: &str) -> Problem {
        Problem::new(self.source, at, message)
    }

    fn syntax(&self, error: &parser::ScanError) -> Problem {
        let mark = error.marker();
        let at = Span { line: mark.line() as u32, column: mark.col() as u32 + 1, length: 1 };
        // The commonest cause has a help of its own: inside brackets and braces YAML reads `${NAME}` as a map.
        let variable = self.source.line(at.line).contains("${");
        let help = if variable { "quote `${...}` where it stands inside [...] or {...}" } else { QUOTES };
        Problem::new(self.source, at, format!("this is not YAML: {}", error.info())).help(Some(help.to_owned()))
    }
}

/// The number of values in a tree, aliases counted each time, and its depth.
fn size(node: &Node) -> (usize, usize) {
    let total = |sizes: &mut dyn Iterator<Item = (usize, usize)>| {
        sizes.fold((1, 1), |(values, depth), (more, below)| (values + more, depth.max(below + 1)))
    };
    match &node.content {
        Content::Scalar(_) => (1, 0),
        Content::List(items) => total(&mut items.iter().map(|item| size(item))),
        Content::Map(entries) => total(&mut entries.iter().map(|entry| {
            let (values, depth) = size(&entry.value);
            (values + 1, depth)
        })),
    }
}

/// The place of an event, on its first line.
fn span(at: parser::Span) -> Span {
    let (line, column) = (at.start.line() as u32, at.start.col() as u32 + 1);
    let length = if at.end.line() == at.start.line() { at.end.col().saturating_sub(at.start.col()) } else { 1 };
    Span { line, column, length: length.max(1) as u32 }
}

/// The first character of a place.
fn first(at: Span) -> Span {
    Span { length: 1, ..at }
}
