//! Walking through the text of a criterion.

use super::{Fault, Op, Parsed, Quantity, Selector, Word};

impl Word<'_> {
    /// Without surrounding white space.
    pub(super) fn trimmed(self) -> Self {
        let start = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), at: self.at + start }
    }

    /// Without the quotes around it, if it is quoted.
    pub(super) fn unquoted(self) -> (Self, bool) {
        let inner = ['"', '\''].iter().find_map(|quote| self.text.strip_prefix(*quote)?.strip_suffix(*quote));
        inner.map_or((self, false), |text| (Self { text, at: self.at + 1 }, true))
    }

    pub(super) fn quantity<Q: Quantity>(self) -> Parsed<Q> {
        Q::parse(self.text).map_err(|error| Fault {
            at: self.at,
            length: self.text.len(),
            message: if self.text.is_empty() { format!("expected {} here", Q::WHAT) } else { error.to_string() },
            help: None,
        })
    }

    pub(super) fn fault(self, what: &str, help: Option<String>) -> Fault {
        let message = if self.text.is_empty() { what.to_owned() } else { format!("`{}` {what}", self.text) };
        Fault { at: self.at, length: self.text.len(), message, help }
    }
}

/// Where the reading is.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first word.
    pub(super) fn new(text: &'a str) -> Self {
        let mut cursor = Self { text, at: 0 };
        cursor.skip_space();
        cursor
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Up to white space, a parenthesis or a comparison.
    pub(super) fn word(&mut self) -> Word<'a> {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "()<>=".contains(c)).unwrap_or(rest.len());
        let word = Word { text: &rest[..end], at: self.at };
        self.at += end;
        word
    }

    /// Everything that is left.
    pub(super) fn remainder(&mut self) -> Word<'a> {
        let word = Word { text: self.rest(), at: self.at }.trimmed();
        self.at = self.text.len();
        word
    }

    pub(super) fn op(&mut self) -> Parsed<Op> {
        self.skip_space();
        let operators = [Op::LessOrEqual, Op::GreaterOrEqual, Op::Equal, Op::Less, Op::Greater];
        let Some(op) = operators.into_iter().find(|op| self.rest().starts_with(op.symbol())) else {
            return Err(self.fault("expected one of <, <=, >, >= and == here"));
        };
        self.at += op.symbol().len();
        Ok(op)
    }

    /// `(SELECTOR)`, if there is one. A quoted selector is a name; names may hold parentheses.
    pub(super) fn selector(&mut self) -> Parsed<Option<Selector<'a>>> {
        self.skip_space();
        if !self.rest().starts_with('(') {
            return Ok(None);
        }
        let open = self.at;
        let Some(length) = closing(&self.rest()[1..]) else {
            return Err(self.fault("this parenthesis is never closed"));
        };
        let inner = Word { text: &self.text[open + 1..open + 1 + length], at: open + 1 }.trimmed();
        self.at = open + 1 + length + 1;
        if inner.text.is_empty() {
            let help = "name an endpoint or a tag, or write `not TAG`, `scenario NAME` or `each`".to_owned();
            return Err(Fault {
                at: open,
                length: length + 2,
                message: "the selector is empty".to_owned(),
                help: Some(help),
            });
        }
        let (name, quoted) = inner.unquoted();
        if quoted {
            return Ok(Some(Selector::Name(name)));
        }
        let keyword = |keyword: &str| {
            let rest = inner.text.strip_prefix(keyword).filter(|rest| rest.starts_with(char::is_whitespace))?;
            Some(Word { text: rest, at: inner.at + keyword.len() }.trimmed().unquoted().0)
        };
        Ok(Some(match (keyword("not"), keyword("scenario")) {
            (Some(tag), _) => Selector::Not(tag),
            (_, Some(name)) => Selector::Scenario(name),
            _ if inner.text == "each" => Selector::Each,
            _ => Selector::Name(inner),
        }))
    }

    pub(super) fn end(&mut self) -> Parsed<()> {
        self.skip_space();
        if self.rest().is_empty() { Ok(()) } else { Err(self.fault("nothing more is expected here")) }
    }

    /// A fault from here to the end.
    pub(super) fn fault(&self, message: &str) -> Fault {
        Fault { at: self.at, length: self.rest().trim_end().len(), message: message.to_owned(), help: None }
    }
}

/// The length of what stands before the parenthesis that closes a selector.
fn closing(text: &str) -> Option<usize> {
    let trimmed = text.trim_start();
    if let Some(quote) = trimmed.chars().next().filter(|c| "\"'".contains(*c)) {
        let start = text.len() - trimmed.len() + 1;
        // A quote closes the name where a parenthesis follows, so that names may hold quotes too.
        let ends = text[start..].match_indices(quote).map(|(at, _)| start + at + 1);
        let after = |end: &usize| text[*end..].trim_start().starts_with(')');
        return ends.filter(after).map(|end| text.len() - text[end..].trim_start().len()).next();
    }
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
