//! What a gauge is computed from: an expression over the names of its source, `100 * db_connections / db_pool_size`.

use std::{collections::BTreeMap, fmt};

use minijinja::Environment;

/// An expression, read and known to be one. The template engine that computes it knows neither labels nor colons in names
/// nor rates, so what has them is a variable of its own in `Self::plain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// As it is written.
    pub text: String,
    /// As the template engine reads it.
    pub plain: String,
    /// What the variables of `plain` stand for.
    pub needs: BTreeMap<String, Need>,
}

/// What an expression needs of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The name, with labels or without.
    pub selector: Selector,
    /// Whether it is the increase a second since the reading before: `rate(NAME)`, for counters.
    pub rate: bool,
}

/// A name, and labels that a series must carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    /// The metric's name.
    pub name: String,
    /// Labels with their values; empty for a bare name.
    pub labels: Vec<(String, String)>,
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        if self.labels.is_empty() {
            return Ok(());
        }
        let labels: Vec<String> = self.labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        write!(out, "{{{}}}", labels.join(","))
    }
}

impl Expression {
    /// Reads an expression. Besides arithmetic it may use what the template engine offers, such as `[a, b] | max`.
    ///
    /// # Errors
    /// What is wrong with it, without a full stop.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (plain, mut needs) = Replacement::of(text)?;
        let engine = Environment::new();
        let compiled = engine
            .compile_expression(&plain)
            .map_err(|error| error.detail().unwrap_or("a piece is missing").to_owned())?;
        for name in compiled.undeclared_variables(false) {
            let selector = Selector { name: name.clone(), labels: Vec::new() };
            needs.entry(name).or_insert(Need { selector, rate: false });
        }
        Ok(Self { text: text.to_owned(), plain, needs })
    }
}

/// An expression's text while its labels, colons and rates are replaced.
struct Replacement<'t> {
    text: &'t str,
    rest: &'t str,
    plain: String,
    needs: BTreeMap<String, Need>,
}

impl<'t> Replacement<'t> {
    fn of(text: &'t str) -> Result<(String, BTreeMap<String, Need>), String> {
        let mut replacement = Self { text, rest: text, plain: String::new(), needs: BTreeMap::new() };
        while let Some(letter) = replacement.rest.chars().next() {
            replacement.step(letter)?;
        }
        Ok((replacement.plain, replacement.needs))
    }

    fn step(&mut self, letter: char) -> Result<(), String> {
        if letter == '"' || letter == '\'' {
            let end = self.rest[1..].find(letter).map_or(self.rest.len(), |at| at + 2);
            self.copy(end);
            return Ok(());
        }
        let Some((name, after)) = split_name(self.rest) else {
            // Digits and what hangs on them are taken together, so that `1e3` is not read as a name.
            let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(self.rest.len());
            self.copy(end.max(letter.len_utf8()));
            return Ok(());
        };
        if name == "rate"
            && let Some(inside) = after.trim_start().strip_prefix('(')
        {
            return self.rate(inside);
        }
        let (selector, after) = self.selector(name, after)?;
        if selector.labels.is_empty() && !name.contains(':') {
            self.plain.push_str(name);
        } else {
            self.need(selector, false);
        }
        self.rest = after;
        Ok(())
    }

    fn rate(&mut self, inside: &'t str) -> Result<(), String> {
        let wrong = || format!("`rate` in `{}` takes one name, with labels or without: rate(NAME)", self.text);
        let (name, after) = split_name(inside.trim_start()).ok_or_else(wrong)?;
        let (selector, after) = self.selector(name, after)?;
        let after = after.trim_start().strip_prefix(')').ok_or_else(wrong)?;
        self.need(selector, true);
        self.rest = after;
        Ok(())
    }

    fn selector(&self, name: &str, after: &'t str) -> Result<(Selector, &'t str), String> {
        let (labels, after) = match after.strip_prefix('{') {
            Some(inside) => parse_labels(inside).ok_or_else(|| {
                format!("the labels of `{name}` in `{}` are not written as {{label=\"value\"}}", self.text)
            })?,
            None => (Vec::new(), after),
        };
        Ok((Selector { name: name.to_owned(), labels }, after))
    }

    fn copy(&mut self, end: usize) {
        self.plain.push_str(&self.rest[..end]);
        self.rest = &self.rest[end..];
    }

    fn need(&mut self, selector: Selector, rate: bool) {
        let variable = format!("series_{}", self.needs.len());
        self.plain.push_str(&variable);
        self.needs.insert(variable, Need { selector, rate });
    }
}

/// Splits a metric name off; names start with a letter, an underscore or a colon.
pub fn split_name(text: &str) -> Option<(&str, &str)> {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    starts.then(|| text.split_at(end))
}

/// Labels with their values, and the text behind them.
pub type Labels<'t> = (Vec<(String, String)>, &'t str);

/// Reads `label="value",...}` and gives what follows the brace.
pub fn parse_labels(mut text: &str) -> Option<Labels<'_>> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (label, rest) = split_name(text)?;
        let quoted = rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let (value, rest) = unquote(quoted)?;
        labels.push((label.to_owned(), value));
        let rest = rest.trim_start();
        text = rest.strip_prefix(',').unwrap_or(rest);
    }
}

/// Reads to the closing quote; `\\`, `\"` and `\n` are the format's escapes.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(text: &str) -> Vec<(String, bool)> {
        let parsed = Expression::parse(text).expect(text);
        parsed.needs.values().map(|need| (need.selector.to_string(), need.rate)).collect()
    }

    #[test]
    fn names_labels_and_rates_are_what_it_needs() {
        assert_eq!(needs("100 * a / b"), [("a".to_owned(), false), ("b".to_owned(), false)]);
        assert_eq!(
            needs("up{zone=\"b\"} * job:rate:5m"),
            [("up{zone=\"b\"}".to_owned(), false), ("job:rate:5m".to_owned(), false)]
        );
        assert_eq!(needs("100 - 100 * rate( cpu{mode=\"idle\"} )"), [("cpu{mode=\"idle\"}".to_owned(), true)]);
        assert_eq!(needs("rate(c) + c"), [("c".to_owned(), false), ("c".to_owned(), true)]);
        assert_eq!(needs("rate"), [("rate".to_owned(), false)]);
    }

    #[test]
    fn what_cannot_be_read_is_said_before_the_run() {
        for expression in ["100 *", "up{zone=b}", "a b", "", "rate(a + b)", "rate()", "rate(a", "rate(1)"] {
            assert!(Expression::parse(expression).is_err(), "{expression}");
        }
    }

    #[test]
    fn a_selector_prints_as_it_is_written() {
        let select = |labels: &[(&str, &str)]| Selector {
            name: "a".to_owned(),
            labels: labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect(),
        };
        assert_eq!(select(&[]).to_string(), "a");
        assert_eq!(select(&[("b", "c"), ("d", "e\"f")]).to_string(), r#"a{b="c",d="e\"f"}"#);
    }
}
