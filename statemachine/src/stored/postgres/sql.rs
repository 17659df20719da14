//! Every statement on rows, in one place. `guarantees.md` says what each is for.
//!
//! The one clock is `clock_timestamp()`, the server's.

use std::time::Duration;

use super::{
    layout::{ClaimColumns, Layout},
    statement::Statement,
};
use crate::stored::{Address, Value};

/// The channel of all notifications.
pub(in crate::stored) const CHANNEL: &str = "statemachine";

/// How many characters of a notification tell rows apart: it can have 8000 bytes.
const PAYLOAD: usize = 1900;

/// A right to a row: what it wrote there.
#[derive(Clone, Debug)]
pub(super) struct Right {
    pub(super) kind: &'static str,
    pub(super) key: String,
    pub(super) token: i64,
    pub(super) by: String,
}

impl Layout {
    /// What notifications say of that row, if the key is spelled as the database spells it.
    pub(super) fn payload(&self, at: Address<'_>) -> String {
        let kind = if self.has_kind { at.machine } else { "" };
        format!("{} {kind} {}", self.oid, at.key).chars().take(PAYLOAD).collect()
    }

    fn payload_sql(&self) -> String {
        let kind = if self.has_kind { "t.kind" } else { "''" };
        let (oid, key) = (&self.oid, &self.key.name);
        format!("pg_catalog.left('{oid} ' || {kind} || ' ' || t.{key}::text, {PAYLOAD})")
    }

    /// Notifies those that wait for a change of the version that was replaced, if there are any.
    ///
    /// `NOTIFY` takes a lock of the whole database at commit, so nobody is notified that has not asked.
    fn notification(&self, replaced: &str) -> String {
        match &self.claims {
            Some(ClaimColumns { wanted: Some(wanted), .. }) => format!(
                "(CASE WHEN t.{wanted} = {replaced} THEN pg_catalog.pg_notify('{CHANNEL}', {}) END)::text",
                self.payload_sql()
            ),
            _ => "NULL".to_owned(),
        }
    }

    /// The version of a row. If nobody counts the changes, the number of the transaction that made the last
    /// one tells them apart.
    fn version(&self) -> String {
        match &self.claims {
            Some(claims) => format!("t.{}::text", claims.version),
            None => "t.xmin::text".to_owned(),
        }
    }

    fn state_text(&self) -> String {
        format!("coalesce(t.{}::text, '')", self.state.name)
    }

    fn data(&self) -> String {
        let data = self.data.as_ref();
        data.map_or_else(|| "NULL".to_owned(), |data| format!("t.{}::text", data.name))
    }

    /// State, data, version, whether it is claimed, who made the last change.
    fn row(&self) -> String {
        let (claimed, by) = match &self.claims {
            Some(ClaimColumns { until, by, .. }) => (
                format!("(coalesce(t.{until} > pg_catalog.clock_timestamp(), false))::text"),
                format!("t.{by}"),
            ),
            None => ("'false'".to_owned(), "NULL".to_owned()),
        };
        let (state, data, version) = (self.state_text(), self.data(), self.version());
        format!("{state}, {data}, {version}, {claimed}, {by}")
    }

    fn unclaimed(&self) -> String {
        match &self.claims {
            Some(ClaimColumns { until, .. }) => {
                format!("(t.{until} IS NULL OR t.{until} <= pg_catalog.clock_timestamp())")
            }
            None => "true".to_owned(),
        }
    }

    fn at(&self, statement: Statement, kind: &str, key: &str) -> Statement {
        let statement = if self.has_kind {
            statement.push("t.kind = ").text(kind).push(" AND ")
        } else {
            statement
        };
        statement.push(&format!("{} = ", self.key.compared())).bind(Some(key), &self.key.sql_type)
    }

    fn at_address(&self, statement: Statement, at: Address<'_>) -> Statement {
        self.at(statement, at.machine, at.key.as_str())
    }

    fn is_in(&self, statement: Statement, states: &[&str]) -> Statement {
        if states.is_empty() {
            return statement.push("false");
        }
        statement.push(&format!("{} IN ", self.state.compared())).list(states, &self.state.sql_type)
    }

    /// `state = .., data = ..`.
    fn set(&self, statement: Statement, to: Value<'_>) -> Statement {
        let statement = statement
            .push(&format!("{} = ", self.state.name))
            .bind(Some(to.state), &self.state.sql_type);
        match &self.data {
            Some(data) => {
                statement.push(&format!(", {} = ", data.name)).bind(to.data, &data.sql_type)
            }
            None => statement,
        }
    }

    fn update(&self) -> Statement {
        Statement::new("UPDATE ").push(&self.table).push(" AS t SET ")
    }

