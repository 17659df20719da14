//! The states as a graph: positions, edges and rows of bits.

use std::collections::VecDeque;

use crate::ast::Machine;

/// More states than this, and a machine is refused: rows of bits grow with the square.
pub const MAX_STATES: usize = 1024;

/// What can be reached from where.
pub struct Graph {
    /// The transitions out of each state, those of `reset` last.
    targets: Vec<Vec<usize>>,
    /// Where a machine can start: the initial state, then those that are restored.
    roots: Vec<usize>,
    reach: Rows,
    sources: Rows,
}

impl Graph {
    pub fn of(machine: &Machine) -> Self {
        let states = &machine.states;
        let is_root = |position: usize| {
            position == machine.initial || states[position].attr.restored.is_some()
        };
        let mut roots: Vec<usize> = (0..states.len()).filter(|&state| is_root(state)).collect();
        roots.sort_by_key(|&root| root != machine.initial);
        let mut targets: Vec<Vec<usize>> = Vec::with_capacity(states.len());
        let mut sources = Rows::new(states.len());
        for (source, state) in states.iter().enumerate() {
            let mut out: Vec<usize> = state.targets.iter().map(|to| to.position).collect();
            for &target in &out {
                sources.set(target, source);
            }
            if machine.attr.reset.is_some() && !out.contains(&machine.initial) {
                out.push(machine.initial);
            }
            targets.push(out);
        }
        Self::new(targets, roots, sources)
    }

    fn new(targets: Vec<Vec<usize>>, roots: Vec<usize>, sources: Rows) -> Self {
        let mut reach = Rows::new(targets.len());
        for (source, out) in targets.iter().enumerate() {
            reach.set(source, source);
            for &target in out {
                reach.set(source, target);
            }
        }
        reach.close();
        Self { targets, roots, reach, sources }
    }

    /// One row a state: what can be reached from it, itself included.
    pub fn reach(&self) -> &[u64] {
        &self.reach.words
    }

    /// One row a state: the sources of its declared transitions in.
    pub fn sources(&self) -> &[u64] {
        &self.sources.words
    }

    pub fn has_source(&self, target: usize, source: usize) -> bool {
        self.sources.has(target, source)
    }

    pub fn reaches(&self, from: usize, to: usize) -> bool {
        self.reach.has(from, to)
    }

    /// Whether a machine can be in that state at all.
    pub fn is_entered(&self, state: usize) -> bool {
        self.roots.iter().any(|&root| self.reaches(root, state))
    }

    /// A shortest path to the first state, in order of distance, that `wanted` accepts; from the
    /// initial state if there is one, else from a restored one.
    pub fn path_to(&self, wanted: impl Fn(usize) -> bool) -> Option<Vec<usize>> {
        let mut before: Vec<Option<usize>> = vec![None; self.targets.len()];
        let mut queue = VecDeque::new();
        for &root in &self.roots {
            if before[root].is_some() {
                continue;
            }
            // A root is its own predecessor, which ends the way back.
            before[root] = Some(root);
            queue.push_back(root);
            while let Some(state) = queue.pop_front() {
                if wanted(state) {
                    return Some(way_back(&before, state));
                }
                for &target in &self.targets[state] {
                    if before[target].is_none() {
                        before[target] = Some(state);
                        queue.push_back(target);
                    }
                }
            }
        }
        None
    }
}

fn way_back(before: &[Option<usize>], mut state: usize) -> Vec<usize> {
    let mut path = vec![state];
    while let Some(earlier) = before[state].filter(|&earlier| earlier != state) {
        path.push(earlier);
        state = earlier;
    }
    path.reverse();
    path
}

/// A square of bits, least significant first; without any where there are too many states.
struct Rows {
    states: usize,
    words: Vec<u64>,
}

impl Rows {
    fn new(states: usize) -> Self {
        let states = if states > MAX_STATES { 0 } else { states };
        Self { states, words: vec![0; states * states.div_ceil(64)] }
    }

    fn width(&self) -> usize {
        self.states.div_ceil(64)
    }

    fn set(&mut self, row: usize, column: usize) {
        if self.states > 0 {
            let width = self.width();
            self.words[row * width + column / 64] |= 1 << (column % 64);
        }
    }

    fn has(&self, row: usize, column: usize) -> bool {
        self.states > 0 && self.words[row * self.width() + column / 64] >> (column % 64) & 1 == 1
    }

    /// The transitive closure, after Warshall.
    fn close(&mut self) {
        let width = self.width();
        for via in 0..self.states {
            let beyond = self.words[via * width..][..width].to_vec();
            for row in 0..self.states {
                if self.has(row, via) {
                    for (word, more) in self.words[row * width..][..width].iter_mut().zip(&beyond) {
                        *word |= more;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Graph, Rows};

    fn graph(states: usize, edges: &[(usize, usize)], roots: &[usize]) -> Graph {
        let mut targets = vec![Vec::new(); states];
        let mut sources = Rows::new(states);
        for &(from, to) in edges {
            targets[from].push(to);
            sources.set(to, from);
        }
        Graph::new(targets, roots.to_vec(), sources)
    }

    #[test]
    fn what_is_reached_is_found_across_words() {
        let ring: Vec<(usize, usize)> = (0..130).map(|i| (i, i + 1)).collect();
        let graph = graph(131, &ring, &[0]);
        assert!(graph.reaches(0, 130));
        assert!(graph.reaches(64, 64));
        assert!(!graph.reaches(65, 64));
        assert!(graph.has_source(65, 64));
        assert!(!graph.has_source(64, 65));
        assert_eq!(graph.reach().len(), 131 * 3);
    }

    #[test]
    fn every_root_counts() {
        let graph = graph(4, &[(0, 1), (2, 3)], &[0, 2]);
        assert!((0..4).all(|state| graph.is_entered(state)));
    }

    #[test]
    fn the_shortest_path_is_named() {
        let graph = graph(5, &[(0, 1), (1, 3), (0, 2), (2, 4), (4, 3)], &[0]);
        assert_eq!(graph.path_to(|state| state == 3), Some(vec![0, 1, 3]));
        assert_eq!(graph.path_to(|state| state == 0), Some(vec![0]));
        assert_eq!(graph.path_to(|_| false), None);
    }

    #[test]
    fn a_cycle_ends() {
        let graph = graph(3, &[(0, 1), (1, 0), (2, 2)], &[0]);
        assert!(graph.reaches(0, 0));
        assert!(!graph.is_entered(2));
        assert_eq!(graph.path_to(|state| state == 2), None);
    }
}
