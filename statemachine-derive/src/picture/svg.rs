//! A picture as SVG, of what every viewer knows: no script, no filter, no marker.

use std::fmt::Write as _;

use super::{
    layout::{Curve, FONT_SIZE, HEIGHT, Layout, Place, Point},
    scene::{Node, NodeKind, Scene},
};

/// What all pictures look like. Colours follow the text's, so that they are seen on any ground.
const LOOK: &str = "\
.statemachine path,.statemachine rect{fill:none;stroke:currentColor;stroke-width:1.3}\
.statemachine .tip,.statemachine circle{fill:currentColor;stroke:none}\
.statemachine .data>rect:first-child{fill:currentColor;fill-opacity:.1}\
.statemachine .beside path,.statemachine .beside rect{stroke-dasharray:4 3}\
.statemachine text{fill:currentColor;stroke:none;text-anchor:middle}";

/// Of which the layout knows the width.
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace";

/// A file has no text around it, so it brings its colours along: those of a page, light or dark.
const COLOURS: &str = "\
.statemachine{color:#1f2328}\
.statemachine .ground{fill:#fff;stroke:none}\
.statemachine .current>rect{stroke:#0969da;stroke-width:3}\
.statemachine .current text{font-weight:bold}\
@media(prefers-color-scheme:dark){\
.statemachine{color:#e6edf3}\
.statemachine .ground{fill:#0d1117}\
.statemachine .current>rect{stroke:#58a6ff}}";

/// A picture in pieces, so that a live machine's current state can be marked: before each state
/// comes the beginning of its group, up to where its class is named.
pub struct Parts {
    pub before: String,
    pub states: Vec<String>,
    pub after: &'static str,
}

pub fn in_parts(scene: &Scene, layout: &Layout) -> Parts {
    let mut before = opening(scene, layout, &format!("{LOOK}{COLOURS}"));
    let Point { x, y } = layout.size;
    before.push_str(&format!(r#"<rect class="ground" width="{x:.0}" height="{y:.0}" rx="6"/>"#));
    before.push_str(&surroundings(scene, layout));
    Parts { before, states: states(scene, layout), after: "</svg>\n" }
}

/// As part of a page, whose colours it takes, in one line: to Markdown, an empty one would end it.
pub fn for_docs(scene: &Scene, layout: &Layout) -> String {
    let mut svg = opening(scene, layout, LOOK);
    svg.push_str(&surroundings(scene, layout));
    for state in states(scene, layout) {
        svg.push_str(&format!(r#"<g class="state{state}"#));
    }
    format!(r#"<div style="overflow-x:auto">{svg}</svg></div>"#)
}

fn opening(scene: &Scene, layout: &Layout, style: &str) -> String {
    let Point { x, y } = layout.size;
    let title = escaped(&scene.title);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="statemachine" width="{x:.0}" height="{y:.0}" viewBox="0 0 {x:.0} {y:.0}" font-family="{FONTS}" font-size="{FONT_SIZE}" role="img" aria-label="The states of {title}"><style>{style}</style>"#
    )
}

/// The arrows, and the nodes that are no states.
fn surroundings(scene: &Scene, layout: &Layout) -> String {
    let mut svg = String::new();
    for (arrow, curves) in scene.arrows.iter().zip(&layout.arrows) {
        let is_beside = scene.nodes[arrow.from].kind == NodeKind::Beside;
        let class = if is_beside { r#" class="beside""# } else { "" };
        _ = write!(svg, "<g{class}>{}</g>", self::arrow(curves));
    }
    for (node, place) in scene.nodes.iter().zip(&layout.nodes) {
        match node.kind {
            NodeKind::State { .. } => {}
            NodeKind::Start => {
                let (x, y) = (place.middle.x, place.bottom() - 6.0);
                _ = write!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="6"/>"#);
            }
            NodeKind::Beside => {
                let (rect, text) = (rect(place, 0.0, HEIGHT / 2.0), text(node, place));
                _ = write!(svg, r#"<g class="beside">{rect}{text}</g>"#);
            }
        }
    }
    svg
}

fn states(scene: &Scene, layout: &Layout) -> Vec<String> {
    let state = |(node, place): (&Node, &Place)| {
        let NodeKind::State { data, terminal } = node.kind else {
            return None;
        };
        let class = if data { " data" } else { "" };
        let inner = if terminal { rect(place, 3.5, 5.0) } else { String::new() };
        let (outer, text) = (rect(place, 0.0, 8.0), text(node, place));
        Some(format!(r#"{class}">{outer}{inner}{text}</g>"#))
    };
    scene.nodes.iter().zip(&layout.nodes).filter_map(state).collect()
}

/// The box of a place, that much smaller on each side.
fn rect(place: &Place, inset: f64, radius: f64) -> String {
    let (x, y) = (place.left() + inset, place.top() + inset);
    let (width, height) = (place.width - 2.0 * inset, HEIGHT - 2.0 * inset);
    format!(
        r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{radius}"/>"#
    )
}

fn text(node: &Node, place: &Place) -> String {
    let Point { x, y } = place.middle;
    format!(r#"<text x="{x:.1}" y="{:.1}">{}</text>"#, y + 4.5, escaped(&node.label))
}

/// The shaft, which ends in the tip.
fn arrow(curves: &[Curve]) -> String {
    let (Some([start, ..]), Some(&[.., before, end])) = (curves.first(), curves.last()) else {
        return String::new();
    };
    let (x, y) = (end.x - before.x, end.y - before.y);
    let length = x.hypot(y);
    let (x, y) = (x / length, y / length);
    // That far back from the end, and to the side.
    let near = |back: f64, side: f64| Point {
        x: end.x - x * back - y * side,
        y: end.y - y * back + x * side,
    };
    let mut path = format!("M{:.1} {:.1}", start.x, start.y);
    for (number, [_, b, c, d]) in curves.iter().enumerate() {
        let d = if number + 1 == curves.len() { near(6.0, 0.0) } else { *d };
        _ = write!(path, "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", b.x, b.y, c.x, c.y, d.x, d.y);
    }
    let (left, right) = (near(8.0, 3.4), near(8.0, -3.4));
    format!(
        r#"<path d="{path}"/><path class="tip" d="M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z"/>"#,
        end.x, end.y, left.x, left.y, right.x, right.y
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Layout, NodeKind, Scene, for_docs, in_parts};
    use crate::picture::scene::{Arrow, Node};

    fn scene() -> Scene {
        let kind = NodeKind::State { data: true, terminal: true };
        let nodes = ["A", "<&\">"].map(|label| Node { label: label.to_owned(), kind });
        Scene {
            title: "<Two>".to_owned(),
            nodes: nodes.into(),
            arrows: vec![Arrow { from: 0, to: 1 }, Arrow { from: 1, to: 1 }],
        }
    }

    #[test]
    fn in_docs_it_is_one_line_in_the_colours_of_the_page() {
        let scene = scene();
        let docs = for_docs(&scene, &Layout::of(&scene).unwrap());
        assert!(docs.starts_with("<div") && docs.ends_with("</div>"));
        assert!(!docs.contains('\n'), "Markdown ends HTML at an empty line");
        assert!(!docs.contains("prefers-color-scheme") && !docs.contains("ground"));
    }

    #[test]
    fn names_are_escaped() {
        let scene = scene();
        let parts = in_parts(&scene, &Layout::of(&scene).unwrap());
        assert!(parts.before.contains("The states of &lt;Two>"));
        assert!(parts.states[1].contains(">&lt;&amp;&quot;></text>"));
    }
}
