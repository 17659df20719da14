//! What is meant is known, or anything may have been: the uses bring no messages.

#![allow(dead_code)]

use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(
    group(Comma = Closed, Locked),
    group(Colon: Closed | Locked),
    group(Brackets = [Closed, Locked]),
    group(Forgotten = Closed Locked),
    group(Plus = Closed + Locked),
    group(Path = Door::Closed),
    group(None = ),
    group(Bare),
    group(Of = Comma | Open),
)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open, Locked))]
    Closed,
    #[state(to(Closed))]
    Locked,
}

fn uses_of_groups(door: &DoorMachine) {
    let _ = (door.is_comma(), door.is_colon(), door.is_brackets(), door.is_forgotten());
    let _ = (door.is_plus(), door.is_path(), door.is_none(), door.is_bare(), door.is_of());
    let _ = door.comma_to_closed().try_commit();
    let _ = door.none_to_locked().try_commit();
    let _ = door.in_bare().now().map(|held| held.to::<door::Locked>().now().is_ok());
}

#[derive(StateMachine)]
#[machine(
    group(Equals = Up | Down, to = Broken),
    group(Square = Up | Down, to[Scrapped]),
    group(Twice = Up | Down, to(Ended), to(Gone)),
    group(Empty = Up | Down, to()),
    group(Spaces = Up | Down, to(Lost Sold)),
    group(Keys = Up | Down, initial, speed = 3),
    group(NoComma = Up | Down to(Stolen)),
    group(ToGroup = Up | Down, to(Keys)),
    can_always_reach(Keys)
)]
enum Lift {
    #[state(to(Down))]
    Up,
    #[state(to(Up, Square))]
    Down,
    #[state(terminal)]
    Broken,
    #[state(terminal)]
    Scrapped,
    #[state(terminal)]
    Ended,
    #[state(terminal)]
    Gone,
    #[state(terminal)]
    Lost,
    #[state(terminal)]
    Sold,
    #[state(terminal)]
    Stolen,
}

fn uses_of_targets(lift: &LiftMachine) {
    let _ = lift.equals_to_broken().try_commit();
    let _ = lift.square_to_scrapped().try_commit();
    let _ = lift.twice_to_gone().try_commit();
    let _ = lift.empty_to_lost().try_commit();
    let _ = lift.spaces_to_sold().try_commit();
    let _ = lift.no_comma_to_stolen().try_commit();
    let _ = lift.up_to_broken().try_commit();
    let _ = lift.in_equals().now().map(|held| held.to::<lift::Broken>().now().is_ok());
}

fn main() {}
