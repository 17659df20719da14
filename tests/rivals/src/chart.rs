//! The tables as one picture: a panel each, with a dot for each contestant on a logarithmic scale.

use std::fmt::Write as _;

use crate::{
    contest::{Result, Results, Role},
    report::number,
};

const COLUMNS: usize = 2;
const WIDTH: f64 = 560.0;
const LABELS: f64 = 270.0;
const LINE: f64 = 17.0;
const HEAD: f64 = 44.0;
const GAP: f64 = 18.0;

const STYLE: &str = "\
:root { color-scheme: light dark }
.page { fill: #ffffff }
text { fill: #24292f; font: 11.5px system-ui, sans-serif }
.title { font-weight: 600; font-size: 13px }
.unit, .value { fill: #57606a }
.guide { stroke: #d8dee4 }
.rival { fill: #8c959f; stroke: #8c959f }
.limit { fill: #ffffff; stroke: #57606a }
.ours { fill: #0969da; stroke: #0969da }
text.ours { stroke: none; font-weight: 600 }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 }
text { fill: #e6edf3 }
.unit, .value { fill: #9198a1 }
.guide { stroke: #30363d }
.limit { fill: #0d1117; stroke: #9198a1 }
.ours { fill: #4493f8; stroke: #4493f8 }
}
";

/// The picture, as SVG.
pub fn svg(all: &[&Results]) -> String {
    let mut bottoms = [GAP; COLUMNS];
    let mut panels = String::new();
    for &results in all {
        let shortest = |a: &usize, b: &usize| bottoms[*a].total_cmp(&bottoms[*b]);
        let column = (0..COLUMNS).min_by(shortest).unwrap_or(0);
        let left = GAP + column as f64 * (WIDTH + GAP);
        panel(&mut panels, results, left, bottoms[column]);
        bottoms[column] += HEAD + LINE * results.results.len() as f64 + GAP;
    }
    let width = GAP + COLUMNS as f64 * (WIDTH + GAP);
    let height = bottoms.into_iter().fold(0.0, f64::max);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>What this library costs beside its rivals; less \
         is better, but for wins a second</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{panels}</svg>\n"
    )
}

fn panel(svg: &mut String, results: &Results, left: f64, top: f64) {
    let values = results.results.iter().map(|result| value(results, result));
    let (low, high) =
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
    let (start, width) = (left + LABELS, WIDTH - LABELS - 60.0);
    let span = (high / low).ln().max(f64::EPSILON);
    let place = |value: f64| start + width * (value / low).ln() / span;
    let unit = results.measures[results.charted];
    _ = write!(
        svg,
        "<text class=\"title\" x=\"{left}\" y=\"{}\">{}</text>\n\
         <text class=\"unit\" x=\"{left}\" y=\"{}\">{}, logarithmic</text>\n",
        top + 14.0,
        escaped(results.title),
        top + 30.0,
        escaped(unit),
    );
    for (line, result) in results.results.iter().enumerate() {
        let y = top + HEAD + LINE * (line as f64 + 0.5);
        let class = match result.role {
            Role::Limit => "limit",
            Role::Ours => "ours",
            Role::Rival => "rival",
        };
        let value = value(results, result);
        let x = place(value);
        _ = write!(
            svg,
            "<text{} x=\"{left}\" y=\"{}\">{}</text>\n\
             <line class=\"guide\" x1=\"{start}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\"/>\n\
             <circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y}\" r=\"4\"/>\n\
             <text class=\"value\" x=\"{:.1}\" y=\"{}\">{}</text>\n",
            if result.role == Role::Ours { " class=\"ours\"" } else { "" },
            y + 4.0,
            escaped(&result.name.replace('`', "")),
            start + width,
            x + 9.0,
            y + 4.0,
            number(value),
        );
    }
}

fn value(results: &Results, result: &Result) -> f64 {
    // Nothing is nowhere on a logarithmic scale.
    result.measured[results.charted].0.median.max(0.001)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
