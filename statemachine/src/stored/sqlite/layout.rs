//! The table as it is: what the catalog of the database says of it.

use rusqlite::Connection;

/// The columns of a table, and those that tell its rows apart.
pub(super) struct Layout {
    /// Empty if there is no such table.
    pub(super) columns: Vec<String>,
    /// The columns of each key and of each unique index.
    unique: Vec<Vec<String>>,
}

impl Layout {
    pub(super) fn of(connection: &Connection, table: &str) -> Result<Self, rusqlite::Error> {
        let all = |sql: &str, of: &str| {
            let mut names = connection.prepare(sql)?;
            // An expression in an index has no name.
            let names = names.query_map((of,), |row| row.get::<_, Option<String>>(0))?;
            names.map(|name| name.map(Option::unwrap_or_default)).collect::<Result<Vec<_>, _>>()
        };
        let columns = all("SELECT name FROM pragma_table_xinfo(?1)", table)?;
        // The key has no index if it is the number of the row.
        let key = all("SELECT name FROM pragma_table_info(?1) WHERE pk > 0", table)?;
        let indexes = "SELECT name FROM pragma_index_list(?1) WHERE \"unique\" AND NOT partial";
        let mut unique = vec![key];
        for index in all(indexes, table)? {
            unique.push(all("SELECT name FROM pragma_index_info(?1)", &index)?);
        }
        Ok(Self { columns, unique })
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|it| it.eq_ignore_ascii_case(column))
    }

    /// Whether no two rows have the same in all of these columns.
    pub(super) fn is_unique(&self, columns: &[&str]) -> bool {
        self.unique.iter().any(|unique| {
            let is_of = |column: &&str| unique.iter().any(|it| it.eq_ignore_ascii_case(column));
            unique.len() == columns.len() && columns.iter().all(is_of)
        })
    }
}
