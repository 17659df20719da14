//! The ways of the arrows, by a rule that keeps them off every label and apart from each other: an
//! arrow leaves a box at the bottom and enters one at the top, or the other way round, where it has a
//! place of its own; it passes a rank straight, at its point there; and all its bends are between
//! ranks.

use super::{
    geometry::{Curve, HEIGHT, Place, Point},
    sketch::{LOOP, Sketch},
};
use crate::scene::{Arrow, Scene};

/// The part of a box's side where arrows begin and end.
const SIDE: f64 = 0.7;

/// As far apart as the ends of arrows at a box are at most.
const APART: f64 = 26.0;

pub fn arrows(scene: &Scene, sketch: &Sketch) -> Vec<Vec<Curve>> {
    let ends = Ends::of(scene, sketch);
    let arrow = |(id, arrow): (usize, &Arrow)| {
        if arrow.from == arrow.to {
            return vec![loop_at(sketch.nodes[arrow.from])];
        }
        let mut points = vec![ends.begin[id]];
        let is_down = points[0].y < ends.end[id].y;
        let half = if is_down { HEIGHT / 2.0 } else { -HEIGHT / 2.0 };
        for &Point { x, y } in &sketch.stations[id] {
            points.push(Point { x, y: y - half });
            points.push(Point { x, y: y + half });
        }
        points.push(ends.end[id]);
        points.windows(2).map(|pair| bend(pair[0], pair[1])).collect()
    };
    scene.arrows.iter().enumerate().map(arrow).collect()
}

/// From one point to another, up or down at both.
fn bend(from: Point, to: Point) -> Curve {
    let middle = f64::midpoint(from.y, to.y);
    [from, Point { x: from.x, y: middle }, Point { x: to.x, y: middle }, to]
}

/// Out of the right side of the box, and back.
fn loop_at(place: Place) -> Curve {
    let at =
        |out: f64, share: f64| Point { x: place.right() + out, y: place.middle.y + HEIGHT * share };
    // A curve does not get all the way to the points in its middle.
    [at(0.0, -0.2), at(LOOP * 1.3, -0.6), at(LOOP * 1.3, 0.6), at(0.0, 0.2)]
}

/// Where each arrow begins and ends.
struct Ends {
    begin: Vec<Point>,
    end: Vec<Point>,
}

/// One end of an arrow at a side of a box.
struct End {
    arrow: usize,
    is_begin: bool,
    /// Whereto it goes on from there.
    onward: Point,
}

impl Ends {
    fn of(scene: &Scene, sketch: &Sketch) -> Self {
        let middles = |node: usize| sketch.nodes[node].middle;
        let mut ends = Self {
            begin: scene.arrows.iter().map(|arrow| middles(arrow.from)).collect(),
            end: scene.arrows.iter().map(|arrow| middles(arrow.to)).collect(),
        };
        let mut sides: Vec<[Vec<End>; 2]> = Vec::new();
        sides.resize_with(scene.nodes.len(), Default::default);
        for (id, arrow) in scene.arrows.iter().enumerate() {
            if arrow.from == arrow.to {
                continue;
            }
            let stations = &sketch.stations[id];
            let first = stations.first().copied().unwrap_or_else(|| middles(arrow.to));
            let last = stations.last().copied().unwrap_or_else(|| middles(arrow.from));
            for (node, onward, is_begin) in [(arrow.from, first, true), (arrow.to, last, false)] {
                let is_below = onward.y > middles(node).y;
                let end = End { arrow: id, is_begin, onward };
                sides[node][usize::from(is_below)].push(end);
            }
        }
        for (place, [above, below]) in sketch.nodes.iter().zip(sides) {
            ends.spread(place, place.top(), above);
            ends.spread(place, place.bottom(), below);
        }
        ends
    }

    /// Gives each end at one side of a box its place, so that none cross near it.
    fn spread(&mut self, place: &Place, y: f64, mut side: Vec<End>) {
        side.sort_by(|a, b| a.onward.x.total_cmp(&b.onward.x).then(a.arrow.cmp(&b.arrow)));
        let count = side.len() as f64;
        let step = APART.min(place.width * SIDE / count);
        for (number, end) in side.iter().enumerate() {
            let x = place.middle.x + (number as f64 - (count - 1.0) / 2.0) * step;
            let ends = if end.is_begin { &mut self.begin } else { &mut self.end };
            ends[end.arrow] = Point { x, y };
        }
    }
}
