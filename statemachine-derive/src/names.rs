//! The names of what is generated.

use std::collections::HashMap;

use heck::ToSnakeCase as _;
use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;

use crate::ast::{Fields, Machine, State};

/// How many pairs of states are looked at for methods that say that there is no such transition. They
/// take the compiler's time, and all pairs would grow with the square.
const MAX_EXPLAINED: usize = 1024;

/// Above this many states none is explained: the few that could be would take the compiler longer than all
/// else that is generated.
const MAX_STATES_EXPLAINED: usize = 64;

/// How many such methods there are, all the same, for states whose transitions were not understood.
const MAX_UNKNOWN: usize = 4096;

/// The inherent methods of the runtime's `Machine`, which the generated type derefs to and would
/// hide, and those that the generated type has beside the ones named after states.
const OF_MACHINE: [&str; 19] = [
    "new",
    "from_state",
    "from_kind",
    "into_state",
    "reset",
    "state",
    "is_in_transition",
    "transition",
    "in_state",
    "hold",
    "when",
    "observe",
    "remove_handler",
    "id",
    "in_any",
    "waiting",
    "mermaid",
    "dot",
    "svg",
];

/// Names for one declaration.
///
/// Where two things would have one name, the later one gets another, so that all of them can be
/// emitted beside the error.
pub struct Names {
    pub machine: Ident,
    pub module: Ident,
    pub kind: Ident,
    /// One machine in a store, where there is such a thing.
    pub stored: Option<Ident>,
    /// One a state.
    pub states: Vec<StateNames>,
    /// One a group.
    pub groups: Vec<GroupNames>,
    /// Where two items would have one name.
    pub item_clashes: Vec<ItemClash>,
    /// Where two methods would have one name.
    pub method_clashes: Vec<MethodClash>,
}

/// Names for one state.
pub struct StateNames {
    pub is_in: Ident,
    pub hold: Ident,
    pub when: Ident,
    /// `to_b`, for states with a way in.
    pub to: Option<Ident>,
    /// `to_b`, for states that nothing leads to.
    pub illegal_to: Option<Ident>,
    /// `a_to_b`, one for each target.
    pub transitions: Vec<Ident>,
    /// `a_to_b` for the states that there is no transition to, with their positions.
    pub illegal: Vec<(usize, Ident)>,
    pub data: Option<DataNames>,
}

/// Names for one group.
pub struct GroupNames {
    pub is_in: Ident,
    pub hold: Ident,
    pub when: Ident,
    /// `live_to_b`, one for each target.
    pub transitions: Vec<Ident>,
    /// `live_to_b` for the states that there is no transition to, with their positions.
    pub illegal: Vec<(usize, Ident)>,
}

/// Names for the data of a state with named fields.
pub struct DataNames {
    pub owned: Ident,
    pub borrowed: Ident,
    /// Borrowed for writing.
    pub borrowed_mut: Ident,
}

/// One name for two items; the enum's own name or a type parameter's counts as an item.
pub struct ItemClash {
    pub name: String,
    /// What was to have the name, and what has it.
    pub item: Item,
    pub with: Item,
    /// Where the later one's name comes from.
    pub span: Span,
}

/// What is declared in the enum's scope.
#[derive(Clone, Copy, PartialEq)]
pub enum Item {
    Enum,
    Parameter,
    Machine,
    Module,
    Kind,
    Stored,
    /// The data of the state at that position, owned and borrowed.
    Data(usize),
    BorrowedData(usize),
    BorrowedDataMut(usize),
}

/// One name for two methods.
pub struct MethodClash {
    pub name: String,
    /// What the later of the two is generated for.
    pub of: Owner,
    /// What the earlier one is generated for; `None` where it is the runtime's `Machine` that has it.
    pub with: Option<Owner>,
}

/// What a method is generated for: a state or the transition from it to another.
#[derive(Clone, Copy)]
pub struct Owner {
    pub state: usize,
    pub target: Option<usize>,
}

