//! Names that the crate has too, and such as are near to keywords.
#![deny(warnings)]

#[derive(statemachine::StateMachine)]
enum State {
    #[state(to(Self_, Result))]
    New,
    #[state(to(Any))]
    Self_(u8),
    #[state(to(Any, r#Type))]
    Result(u8, u8),
    #[state(name = whichever, to(r#Type, Transition))]
    Any { r#type: u8 },
    #[state(to(New, Machine_))]
    r#Type,
    #[state(to(Option))]
    Machine_,
    #[state(to(usize))]
    Option(Option<u8>),
    #[allow(non_camel_case_types)]
    #[state(to(Transition))]
    usize,
    #[state(to(New))]
    Transition,
}

fn main() {
    let machine = StateMachine::new();
    assert!(machine.is_new() && !machine.is_self() && !machine.is_type());
    let _ = machine.new_to_self().try_commit_with(1);
    let held = machine.in_self().now().expect("the state is `Self_`");
    assert_eq!(*held, 1);
    let _ = StateAny { r#type: 1 };
}
