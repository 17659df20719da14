//! SVG, put together from what the derive has drawn.

use crate::private::Drawing;

use super::Picture;

pub(super) fn write(picture: Picture) -> String {
    let Drawing { before, states, after } = picture.drawing;
    let mut svg = (*before).to_owned();
    for (position, state) in states.iter().enumerate() {
        svg.push_str(r#"<g class="state"#);
        if picture.current.map(usize::from) == Some(position) {
            svg.push_str(" current");
        }
        svg.push_str(state);
    }
    svg.push_str(after);
    svg
}
