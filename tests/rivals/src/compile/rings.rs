//! The same ring in each dialect: state `i` goes to the next three.

const TRANSITIONS: usize = 3;

/// Each transition of a state: where it leads.
fn targets(state: usize, states: usize) -> impl Iterator<Item = usize> {
    (1..=TRANSITIONS).map(move |step| (state + step) % states)
}

/// One text a state, or one a transition, joined.
fn each_state(states: usize, text: impl Fn(usize) -> String) -> String {
    (0..states).map(text).collect()
}

fn each_target(state: usize, states: usize, text: impl Fn(usize) -> String) -> String {
    targets(state, states).map(text).collect()
}

pub fn by_hand(states: usize) -> String {
    let markers = each_state(states, |state| format!("struct S{state};\n"));
    let impls = each_state(states, |state| {
        let methods = each_target(state, states, |to| {
            format!("    fn to_s{to}(self) -> Ring<S{to}> {{ Ring(PhantomData) }}\n")
        });
        format!("impl Ring<S{state}> {{\n{methods}}}\n")
    });
    format!(
        "#![allow(dead_code)]\nuse std::marker::PhantomData;\nstruct Ring<S>(PhantomData<S>);\n\
         {markers}{impls}fn main() {{\n    let ring: Ring<S0> = Ring(PhantomData);\n    \
         ring.to_s1();\n}}\n"
    )
}

pub fn ours(states: usize) -> String {
    let variants = each_state(states, |state| {
        let to: Vec<_> = targets(state, states).map(|to| format!("S{to}")).collect();
        format!("    #[state(to({}))]\n    S{state},\n", to.join(", "))
    });
    format!(
        "use statemachine::StateMachine;\n#[derive(StateMachine)]\nenum Ring {{\n{variants}}}\n\
         fn main() {{\n    let ring = RingMachine::new();\n    \
         ring.s0_to_s1().try_commit().unwrap();\n}}\n"
    )
}

pub fn rust_fsm(states: usize) -> String {
    let transitions: Vec<_> = (0..states)
        .map(|state| {
            let to: Vec<_> = targets(state, states).map(|to| format!("To{to} => S{to}")).collect();
            format!("    S{state} => {{ {} }}", to.join(", "))
        })
        .collect();
    format!(
        "#![allow(dead_code)]\nrust_fsm::state_machine! {{\n    ring(S0)\n{}\n}}\nfn main() {{\n    \
         let mut ring = ring::StateMachine::new();\n    \
         let _ = ring.consume(&ring::Input::To1);\n}}\n",
        transitions.join(",\n")
    )
}

pub fn statig(states: usize) -> String {
    let events = each_state(states, |state| format!("    To{state},\n"));
    let handlers = each_state(states, |state| {
        let arms = each_target(state, states, |to| {
            format!("            Event::To{to} => Transition(State::s{to}()),\n")
        });
        format!(
            "    #[state]\n    fn s{state}(event: &Event) -> Outcome<State> {{\n        \
             match event {{\n{arms}            _ => Super,\n        }}\n    }}\n"
        )
    });
    format!(
        "#![allow(dead_code)]\nuse statig::prelude::*;\n#[derive(Default)]\nstruct Ring;\n\
         enum Event {{\n{events}}}\n#[state_machine(initial = \"State::s0()\")]\nimpl Ring {{\n\
         {handlers}}}\nfn main() {{\n    let mut ring = Ring.state_machine();\n    \
         ring.handle(&Event::To1);\n}}\n"
    )
}

pub fn smlang(states: usize) -> String {
    let transitions = each_state(states, |state| {
        each_target(state, states, |to| {
            let mark = if (state, to) == (0, 1) { "*" } else { "" };
            format!("        {mark}S{state} + To{to} = S{to},\n")
        })
    });
    format!(
        "#![allow(dead_code)]\nsmlang::statemachine! {{\n    transitions: {{\n{transitions}    }},\n\
         }}\nstruct Context;\nimpl StateMachineContext for Context {{}}\nfn main() {{\n    \
         let mut ring = StateMachine::new(Context);\n    \
         let _ = ring.process_event(Events::To1);\n}}\n"
    )
}

pub fn statum(states: usize) -> String {
    let variants = each_state(states, |state| format!("    S{state},\n"));
    let impls = each_state(states, |state| {
        let methods = each_target(state, states, |to| {
            format!("    fn to_s{to}(self) -> Ring<S{to}> {{ self.transition() }}\n")
        });
        format!("#[transition]\nimpl Ring<S{state}> {{\n{methods}}}\n")
    });
    format!(
        "#![allow(dead_code)]\nuse statum::{{machine, state, transition}};\n#[state]\n\
         enum RingState {{\n{variants}}}\n#[machine]\nstruct Ring<RingState> {{}}\n{impls}\
         fn main() {{\n    let ring = Ring::<S0>::builder().build();\n    ring.to_s1();\n}}\n"
    )
}
