use statemachine::StateMachine;

macro_rules! row {
    ($($state:ident)*) => {
        #[derive(StateMachine)]
        enum Row {
            #[state(to($($state),*))]
            First,
            $(#[state(to(First))] $state,)*
        }
    };
}

row! { A B C D E F G H I J K L M N O P Q R S T U V W X Y Z Aa Bb Cc Dd Ee Ff }

fn main() {
    let row = RowMachine::new();
    let _ = row.a_to_b().try_commit();
    // Of so many states the farthest have no method for it; the generic spelling still says why.
    let _ = row.transition::<row::A, row::Ff>().try_commit();
}
