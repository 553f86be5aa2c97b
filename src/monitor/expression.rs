//! The gauges' expressions, compiled and computed.

use std::{
    collections::{BTreeMap, HashSet},
    sync::LazyLock,
};

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use super::{Exposition, Unread};
use crate::plan::{Expression, Need};

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
    compiled: minijinja::Expression<'static, 'static>,
    /// The names that the expression needs, by the variable that stands for each.
    needs: BTreeMap<String, Need>,
}

impl Formula {
    /// Compiles an expression.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn compile(text: &str) -> Result<Self, String> {
        let wrong = |why: String| format!("the expression `{text}` cannot be read: {why}");
        let Expression { plain, needs, .. } = Expression::parse(text).map_err(wrong)?;
        let compiled = ENGINE.compile_expression_owned(plain).map_err(|error| wrong(describe(&error)))?;
        Ok(Self { text: text.to_owned(), compiled, needs })
    }

    /// The value over one reading of the source and, for rates, the one before it: a finite number.
    ///
    /// # Errors
    /// Why there is none: a rate that is only known from the next reading on, a name that the source did not give, a
    /// division by zero, a result that is no finite number.
    pub fn value(&self, now: &Exposition, before: Option<&Exposition>) -> Result<f64, Unread> {
        let mut names = BTreeMap::new();
        for (variable, Need { selector, rate }) in &self.needs {
            let value = if *rate { now.rate(selector, before) } else { now.sum(selector) };
            match value {
                Ok(value) => {
                    names.insert(variable.as_str(), value);
                }
                // A name of the engine itself, such as `range`, is among the needs and not in the reading.
                Err(_) if is_builtin(variable) => {}
                Err(why) => return Err(why),
            }
        }
        self.compute(names).map_err(Unread::Because)
    }

    fn compute(&self, names: BTreeMap<&str, f64>) -> Result<f64, String> {
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
    static NAMES: LazyLock<HashSet<String>> =
        LazyLock::new(|| ENGINE.globals().map(|(name, _)| name.to_owned()).collect());
    NAMES.contains(name)
}

fn describe(error: &Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRAPE: &str = "db_connections 7\ndb_pool_size 20\nzero 0\nnothing NaN\njob:rate:5m 3\n\
                          up{zone=\"a\"} 1\nup{zone=\"b\"} 4\n";

    fn value(expression: &str) -> Result<f64, String> {
        Formula::compile(expression)?.value(&Exposition::parse(SCRAPE), None).map_err(|why| why.to_string())
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
    fn a_rate_takes_two_readings() {
        let formula = Formula::compile("100 * rate(db_connections)").expect("an expression");
        let before = Exposition::parse(SCRAPE);
        assert_eq!(formula.value(&before, None), Err(Unread::NotYet));
        std::thread::sleep(std::time::Duration::from_millis(1));
        let now = Exposition::parse("db_connections 9\n");
        let value = formula.value(&now, Some(&before)).expect("a number");
        assert!(value > 0.0 && value.is_finite(), "{value}");
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
        let error = Formula::compile("100 *").expect_err("a piece is missing");
        assert!(error.starts_with("the expression `100 *` cannot be read: "), "{error}");
    }
}
