//! Rules about what leads where.

use crate::{ast::Machine, ctxt::Ctxt, graph::Graph};

/// `terminal` says that there is no way out: with `to` beside it, one of the two is not meant.
pub fn terminal_states_end(cx: &Ctxt, machine: &Machine) {
    for state in &machine.states {
        if let (Some(span), Some(_)) = (state.attr.terminal, &state.attr.to) {
            cx.error(
                span,
                format_args!(
                    "`{}` is terminal and has transitions; remove `terminal` or `to(...)`",
                    state.name
                ),
            );
        }
    }
}

/// A machine that can never leave a state is stuck in it, mostly by oversight: an end is declared.
/// `reset` is a way out, and so is a `to(...)` that was not understood.
pub fn states_have_a_way_out(cx: &Ctxt, machine: &Machine) {
    for (_, state) in machine.declared() {
        if machine.lacks_a_way_out(state) {
            cx.error(
                state.ident.span(),
                format_args!(
                    "`{}` has no way out; add `#[state(to(...))]` or mark it `#[state(terminal)]`",
                    state.name
                ),
            );
        }
    }
}

/// `restored` says that nothing leads there: with a way in from where a machine starts, one of the
/// two is not meant. (A way in from another state that is only restored is fine, else two that lead
/// to each other could not be declared.)
pub fn restored_states_have_no_way_in(cx: &Ctxt, machine: &Machine, graph: &Graph) {
    for (position, state) in machine.declared() {
        let Some(span) = state.attr.restored else {
            continue;
        };
        let name = &state.name;
        if position == machine.initial {
            cx.error(
                span,
                format_args!("`{name}` is the initial state, which is a way in; remove `restored`"),
            );
        } else if graph.reaches(machine.initial, position) {
            let path = graph.path_to(|reached| reached == position);
            cx.error(
                span,
                format_args!(
                    "`{name}` is restored, but has a way in: {}; remove `restored` or that transition",
                    arrows(machine, &path.unwrap_or_default())
                ),
            );
        }
    }
}

/// A state that a machine can never be in is dead, mostly since a `to(...)` lacks its name.
///
/// Of those that only lead to each other, and of what they alone lead to, the first is reported: a
/// way into that one is what is missing.
pub fn states_have_a_way_in(cx: &Ctxt, machine: &Machine, graph: &Graph) {
    let dead: Vec<usize> =
        (0..machine.states.len()).filter(|&state| !graph.is_entered(state)).collect();
    if !dead.is_empty() && starts_at_an_end(machine) {
        let first = &machine.states[machine.initial];
        cx.error(
            first.ident.span(),
            format_args!(
                "a machine starts in `{}`, its first variant, which leads nowhere; mark where it starts with `#[state(initial)]`",
                first.name
            ),
        );
        return;
    }
    for (position, state) in machine.declared() {
        let is_mended_with = |&other: &usize| {
            let is_led_to = graph.reaches(position, other);
            other != position && graph.reaches(other, position) && (!is_led_to || other < position)
        };
        if !dead.contains(&position) || dead.iter().any(is_mended_with) {
            continue;
        }
        let name = &state.name;
        let sources: Vec<usize> = (0..machine.states.len())
            .filter(|&source| source != position && graph.has_source(position, source))
            .collect();
        let cause = if sources.is_empty() {
            format!("nothing leads to `{name}`")
        } else {
            format!(
                "`{name}` cannot be reached from `{}`: it is only entered from {}, out of reach as well",
                machine.states[machine.initial].name,
                list(machine, &sources)
            )
        };
        cx.error(
            state.ident.span(),
            format_args!("{cause}; name it in a `to(...)` or mark it `#[state(restored)]`"),
        );
    }
}

/// Whether the first variant, which nothing but its place makes the initial state, has no way out.
fn starts_at_an_end(machine: &Machine) -> bool {
    let first = &machine.states[machine.initial];
    first.attr.initial.is_none()
        && first.attr.terminal.is_some()
        && first.targets.is_empty()
        && machine.attr.reset.is_none()
}

/// `can_always_reach` promises a path from wherever a machine can be; the first state without one,
/// on the way from the start, is where to mend it.
pub fn goals_can_be_reached(cx: &Ctxt, machine: &Machine, graph: &Graph) {
    for goal in &machine.goals {
        let fails = |state: usize| !graph.reaches(state, goal.position);
        let Some(path) = graph.path_to(fails) else {
            continue;
        };
        let Some(&stuck) = path.last() else {
            continue;
        };
        let name = |state: usize| &machine.states[state].name;
        let elsewhere: Vec<usize> = (0..machine.states.len())
            .filter(|&state| state != stuck && graph.reaches(stuck, state))
            .collect();
        let instead = if elsewhere.is_empty() {
            "leads to no other state".to_owned()
        } else {
            format!("only leads to {}", list(machine, &elsewhere))
        };
        let way =
            if path.len() > 1 { format!(" ({})", arrows(machine, &path)) } else { String::new() };
        cx.error(
            goal.ident.span(),
            format_args!(
                "from `{stuck}`{way}, `{goal}` cannot be reached: `{stuck}` {instead}; declare a transition towards `{goal}` or drop it here",
                stuck = name(stuck),
                goal = name(goal.position),
            ),
        );
    }
}

/// `` `A` -> `B` ``.
fn arrows(machine: &Machine, path: &[usize]) -> String {
    let names: Vec<String> = path.iter().map(|&state| quoted(machine, state)).collect();
    names.join(" -> ")
}

/// `` `A`, `B` and `C` ``, the first few where there are many.
fn list(machine: &Machine, states: &[usize]) -> String {
    const SHOWN: usize = 6;
    let mut names: Vec<String> =
        states.iter().take(SHOWN).map(|&state| quoted(machine, state)).collect();
    if states.len() > SHOWN {
        names.push(format!("{} more", states.len() - SHOWN));
    }
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

fn quoted(machine: &Machine, state: usize) -> String {
    format!("`{}`", machine.states[state].name)
}
