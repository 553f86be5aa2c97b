//! The conditions of steps and jobs (`if:`), evaluated as GitHub's runner does, as far as this repository writes them.
//! Whatever else stands in one ends the test: nothing is taken for true because it was not understood.

use serde_json::Value;

/// What became of the steps, or jobs, before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Earlier {
    Succeeded,
    Failed,
}

/// Whether what has this condition starts; without a word about what was before, only after success.
pub(crate) fn holds(condition: Option<&str>, earlier: Earlier, value: &dyn Fn(&str) -> Value) -> bool {
    let condition = condition.unwrap_or("success()");
    let mut reader = Reader { rest: condition, earlier, asked: false, value };
    let holds = is_true(&reader.either());
    reader.skip();
    assert!(reader.rest.is_empty(), "this was not understood: {}", reader.rest);
    holds && (reader.asked || earlier == Earlier::Succeeded)
}

/// The value at a path of a context: `event.pull_request.number`; null where there is none, as for the runner.
pub(crate) fn at(context: &Value, path: &str) -> Value {
    path.split('.').fold(context, |value, key| &value[key]).clone()
}

struct Reader<'a> {
    rest: &'a str,
    earlier: Earlier,
    /// Whether what was before is named.
    asked: bool,
    value: &'a dyn Fn(&str) -> Value,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn needs(&mut self, sign: &str) {
        assert!(self.takes(sign), "`{sign}` is missing before: {}", self.rest);
    }

    fn either(&mut self) -> Value {
        let mut value = self.both();
        while self.takes("||") {
            let other = self.both();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    fn both(&mut self) -> Value {
        let mut value = self.compared();
        while self.takes("&&") {
            let other = self.compared();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    fn compared(&mut self) -> Value {
        let value = self.one();
        if self.takes("==") {
            return Value::Bool(same(&value, &self.one()));
        }
        if self.takes("!=") {
            return Value::Bool(!same(&value, &self.one()));
        }
        value
    }

    fn one(&mut self) -> Value {
        if self.takes("(") {
            let value = self.either();
            self.needs(")");
            return value;
        }
        if self.takes("'") {
            let (text, rest) = self.rest.split_once('\'').expect("a string ends");
            self.rest = rest;
            return text.into();
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.".contains(c));
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        assert!(!name.is_empty(), "a value is missing before: {rest}");
        self.rest = rest;
        if self.takes("(") { self.called(name) } else { (self.value)(name) }
    }

    fn called(&mut self, name: &str) -> Value {
        let value = match name {
            "always" | "success" | "failure" => {
                self.asked = true;
                Value::Bool(match name {
                    "success" => self.earlier == Earlier::Succeeded,
                    "failure" => self.earlier == Earlier::Failed,
                    _ => true,
                })
            }
            "fromJSON" => {
                let text = self.either();
                serde_json::from_str(text.as_str().expect("it reads a string")).expect("it is JSON")
            }
            "contains" => {
                let list = self.either();
                self.needs(",");
                let item = self.either();
                Value::Bool(list.as_array().expect("it looks into a list").iter().any(|one| same(one, &item)))
            }
            _ => panic!("the function {name} is not known here"),
        };
        self.needs(")");
        value
    }
}

/// Strings are the same whatever their case.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != "" && *value != 0
}

#[test]
fn a_condition_means_what_it_means_to_the_runner() {
    let value = |name: &str| match name {
        "inputs.empty" => "".into(),
        "inputs.name" => "Run".into(),
        "github.event.gone" => Value::Null,
        _ => panic!("there is no {name}"),
    };
    let after = |earlier| move |condition: &str| holds(Some(condition), earlier, &value);
    let (succeeded, failed) = (after(Earlier::Succeeded), after(Earlier::Failed));
    for condition in [
        "inputs.name",
        "inputs.name == 'run'",
        "inputs.empty == '' && inputs.name != 'x'",
        "inputs.empty || (inputs.name == 'run')",
        "github.event.gone != 'x'",
        "contains(fromJSON('[\"a\", \"run\"]'), inputs.name)",
    ] {
        assert!(succeeded(condition) && !failed(condition), "{condition}");
        assert!(failed(&format!("always() && ({condition})")), "{condition}");
    }
    for condition in ["inputs.empty", "inputs.name != 'run'", "always() && inputs.empty != ''", "failure()"] {
        assert!(!succeeded(condition), "{condition}");
    }
    assert!(failed("failure()") && holds(None, Earlier::Succeeded, &value) && !holds(None, Earlier::Failed, &value));
}