    pub(super) fn count(&self, machine: &str) -> Statement {
        let (state, table) = (&self.state.name, &self.table);
        let statement = Statement::new(&format!(
            "SELECT coalesce(t.{state}::text, 'NULL'), pg_catalog.count(*)::text FROM {table} AS t"
        ));
        let statement = if self.has_kind {
            statement.push(" WHERE t.kind = ").text(machine)
        } else {
            statement
        };
        statement.push(" GROUP BY 1")
    }

    pub(super) fn insert(&self, at: Address<'_>, value: Value<'_>, by: &str) -> Statement {
        let mut columns = vec![self.key.name.as_str(), &self.state.name];
        let mut statement = Statement::new("VALUES (")
            .bind(Some(at.key.as_str()), &self.key.sql_type)
            .push(", ")
            .bind(Some(value.state), &self.state.sql_type);
        if let Some(data) = &self.data {
            columns.push(&data.name);
            statement = statement.push(", ").bind(value.data, &data.sql_type);
        }
        if let Some(claims) = &self.claims {
            columns.push(&claims.by);
            statement = statement.push(", ").text(by);
        }
        let mut conflict = self.key.name.clone();
        if self.has_kind {
            columns.push("kind");
            conflict.insert_str(0, "kind, ");
            statement = statement.push(", ").text(at.machine);
        }
        let (table, columns) = (&self.table, columns.join(", "));
        statement.text.insert_str(0, &format!("INSERT INTO {table} ({columns}) "));
        statement.push(&format!(") ON CONFLICT ({conflict}) DO NOTHING RETURNING 'made'"))
    }

    pub(super) fn remove(&self, at: Address<'_>, from: &[&str]) -> Statement {
        let statement = Statement::new(&format!("DELETE FROM {} AS t WHERE ", self.table));
        let statement = self.at_address(statement, at).push(" AND ");
        let statement = self.is_in(statement, from);
        // A deleted row is returned as it was.
        let replaced = match &self.claims {
            Some(claims) => format!("t.{}", claims.version),
            None => String::new(),
        };
        statement.push(&format!(
            " AND {} RETURNING {}",
            self.unclaimed(),
            self.notification(&replaced)
        ))
    }

    pub(super) fn load(&self, at: Address<'_>) -> Statement {
        let statement =
            Statement::new(&format!("SELECT {} FROM {} AS t WHERE ", self.row(), self.table));
        self.at_address(statement, at)
    }

