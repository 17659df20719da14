//! Names of states into positions, and the nearest name for one that is misspelt.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use crate::{ctxt::Ctxt, names};

/// Finds states by name.
pub struct Resolver {
    /// In the order of declaration.
    names: Vec<String>,
    /// Only ever asked for single names: its order reaches nothing.
    positions: HashMap<String, usize>,
    /// The groups, which stand for no single state.
    groups: Vec<String>,
}

/// What became of a name.
pub enum Resolved {
    /// The state of that name or, where it was reported as misspelt, the one that was surely meant.
    State(usize),
    /// Reported; the name of a group.
    Group,
    /// Reported; like no state.
    Unknown,
}

impl Resolver {
    pub fn new(
        names: impl IntoIterator<Item = String>,
        groups: impl IntoIterator<Item = String>,
    ) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        let mut positions = HashMap::new();
        for (position, name) in names.iter().enumerate() {
            positions.entry(name.clone()).or_insert(position);
        }
        Self { names, positions, groups: groups.into_iter().collect() }
    }

    /// The state of that name; an unknown name is reported.
    pub fn resolve(&self, cx: &Ctxt, name: &Ident) -> Resolved {
        let word = name.unraw().to_string();
        if let Some(&position) = self.positions.get(&word) {
            return Resolved::State(position);
        }
        if self.groups.contains(&word) {
            cx.error(name.span(), format_args!("`{word}` is a group; name its states one by one"));
            return Resolved::Group;
        }
        let near = nearest(&word, self.names.iter().map(String::as_str));
        let remedy = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if names::is_fit(&word) => {
                "add a variant of that name or name one of the enum's".to_owned()
            }
            None => "name one of the enum's variants".to_owned(),
        };
        cx.error(name.span(), format_args!("unknown state `{word}`; {remedy}"));
        near.and_then(|near| self.positions.get(near))
            .map_or(Resolved::Unknown, |&position| Resolved::State(position))
    }
}

/// The candidate that `word` is most likely a misspelling of, the first where several are as near.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let length = lower.chars().count();
    // One slip in a short name, one in three letters in a long one: further off is another word.
    let limit = (length / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        // The length alone rules most out, and comparing is what takes time.
        if candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
        // Of a word with all of it replaced nothing is left.
        if distance <= limit && distance < length && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    fn near(word: &str) -> Option<&'static str> {
        nearest(word, ["Disconnected", "Connected", "Up", "Down"].into_iter())
    }

    #[test]
    fn a_slip_is_forgiven() {
        assert_eq!(near("Conected"), Some("Connected"));
        assert_eq!(near("Disconected"), Some("Disconnected"));
        assert_eq!(near("connected"), Some("Connected"));
        assert_eq!(near("Donw"), Some("Down"));
    }

    #[test]
    fn another_word_is_not() {
        assert_eq!(near("Closed"), None);
        assert_eq!(near("Left"), None);
        assert_eq!(near(""), None);
        assert_eq!(nearest("C", ["A", "B"].into_iter()), None);
        assert_eq!(nearest("b", ["A", "B"].into_iter()), Some("B"));
    }
}
