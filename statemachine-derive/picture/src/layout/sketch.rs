//! Where the boxes are, and where the long arrows pass.

use super::{
    FONT_SIZE,
    columns::{self, Room},
    geometry::{HEIGHT, Place, Point},
    grid::Grid,
    ranks,
};
use crate::scene::{Node, NodeKind, Scene};

/// The widest that a character of a monospaced font is, in parts of the font's size.
const ADVANCE: f64 = 0.61;

/// Beside the label.
const PADDING: f64 = 24.0;

/// The width of a box for each of its arrows, at least.
const PER_ARROW: f64 = 14.0;

/// Between ranks, where the arrows bend.
const BETWEEN_RANKS: f64 = 56.0;

/// Between what stands side by side.
const BETWEEN: f64 = 16.0;

/// How far a loop goes out of the right side of its box.
pub const LOOP: f64 = 26.0;

/// The boxes' places, and what the arrows pass.
pub struct Sketch {
    pub nodes: Vec<Place>,
    /// For each arrow where it passes the ranks between its ends, from its beginning to its end.
    pub stations: Vec<Vec<Point>>,
}

impl Sketch {
    pub fn of(scene: &Scene) -> Self {
        let nodes = scene.nodes.len();
        let ranks = ranks::of(nodes, &scene.arrows);
        let grid = Grid::of(&ranks, &scene.arrows);
        let widths: Vec<f64> = (0..nodes).map(|node| width(scene, node)).collect();
        let mut rooms = vec![Room { left: BETWEEN / 2.0, right: BETWEEN / 2.0 }; grid.above.len()];
        for (room, width) in rooms.iter_mut().zip(&widths) {
            room.left += width / 2.0;
            room.right += width / 2.0;
        }
        for arrow in scene.arrows.iter().filter(|arrow| arrow.from == arrow.to) {
            rooms[arrow.from].right += LOOP;
        }
        let columns = columns::of(&grid, nodes, &rooms);
        let mut middles: Vec<Point> = columns.into_iter().map(|x| Point { x, y: 0.0 }).collect();
        for (rank, row) in grid.rows.iter().enumerate() {
            for &item in row {
                middles[item].y = rank as f64 * (HEIGHT + BETWEEN_RANKS);
            }
        }
        let stations = grid.ways.iter().map(|way| {
            way.iter().filter(|&&item| item >= nodes).map(|&item| middles[item]).collect()
        });
        Self {
            stations: stations.collect(),
            nodes: middles
                .iter()
                .zip(widths)
                .map(|(&middle, width)| Place { middle, width })
                .collect(),
        }
    }
}

fn width(scene: &Scene, node: usize) -> f64 {
    let arrows = scene.arrows.iter().filter(|arrow| arrow.from == node || arrow.to == node);
    width_of_label(&scene.nodes[node]).max(arrows.count() as f64 * PER_ARROW)
}

fn width_of_label(node: &Node) -> f64 {
    if node.kind == NodeKind::Start {
        return HEIGHT;
    }
    // What is not Latin may be twice as wide.
    let columns: usize = node.label.chars().map(|char| if char < '\u{250}' { 1 } else { 2 }).sum();
    columns as f64 * FONT_SIZE * ADVANCE + PADDING
}
