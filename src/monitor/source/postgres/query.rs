//! The one statement of a reading, and its row.

use super::statements::{COUNTED, Counts, READ, Wanted};

/// Begins every statement, so that it is told from the app's own.
pub(super) const MARK: &str = "/* stagegate monitor */";

/// What a reading asks: the sessions of the app's database besides this one, its counters since they were last reset, and
/// the server's limit.
///
/// - `waiting` are active sessions that wait for a lock another session holds (`wait_event_type` is `Lock`).
/// - `hidden` are sessions of other roles of which this one sees nothing but that they are there.
/// - `all_connections` are those of every database, this one included, for the limit is theirs together;
///   `usable_connections` is what the limit leaves to roles that have no reserve.
const GAUGES: &str = "activity.*, counters.*, current_setting('max_connections') AS max_connections,
 current_setting('max_connections')::numeric - current_setting('superuser_reserved_connections')::numeric
   - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::numeric AS usable_connections";

const FROM: &str = "
 FROM (SELECT count(*) FILTER (WHERE here) AS connections,
              count(*) FILTER (WHERE here AND state = 'active') AS active,
              count(*) FILTER (WHERE here AND state = 'active' AND wait_event_type = 'Lock') AS waiting,
              count(*) FILTER (WHERE here AND state LIKE 'idle in transaction%') AS idle_in_transaction,
              greatest(coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE here), 0), 0)
                AS oldest_transaction_seconds,
              count(*) FILTER (WHERE here AND backend_type IS NULL) AS hidden,
              count(*) AS all_connections
         FROM (SELECT *, datname = current_database() AND pid <> pg_backend_pid() AS here
                 FROM pg_stat_activity
                WHERE datname IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend') sessions) activity,
      (SELECT xact_commit AS commits_total, xact_rollback AS rollbacks_total, blks_hit AS blocks_hit_total,
              blks_read AS blocks_read_total, deadlocks AS deadlocks_total
         FROM pg_stat_database WHERE datname = current_database()) counters";

/// The column with the limit in milliseconds that statements of the session have.
pub(super) const LIMIT: &str = "limit_ms";

/// What the first statement of a connection asks besides: the limit that the connection brought with it, whatever this one
/// statement has; where `pg_stat_statements` is, and how its column of milliseconds is called, which `PostgreSQL` 13 changed.
const ONCE: &str = ",
 (SELECT reset_val FROM pg_settings WHERE name = 'statement_timeout') AS limit_ms,
 (SELECT quote_ident(space.nspname) || ' ' || col.attname
    FROM pg_class view JOIN pg_namespace space ON space.oid = view.relnamespace JOIN pg_attribute col ON col.attrelid = view.oid
   WHERE view.relname = 'pg_stat_statements' AND view.relkind = 'v' AND col.attname IN ('total_exec_time', 'total_time')
   ORDER BY col.attname LIMIT 1) AS statements_at";

/// What is known about `pg_stat_statements` on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Known {
    /// Not asked yet.
    #[default]
    Nothing,
    /// It is not installed, or this role may not read it.
    Absent,
    /// Its schema as it is written in a statement, and its column of milliseconds.
    At { schema: String, column: String },
}

impl Known {
    /// Takes from the first row of a connection what it says.
    pub(super) fn learn(&mut self, row: &Row) {
        if *self == Self::Nothing {
            let at = row.text("statements_at").and_then(|at| at.rsplit_once(' '));
            *self = at.map_or(Self::Absent, |(schema, column)| Self::At {
                schema: schema.to_owned(),
                column: column.to_owned(),
            });
        }
    }

    /// A statement over it was refused.
    pub(super) fn without_statements(&mut self) {
        *self = Self::Absent;
    }
}

/// The statement of a reading, with what is wanted of the app's statements where that can be known.
pub(super) fn text(known: &Known, wanted: Wanted<'_>) -> String {
    let more = match (known, wanted) {
        (Known::Nothing, _) => ONCE.to_owned(),
        (Known::At { schema, column }, Wanted::Counts) => counts(schema, column),
        (Known::At { schema, column }, Wanted::Grown(begin)) => grown(schema, column, begin),
        (Known::At { .. }, Wanted::Nothing) | (Known::Absent, _) => String::new(),
    };
    format!("SELECT {MARK} {GAUGES}{more}{FROM}")
}

