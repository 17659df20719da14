//! Moves in a transaction of the user's.