impl Names {
    pub fn of(machine: &Machine) -> Self {
        let mut items = Items::new(machine);
        let name = machine.name();
        let span = machine.ident.span();
        let mut item = |given: &Option<Ident>, default: String, item| match given {
            Some(given) => items.take(&given.unraw().to_string(), given.span(), item),
            None => items.take(&default, span, item),
        };
        let attr = &machine.attr;
        let machine_name = item(&attr.name, format!("{name}Machine"), Item::Machine);
        let module = item(&attr.states, snake(&name), Item::Module);
        let kind = item(&attr.kind, format!("{name}Kind"), Item::Kind);
        let stored =
            attr.stored.is_some().then(|| item(&None, format!("{name}Stored"), Item::Stored));
        let mut methods = Methods::default();
        let states = methods.of_states(machine, &mut items);
        let groups = methods.of_groups(machine);
        Self {
            machine: machine_name,
            module,
            kind,
            stored,
            states,
            groups,
            item_clashes: items.clashes,
            method_clashes: methods.clashes,
        }
    }
}

/// Gives the names of items out, each once.
struct Items {
    /// Only ever asked for single names.
    taken: HashMap<String, Item>,
    clashes: Vec<ItemClash>,
}

impl Items {
    fn new(machine: &Machine) -> Self {
        let params = machine.generics.type_words();
        let mut taken: HashMap<String, Item> =
            params.map(|word| (word.to_owned(), Item::Parameter)).collect();
        taken.insert(machine.name(), Item::Enum);
        Self { taken, clashes: Vec::new() }
    }

    fn take(&mut self, name: &str, span: Span, item: Item) -> Ident {
        let mut free = name.to_owned();
        if let Some(&with) = self.taken.get(name) {
            self.clashes.push(ItemClash { name: name.to_owned(), item, with, span });
            while self.taken.contains_key(&free) {
                free.push('_');
            }
        }
        let ident = ident(&free, span);
        self.taken.insert(free, item);
        ident
    }
}

/// Gives the names of methods out, each once.
#[derive(Default)]
struct Methods {
    /// What each was given out for. Only ever asked for single names.
    taken: HashMap<String, Owner>,
    clashes: Vec<MethodClash>,
}

impl Methods {
    fn of_states(&mut self, machine: &Machine, items: &mut Items) -> Vec<StateNames> {
        let states = &machine.states;
        let mut is_entered = vec![false; states.len()];
        for target in states.iter().flat_map(|state| &state.targets) {
            is_entered[target.position] = true;
        }
        if states.iter().any(|state| !machine.is_understood(state)) {
            // A transition that was not understood may lead there.
            is_entered.fill(true);
        }
        let mut names = Vec::with_capacity(states.len());
        for (position, state) in states.iter().enumerate() {
            let (word, span, owner) =
                (&state.word, state.ident.span(), Owner { state: position, target: None });
            names.push(StateNames {
                is_in: self.take(format!("is_{word}"), owner, span),
                hold: self.take(format!("in_{word}"), owner, span),
                when: self.take(format!("when_{word}"), owner, span),
                to: is_entered[position].then(|| self.take(format!("to_{word}"), owner, span)),
                illegal_to: None,
                transitions: Vec::with_capacity(state.targets.len()),
                illegal: Vec::new(),
                data: data_names(machine, position, items),
            });
        }
        for (position, state) in states.iter().enumerate() {
            for target in &state.targets {
                let name = pair(state, &states[target.position]);
                let owner = Owner { state: position, target: Some(target.position) };
                let method = self.take(name, owner, target.ident.span());
                names[position].transitions.push(method);
            }
        }
        self.illegal(machine, &mut names);
        names
    }

