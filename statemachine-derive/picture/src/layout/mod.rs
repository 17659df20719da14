//! Where everything is: a layered drawing, as Sugiyama's.
//!
//! The nodes are ranked from top to bottom ([`ranks`]), ordered from left to right ([`grid`]) and
//! moved to their places ([`columns`]); the arrows are drawn last ([`route`]). This
//! crate's README says why no other crate does it.

mod columns;
mod geometry;
mod grid;
mod ranks;
mod route;
mod sketch;

pub use self::geometry::{Curve, HEIGHT, Place, Point};
use self::sketch::Sketch;
use super::scene::Scene;

#[cfg(test)]
mod tests;

/// Of the labels, which are in a monospaced font so that their width is known.
pub const FONT_SIZE: f64 = 13.0;

/// Around the picture.
const MARGIN: f64 = 14.0;

/// A picture with everything in its place.
pub struct Layout {
    pub size: Point,
    /// As in the scene.
    pub nodes: Vec<Place>,
    /// As in the scene, each from its beginning to its end.
    pub arrows: Vec<Vec<Curve>>,
}

impl Layout {
    /// None where there is nothing to see.
    pub fn of(scene: &Scene) -> Option<Self> {
        let sketch = Sketch::of(scene);
        let arrows = route::arrows(scene, &sketch);
        let corners = sketch.nodes.iter().flat_map(|place| {
            [
                Point { x: place.left(), y: place.top() },
                Point { x: place.right(), y: place.bottom() },
            ]
        });
        let bends = arrows.iter().flatten().flatten().copied();
        let all: Vec<Point> = corners.chain(bends).collect();
        let least = all.iter().copied().reduce(Point::min)?.minus(MARGIN);
        let most = all.iter().copied().reduce(Point::max)?.minus(-MARGIN);
        let moved = |point: Point| Point { x: point.x - least.x, y: point.y - least.y };
        let place = |place: Place| Place { middle: moved(place.middle), ..place };
        let arrow = |arrow: Vec<Curve>| arrow.into_iter().map(|curve| curve.map(moved)).collect();
        Some(Self {
            size: moved(most),
            nodes: sketch.nodes.into_iter().map(place).collect(),
            arrows: arrows.into_iter().map(arrow).collect(),
        })
    }
}