    pub(super) fn keys(&self, machine: &str, states: &[&str], limit: usize) -> Statement {
        let (key, table) = (&self.key.name, &self.table);
        let statement = Statement::new(&format!("SELECT t.{key}::text FROM {table} AS t WHERE "));
        let statement = if self.has_kind {
            statement.push("t.kind = ").text(machine).push(" AND ")
        } else {
            statement
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.is_in(statement, states)
            .push(&format!(" AND {} LIMIT ", self.unclaimed()))
            .number(limit)
    }

    /// A move in one step. Gives the row as [`load`](Self::load) does, as it was before if `wants_old`.
    pub(super) fn step(
        &self,
        at: Address<'_>,
        from: &[&str],
        to: Value<'_>,
        by: &str,
        wants_old: bool,
    ) -> Statement {
        let mut statement = Statement::default();
        if wants_old {
            // The row is locked as it is, and no longer changes until it is updated.
            let key = self.key.compared();
            statement = statement.push(&format!(
                "WITH old AS MATERIALIZED (SELECT {key} AS key, {} FROM {} AS t WHERE ",
                self.row_named(),
                self.table
            ));
            statement = self.at_address(statement, at).push(" AND ");
            statement = self.is_in(statement, from);
            statement = statement.push(&format!(" AND {} FOR NO KEY UPDATE) ", self.unclaimed()));
        }
        statement = statement.push(&self.update().text);
        statement = self.set(statement, to);
        let mut replaced = String::new();
        if let Some(ClaimColumns { version, until, by: by_column, .. }) = &self.claims {
            statement = statement
                .push(&format!(", {version} = t.{version} + 1, {until} = NULL, {by_column} = "))
                .text(by);
            replaced = format!("t.{version} - 1");
        }
        let notification = self.notification(&replaced);
        if wants_old {
            statement = statement.push(" FROM old WHERE ");
            statement = self.at_address(statement, at);
            return statement.push(&format!(
                " AND {} = old.key RETURNING old.state, old.data, old.version, 'false', NULL, {notification}",
                self.key.compared()
            ));
        }
        statement = statement.push(" WHERE ");
        statement = self.at_address(statement, at).push(" AND ");
        statement = self.is_in(statement, from);
        statement.push(&format!(" AND {} RETURNING {notification}", self.unclaimed()))
    }

    fn row_named(&self) -> String {
        let (state, data, version) = (&self.state.name, self.data(), self.version());
        format!("t.{state}::text AS state, {data} AS data, {version} AS version")
    }

    /// Claims a row. `earlier` are the marks of claims that this caller asked for before, without a reply.
    pub(super) fn claim(
        &self,
        columns: &ClaimColumns,
        at: Address<'_>,
        from: &[&str],
        lease: Duration,
        by: &str,
        earlier: &[&str],
    ) -> Statement {
        let ClaimColumns { version, until, by: by_column, wanted } = columns;
        let mut statement = self
            .update()
            .push(&format!(
                "{version} = t.{version} + 1, {until} = pg_catalog.clock_timestamp() + "
            ))
            .bind(Some(&interval(lease)), "interval")
            .push(&format!(", {by_column} = "))
            .text(by);
        if let Some(wanted) = wanted {
            // Those that wait for a change of the row wait on: a claim is none that they wait for.
            statement = statement.push(&format!(
                ", {wanted} = CASE WHEN t.{wanted} = t.{version} THEN t.{version} + 1 ELSE t.{wanted} END"
            ));
        }
        statement = self.at_address(statement.push(" WHERE "), at).push(" AND ");
        statement = self.is_in(statement, from);
        statement = statement.push(&format!(" AND ({}", self.unclaimed()));
        if !earlier.is_empty() {
            statement = statement.push(&format!(" OR t.{by_column} IN ")).list(earlier, "text");
        }
        statement.push(&format!(") RETURNING {}", self.row()))
    }

    fn is_right(&self, statement: Statement, columns: &ClaimColumns, right: &Right) -> Statement {
        self.at(statement, right.kind, &right.key)
            .push(&format!(" AND t.{} = ", columns.version))
            .number(right.token)
            .push(&format!(" AND t.{} = ", columns.by))
            .text(&right.by)
    }

    /// Ends a claim with a move. It leaves its mark, by which it is recognised.
    pub(super) fn commit(&self, columns: &ClaimColumns, right: &Right, to: Value<'_>) -> Statement {
        let ClaimColumns { version, until, .. } = columns;
        let statement = self.set(self.update(), to);
        let statement =
            statement.push(&format!(", {version} = t.{version} + 1, {until} = NULL WHERE "));
        self.is_right(statement, columns, right)
            .push(&format!(" RETURNING {}", self.notification(&format!("t.{version} - 1"))))
    }

    /// Ends a claim without a move. It takes its mark away, so that it is no commit.
    pub(super) fn rollback(&self, columns: &ClaimColumns, right: &Right) -> Statement {
        let ClaimColumns { version, until, by, .. } = columns;
        let statement = self
            .update()
            .push(&format!("{version} = t.{version} + 1, {until} = NULL, {by} = NULL WHERE "));
        self.is_right(statement, columns, right)
            .push(&format!(" RETURNING {}", self.notification(&format!("t.{version} - 1"))))
    }

    /// Ends whichever of these claims of one caller was made. The caller knows their marks alone.
    pub(super) fn take_back(
        &self,
        columns: &ClaimColumns,
        at: Address<'_>,
        marks: &[&str],
    ) -> Statement {
        let ClaimColumns { version, until, by, .. } = columns;
        let statement = self
            .update()
            .push(&format!("{version} = t.{version} + 1, {until} = NULL, {by} = NULL WHERE "));
        self.at_address(statement, at)
            .push(&format!(" AND t.{by} IN "))
            .list(marks, "text")
            .push(&format!(" RETURNING {}", self.notification(&format!("t.{version} - 1"))))
    }

    /// Renews claims, all in one. Gives for each its number from 1, whether it was renewed, and whether it
    /// is still there.
    ///
    /// A row that a transaction of the user's has locked is passed over, so that it does not hold up the
    /// others, nor this the others' commits.
    pub(super) fn renew(
        &self,
        columns: &ClaimColumns,
        rights: &[Right],
        lease: Duration,
    ) -> Statement {
        let ClaimColumns { version, until, by, .. } = columns;
        let (table, key, key_type) = (&self.table, self.key.compared(), &self.key.sql_type);
        let is_kind = if self.has_kind { "t.kind = asked.kind AND " } else { "" };
        let is_row = format!("{is_kind}{key} = CAST(asked.key AS {key_type})");
        let is_right = format!("t.{version} = asked.version AND t.{by} = asked.by");
        let list = |value: &dyn Fn(&Right) -> String| array(rights.iter().map(value));
        Statement::new("WITH asked AS MATERIALIZED (SELECT * FROM ROWS FROM (pg_catalog.unnest(")
            .bind(Some(&list(&|right| right.kind.to_owned())), "text[]")
            .push("), pg_catalog.unnest(")
            .bind(Some(&list(&|right| right.key.clone())), "text[]")
            .push("), pg_catalog.unnest(")
            .bind(Some(&list(&|right| right.token.to_string())), "bigint[]")
            .push("), pg_catalog.unnest(")
            .bind(Some(&list(&|right| right.by.clone())), "text[]")
            .push(&format!(
                ")) WITH ORDINALITY AS asked (kind, key, version, by, number)), \
                 locked AS MATERIALIZED (SELECT asked.* FROM asked JOIN {table} AS t \
                   ON {is_row} AND {is_right} FOR NO KEY UPDATE OF t SKIP LOCKED), \
                 renewed AS (UPDATE {table} AS t SET {until} = pg_catalog.clock_timestamp() + "
            ))
            .bind(Some(&interval(lease)), "interval")
            .push(&format!(
                " FROM locked AS asked WHERE {is_row} AND {is_right} RETURNING asked.number) \
                 SELECT asked.number::text, (renewed.number IS NOT NULL)::text, \
                   coalesce({is_right}, false)::text \
                 FROM asked LEFT JOIN renewed ON renewed.number = asked.number \
                 LEFT JOIN {table} AS t ON {is_row}"
            ))
    }

    /// Says in the row that somebody waits for a change of that version. Gives the version, the state, for how
    /// many milliseconds a claim on it lives, what notifications say of the row, and whether it says now that
    /// somebody waits.
    ///
    /// It does not wait for a row that somebody has locked, because it would keep a connection meanwhile.
    pub(super) fn want(&self, at: Address<'_>, seen: &str) -> Statement {
        let Some(ClaimColumns { version, until, wanted: Some(wanted), .. }) = &self.claims else {
            return self.watch(at);
        };
        let (table, key) = (&self.table, self.key.compared());
        let is_seen = format!("t.{version} = ");
        let statement = Statement::new(&format!(
            "WITH found AS MATERIALIZED (SELECT {key} AS key FROM {table} AS t WHERE "
        ));
        let statement = self
            .at_address(statement, at)
            .push(&format!(" AND {is_seen}"))
            .bind(Some(seen), "bigint")
            .push(&format!(
                " AND t.{wanted} IS DISTINCT FROM t.{version} FOR NO KEY UPDATE SKIP LOCKED), \
                 told AS (UPDATE {table} AS t SET {wanted} = t.{version} FROM found WHERE "
            ));
        let statement = self
            .at_address(statement, at)
            .push(&format!(" AND {key} = found.key AND {is_seen}"))
            .bind(Some(seen), "bigint")
            .push(&format!(
                " RETURNING 1) SELECT t.{version}::text, {}, {}, {}, \
                   (t.{wanted} IS NOT DISTINCT FROM t.{version} OR EXISTS (SELECT FROM told))::text \
                 FROM {table} AS t WHERE ",
                self.state_text(),
                left(until),
                self.payload_sql()
            ));
        self.at_address(statement, at)
    }

    /// Like [`want`](Self::want), but says nothing in the row.
    pub(super) fn watch(&self, at: Address<'_>) -> Statement {
        let left = self.claims.as_ref().map_or_else(|| "NULL".to_owned(), |c| left(&c.until));
        let statement = Statement::new(&format!(
            "SELECT {}, {}, {left}, NULL, 'false' FROM {} AS t WHERE ",
            self.version(),
            self.state_text(),
            self.table
        ));
        self.at_address(statement, at)
    }

    /// Keeps the row in one of these states until the transaction ends, and gives it.
    pub(super) fn hold(&self, at: Address<'_>, states: &[&str]) -> Statement {
        let statement = self.load(at).push(" AND ");
        self.is_in(statement, states).push(&format!(" AND {} FOR SHARE", self.unclaimed()))
    }
}

/// For how many milliseconds a claim lives, rounded up.
fn left(until: &str) -> String {
    format!(
        "pg_catalog.ceil(1000 * EXTRACT(epoch FROM t.{until} - pg_catalog.clock_timestamp()))::bigint::text"
    )
}

fn interval(duration: Duration) -> String {
    format!("{} milliseconds", duration.as_millis())
}

/// An array in the text form of PostgreSQL.
fn array(values: impl Iterator<Item = String>) -> String {
    let mut text = String::from("{");
    for (position, value) in values.enumerate() {
        if position > 0 {
            text.push(',');
        }
        text.push('"');
        for c in value.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn arrays_are_quoted() {
        let values = ["a", r#"b"c"#, r"d\e", "", "NULL", "{,}"].map(str::to_owned);
        assert_eq!(array(values.into_iter()), r#"{"a","b\"c","d\\e","","NULL","{,}"}"#);
    }
}