/// Whether [`text`] asks for what is wanted of the app's statements.
pub(super) fn tells(known: &Known, wanted: Wanted<'_>) -> bool {
    matches!(known, Known::At { .. }) && !matches!(wanted, Wanted::Nothing)
}

/// The numbers of all statements, without their texts: those are in a file that the server would have to read.
fn counts(schema: &str, column: &str) -> String {
    format!(
        ",
 (SELECT coalesce(json_agg(json_build_array(queryid, calls, milliseconds)), '[]')
    FROM (SELECT queryid::text AS queryid, sum(calls) AS calls, sum({column}) AS milliseconds
            FROM {schema}.pg_stat_statements(false)
           WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
           GROUP BY queryid ORDER BY milliseconds DESC LIMIT {COUNTED}) counted) AS statements"
    )
}

/// Those that took most since they were counted, with their texts. What was counted goes along, so that the server gives the
/// texts of these alone.
fn grown(schema: &str, column: &str, begin: &Counts) -> String {
    let [ids, calls, milliseconds] = begin.lists();
    let join = if begin.complete() { "LEFT JOIN" } else { "JOIN" };
    format!(
        ",
 (SELECT coalesce(json_agg(json_build_array(queryid::text, calls, milliseconds, query)), '[]')
    FROM (SELECT counted.queryid, counted.calls, counted.milliseconds, left(counted.query, 1000) AS query
            FROM (SELECT queryid, sum(calls) AS calls, sum({column}) AS milliseconds, min(query) AS query
                    FROM {schema}.pg_stat_statements
                   WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                     AND queryid IS NOT NULL AND strpos(query, '{MARK}') = 0
                   GROUP BY queryid) counted
            {join} unnest('{{{ids}}}'::bigint[], '{{{calls}}}'::numeric[], '{{{milliseconds}}}'::float8[])
              AS begin (queryid, calls, milliseconds) ON begin.queryid = counted.queryid
           WHERE counted.calls <> coalesce(begin.calls, 0)
           ORDER BY counted.milliseconds - CASE WHEN counted.calls < begin.calls THEN 0 ELSE coalesce(begin.milliseconds, 0) END DESC
           LIMIT {READ}) grown) AS statements"
    )
}

/// What a reading gave: columns with their texts.
#[derive(Debug, Clone, Default)]
pub(super) struct Row(Vec<(String, Option<String>)>);

impl Row {
    /// From the columns in order.
    pub(super) fn new(columns: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        Self(columns.into_iter().collect())
    }

    #[cfg(test)]
    pub(super) fn of<const N: usize>(columns: [(&str, &str); N]) -> Self {
        Self::new(columns.map(|(name, text)| (name.to_owned(), Some(text.to_owned()))))
    }

    /// The text of a column; `None` also where it is null.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(column, _)| column == name).and_then(|(_, text)| text.as_deref())
    }

    /// The columns that hold a number.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().filter_map(|(name, text)| Some((name.as_str(), text.as_ref()?.parse().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_asked_for_where_they_are_and_only_when_wanted() {
        let mut known = Known::default();
        assert!(text(&known, Wanted::Counts).contains("statements_at"), "first it asks where they are");
        assert!(!tells(&known, Wanted::Counts));
        known.learn(&Row::of([("statements_at", "\"my ext\" total_exec_time")]));
        let begin = Counts::default();
        let (counts, grown) = (text(&known, Wanted::Counts), text(&known, Wanted::Grown(&begin)));
        assert!(counts.contains("FROM \"my ext\".pg_stat_statements(false)") && !counts.contains("query)"), "{counts}");
        assert!(grown.contains("FROM \"my ext\".pg_stat_statements\n"), "{grown}");
        assert!(tells(&known, Wanted::Counts) && !tells(&known, Wanted::Nothing));
        assert!(!text(&known, Wanted::Nothing).contains("pg_stat_statements"));
        known.without_statements();
        assert!(!text(&known, Wanted::Counts).contains("pg_stat_statements"));
        let mut nowhere = Known::default();
        nowhere.learn(&Row::new([("statements_at".to_owned(), None)]));
        assert_eq!(nowhere, Known::Absent);
    }
}
