//! Expressions over a source's names: `100 * db_connections / db_pool_size`.

use std::{collections::BTreeMap, sync::LazyLock};

use minijinja::{Environment, Error, ErrorKind, Expression, UndefinedBehavior, Value};

use super::{
    Exposition, Selector,
    exposition::{parse_labels, split_name},
};

/// The engine, without templates; a name that was not given is an error.
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine
});

/// A gauge's expression, compiled once.
#[derive(Debug)]
pub struct Formula {
    text: String,
    compiled: Expression<'static, 'static>,
    /// The names that the expression needs, by the variable that stands for each.
    needs: BTreeMap<String, Selector>,
}

impl Formula {
    /// Compiles an expression. Besides arithmetic it may use what the template engine offers, such as
    /// `[a, b] | max`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn compile(text: &str) -> Result<Self, String> {
        let (plain, mut needs) = replace_selectors(text)?;
        let compiled = ENGINE
            .compile_expression_owned(plain)
            .map_err(|error| format!("the expression `{text}` cannot be read: {}", describe(&error)))?;
        for name in compiled.undeclared_variables(false) {
            needs.entry(name.clone()).or_insert(Selector { name, labels: Vec::new() });
        }
        Ok(Self { text: text.to_owned(), compiled, needs })
    }

    /// The value over one scrape: a finite number.
    ///
    /// # Errors
    /// A sentence that says why there is none: a name that the source did not give, a division by zero, a result that
    /// is no finite number.
    pub fn value(&self, scrape: &Exposition) -> Result<f64, String> {
        let mut names = BTreeMap::new();
        for (variable, selector) in &self.needs {
            // A name of the engine itself, such as `range`, is among the needs and not in the scrape.
            if let Some(sum) = scrape.sum(selector) {
                names.insert(variable.as_str(), sum);
            } else if !is_builtin(variable) {
                return Err(format!("`{selector}` is not among what the source gives"));
            }
        }
        let text = &self.text;
        let value = self.compiled.eval(Value::from_pairs(names)).map_err(|error| match error.kind() {
            ErrorKind::InvalidOperation => format!("`{text}` gives no number: {}", describe(&error)),
            _ => format!("`{text}` cannot be computed: {}", describe(&error)),
        })?;
        if !value.is_number() {
            return Err(format!("`{text}` gives {value}, which is no number"));
        }
        let number = f64::try_from(value).map_err(|error| format!("`{text}` gives no number: {}", describe(&error)))?;
        if number.is_finite() { Ok(number) } else { Err(format!("`{text}` gives {number}, which is no finite number")) }
    }
}

fn is_builtin(name: &str) -> bool {
    ENGINE.globals().any(|(global, _)| global == name)
}

fn describe(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

/// The template engine knows neither labels nor colons in names, so what has them becomes a variable of its own.
fn replace_selectors(text: &str) -> Result<(String, BTreeMap<String, Selector>), String> {
    let mut plain = String::new();
    let mut needs = BTreeMap::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter == '"' || letter == '\'' {
            let end = rest[1..].find(letter).map_or(rest.len(), |at| at + 2);
            plain.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        let Some((name, after)) = split_name(rest) else {
            // Digits and what hangs on them are taken together, so that `1e3` is not read as a name.
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
            let end = end.max(letter.len_utf8());
            plain.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        };
        let (labels, after) = match after.strip_prefix('{') {
            Some(inside) => parse_labels(inside)
                .ok_or_else(|| format!("the labels of `{name}` in `{text}` are not written as {{label=\"value\"}}"))?,
            None => (Vec::new(), after),
        };
        if labels.is_empty() && !name.contains(':') {
            plain.push_str(name);
        } else {
            let variable = format!("series_{}", needs.len());
            plain.push_str(&variable);
            needs.insert(variable, Selector { name: name.to_owned(), labels });
        }
        rest = after;
    }
    Ok((plain, needs))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRAPE: &str = "db_connections 7\ndb_pool_size 20\nzero 0\nnothing NaN\njob:rate:5m 3\n\
                          up{zone=\"a\"} 1\nup{zone=\"b\"} 4\n";

    fn value(expression: &str) -> Result<f64, String> {
        Formula::compile(expression)?.value(&Exposition::parse(SCRAPE))
    }

    #[test]
    fn arithmetic_over_names() {
        assert_eq!(value("100 * db_connections / db_pool_size"), Ok(35.0));
        assert_eq!(value("db_connections"), Ok(7.0));
        assert_eq!(value("zero"), Ok(0.0));
        assert_eq!(value("(db_connections - 1e1) * 2"), Ok(-6.0));
        assert_eq!(value("[db_connections, db_pool_size] | max"), Ok(20.0));
    }

    #[test]
    fn labels_and_recorded_names() {
        assert_eq!(value("up"), Ok(5.0));
        assert_eq!(value("up{zone=\"b\"} - up{zone=\"a\"}"), Ok(3.0));
        assert_eq!(value("job:rate:5m * 2"), Ok(6.0));
    }

    #[test]
    fn what_is_no_finite_number_is_missing_with_a_reason() {
        for (expression, reason) in [
            ("db_conections", "`db_conections` is not among"),
            ("up{zone=\"c\"}", "`up{zone=\"c\"}` is not among"),
            ("db_connections / zero", "gives no number"),
            ("nothing", "NaN"),
            ("1e308 * 1e308", "inf"),
            ("db_connections > 3", "no number"),
            ("'text'", "no number"),
        ] {
            let error = value(expression).expect_err(expression);
            assert!(error.contains(reason), "{expression}: {error}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_before_the_run() {
        for expression in ["100 *", "up{zone=b}", "a b", ""] {
            assert!(Formula::compile(expression).is_err(), "{expression}");
        }
    }
}
