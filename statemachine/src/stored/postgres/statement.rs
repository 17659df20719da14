//! A statement, what executes it, and what it gives: texts only.

use std::future::Future;

use super::{Error, Fault};

/// The text of a statement and its parameters, all of them texts that the statement casts.
#[derive(Clone, Debug, Default)]
pub(in crate::stored) struct Statement {
    pub(in crate::stored) text: String,
    pub(in crate::stored) params: Vec<Option<String>>,
}

impl Statement {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), params: Vec::new() }
    }

    pub(super) fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// A parameter of that type of the database.
    pub(super) fn bind(mut self, value: Option<&str>, sql_type: &str) -> Self {
        self.params.push(value.map(str::to_owned));
        let number = self.params.len();
        self.text.push_str(&format!("CAST(${number} AS {sql_type})"));
        self
    }

    pub(super) fn text(self, value: &str) -> Self {
        self.bind(Some(value), "text")
    }

    pub(super) fn number(self, value: i64) -> Self {
        self.bind(Some(&value.to_string()), "bigint")
    }

    /// `(.., ..)`, of at least one.
    pub(super) fn list(mut self, values: &[&str], sql_type: &str) -> Self {
        self = self.push("(");
        for (position, value) in values.iter().enumerate() {
            self = self.push(if position == 0 { "" } else { ", " }).bind(Some(value), sql_type);
        }
        self.push(")")
    }
}

/// The rows that a statement gave.
pub(in crate::stored) type Rows = Vec<Cells>;

/// One row.
#[derive(Debug)]
pub(in crate::stored) struct Cells(pub(in crate::stored) Vec<Option<String>>);

impl Cells {
    pub(super) fn take(&mut self, column: usize) -> Option<String> {
        self.0.get_mut(column).and_then(Option::take)
    }

    pub(super) fn get(&self, column: usize) -> Option<&str> {
        self.0.get(column).and_then(Option::as_deref)
    }

    pub(super) fn is_true(&self, column: usize) -> bool {
        self.get(column) == Some("true")
    }

    pub(super) fn number<T: std::str::FromStr>(&self, column: usize) -> Result<T, Error> {
        let cell = self.get(column);
        cell.and_then(|cell| cell.parse().ok())
            .ok_or_else(|| Error::unexpected(cell.unwrap_or("NULL")))
    }
}

/// What executes statements: a connection, or a transaction of the user's.
pub(in crate::stored) trait Session: Send {
    /// Executes one statement, and returns when its transaction has ended, if it is not part of a greater
    /// one.
    fn run(&mut self, statement: &Statement) -> impl Future<Output = Result<Rows, Fault>> + Send;
}
