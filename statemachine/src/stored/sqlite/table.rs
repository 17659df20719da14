//! The table that has the rows, and the statements on it.

use super::{Error, layout::Layout};

/// The table that has the rows, and the names of its columns.
///
/// By default it is one table for the machines of all enums, `statemachine`, which the store makes. Its
/// columns are `kind` (the name of the machine), `key`, `state`, `data`, `version` and `by`.
///
/// ```
/// use statemachine::stored::sqlite::{Sqlite, Table};
///
/// # pollster::block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("jobs.db");
/// let store = Sqlite::on(path, Table::named("jobs")).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Table {
    pub(super) name: String,
    /// Whether it is the store's own: it has a column for the kind of machine, and the store makes it.
    pub(super) is_ours: bool,
    key: String,
    state: String,
    /// None if the user's table has no such column.
    pub(super) data: Option<String>,
    pub(super) version: String,
    pub(super) by: String,
}

impl Default for Table {
    /// The store's own table, `statemachine`.
    fn default() -> Self {
        Self::named("statemachine")
    }
}

impl Table {
    /// The store's own table of that name. The store makes it if it is not there.
    ///
    /// Machines of several enums can be in it.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Table;
    ///
    /// let table = Table::named("jobs");
    /// assert!(table.migration().starts_with(r#"CREATE TABLE IF NOT EXISTS "jobs""#));
    /// ```
    pub fn named(name: impl Into<String>) -> Self {
        let [key, state, data, version, by] =
            ["key", "state", "data", "version", "by"].map(str::to_owned);
        Self { name: name.into(), is_ours: true, key, state, data: Some(data), version, by }
    }

