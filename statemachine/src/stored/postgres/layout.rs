//! The table as it is: what the catalog of the database says of it.

use super::{
    Error,
    statement::{Cells, Rows, Statement},
    table::{KIND, Table, quoted},
};

/// A column: its name in quotes, and its type.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) sql_type: String,
    /// Whether its type is a domain over an enum, which the operators of enums do not take.
    is_domain_of_enum: bool,
}

impl Column {
    /// What a value of its type is compared with.
    pub(super) fn compared(&self) -> String {
        if self.is_domain_of_enum {
            format!("CAST(t.{} AS {})", self.name, self.sql_type)
        } else {
            format!("t.{}", self.name)
        }
    }
}

/// The columns that a claim needs.
#[derive(Debug)]
pub(super) struct ClaimColumns {
    pub(super) version: String,
    pub(super) until: String,
    pub(super) by: String,
    /// Without it nobody is notified, and callers that wait look again and again.
    pub(super) wanted: Option<String>,
}

/// What the statements need to know of a table.
#[derive(Debug)]
pub(in crate::stored) struct Layout {
    /// Qualified and quoted, so that no `search_path` leads elsewhere.
    pub(super) table: String,
    /// Tells the tables of a database apart in notifications.
    pub(super) oid: String,
    pub(super) has_kind: bool,
    pub(super) key: Column,
    pub(super) state: Column,
    pub(super) data: Option<Column>,
    pub(super) claims: Option<ClaimColumns>,
    migration: String,
}

/// Asks for all columns of a table.
///
/// The type of a column is the one that a text is cast to. So it has no length, to which the cast would cut
/// the text, and no constraint of a domain, which the column itself checks. It is qualified, if another
/// `search_path` could hide it.
pub(super) fn inspect(table: &Table) -> Statement {
    Statement::new(
        "SELECT c.oid::text, \
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), \
           a.attname::text, \
           CASE WHEN bn.nspname = 'pg_catalog' THEN pg_catalog.format_type(b.oid, -1) \
             ELSE pg_catalog.quote_ident(bn.nspname) || '.' || pg_catalog.quote_ident(b.typname) END, \
           EXISTS (SELECT FROM pg_catalog.pg_index i \
             WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid \
               AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)::text, \
           pg_catalog.format_type(b.oid, CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END), \
           (a.attnotnull OR t.typnotnull)::text, \
           (a.atthasdef OR t.typdefault IS NOT NULL)::text, \
           (t.typtype = 'd' AND b.typtype = 'e')::text \
         FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END \
         JOIN pg_catalog.pg_namespace bn ON bn.oid = b.typnamespace \
         WHERE c.oid = pg_catalog.to_regclass(",
    )
    .text(&table.to_string())
    .push(")")
}

/// A column that a claim needs has to have a type that keeps what claims write.
fn check_for_claims(table: &Table, cells: &Cells) -> Result<(), Error> {
    let name = cells.get(2).unwrap_or_default();
    let is_version = name == table.version;
    let fitting: &[&str] = if is_version || name == table.wanted {
        &["bigint", "integer"]
    } else if name == table.until {
        &["timestamp with time zone"]
    } else if name == table.by {
        &["text", "character varying"]
    } else {
        return Ok(());
    };
    let sql_type = cells.get(5).unwrap_or_default();
    let column = quoted(name);
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {column}");
    let (problem, remedy) = if !fitting.contains(&sql_type) {
        let needed = match fitting[0] {
            "timestamp with time zone" => "timestamptz",
            needed => needed,
        };
        (format!("is of the type {sql_type}"), format!("{alter} TYPE {needed}"))
    } else if is_version && !cells.is_true(6) {
        let fill = format!("UPDATE {table} SET {column} = 0 WHERE {column} IS NULL");
        let remedy = format!("{alter} SET DEFAULT 0; {fill}; {alter} SET NOT NULL");
        ("may be NULL".to_owned(), remedy)
    } else if is_version && !cells.is_true(7) {
        ("has no default".to_owned(), format!("{alter} SET DEFAULT 0"))
    } else {
        return Ok(());
    };
    let problem =
        format!("the column {column} of the table {table} {problem}; change it: {remedy}");
    Err(Error::Table(problem.into()))
}

impl Layout {
    /// Reads the answer to [`inspect`]. `None` if there is no such table.
    pub(super) fn read(table: &Table, rows: &Rows) -> Result<Option<Self>, Error> {
        let Some(first) = rows.first() else { return Ok(None) };
        let text = |cells: &Cells, column| cells.get(column).unwrap_or_default().to_owned();
        let find = |name: &str| {
            let row = rows.iter().find(|cells| cells.get(2) == Some(name));
            row.map(|cells| {
                let column = Column {
                    name: quoted(name),
                    sql_type: text(cells, 3),
                    is_domain_of_enum: cells.is_true(8),
                };
                (column, cells.is_true(4))
            })
        };
        let needed = |name: &str| {
            find(name).ok_or_else(|| {
                let problem = format!("the table {table} has no column {}", quoted(name));
                Error::Table(problem.into())
            })
        };
        let (key, is_unique) = needed(&table.key)?;
        let (state, _) = needed(&table.state)?;
        let has_kind = table.is_ours;
        if has_kind {
            needed(KIND)?;
        } else if !is_unique {
            return Err(Error::Table(
                format!(
                    "more than one row of the table {table} may have the same {name}; make it unique: \
                     ALTER TABLE {table} ADD UNIQUE ({name})",
                    name = key.name
                )
                .into(),
            ));
        }
        let name = |name: &str| find(name).map(|(column, _)| column.name);
        let claims = match (name(&table.version), name(&table.until), name(&table.by)) {
            (Some(version), Some(until), Some(by)) => {
                for cells in rows {
                    check_for_claims(table, cells)?;
                }
                Some(ClaimColumns { version, until, by, wanted: name(&table.wanted) })
            }
            _ => None,
        };
        Ok(Some(Self {
            table: text(first, 1),
            oid: text(first, 0),
            has_kind,
            key,
            state,
            data: find(&table.data).map(|(column, _)| column),
            claims,
            migration: table.migration(),
        }))
    }

    /// The columns of claims, or what to run so that they are there.
    pub(super) fn needs_claims(&self) -> Result<&ClaimColumns, Error> {
        self.claims.as_ref().ok_or_else(|| {
            let (table, migration) = (&self.table, &self.migration);
            let problem = format!(
                "the table {table} lacks columns that the right to a row needs; add them: {migration}"
            );
            Error::Table(problem.into())
        })
    }

    /// Whether the table can keep the machines of an enum some of whose states have data.
    pub(super) fn needs_data(&self) -> Result<(), Error> {
        if self.data.is_some() {
            return Ok(());
        }
        let (table, migration) = (&self.table, &self.migration);
        let problem = format!(
            "the table {table} has no column for the data of states; name it with `Table::data`, or add it: \
             {migration}"
        );
        Err(Error::Table(problem.into()))
    }
}
