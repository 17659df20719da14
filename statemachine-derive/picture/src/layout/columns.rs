//! How far right each item is: near those that it is linked with, in the order of its row, and apart
//! from its neighbours.

use super::grid::Grid;

/// As often as all items are moved towards where they are drawn.
const ROUNDS: usize = 40;

/// How strongly they are.
const NODE: f64 = 1.0;
const STATION: f64 = 4.0;

/// As often as the arrows are straightened, since one makes room for another.
const STRAIGHTENINGS: usize = 3;

/// The room of an item to either side of its middle.
#[derive(Clone, Copy)]
pub struct Room {
    pub left: f64,
    pub right: f64,
}

/// The middle of each item.
pub fn of(grid: &Grid, nodes: usize, rooms: &[Room]) -> Vec<f64> {
    let mut columns = packed(grid, rooms);
    let arrow_of = arrows_of_stations(grid, nodes);
    for round in 0..ROUNDS {
        let means: Vec<f64> = grid.ways.iter().map(|way| mean(way, &columns)).collect();
        for step in 0..grid.rows.len() {
            let row = if round % 2 == 0 { step } else { grid.rows.len() - 1 - step };
            let drawn = |&item: &usize| match arrow_of[item] {
                // To the middle of its arrow, which so becomes straight.
                Some(arrow) => (means[arrow], STATION),
                None => (middle(grid, &columns, item), NODE),
            };
            let drawn: Vec<(f64, f64)> = grid.rows[row].iter().map(drawn).collect();
            settle(&grid.rows[row], &drawn, rooms, &mut columns);
        }
    }
    for _ in 0..STRAIGHTENINGS {
        straighten(grid, nodes, rooms, &mut columns);
    }
    columns
}

fn packed(grid: &Grid, rooms: &[Room]) -> Vec<f64> {
    let mut columns = vec![0.0; rooms.len()];
    for row in &grid.rows {
        let mut right = 0.0;
        for &item in row {
            columns[item] = right + rooms[item].left;
            right = columns[item] + rooms[item].right;
        }
    }
    columns
}

/// For each station the arrow that it is of.
fn arrows_of_stations(grid: &Grid, nodes: usize) -> Vec<Option<usize>> {
    let mut arrow_of = vec![None; grid.above.len()];
    for (arrow, way) in grid.ways.iter().enumerate() {
        for &item in way.iter().filter(|&&item| item >= nodes) {
            arrow_of[item] = Some(arrow);
        }
    }
    arrow_of
}

/// The middle of those that an item is linked with.
fn middle(grid: &Grid, columns: &[f64], item: usize) -> f64 {
    let (above, below) = (&grid.above[item], &grid.below[item]);
    let count = above.len() + below.len();
    if count == 0 {
        return columns[item];
    }
    above.iter().chain(below).map(|&other| columns[other]).sum::<f64>() / count as f64
}

fn mean(items: &[usize], columns: &[f64]) -> f64 {
    items.iter().map(|&item| columns[item]).sum::<f64>() / items.len().max(1) as f64
}

/// Puts the items of a row as near to where they are drawn as their order and their rooms allow:
/// neighbours that would come too near are put side by side around their common middle.
fn settle(row: &[usize], drawn: &[(f64, f64)], rooms: &[Room], columns: &mut [f64]) {
    /// Neighbours that touch.
    struct Block {
        first: usize,
        /// Where the first would be, for all of them, each by its weight.
        sum: f64,
        weight: f64,
    }
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(row.len());
    for (number, &item) in row.iter().enumerate() {
        if number > 0 {
            offset += rooms[row[number - 1]].right + rooms[item].left;
        }
        offsets.push(offset);
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (number, (x, weight)) in drawn.iter().enumerate() {
        let mut block =
            Block { first: number, sum: (x - offsets[number]) * weight, weight: *weight };
        while let Some(last) =
            blocks.pop_if(|last| last.sum / last.weight > block.sum / block.weight)
        {
            block = Block {
                first: last.first,
                sum: last.sum + block.sum,
                weight: last.weight + block.weight,
            };
        }
        blocks.push(block);
    }
    let ends = blocks.iter().skip(1).map(|block| block.first).chain([row.len()]);
    for (block, end) in blocks.iter().zip(ends) {
        for number in block.first..end {
            columns[row[number]] = block.sum / block.weight + offsets[number];
        }
    }
}

/// Puts the stations of each arrow straight below each other, as many as there is room for.
fn straighten(grid: &Grid, nodes: usize, rooms: &[Room], columns: &mut [f64]) {
    let neighbours = Neighbours::of(grid);
    for way in &grid.ways {
        let stations: Vec<usize> = way.iter().copied().filter(|&item| item >= nodes).collect();
        let mut rest = stations.as_slice();
        while let Some(&first) = rest.first() {
            let (mut least, mut most) = neighbours.limits(first, rooms, columns);
            let mut count = 1;
            for &station in &rest[1..] {
                let (left, right) = neighbours.limits(station, rooms, columns);
                if left.max(least) > right.min(most) {
                    break;
                }
                (least, most) = (left.max(least), right.min(most));
                count += 1;
            }
            let (straight, others) = rest.split_at(count);
            let x = mean(straight, columns).clamp(least, most);
            for &station in straight {
                columns[station] = x;
            }
            rest = others;
        }
    }
}

/// What stands beside each item.
struct Neighbours {
    left: Vec<Option<usize>>,
    right: Vec<Option<usize>>,
}

impl Neighbours {
    fn of(grid: &Grid) -> Self {
        let items = grid.above.len();
        let mut neighbours = Self { left: vec![None; items], right: vec![None; items] };
        for pair in grid.rows.iter().flat_map(|row| row.windows(2)) {
            neighbours.right[pair[0]] = Some(pair[1]);
            neighbours.left[pair[1]] = Some(pair[0]);
        }
        neighbours
    }

    /// Between which columns the item may be moved while its neighbours stay.
    fn limits(&self, item: usize, rooms: &[Room], columns: &[f64]) -> (f64, f64) {
        let left = self.left[item].map(|left| columns[left] + rooms[left].right + rooms[item].left);
        let right =
            self.right[item].map(|right| columns[right] - rooms[right].left - rooms[item].right);
        // It is where it is, whatever the last digits say.
        let least = left.unwrap_or(f64::NEG_INFINITY).min(columns[item]);
        let most = right.unwrap_or(f64::INFINITY).max(columns[item]);
        (least, most)
    }
}
