//! What tells the rows of a table apart.

use std::{borrow::Cow, fmt, sync::Arc};

/// The key of a row, as text.
///
/// Numbers and strings become keys by `into()`, which the methods that take a key do. A number is its
/// decimal digits, so `42` and `"42"` are one key. Anything else that tells rows apart, such as a UUID, is
/// its `to_string()`. A table of the user's may have keys of any type: the database reads the text as that
/// type.
///
/// ```
/// use statemachine::stored::Key;
///
/// assert_eq!(Key::from(42), Key::from("42"));
/// assert_eq!(Key::from(42).to_string(), "42");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

impl Key {
    /// The key's text.
    ///
    /// ```
    /// use statemachine::stored::Key;
    ///
    /// assert_eq!(Key::from(7_u8).as_str(), "7");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AsRef<str> for Key {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        Self(text.as_str().into())
    }
}

impl From<&&str> for Key {
    fn from(text: &&str) -> Self {
        Self::from(*text)
    }
}

impl From<Box<str>> for Key {
    fn from(text: Box<str>) -> Self {
        Self(text.into())
    }
}

impl From<Arc<str>> for Key {
    fn from(text: Arc<str>) -> Self {
        Self(text)
    }
}

impl From<Cow<'_, str>> for Key {
    fn from(text: Cow<'_, str>) -> Self {
        Self(text.into())
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {
        $(
            impl From<$number> for Key {
                fn from(number: $number) -> Self {
                    Self::from(number.to_string())
                }
            }

            impl From<&$number> for Key {
                fn from(number: &$number) -> Self {
                    Self::from(*number)
                }
            }
        )*
    };
}

from_numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
