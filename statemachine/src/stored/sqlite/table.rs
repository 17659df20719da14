//! The table that has the rows, and the statements on it.

/// The table that has the rows.
///
/// By default it is one table for the machines of all enums, `statemachine`, which the store makes. Its
/// columns are `kind` (the name of the machine), `key`, `state`, `data`, `version` and `by`.
///
/// ```
/// use statemachine::stored::sqlite::{Sqlite, Table};
///
/// # pollster::block_on(async {
/// # let folder = std::env::temp_dir().join(format!("statemachine-table-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("jobs.db");
/// let store = Sqlite::on(path, Table::named("jobs")).await?;
/// # drop(store);
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    pub(super) name: String,
    key: String,
    state: String,
    pub(super) is_ours: bool,
    pub(super) has_data: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self::named("statemachine")
    }
}

impl Table {
    /// A table of that name for the machines of all enums. The store makes it if there is none.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: "key".to_owned(),
            state: "state".to_owned(),
            is_ours: true,
            has_data: true,
        }
    }

    /// A table of the user's, for the machines of one enum: its name, the column of the key and the column
    /// of the state.
    ///
    /// The key is unique, of any type that SQLite can compare with text. The state is text. The store needs
    /// two more columns, and a third if a state has data:
    ///
    /// ```sql
    /// ALTER TABLE orders ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
    /// ALTER TABLE orders ADD COLUMN "by" TEXT;
    /// ALTER TABLE orders ADD COLUMN data TEXT;
    /// ```
    ///
    /// Whoever changes the state by other means than this store adds one to `version`.
    #[must_use]
    pub fn of(name: impl Into<String>, key: impl Into<String>, state: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: key.into(),
            state: state.into(),
            is_ours: false,
            has_data: true,
        }
    }

    /// What makes the table and all that belongs to it.
    pub(super) fn schema(&self) -> Option<String> {
        if !self.is_ours {
            return None;
        }
        let [table, removed] = ["", "_removed"].map(|suffix| quoted(&(self.name.clone() + suffix)));
        let [states, remember] =
            ["_states", "_remember"].map(|end| quoted(&(self.name.clone() + end)));
        // A row that is removed and inserted again goes on with greater versions: its old tokens must not
        // come back.
        Some(format!(
            r#"CREATE TABLE IF NOT EXISTS {table} (
                "kind" TEXT NOT NULL,
                "key" TEXT NOT NULL,
                "state" TEXT NOT NULL,
                "data" TEXT,
                "version" INTEGER NOT NULL,
                "by" TEXT,
                PRIMARY KEY ("kind", "key")
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS {states} ON {table} ("kind", "state");
            CREATE TABLE IF NOT EXISTS {removed} (
                "only" INTEGER PRIMARY KEY CHECK ("only" = 1),
                "version" INTEGER NOT NULL
            ) STRICT;
            CREATE TRIGGER IF NOT EXISTS {remember} AFTER DELETE ON {table} BEGIN
                INSERT INTO {removed} VALUES (1, OLD."version") ON CONFLICT ("only") DO UPDATE
                SET "version" = max("version", OLD."version");
            END;"#
        ))
    }

    /// The text of a statement. The machine is `?1` and the key `?2` in all of them.
    pub(super) fn sql(&self, statement: Statement) -> String {
        let [table, key, state] = [&self.name, &self.key, &self.state].map(|name| quoted(name));
        let of = if self.is_ours { r#""kind" = ?1"# } else { "?1 IS NOT NULL" };
        let at = format!("{of} AND {key} = ?2");
        let (data, has_data) = if self.has_data { (r#""data""#, true) } else { ("NULL", false) };
        match statement {
            Statement::Begin => "BEGIN IMMEDIATE".to_owned(),
            Statement::Commit => "COMMIT".to_owned(),
            Statement::Look => {
                format!(r#"SELECT {state}, {data}, "version", "by" FROM {table} WHERE {at}"#)
            }
            Statement::Insert => {
                let kind = if self.is_ours { (r#""kind", "#, "?1, ") } else { ("", "") };
                let data = if has_data { (r#""data", "#, "?4, ") } else { ("", "") };
                let version = if self.is_ours {
                    let removed = quoted(&format!("{}_removed", self.name));
                    format!(r#"coalesce((SELECT "version" FROM {removed}), 0) + 1"#)
                } else {
                    "1".to_owned()
                };
                let unique = if self.is_ours { format!(r#""kind", {key}"#) } else { key.clone() };
                format!(
                    r#"INSERT INTO {table} ({}{key}, {state}, {}"version")
                    SELECT {}?2, ?3, {}{version} WHERE ?1 IS NOT NULL AND ?4 IS ?4
                    ON CONFLICT ({unique}) DO NOTHING"#,
                    kind.0, data.0, kind.1, data.1
                )
            }
            Statement::Remove => format!(r#"DELETE FROM {table} WHERE {at} AND "version" = ?3"#),
            Statement::Move => {
                let data = if has_data { r#""data" = ?4, "# } else { "" };
                format!(
                    r#"UPDATE {table} SET {state} = ?3, {data}"version" = "version" + 1, "by" = NULL
                    WHERE {at} AND ?4 IS ?4 AND "version" = ?5 AND "by" IS ?6"#
                )
            }
            Statement::Claim => format!(
                r#"UPDATE {table} SET "version" = "version" + 1, "by" = ?4
                WHERE {at} AND "version" = ?3"#
            ),
            Statement::Release => format!(
                r#"UPDATE {table} SET "version" = "version" + 1, "by" = NULL
                WHERE {at} AND "version" = ?3 AND "by" = ?4"#
            ),
            Statement::Touch => {
                format!(r#"UPDATE {table} SET "version" = "version" WHERE {at}"#)
            }
            Statement::Keys => format!(
                r#"SELECT CAST({key} AS TEXT), "by" FROM {table}
                WHERE {of} AND {state} IN (SELECT "value" FROM json_each(?2))"#
            ),
            Statement::Count => {
                format!("SELECT {state}, count(*) FROM {table} WHERE {of} GROUP BY {state}")
            }
        }
    }
}

/// The statements, each of which is prepared once.
#[derive(Clone, Copy)]
pub(super) enum Statement {
    Begin,
    Commit,
    Look,
    Insert,
    Remove,
    Move,
    Claim,
    Release,
    Touch,
    Keys,
    Count,
}

impl Statement {
    pub(super) const NUMBER: usize = Self::Count as usize + 1;
}

/// A name as SQL spells it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
