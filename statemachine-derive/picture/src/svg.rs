//! A picture as SVG, of what every viewer knows: no script, no filter, no marker.

use std::fmt::Write as _;

use crate::{
    Drawing, Group,
    layout::{Curve, FONT_SIZE, HEIGHT, Layout, Place, Point},
    scene::{Node, NodeKind, Scene},
};

/// What all pictures look like. Colours follow the text's, so that they are seen on any ground.
const LOOK: &str = "\
.statemachine path,.statemachine rect{fill:none;stroke:currentColor;stroke-width:1.3}\
.statemachine .tip,.statemachine circle{fill:currentColor;stroke:none}\
.statemachine .data>rect:first-child{fill:currentColor;fill-opacity:.1}\
.statemachine .beside path,.statemachine .beside rect{stroke-dasharray:4 3}\
.statemachine .group rect{stroke-dasharray:1 3}\
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

/// The whole of it.
pub fn drawing(scene: &Scene, layout: &Layout) -> Drawing {
    let states = states(scene, layout);
    let mut before = opening(scene, layout, &format!("{LOOK}{COLOURS}"));
    let Frame { x, y, width, height } = frame(scene, layout);
    before.push_str(&format!(
        r#"<rect class="ground" x="{x:.0}" y="{y:.0}" width="{width:.0}" height="{height:.0}" rx="6"/>"#
    ));
    before.push_str(&surroundings(scene, layout));
    Drawing {
        in_page: in_page(scene, layout, &states),
        before,
        states,
        after: "</svg>\n".to_owned(),
    }
}

/// As part of a page, whose colours it takes, in one line: to Markdown, an empty one would end it.
fn in_page(scene: &Scene, layout: &Layout, states: &[String]) -> String {
    let mut svg = opening(scene, layout, LOOK);
    svg.push_str(&surroundings(scene, layout));
    for state in states {
        svg.push_str(&format!(r#"<g class="state{state}"#));
    }
    format!(r#"<div style="overflow-x:auto">{svg}</svg></div>"#)
}

fn opening(scene: &Scene, layout: &Layout, style: &str) -> String {
    let Frame { x, y, width, height } = frame(scene, layout);
    let title = escaped(&scene.title);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" class="statemachine" width="{width:.0}" height="{height:.0}" viewBox="{x:.0} {y:.0} {width:.0} {height:.0}" font-family="{FONTS}" font-size="{FONT_SIZE}" role="img" aria-label="The states of {title}"><style>{style}</style>"#
    )
}

/// What is seen of the plane.
struct Frame {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// How far the frame of a group is from its states; above them is its name.
const AROUND: f64 = 9.0;
const NAME: f64 = 15.0;
/// The height of a line below the picture, and about the width of a letter in it.
const LINE: f64 = 18.0;
const LETTER: f64 = 8.0;

/// The picture, with room for the frames of the groups, and for those in lines below that have none.
fn frame(scene: &Scene, layout: &Layout) -> Frame {
    let Point { x: width, y: height } = layout.size;
    if scene.groups.is_empty() {
        return Frame { x: 0.0, y: 0.0, width, height };
    }
    let lines: Vec<String> = lines(scene, layout).collect();
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as f64 * LETTER;
    Frame {
        x: -AROUND,
        y: -NAME,
        width: (width + 2.0 * AROUND).max(longest + 2.0 * AROUND),
        height: height + NAME + AROUND + LINE * lines.len() as f64,
    }
}

/// The frame of a group; none if another state would be in it.
fn frame_of(group: &Group, scene: &Scene, layout: &Layout) -> Option<Frame> {
    let places = || group.states.iter().map(|&state| layout.nodes[state]);
    let left = places().map(Place::left).fold(f64::INFINITY, f64::min) - AROUND;
    let right = places().map(Place::right).fold(f64::NEG_INFINITY, f64::max) + AROUND;
    let top = places().map(Place::top).fold(f64::INFINITY, f64::min) - AROUND - NAME;
    let bottom = places().map(Place::bottom).fold(f64::NEG_INFINITY, f64::max) + AROUND;
    let is_inside = |position: &usize| {
        let place = layout.nodes[*position];
        place.right() > left && place.left() < right && place.bottom() > top && place.top() < bottom
    };
    let is_alone = (0..scene.nodes.len())
        .filter(|position| matches!(scene.nodes[*position].kind, NodeKind::State { .. }))
        .filter(is_inside)
        .all(|position| group.states.contains(&position));
    is_alone.then_some(Frame { x: left, y: top, width: right - left, height: bottom - top })
}

/// The groups that have no frame, each in words.
fn lines<'a>(scene: &'a Scene, layout: &'a Layout) -> impl Iterator<Item = String> + 'a {
    scene.groups.iter().filter(|group| frame_of(group, scene, layout).is_none()).map(|group| {
        let name = |&state: &usize| scene.nodes[state].label.trim_end_matches("(..)");
        let states: Vec<&str> = group.states.iter().map(name).collect();
        format!("{}: {}", group.name, states.join(", "))
    })
}

fn groups(scene: &Scene, layout: &Layout) -> String {
    let mut svg = String::new();
    for group in &scene.groups {
        if let Some(Frame { x, y, width, height }) = frame_of(group, scene, layout) {
            let (middle, base) = (x + width / 2.0, y + NAME - 2.0);
            let name = escaped(&group.name);
            _ = write!(
                svg,
                r#"<g class="group"><rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="10"/><text x="{middle:.1}" y="{base:.1}">{name}</text></g>"#
            );
        }
    }
    let picture = frame(scene, layout);
    for (number, line) in lines(scene, layout).enumerate() {
        let x = picture.x + picture.width / 2.0;
        let y = layout.size.y + AROUND + LINE * (number as f64 + 0.5);
        _ = write!(svg, r#"<text x="{x:.1}" y="{y:.1}">{}</text>"#, escaped(&line));
    }
    svg
}

/// The groups, the arrows, and the nodes that are no states.
fn surroundings(scene: &Scene, layout: &Layout) -> String {
    let mut svg = groups(scene, layout);
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
    use crate::{Drawing, Machine, State};

    fn drawing() -> Drawing {
        let state = |name: &str, targets: &[usize]| State {
            name: name.to_owned(),
            has_data: true,
            is_terminal: true,
            is_restored: false,
            targets: targets.to_vec(),
        };
        let states = vec![state("A", &[1]), state("<&\">", &[1])];
        let machine = Machine {
            name: "<Two>".to_owned(),
            states,
            initial: 0,
            reset: true,
            groups: Vec::new(),
        };
        Drawing::of(&machine).expect("it is small")
    }

    #[test]
    fn in_a_page_it_is_one_line_in_the_colours_of_the_page() {
        let page = drawing().in_page;
        assert!(page.starts_with("<div") && page.ends_with("</div>"));
        assert!(!page.contains('\n'), "Markdown ends HTML at an empty line");
        assert!(!page.contains("prefers-color-scheme") && !page.contains("ground"));
    }

    #[test]
    fn names_are_escaped() {
        let drawing = drawing();
        assert!(drawing.before.contains("The states of &lt;Two>"));
        assert!(drawing.states[1].contains(">&lt;&amp;&quot;>(..)</text>"));
    }
}
