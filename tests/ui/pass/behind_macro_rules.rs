//! The declaration comes out of a macro, in the fragments that macros have.
#![deny(warnings)]

macro_rules! machine {
    ($(#[$attr:meta])* $vis:vis $name:ident<$life:lifetime, $param:ident>, $path:path,
        $($state:ident $(($ty:ty))? => $($target:ident),+;)+) => {
        #[derive(statemachine::StateMachine)]
        #[machine(crate = $path)]
        $(#[$attr])*
        $vis enum $name<$life, $param> {
            $(#[state(to($($target),+))] $state $(($ty))?,)+
        }
    };
}

machine! {
    #[machine(reset)]
    pub(crate) Door<'a, T>, ::statemachine,
    Open => Closed, Lent;
    Closed (Vec<T>) => Open;
    Lent (&'a T) => Open, Closed;
}

fn main() {
    let door: DoorMachine<'_, u8> = DoorMachine::new();
    let _ = door.open_to_closed().try_commit_with(vec![1]);
    let _ = door.lent_to_open();
    assert!(door.is_closed() && door.reset().now().is_ok());
}