    /// A group is an owner behind the states.
    fn of_groups(&mut self, machine: &Machine) -> Vec<GroupNames> {
        let states = &machine.states;
        let mut names = Vec::with_capacity(machine.groups.len());
        for (position, group) in machine.groups.iter().enumerate() {
            let (word, span, subject) = (&group.word, group.ident.span(), states.len() + position);
            let owner = Owner { state: subject, target: None };
            let mut named = GroupNames {
                is_in: self.take(format!("is_{word}"), owner, span),
                hold: self.take(format!("in_{word}"), owner, span),
                when: self.take(format!("when_{word}"), owner, span),
                transitions: Vec::new(),
                illegal: Vec::new(),
            };
            for &target in &group.targets {
                let owner = Owner { state: subject, target: Some(target) };
                let name = format!("{word}_to_{}", states[target].word);
                named.transitions.push(self.take(name, owner, span));
            }
            names.push(named);
        }
        if states.len().pow(2) <= MAX_EXPLAINED {
            for ((position, group), named) in machine.groups.iter().enumerate().zip(&mut names) {
                for target in group.others(states.len()) {
                    let name = format!("{}_to_{}", group.word, states[target].word);
                    if !self.taken.contains_key(&name) && !OF_MACHINE.contains(&name.as_str()) {
                        named.illegal.push((target, ident(&name, group.ident.span())));
                        let owner = Owner { state: states.len() + position, target: Some(target) };
                        self.taken.insert(name, owner);
                    }
                }
            }
        }
        names
    }

    /// Names for the pairs without a transition. All others have theirs by now: these yield.
    ///
    /// Of many states only for the nearest, which are more often meant. If it is not known where a state
    /// leads, for all of them, as long as such states are few: what is missing there is no mistake.
    fn illegal(&mut self, machine: &Machine, names: &mut [StateNames]) {
        let states = &machine.states;
        let near = neighbours(states);
        let mut left = MAX_UNKNOWN;
        for (source, from) in states.iter().enumerate() {
            let name = format!("to_{}", from.word);
            if names[source].to.is_none() && !self.taken.contains_key(&name) {
                names[source].illegal_to = Some(ident(&name, from.ident.span()));
                self.taken.insert(name, Owner { state: source, target: None });
            }
            let is_unknown = !machine.is_understood(from) && left >= states.len();
            let explained = if is_unknown {
                left -= states.len();
                (0..states.len()).collect()
            } else if machine.is_understood(from) {
                let is_explained = states.len() <= MAX_STATES_EXPLAINED;
                nearest(&near, source, if is_explained { MAX_EXPLAINED / states.len() } else { 0 })
            } else {
                Vec::new()
            };
            for target in explained {
                let to = &states[target];
                let name = pair(from, to);
                let is_legal = from.targets.iter().any(|legal| legal.position == target);
                let is_taken =
                    self.taken.contains_key(&name) || OF_MACHINE.contains(&name.as_str());
                if !is_legal && !is_taken {
                    let method = ident(&name, from.ident.span());
                    names[source].illegal.push((target, method));
                    self.taken.insert(name, Owner { state: source, target: Some(target) });
                }
            }
        }
    }

    fn take(&mut self, mut name: String, of: Owner, span: Span) -> Ident {
        let with = self.taken.get(&name).copied();
        if with.is_some() || OF_MACHINE.contains(&name.as_str()) {
            self.clashes.push(MethodClash { name: name.clone(), of, with });
        }
        while self.taken.contains_key(&name) {
            name.push('_');
        }
        let method = ident(&name, span);
        self.taken.insert(name, of);
        method
    }
}

/// For each state those that it leads to and that lead to it.
fn neighbours(states: &[State]) -> Vec<Vec<usize>> {
    let mut near = vec![Vec::new(); states.len()];
    for (source, state) in states.iter().enumerate() {
        for target in &state.targets {
            near[source].push(target.position);
            near[target.position].push(source);
        }
    }
    near
}

