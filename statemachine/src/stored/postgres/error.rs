//! Why the database did not do what a statement asked.

use std::{error, fmt};

type Source = Box<dyn error::Error + Send + Sync>;

/// Why a PostgreSQL store failed.
///
/// If a move ends with it, the move was not made.
///
/// ```
/// use statemachine::stored::postgres::Error;
///
/// /// Whether the table has to be changed before the program can run.
/// fn is_for_the_administrator(error: &Error) -> bool {
///     matches!(error, Error::Table(_))
/// }
/// # assert!(is_for_the_administrator(&Error::Table("no such table".into())));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server could not be reached for as long as [`Options::patience`](super::Options::patience) says,
    /// or the address of the server cannot be read.
    Connection(Source),

    /// The server, or a pooler in front of it, refused a statement or ended the connection.
    Database {
        /// The `SQLSTATE`: five characters, such as `23514` for a check that the row violates.
        code: Box<str>,
        /// The error of the driver, which has the server's words.
        source: Source,
    },

    /// The table is not as the store needs it. The text says what to change.
    Table(Box<str>),
}

impl Error {
    /// The `SQLSTATE`, if it was the server that refused.
    ///
    /// ```
    /// use statemachine::stored::postgres::Error;
    ///
    /// assert_eq!(Error::Table("no such table".into()).code(), None);
    /// ```
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Database { code, .. } => Some(code),
            _ => None,
        }
    }

    /// An answer that no statement of ours gives.
    pub(super) fn unexpected(what: &str) -> Self {
        Self::Table(format!("the table holds a value that the store cannot read: {what}").into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "postgres")]
            Self::Connection(source) if source.is::<Unreadable>() => source.fmt(f)?,
            Self::Connection(source) => write!(f, "the server cannot be reached: {source}")?,
            Self::Database { source, .. } => source.fmt(f)?,
            Self::Table(problem) => return f.write_str(problem),
        }
        // Drivers put what matters into the causes.
        let mut cause = error::Error::source(self).and_then(error::Error::source);
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        if self.code() == Some("26000") {
            f.write_str(
                "; if a pooler lends connections for a transaction only, use `Options::unprepared`",
            )?;
        }
        Ok(())
    }
}

/// An address that cannot be read.
#[cfg(feature = "postgres")]
#[derive(Debug)]
pub(super) struct Unreadable(pub(super) Source);

#[cfg(feature = "postgres")]
impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the address of the server cannot be read: {}", self.0)
    }
}

#[cfg(feature = "postgres")]
impl error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Connection(source) | Self::Database { source, .. } => Some(&**source),
            Self::Table(_) => None,
        }
    }
}

/// How a statement failed, which decides what to do next.
#[derive(Debug)]
pub(in crate::stored) enum Fault {
    /// It was certainly not executed, and it will not be.
    NotDone(Error),
    /// It was certainly not executed, and may be sent again.
    Again(Error),
    /// It may have been executed, or may yet be.
    Unknown(Error),
}

impl Fault {
    pub(in crate::stored) fn into_error(self) -> Error {
        let (Self::NotDone(error) | Self::Again(error) | Self::Unknown(error)) = self;
        error
    }

    /// Whether the statement only met others, so that the connection is as good as before.
    pub(super) fn is_of_the_moment(&self) -> bool {
        matches!(self, Self::Again(error) if matches!(error.code(), Some("40001" | "40P01")))
    }

    /// Whether the server has answered, so that the reason may be a row: a trigger may answer with any code. If
    /// the server has ended the connection, the next statement shows it.
    pub(super) fn is_answer(&self) -> bool {
        let (Self::NotDone(error) | Self::Again(error) | Self::Unknown(error)) = self;
        // A standby refuses all rows.
        matches!(error.code(), Some(code) if code != "25006")
    }

    /// What an answer with that code means, which may be the server's or that of a pooler in front of it.
    /// `ends_connection` tells whether the connection is of no use after it.
    pub(in crate::stored) fn of_refusal(code: &str, ends_connection: bool, source: Source) -> Self {
        let error = Error::Database { code: code.into(), source };
        match code {
            // The server may end the connection between the commit and the reply. A pooler answers so if it
            // gave up a statement that the server goes on with.
            _ if ends_connection => Self::Unknown(error),
            // Serialization failures and deadlocks, of which the transaction is one victim; and a server that
            // is, or has become, a standby.
            "40001" | "40P01" | "25006" => Self::Again(error),
            "40003" => Self::Unknown(error),
            // Trouble with the connection, an operator who ends it, and failures of the server itself.
            _ if ["08", "57P", "58", "XX"].iter().any(|class| code.starts_with(class)) => {
                Self::Unknown(error)
            }
            _ => Self::NotDone(error),
        }
    }

    /// What a failure to connect means. The source may be the server's refusal of the connection.
    pub(in crate::stored) fn of_connecting(code: Option<&str>, source: Source) -> Self {
        match code {
            // Refusals that do not pass by themselves: of the user, the password, the database.
            Some(code) if code.starts_with("28") || code.starts_with("3D") => {
                Self::NotDone(Error::Database { code: code.into(), source })
            }
            _ => Self::Again(Error::Connection(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Fault};

    #[cfg(feature = "postgres")]
    #[test]
    fn an_address_that_cannot_be_read_is_told_from_a_server_that_is_not_there() {
        let error = Error::Connection(super::Unreadable("no port".into()).into());
        assert_eq!(error.to_string(), "the address of the server cannot be read: no port");
    }

    #[test]
    fn a_statement_that_is_not_prepared_is_told_with_what_to_do() {
        let error = Error::Database { code: "26000".into(), source: "no statement".into() };
        assert_eq!(
            error.to_string(),
            "no statement; if a pooler lends connections for a transaction only, use `Options::unprepared`"
        );
    }

    #[test]
    fn a_row_may_be_the_reason_of_each_answer_but_that_of_a_standby() {
        let of = |code| Fault::of_refusal(code, false, "no".into());
        for code in ["23514", "P0001", "40001", "XX001", "57014"] {
            assert!(of(code).is_answer(), "{code}");
        }
        assert!(!of("25006").is_answer());
        assert!(!Fault::Unknown(Error::Connection("cut".into())).is_answer());
    }

    #[test]
    fn only_a_refusal_that_leaves_the_connection_is_certain() {
        let of = |code, ends_connection| Fault::of_refusal(code, ends_connection, "no".into());
        for code in ["23514", "42P01", "57014", "22001", "55P03"] {
            assert!(matches!(of(code, false), Fault::NotDone(_)), "{code}");
            assert!(matches!(of(code, true), Fault::Unknown(_)), "{code}");
        }
        for code in ["08P01", "08006", "57P01", "57P03", "58000", "XX000", "40003"] {
            assert!(matches!(of(code, false), Fault::Unknown(_)), "{code}");
        }
        for code in ["40001", "40P01", "25006"] {
            assert!(matches!(of(code, false), Fault::Again(_)), "{code}");
            assert!(matches!(of(code, true), Fault::Unknown(_)), "{code}");
        }
    }
}