    /// A table of the user's, for the machines of one enum, with the column that tells its rows apart and
    /// the one that has the state.
    ///
    /// The key must be unique: it is the primary key, or has a unique index of its own. It is of any type that
    /// SQLite compares with text. The state is text. The store needs two more columns, `machine_version` and
    /// `machine_by`, and a third if a state has data, `machine_data`. [`migration`](Self::migration) adds them.
    /// The methods of those names choose other columns.
    ///
    /// All of this is checked when a store opens the table. Rows whose key is NULL are left alone.
    ///
    /// Whoever changes the state by other means than this store adds one to `machine_version`. If another
    /// has the right to the row at that time, its commit is refused then.
    ///
    /// ```
    /// use statemachine::{StateMachine, stored::{Machines, sqlite::{Sqlite, Table}}};
    ///
    /// #[derive(StateMachine)]
    /// #[machine(stored)]
    /// enum Order {
    ///     #[state(to(Paid), stored = "placed")]
    ///     Placed,
    ///     #[state(terminal, stored = "paid")]
    ///     Paid,
    /// }
    ///
    /// # pollster::block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.db");
    /// let table = Table::of("orders", "id", "status");
    /// let shop = rusqlite::Connection::open(&path)?;
    /// shop.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, status TEXT, total INTEGER)")?;
    /// shop.execute_batch(&table.migration())?;
    /// shop.execute("INSERT INTO orders VALUES (7, 'placed', 100, NULL, 0, NULL)", ())?;
    ///
    /// let orders = Machines::<Order, _>::open(Sqlite::on(path, table).await?).await?;
    /// orders.at(7).placed_to_paid().try_commit().await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(name: impl Into<String>, key: impl Into<String>, state: impl Into<String>) -> Self {
        let [data, version, by] = [DATA, "machine_version", "machine_by"].map(str::to_owned);
        let (name, key, state) = (name.into(), key.into(), state.into());
        Self { name, is_ours: false, key, state, data: Some(data), version, by }
    }

    /// The column that has the data of states, as JSON. It is text.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Table;
    ///
    /// let table = Table::of("orders", "id", "status").data("body");
    /// assert!(table.migration().contains(r#"ADD COLUMN "body""#));
    /// ```
    pub fn data(mut self, column: impl Into<String>) -> Self {
        self.data = Some(column.into());
        self
    }

    /// The column that counts the changes of a row, an integer. It is the token of rights. It must not be
    /// negative.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Table;
    ///
    /// let table = Table::of("orders", "id", "status").version("revision");
    /// assert!(table.migration().contains(r#"ADD COLUMN "revision""#));
    /// ```
    pub fn version(mut self, column: impl Into<String>) -> Self {
        self.version = column.into();
        self
    }

    /// The column that says who has the right to the row, a text.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Table;
    ///
    /// let table = Table::of("orders", "id", "status").by("owner");
    /// assert!(table.migration().contains(r#"ADD COLUMN "owner""#));
    /// ```
    pub fn by(mut self, column: impl Into<String>) -> Self {
        self.by = column.into();
        self
    }

    /// Checks that the table of this name is like this, and leaves out the column of data if it has none.
    pub(super) fn fit(&mut self, layout: &Layout) -> Result<(), Error> {
        let name = &self.name;
        if layout.columns.is_empty() {
            let problem =
                "make it, with the columns of your own, and then run what `Table::migration` gives";
            return Err(Error::table(format!("there is no table `{name}`; {problem}")));
        }
        // Nobody asked for this one, and it is not needed if no state has data.
        let is_spared = !self.is_ours && self.data.as_deref() == Some(DATA);
        if is_spared && !layout.has(DATA) {
            self.data = None;
        }
        let keys: &[&str] = if self.is_ours { &[KIND, &self.key] } else { &[&self.key] };
        let theirs = keys.iter().copied().chain([self.state.as_str()]);
        if let Some(column) = theirs.into_iter().find(|column| !layout.has(column)) {
            let has = layout.columns.join("`, `");
            return Err(Error::table(format!(
                "the table `{name}` has no column `{column}`; its columns are `{has}`"
            )));
        }
        let ours = self.data.iter().chain([&self.version, &self.by]);
        if let Some(column) = ours.into_iter().find(|column| !layout.has(column)) {
            return Err(Error::table(format!(
                "the table `{name}` has no column `{column}`; add what is missing: {}",
                self.migration()
            )));
        }
        if !layout.is_unique(keys) {
            let same = keys.join("` and `");
            let [index, table] = [format!("{name}_key"), name.clone()].map(|name| quoted(&name));
            let columns: Vec<_> = keys.iter().map(|key| quoted(key)).collect();
            return Err(Error::table(format!(
                "more than one row of the table `{name}` may have the same `{same}`; make it unique: \
                 CREATE UNIQUE INDEX {index} ON {table} ({})",
                columns.join(", ")
            )));
        }
        Ok(())
    }

    /// The SQL that makes what the store needs: the table if it is the store's own, else its further columns.
    ///
    /// The store runs it itself for a table of its own.
    ///
    /// ```
    /// use statemachine::stored::sqlite::Table;
    ///
    /// let migration = Table::of("orders", "id", "status").migration();
    /// assert!(migration.starts_with(r#"ALTER TABLE "orders" ADD COLUMN "machine_data" TEXT;"#));
    /// ```
    #[must_use]
    pub fn migration(&self) -> String {
        let [table, removed, states, remember] = ["", "_removed", "_states", "_remember"]
            .map(|end| quoted(&format!("{}{end}", self.name)));
        let [key, state, version, by] = self.columns(quoted);
        let data = quoted(self.data.as_deref().unwrap_or(DATA));
        if !self.is_ours {
            return format!(
                "ALTER TABLE {table} ADD COLUMN {data} TEXT;\n\
                 ALTER TABLE {table} ADD COLUMN {version} INTEGER NOT NULL DEFAULT 0;\n\
                 ALTER TABLE {table} ADD COLUMN {by} TEXT;"
            );
        }
        // A row that is removed and inserted again goes on with greater versions: its old tokens must not
        // come back.
        format!(
            "CREATE TABLE IF NOT EXISTS {table} (\n  \
               {KIND} TEXT NOT NULL,\n  \
               {key} TEXT NOT NULL,\n  \
               {state} TEXT NOT NULL,\n  \
               {data} TEXT,\n  \
               {version} INTEGER NOT NULL,\n  \
               {by} TEXT,\n  \
               PRIMARY KEY ({KIND}, {key})\n\
             ) STRICT, WITHOUT ROWID;\n\
             CREATE INDEX IF NOT EXISTS {states} ON {table} ({KIND}, {state});\n\
             CREATE TABLE IF NOT EXISTS {removed} (\n  \
               only_row INTEGER PRIMARY KEY CHECK (only_row = 1),\n  \
               version INTEGER NOT NULL\n\
             ) STRICT;\n\
             CREATE TRIGGER IF NOT EXISTS {remember} AFTER DELETE ON {table} BEGIN\n  \
               INSERT INTO {removed} VALUES (1, OLD.{version}) ON CONFLICT (only_row)\n  \
               DO UPDATE SET version = max(version, OLD.{version});\n\
             END;"
        )
    }

    /// The names of the columns that it must have, quoted.
    fn columns(&self, quoted: fn(&str) -> String) -> [String; 4] {
        [&self.key, &self.state, &self.version, &self.by].map(|column| quoted(column))
    }

    /// The text of a statement. Where it has parameters, the machine is `?1` and the key `?2`.
    pub(super) fn sql(&self, statement: Statement) -> String {
        let table = name(&self.name);
        let [key, state, version, by] = self.columns(name);
        let data = self.data.as_deref().map(name);
        // A table of the user's may have NULL there, or no text.
        let (now, count) = if self.is_ours {
            (state.clone(), version.clone())
        } else {
            (format!("coalesce(CAST({state} AS TEXT), 'NULL')"), format!("coalesce({version}, 0)"))
        };
        // Each statement has all of its parameters, whatever the table has.
        let of = if self.is_ours { format!("{KIND} = ?1") } else { "?1 IS NOT NULL".to_owned() };
        let at = format!("{of} AND {key} = ?2");
        match statement {
            Statement::Begin => "BEGIN IMMEDIATE".to_owned(),
            Statement::Commit => "COMMIT".to_owned(),
            Statement::Look => {
                let data = data.as_deref().unwrap_or("NULL");
                format!("SELECT {now}, {data}, {count}, {by} FROM {table} WHERE {at}")
            }
            Statement::Insert => {
                let (data, value) =
                    data.map_or_else(Default::default, |data| (format!("{data}, "), "?4, "));
                let (kind, machine, first) = if self.is_ours {
                    let removed = name(&format!("{}_removed", self.name));
                    let last = format!("coalesce((SELECT version FROM {removed}), 0)");
                    (format!("{KIND}, "), "?1, ", last)
                } else {
                    (String::new(), "", "0".to_owned())
                };
                format!(
                    "INSERT INTO {table} ({kind}{key}, {state}, {data}{version}) \
                     SELECT {machine}?2, ?3, {value}{first} + 1 WHERE ?1 IS NOT NULL AND ?4 IS ?4 \
                     ON CONFLICT ({kind}{key}) DO NOTHING"
                )
            }
            Statement::Remove => format!("DELETE FROM {table} WHERE {at} AND {count} = ?3"),
            Statement::Move => {
                let data = data.map_or_else(String::new, |data| format!("{data} = ?4, "));
                format!(
                    "UPDATE {table} SET {state} = ?3, {data}{version} = {count} + 1, {by} = NULL \
                     WHERE {at} AND ?4 IS ?4 AND {count} = ?5 AND {by} IS ?6"
                )
            }
            Statement::Claim => format!(
                "UPDATE {table} SET {version} = {count} + 1, {by} = ?4 WHERE {at} AND {count} = ?3"
            ),
            Statement::Release => format!(
                "UPDATE {table} SET {version} = {count} + 1, {by} = NULL \
                 WHERE {at} AND {by} = ?3"
            ),
            Statement::Touch => format!("UPDATE {table} SET {version} = {version} WHERE {at}"),
            Statement::Keys => format!(
                "SELECT CAST({key} AS TEXT), {by} FROM {table} \
                 WHERE {of} AND {key} IS NOT NULL AND {state} IN (SELECT value FROM json_each(?2))"
            ),
            Statement::Count => {
                format!("SELECT {now}, count(*) FROM {table} WHERE {of} GROUP BY 1")
            }
        }
    }
}

/// The column of a user's table that has the data, unless the user names another.
const DATA: &str = "machine_data";

/// The column of the store's own table that tells the machines of different enums apart.
const KIND: &str = "kind";

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

/// A name in a statement. SQLite takes an unknown name in double quotes for a text, and `\`` for nothing else
/// than a quoted name.
fn name(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A name as SQL spells it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