/// That many states, or all: the state itself first, then the others by the number of steps in between,
/// and last those that no steps lead to.
fn nearest(near: &[Vec<usize>], state: usize, count: usize) -> Vec<usize> {
    let mut is_found = vec![false; near.len()];
    is_found[state] = true;
    let mut found = vec![state];
    let mut next = 0;
    while let Some(&from) = found.get(next).filter(|_| found.len() < count) {
        for &to in &near[from] {
            if !is_found[to] {
                is_found[to] = true;
                found.push(to);
            }
        }
        next += 1;
    }
    found.extend((0..near.len()).filter(|&state| !is_found[state]));
    found.truncate(count);
    found
}

fn data_names(machine: &Machine, position: usize, items: &mut Items) -> Option<DataNames> {
    let state = &machine.states[position];
    let Fields::Named(_) = state.fields else {
        return None;
    };
    let (name, span) = match &state.attr.data {
        Some(given) => (given.unraw().to_string(), given.span()),
        None => (format!("{}{}", machine.name(), state.name), state.ident.span()),
    };
    Some(DataNames {
        owned: items.take(&name, span, Item::Data(position)),
        borrowed: items.take(&format!("{name}Ref"), span, Item::BorrowedData(position)),
        borrowed_mut: items.take(&format!("{name}Mut"), span, Item::BorrowedDataMut(position)),
    })
}

/// `a_to_b`.
fn pair(from: &State, to: &State) -> String {
    let first = |name: &str| name.chars().next().map(|first| first.to_lowercase().to_string());
    let starts_well = from.word.starts_with(|first: char| first.is_ascii_alphabetic())
        || first(&from.word) == first(&from.name);
    // What is left of `_1` in snake case can only come after something.
    let lead = if starts_well || from.attr.name.is_some() { "" } else { "_" };
    format!("{lead}{}_to_{}", from.word, to.word)
}

/// The name in snake case: `HTTPReady` is `http_ready`, `FinWait1` is `fin_wait1`.
pub fn snake(name: &str) -> String {
    let snake = name.to_snake_case();
    // A name of nothing but underscores.
    if snake.is_empty() { name.to_owned() } else { snake }
}

/// Those that no identifier can have, not even behind `r#`.
const NEVER_RAW: [&str; 5] = ["self", "Self", "super", "crate", "_"];

/// Whether a word that stands where an identifier may could name something.
pub fn is_fit(word: &str) -> bool {
    !NEVER_RAW.contains(&word)
}

/// The identifier of that name, which must be fit for one but may be a keyword.
pub fn ident(name: &str, span: Span) -> Ident {
    const KEYWORDS: [&str; 48] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield",
    ];
    if !is_fit(name) {
        Ident::new(&format!("{name}_"), span)
    } else if KEYWORDS.contains(&name) {
        Ident::new_raw(name, span)
    } else if name.starts_with(|first: char| first.is_ascii_digit()) {
        Ident::new(&format!("_{name}"), span)
    } else {
        Ident::new(name, span)
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::{ident, snake};

    #[test]
    fn words_are_found_in_names() {
        for (name, word) in [
            ("Disconnected", "disconnected"),
            ("HTTPReady", "http_ready"),
            ("FinWait1", "fin_wait1"),
            ("TimeWait", "time_wait"),
            ("X", "x"),
            ("Self_", "self"),
            ("already_snake", "already_snake"),
            ("Größe", "größe"),
            ("_Hidden", "hidden"),
            ("__", "__"),
        ] {
            assert_eq!(snake(name), word, "{name}");
        }
    }

    #[test]
    fn every_name_becomes_an_identifier() {
        for (name, identifier) in [
            ("connection", "connection"),
            ("type", "r#type"),
            ("self", "self_"),
            ("Self", "Self_"),
            ("crate", "crate_"),
            ("_", "__"),
            ("1", "_1"),
            ("is_type", "is_type"),
        ] {
            assert_eq!(ident(name, Span::call_site()).to_string(), identifier);
        }
    }
}
