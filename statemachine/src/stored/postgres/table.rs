//! Where the rows are: names, and what has to be there.

use std::fmt;

/// The table that has the rows, and the names of its columns.
///
/// Names are as the catalog has them: the store puts them into quotes, so `Orders` and `orders` are two
/// tables. The name of a table may have a schema in front: `shop.orders`.
///
/// ```
/// use statemachine::stored::postgres::Table;
///
/// // A table of the store's own, which it makes:
/// let ours = Table::named("machines");
/// // A table of the user's:
/// let orders = Table::of("shop.orders", "id", "status").version("revision");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct Table {
    pub(super) schema: Option<String>,
    pub(super) name: String,
    /// Whether it is the store's own: it has a column for the kind of machine, and the store makes it.
    pub(super) is_ours: bool,
    pub(super) key: String,
    pub(super) state: String,
    pub(super) data: String,
    pub(super) version: String,
    pub(super) until: String,
    pub(super) by: String,
    pub(super) wanted: String,
}

/// The column of the store's own table that tells the machines of different enums apart.
pub(super) const KIND: &str = "kind";

impl Default for Table {
    /// The store's own table, `statemachine`.
    fn default() -> Self {
        Self::named("statemachine")
    }
}

impl Table {
    /// The store's own table of that name. [`Machines::open`](crate::stored::Machines::open) makes it if it
    /// is not there.
    ///
    /// Machines of several enums can be in it. [`migration`](Self::migration) is how it is made.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let table = Table::named("shop.jobs");
    /// assert!(table.migration().starts_with(r#"CREATE TABLE IF NOT EXISTS "shop"."jobs""#));
    /// ```
    pub fn named(name: impl AsRef<str>) -> Self {
        let (schema, name) = split(name.as_ref());
        let [key, state, data, version, until, by, wanted] =
            ["key", "state", "data", "version", "until", "by", "wanted"].map(str::to_owned);
        Self { schema, name, is_ours: true, key, state, data, version, until, by, wanted }
    }

    /// A table of the user's, with the column that tells its rows apart and the one that has the state.
    ///
    /// The key must be unique: its primary key, or a unique index of that column alone. Both columns may
    /// have any type that can be written as text, such as `bigint`, `uuid`, `text` or an enum.
    ///
    /// With these two columns alone, states can be seen, waited for (by looking again and again), moved in
    /// one step, and held in a transaction. Data and the right to a row need more columns, which
    /// [`migration`](Self::migration) adds: `machine_data`, `machine_version`, `machine_until`,
    /// `machine_by` and `machine_wanted`. The methods of those names choose other columns.
    /// [`Machines::open`](crate::stored::Machines::open) looks which of them are there, and refuses a type
    /// that does not fit. It also counts the rows in each state, which an index of that column makes faster.
    ///
    /// A program that opened
    /// the table before they were added moves machines to which another program has the right. So restart
    /// all programs after that, before rights are asked for.
    ///
    /// Whoever changes the state by other means than a store adds one to `machine_version`. If another has the
    /// right to the row at that time, its commit is refused then; else its commit overwrites the change. Callers
    /// that wait find the change in either case, when they look again: after [`Options::recheck`], or after
    /// [`Options::poll`] if they do not listen.
    ///
    /// [`Options::recheck`]: super::Options::recheck
    /// [`Options::poll`]: super::Options::poll
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let orders = Table::of("orders", "id", "status");
    /// assert!(orders.migration().contains(r#""machine_version""#));
    /// ```
    pub fn of(table: impl AsRef<str>, key: impl Into<String>, state: impl Into<String>) -> Self {
        let (schema, name) = split(table.as_ref());
        let [data, version, until, by, wanted] =
            ["data", "version", "until", "by", "wanted"].map(|part| format!("machine_{part}"));
        let (key, state) = (key.into(), state.into());
        Self { schema, name, is_ours: false, key, state, data, version, until, by, wanted }
    }

    /// The column that has the data of states, as JSON. Its type may be `json`, `jsonb` or `text`.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let orders = Table::of("orders", "id", "status").data("body");
    /// assert!(orders.migration().contains(r#""body""#));
    /// ```
    pub fn data(mut self, column: impl Into<String>) -> Self {
        self.data = column.into();
        self
    }

