//! `postgres`, `sql` and `expect.value` of a checklist's item.

use std::time::Duration;

use super::{Draft, expect::to_json};
use crate::{
    config::{self, Located, Span, Value},
    plan::Query,
};

impl Draft<'_> {
    /// What a database is asked, and what it must answer. Every key is looked at, whatever is wrong with the others.
    pub(super) fn query(
        &mut self,
        said: &Located<config::Check>,
        url: &Located<String>,
        timeout: Duration,
    ) -> Option<Query> {
        self.address_of("a PostgreSQL", url, &["postgresql", "postgres"]);
        let sql = said.sql.as_ref();
        match sql {
            Some(sql) if sql.value.trim().is_empty() && sql.complete => {
                self.problem(sql.span, "`sql` is empty; write one SELECT that gives one value");
            }
            None if !self.lost_key(said.span, &["sql"]) => {
                let help = "write `sql: SELECT ..`, which gives one row with one value".to_owned();
                self.problem_with(url.span, "the database is not asked anything", Some(help));
            }
            Some(_) | None => {}
        }
        let expected = self.expected_value(said, sql.map_or(url.span, |sql| sql.span));
        Some(Query { url: url.value.clone(), sql: sql?.value.clone(), expected: expected?, timeout })
    }

    /// A statement without an expectation would hold whatever it gives.
    fn expected_value(&mut self, said: &Located<config::Check>, place: Span) -> Option<serde_json::Value> {
        let expect = said.expect.as_ref();
        if let Some(span) = expect.and_then(of_an_answer) {
            self.problem(span, "of a statement only `value` can be expected");
        }
        let Some(value) = expect.and_then(|expect| expect.value.as_ref()) else {
            if !self.lost_key(said.span, &["expect"]) && expect.and_then(of_an_answer).is_none() {
                let help = "write `expect: {value: 0}`".to_owned();
                self.problem_with(place, "nothing is expected of the statement", Some(help));
            }
            return None;
        };
        let finite = !matches!(value.value, Value::Number(number) if !number.is_finite());
        if matches!(value.value, Value::Null | Value::List(_) | Value::Map(_)) || !finite {
            self.problem(value.span, "a statement gives a number, a text, true or false");
            return None;
        }
        Some(to_json(&value.value))
    }
}

/// The place of an expectation that only a request's answer can meet.
fn of_an_answer(expect: &config::Expect) -> Option<Span> {
    let status = expect.status.iter().map(|status| status.span);
    let bodies = expect.body_has.iter().chain(expect.body_lacks.iter()).map(|text| text.span);
    let named = expect.json.iter().map(|(name, _)| name.span).chain(expect.header.iter().map(|(name, _)| name.span));
    status.chain(bodies).chain(named).chain(expect.max_size.map(|size| size.span)).next()
}
