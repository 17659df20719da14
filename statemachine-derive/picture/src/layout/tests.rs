use proptest::prelude::*;

use super::{HEIGHT, Layout, Place, Point};
use crate::{
    Drawing,
    scene::{Arrow, Node, NodeKind, Scene},
};

/// Some states, each of which the one before leads to, and some transitions more.
fn scene(count: usize, more: &[(usize, usize)]) -> Scene {
    let kind = NodeKind::State { data: false, terminal: false };
    let label = |number: usize| format!("S{}", "x".repeat(number % 13));
    let nodes = (0..count).map(|number| Node { label: label(number), kind });
    let chain = (1..count).map(|to| (to / 2, to));
    let more = more.iter().map(|(from, to)| (from % count, to % count));
    let mut arrows: Vec<(usize, usize)> = chain.chain(more).collect();
    arrows.sort_unstable();
    arrows.dedup();
    Scene {
        title: "Any".to_owned(),
        nodes: nodes.collect(),
        arrows: arrows.into_iter().map(|(from, to)| Arrow { from, to }).collect(),
        groups: Vec::new(),
    }
}

/// Points of a curve, its ends included.
fn along(curve: &[Point; 4]) -> impl Iterator<Item = Point> + '_ {
    (0..=20).map(|step| {
        let t = f64::from(step) / 20.0;
        let weigh = |of: fn(&Point) -> f64| {
            let [a, b, c, d] = curve.each_ref().map(of);
            let u = 1.0 - t;
            a * u.powi(3) + 3.0 * b * u * u * t + 3.0 * c * u * t * t + d * t.powi(3)
        };
        Point { x: weigh(|point| point.x), y: weigh(|point| point.y) }
    })
}

fn is_inside(point: Point, place: &Place) -> bool {
    let slack = 0.1;
    point.x > place.left() + slack
        && point.x < place.right() - slack
        && point.y > place.top() + slack
        && point.y < place.bottom() - slack
}

fn check(scene: &Scene) {
    let layout = Layout::of(scene).expect("every scene can be laid out");
    for (number, a) in layout.nodes.iter().enumerate() {
        for b in &layout.nodes[..number] {
            let is_apart = (a.middle.y - b.middle.y).abs() >= HEIGHT
                || a.right() < b.left()
                || b.right() < a.left();
            assert!(is_apart, "{a:?} is over {b:?}");
        }
        assert!(a.left() >= 0.0 && a.right() <= layout.size.x);
        assert!(a.top() >= 0.0 && a.bottom() <= layout.size.y);
    }
    for (arrow, curves) in scene.arrows.iter().zip(&layout.arrows) {
        let (from, to) = (&layout.nodes[arrow.from], &layout.nodes[arrow.to]);
        let is_at = |point: Point, place: &Place| {
            let by = Point { x: point.x - place.middle.x, y: point.y - place.middle.y };
            by.x.abs() <= place.width / 2.0 + 0.1 && by.y.abs() <= HEIGHT / 2.0 + 0.1
        };
        assert!(is_at(curves[0][0], from) && is_at(curves[curves.len() - 1][3], to));
        for point in curves.iter().flat_map(along) {
            let over = layout.nodes.iter().find(|place| is_inside(point, place));
            assert!(over.is_none(), "{}-{} is over {over:?}", arrow.from, arrow.to);
        }
        for pair in curves.windows(2) {
            assert_eq!(pair[0][3], pair[1][0], "an arrow is in one piece");
        }
    }
}

/// No two arrows of one box begin or end at the same point.
fn check_ends(scene: &Scene) {
    let layout = Layout::of(scene).expect("every scene can be laid out");
    let mut ends: Vec<Point> = Vec::new();
    for curves in &layout.arrows {
        for end in [curves[0][0], curves[curves.len() - 1][3]] {
            assert!(!ends.contains(&end), "two arrows meet at {end:?}");
            ends.push(end);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn no_box_is_over_another_and_no_arrow_over_a_box(
        count in 1_usize..30,
        more in prop::collection::vec((0_usize..30, 0_usize..30), 0..40),
    ) {
        let scene = scene(count, &more);
        check(&scene);
        check_ends(&scene);
    }
}

#[test]
fn the_largest_machine_is_laid_out() {
    let count = Drawing::MAX_STATES;
    let more = 0..Drawing::MAX_TRANSITIONS - (count - 1);
    let more: Vec<(usize, usize)> =
        more.map(|number| (number, number * 7 + 3 + number / count)).collect();
    let scene = scene(count, &more);
    assert!(scene.arrows.len() > Drawing::MAX_TRANSITIONS * 9 / 10, "few are the same");
    check(&scene);
}