    /// The column that counts the changes of a row, a `bigint NOT NULL DEFAULT 0`. It is the token of rights.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let orders = Table::of("orders", "id", "status").version("revision");
    /// assert!(orders.migration().contains(r#""revision""#));
    /// ```
    pub fn version(mut self, column: impl Into<String>) -> Self {
        self.version = column.into();
        self
    }

    /// The column that says how long a right lives, a `timestamptz`.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let orders = Table::of("orders", "id", "status").until("owned_until");
    /// assert!(orders.migration().contains(r#""owned_until""#));
    /// ```
    pub fn until(mut self, column: impl Into<String>) -> Self {
        self.until = column.into();
        self
    }

    /// The column that says who made the last change, a `text`.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let orders = Table::of("orders", "id", "status").by("owner");
    /// assert!(orders.migration().contains(r#""owner""#));
    /// ```
    pub fn by(mut self, column: impl Into<String>) -> Self {
        self.by = column.into();
        self
    }

    /// The column that says whether anybody waits, a `bigint`.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let orders = Table::of("orders", "id", "status").wanted("waiters");
    /// assert!(orders.migration().contains(r#""waiters""#));
    /// ```
    pub fn wanted(mut self, column: impl Into<String>) -> Self {
        self.wanted = column.into();
        self
    }

    /// The SQL that makes what the store needs: the table if it is the store's own, else its further columns.
    ///
    /// It does nothing to what is there already. Adding these columns takes an instant, however many rows
    /// there are.
    ///
    /// ```
    /// use statemachine::stored::postgres::Table;
    ///
    /// let migration = Table::of("orders", "id", "status").migration();
    /// assert!(migration.starts_with(r#"ALTER TABLE "orders""#));
    /// ```
    #[must_use]
    pub fn migration(&self) -> String {
        let [key, state, data, version, until, by, wanted] = [
            &self.key,
            &self.state,
            &self.data,
            &self.version,
            &self.until,
            &self.by,
            &self.wanted,
        ]
        .map(|column| quoted(column));
        if self.is_ours {
            // Room in each page keeps updates away from the index: no column that they change is in it.
            // Bytewise comparison needs no collation, which may differ from host to host.
            return format!(
                "CREATE TABLE IF NOT EXISTS {self} (\n  \
                   {kind} text COLLATE \"C\" NOT NULL,\n  \
                   {key} text COLLATE \"C\" NOT NULL,\n  \
                   {state} text NOT NULL,\n  \
                   {data} json,\n  \
                   {version} bigint NOT NULL DEFAULT 0,\n  \
                   {until} timestamptz,\n  \
                   {by} text,\n  \
                   {wanted} bigint,\n  \
                   PRIMARY KEY ({kind}, {key})\n\
                 ) WITH (fillfactor = 70)",
                kind = quoted(KIND)
            );
        }
        format!(
            "ALTER TABLE {self}\n  \
               ADD COLUMN IF NOT EXISTS {data} jsonb,\n  \
               ADD COLUMN IF NOT EXISTS {version} bigint NOT NULL DEFAULT 0,\n  \
               ADD COLUMN IF NOT EXISTS {until} timestamptz,\n  \
               ADD COLUMN IF NOT EXISTS {by} text,\n  \
               ADD COLUMN IF NOT EXISTS {wanted} bigint"
        )
    }
}

/// The name in quotes, as SQL has it.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", quoted(schema))?;
        }
        f.write_str(&quoted(&self.name))
    }
}

/// The schema, if there is one in front, and the name.
fn split(name: &str) -> (Option<String>, String) {
    match name.split_once('.') {
        Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
        None => (None, name.to_owned()),
    }
}

/// A name as an identifier of SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::{Table, quoted};

    #[test]
    fn names_are_quoted() {
        assert_eq!(quoted(r#"a"b"#), r#""a""b""#);
        assert_eq!(Table::of("shop.Orders", "id", "status").to_string(), r#""shop"."Orders""#);
    }

    #[test]
    fn the_migration_names_the_chosen_columns() {
        let table = Table::of("orders", "id", "status").version("revision").wanted("is wanted");
        let migration = table.migration();
        assert!(migration.contains(r#"EXISTS "revision" bigint NOT NULL DEFAULT 0"#));
        assert!(migration.contains(r#"EXISTS "is wanted" bigint"#));
        assert!(migration.contains(r#"EXISTS "machine_until" timestamptz"#));
    }
}
