//! Which comes left of which: the nodes, and the stations by which long arrows pass the ranks between
//! their ends, in an order that lets few arrows cross.

use crate::scene::Arrow;

/// How many first orders are tried.
const STARTS: usize = 4;

/// How often each is gone through.
const SWEEPS: usize = 8;

/// The ranks as rows of items. The first items are the nodes, all others stations.
pub struct Grid {
    /// From left to right.
    pub rows: Vec<Vec<usize>>,
    /// For each arrow, what it passes: its beginning, its stations and its end. A loop passes nothing.
    pub ways: Vec<Vec<usize>>,
    /// For each item those that it is linked with in the row above and in the row below.
    pub above: Vec<Vec<usize>>,
    pub below: Vec<Vec<usize>>,
}

impl Grid {
    pub fn of(ranks: &[usize], arrows: &[Arrow]) -> Self {
        let mut grid = Self {
            rows: vec![Vec::new(); ranks.iter().max().map_or(0, |most| most + 1)],
            ways: Vec::new(),
            above: vec![Vec::new(); ranks.len()],
            below: vec![Vec::new(); ranks.len()],
        };
        for arrow in arrows {
            let way = grid.add_way(ranks, arrow);
            grid.ways.push(way);
        }
        grid.fill_rows(ranks);
        grid.order_rows();
        grid
    }

    fn add_way(&mut self, ranks: &[usize], arrow: &Arrow) -> Vec<usize> {
        let (from, to) = (ranks[arrow.from], ranks[arrow.to]);
        let is_down = from < to;
        let (upper, lower) = if is_down { (arrow.from, arrow.to) } else { (arrow.to, arrow.from) };
        let mut way = vec![upper];
        for _ in (from.min(to) + 1)..from.max(to) {
            way.push(self.above.len());
            self.above.push(Vec::new());
            self.below.push(Vec::new());
        }
        way.push(lower);
        if from == to {
            return Vec::new();
        }
        for pair in way.windows(2) {
            self.below[pair[0]].push(pair[1]);
            self.above[pair[1]].push(pair[0]);
        }
        if !is_down {
            way.reverse();
        }
        way
    }

    /// A first order: what hangs together stands together.
    fn fill_rows(&mut self, ranks: &[usize]) {
        let mut is_placed = vec![false; self.above.len()];
        let mut roots: Vec<usize> = (0..ranks.len()).collect();
        roots.sort_by_key(|&node| ranks[node]);
        for root in roots {
            let mut open = vec![(root, ranks[root])];
            while let Some((item, rank)) = open.pop() {
                if !std::mem::replace(&mut is_placed[item], true) {
                    self.rows[rank].push(item);
                    open.extend(self.below[item].iter().rev().map(|&lower| (lower, rank + 1)));
                }
            }
        }
    }

    /// From several first orders, since each gets stuck somewhere else.
    fn order_rows(&mut self) {
        let first = self.rows.clone();
        let mut best = (self.crossings(), first.clone());
        for start in 0..STARTS {
            self.rows.clone_from(&first);
            for row in &mut self.rows {
                let by = start % row.len();
                row.rotate_left(by);
            }
            for sweep in 0..SWEEPS {
                if best.0 == 0 {
                    break;
                }
                self.sweep(sweep % 2 == 0);
                let crossings = self.crossings();
                if crossings < best.0 {
                    best = (crossings, self.rows.clone());
                }
            }
        }
        self.rows = best.1;
    }

    fn sweep(&mut self, is_down: bool) {
        let mut places = self.places();
        let last = self.rows.len() - 1;
        for step in 1..=last {
            let (row, fixed) =
                if is_down { (step, step - 1) } else { (last - step, last - step + 1) };
            self.order_row(row, fixed, &places);
            self.note_places(row, &mut places);
            self.swap_neighbours(row, &mut places);
        }
    }

    /// Puts each item of a row under, or over, the middle of those that it is linked with.
    fn order_row(&mut self, row: usize, fixed: usize, places: &[usize]) {
        let links = if fixed < row { &self.above } else { &self.below };
        let middle = |item: usize| {
            let linked = &links[item];
            let sum: usize = linked.iter().map(|&other| places[other]).sum();
            if linked.is_empty() { places[item] as f64 } else { sum as f64 / linked.len() as f64 }
        };
        let mut keyed: Vec<(f64, usize)> =
            self.rows[row].iter().map(|&item| (middle(item), item)).collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.rows[row] = keyed.into_iter().map(|(_, item)| item).collect();
    }

    /// Swaps what stands side by side in a row and would cross less the other way round.
    fn swap_neighbours(&mut self, row: usize, places: &mut [usize]) {
        for right in 1..self.rows[row].len() {
            let (a, b) = (self.rows[row][right - 1], self.rows[row][right]);
            let count = |a: usize, b: usize| -> usize {
                crossings_of(&self.above[a], &self.above[b], places)
                    + crossings_of(&self.below[a], &self.below[b], places)
            };
            if count(b, a) < count(a, b) {
                self.rows[row].swap(right - 1, right);
            }
        }
        self.note_places(row, places);
    }

    fn crossings(&self) -> usize {
        let places = self.places();
        let mut sum = 0;
        for rows in self.rows.windows(2) {
            let mut ends = Vec::new();
            for &item in &rows[0] {
                let from = ends.len();
                ends.extend(self.below[item].iter().map(|&lower| places[lower]));
                ends[from..].sort_unstable();
            }
            sum += inversions(&ends, rows[1].len());
        }
        sum
    }

    /// How far right in its row each item is.
    fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.above.len()];
        (0..self.rows.len()).for_each(|row| self.note_places(row, &mut places));
        places
    }

    fn note_places(&self, row: usize, places: &mut [usize]) {
        for (place, &item) in self.rows[row].iter().enumerate() {
            places[item] = place;
        }
    }
}

/// How often the links of one item cross those of another to its right.
fn crossings_of(left: &[usize], right: &[usize], places: &[usize]) -> usize {
    let crossed = |&a: &usize| right.iter().filter(|&&b| places[b] < places[a]).count();
    left.iter().map(crossed).sum()
}

/// How many pairs are in the wrong order, of numbers below that limit.
fn inversions(numbers: &[usize], limit: usize) -> usize {
    // A Fenwick tree of how many of each number have come.
    let mut tree = vec![0; limit + 1];
    let mut sum = 0;
    for (before, number) in numbers.iter().enumerate() {
        let mut not_more = 0;
        let mut at = number + 1;
        while at > 0 {
            not_more += tree[at];
            at -= at & at.wrapping_neg();
        }
        sum += before - not_more;
        let mut at = number + 1;
        while at <= limit {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    sum
}
