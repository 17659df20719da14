//! Points, boxes and curves.

/// A point; `y` grows downwards.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub fn min(self, other: Self) -> Self {
        Self { x: self.x.min(other.x), y: self.y.min(other.y) }
    }

    pub fn max(self, other: Self) -> Self {
        Self { x: self.x.max(other.x), y: self.y.max(other.y) }
    }

    pub fn minus(self, both: f64) -> Self {
        Self { x: self.x - both, y: self.y - both }
    }
}

/// The height of all boxes, so that the ranks are straight.
pub const HEIGHT: f64 = 30.0;

/// A box.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Place {
    pub middle: Point,
    pub width: f64,
}

impl Place {
    pub fn left(self) -> f64 {
        self.middle.x - self.width / 2.0
    }

    pub fn right(self) -> f64 {
        self.middle.x + self.width / 2.0
    }

    pub fn top(self) -> f64 {
        self.middle.y - HEIGHT / 2.0
    }

    pub fn bottom(self) -> f64 {
        self.middle.y + HEIGHT / 2.0
    }
}

/// A stretch of an arrow: a cubic Bézier curve by its four points.
pub type Curve = [Point; 4];
