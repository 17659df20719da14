use statemachine::StateMachine;

#[test]
fn where_none_is_marked_the_first_variant_is_initial() {
    #[derive(StateMachine, Debug, Clone, Copy, PartialEq)]
    enum Unmarked {
        #[state(to(B))]
        A,
        #[state(to(A))]
        B,
    }
    assert_eq!(UnmarkedMachine::new().state(), Unmarked::A);
}

#[test]
fn the_machine_starts_where_it_is_marked() {
    #[derive(StateMachine, Debug, Clone, Copy, PartialEq)]
    enum Marked {
        #[state(to(B))]
        A,
        #[state(initial, to(A))]
        B,
    }
    assert_eq!(MarkedMachine::new().state(), Marked::B);
}

mod renamed {
    use statemachine::StateMachine;

    #[derive(StateMachine)]
    #[machine(name = Wire, states = wire, kind = WireKind, crate = ::statemachine)]
    pub(super) enum Link {
        #[state(to(Up), name = dead)]
        Down,
        #[state(to(Down), name = alive)]
        Up(u8),
    }
}

#[test]
fn names_can_be_chosen() {
    use renamed::{Wire, WireKind, wire};
    let link = Wire::new();
    link.dead_to_alive().try_commit_with(1).unwrap();
    assert!(link.is_alive());
    assert_eq!(link.state(), WireKind::Up);
    assert_eq!(*link.in_state::<wire::Up>().now().unwrap(), 1);
    assert!(matches!(link.to_dead().try_commit(), Ok(renamed::Link::Up(1))));
}

#[test]
fn a_restored_state_is_entered_through_from_state_only() {
    #[derive(StateMachine, Debug, Clone, Copy, PartialEq)]
    enum Job {
        #[state(initial, terminal)]
        New,
        #[state(restored, to(New))]
        Crashed,
    }
    let job = JobMachine::from_state(Job::Crashed);
    job.crashed_to_new().try_commit().unwrap();
    assert_eq!(job.state(), Job::New);
    // Nothing leads there, so a wait for it is in vain.
    assert!(matches!(
        job.in_crashed().within(crate::LONG),
        Err(statemachine::Refused::Unreachable { .. })
    ));
}

#[test]
fn a_state_may_lead_to_itself() {
    let link = crate::up("old");
    assert_eq!(link.up_to_up().try_commit_with("new".to_owned()).unwrap(), "old");
    assert_eq!(*link.in_up().now().unwrap(), "new");
}

#[test]
fn what_can_always_be_reached_is_checked() {
    #[derive(StateMachine)]
    #[machine(can_always_reach(Closed))]
    enum Valve {
        #[state(to(Closed))]
        Open,
        #[state(terminal)]
        Closed,
    }
    ValveMachine::new().open_to_closed().try_commit().unwrap();
}

#[test]
fn variants_may_have_any_shape() {
    #[derive(StateMachine, Debug, PartialEq)]
    enum Shape {
        #[state(to(One, Two, Named))]
        Unit,
        #[state(to(Unit))]
        One(u8),
        #[state(to(Unit))]
        Two(u8, String),
        #[state(to(Unit))]
        Named { left: u8, right: String },
    }
    let shape = ShapeMachine::new();
    shape.unit_to_one().try_commit_with(1).unwrap();
    assert_eq!(shape.one_to_unit().try_commit().unwrap(), 1);

    shape.unit_to_two().try_commit_with((2, "two".to_owned())).unwrap();
    let two = shape.in_two().now().unwrap();
    let (number, text): (&u8, &String) = two.view();
    assert_eq!((*number, text.as_str()), (2, "two"));
    drop(two);
    assert_eq!(shape.two_to_unit().try_commit().unwrap(), (2, "two".to_owned()));

    let data = ShapeNamed { left: 3, right: "three".to_owned() };
    shape.unit_to_named().try_commit_with(data).unwrap();
    let named = shape.in_named().now().unwrap();
    let ShapeNamedRef { left, right } = named.view();
    assert_eq!((*left, right.as_str()), (3, "three"));
    drop(named);
    let ShapeNamed { left, right } = shape.named_to_unit().try_commit().unwrap();
    assert_eq!((left, right.as_str()), (3, "three"));
    assert_eq!(shape.into_state(), Shape::Unit);
}

/// Borrowed data, types, consts and bounds, in guards and in work that borrows too.
#[derive(StateMachine)]
enum Lent<'a, T, const N: usize>
where
    T: Clone,
{
    #[state(to(Held))]
    Free,
    #[state(to(Free, Held))]
    Held([&'a T; N]),
}

#[test]
fn the_enum_may_have_parameters() {
    let (one, two) = (String::from("one"), String::from("two"));
    let machine: LentMachine<'_, String, 2> = LentMachine::new();
    machine.free_to_held().try_commit_with([&one, &two]).unwrap();
    let held = machine.in_held().now().unwrap();
    assert_eq!(held[1], "two");
    drop(held);
    let swap = machine.held_to_held().now().unwrap();
    let old = swap.run(|&[left, right]| Ok::<_, ()>([right, left])).unwrap();
    assert_eq!(old, [&one, &two]);
    let joined = machine.free_to_held().or_join().now().unwrap();
    let held = joined.enter(|()| Ok::<_, ()>([&one, &one])).unwrap();
    assert_eq!(*held, [&two, &one]);
    drop(held);
    assert_eq!(machine.held_to_free().try_commit().unwrap(), [&two, &one]);
}

fn refill<T: Clone>(machine: &LentMachine<'static, T, 1>, item: &'static T) -> bool {
    let taken = machine.to_held().now();
    taken.is_ok_and(|transition| transition.run(|_| Ok::<_, ()>([item])).is_ok())
}

#[test]
fn a_generic_function_may_drive_a_generic_machine() {
    static ITEM: u8 = 7;
    let machine = LentMachine::new();
    assert!(refill(&machine, &ITEM) && refill(&machine, &ITEM));
    assert_eq!(*machine.in_held().now().unwrap(), [&7]);
}
