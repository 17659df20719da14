//! What a user can choose.

use std::time::Duration;

const SHORTEST_LEASE: Duration = Duration::from_millis(100);
const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// How a PostgreSQL store works. Each method changes one thing.
///
/// ```
/// use std::time::Duration;
/// use statemachine::stored::postgres::Options;
///
/// let options = Options::default().lease(Duration::from_secs(30)).connections(4);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Options {
    pub(in crate::stored) lease: Duration,
    pub(in crate::stored) poll: Duration,
    pub(in crate::stored) recheck: Duration,
    pub(in crate::stored) patience: Duration,
    pub(in crate::stored) connections: usize,
    pub(in crate::stored) listens: bool,
    pub(in crate::stored) prepares: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            poll: Duration::from_millis(250),
            recheck: Duration::from_secs(5),
            patience: Duration::from_secs(10),
            connections: 8,
            listens: true,
            prepares: true,
        }
    }
}

impl Options {
    /// How long a right lives if nobody renews it: the time after which another takes over the work of a
    /// process that died. The default is 10 seconds.
    ///
    /// The store renews each right every third of this time. A short lease gives rights up when the database
    /// or the network is slow for that long. A lease of less than 100 milliseconds is taken as 100
    /// milliseconds, and one of more than a day as a day.
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::stored::postgres::Options;
    ///
    /// // A process that died is replaced after two seconds.
    /// let options = Options::default().lease(Duration::from_secs(2));
    /// ```
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.clamp(SHORTEST_LEASE, LONGEST_LEASE);
        self
    }

    /// How often a caller that waits looks at its row while it cannot listen. The default is 250
    /// milliseconds. It is a millisecond at least and a day at most.
    ///
    /// It cannot listen if [`without_listening`](Self::without_listening) says so, if
    /// [`Postgres::on`](super::Postgres::on) got no [`listening`](super::Postgres::listening), and while the
    /// listening connection is down.
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::stored::postgres::Options;
    ///
    /// let options = Options::default().without_listening().poll(Duration::from_millis(50));
    /// ```
    pub fn poll(mut self, every: Duration) -> Self {
        self.poll = every.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        self
    }

    /// How often a caller that waits looks at its row while it listens, in case a notification is lost. The
    /// default is 5 seconds. It is a millisecond at least and a day at most.
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::stored::postgres::Options;
    ///
    /// let options = Options::default().recheck(Duration::from_secs(30));
    /// ```
    pub fn recheck(mut self, every: Duration) -> Self {
        self.recheck = every.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        self
    }

    /// For how long a call goes on if the server cannot be reached, and if it refuses a statement for a
    /// reason that passes. It is also how long a call waits for a connection of the pool. The default is 10
    /// seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use statemachine::stored::postgres::Options;
    ///
    /// let options = Options::default().patience(Duration::from_secs(3));
    /// ```
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many connections [`Postgres::connect`](super::Postgres::connect) makes at most for what is asked.
    /// The default is 8.
    ///
    /// One more renews the rights while there are any, and one more listens if anybody has waited.
    ///
    /// ```
    /// use statemachine::stored::postgres::Options;
    ///
    /// let options = Options::default().connections(2);
    /// ```
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Makes callers that wait look every [`poll`](Self::poll), instead of listening for notifications.
    ///
    /// This is for a pooler that lends a connection for a transaction only, such as PgBouncer in transaction
    /// mode: nothing can listen through it. Such a pooler needs [`unprepared`](Self::unprepared) too. With
    /// [`Postgres::listening`](super::Postgres::listening) the store listens past the pooler instead.
    ///
    /// ```
    /// use statemachine::stored::postgres::Options;
    ///
    /// // For a pooler in transaction mode.
    /// let options = Options::default().without_listening().unprepared();
    /// ```
    pub fn without_listening(mut self) -> Self {
        self.listens = false;
        self
    }

    /// Prepares no statements. Each is parsed, planned and executed in one round trip, and leaves nothing
    /// behind in the connection. The server has more to do then.
    ///
    /// This is for a pooler that lends a connection for a transaction only: a statement that was prepared
    /// would be looked for in a connection that does not have it, or has another of the same name.
    ///
    /// It does not concern `sqlx`, whose pool says what it prepares.
    ///
    /// ```
    /// use statemachine::stored::postgres::Options;
    ///
    /// let options = Options::default().unprepared();
    /// ```
    pub fn unprepared(mut self) -> Self {
        self.prepares = false;
        self
    }
}
