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
    // Above 32 states there is no method for it; the generic spelling still says why.
    let _ = RowMachine::new().transition::<row::A, row::B>().try_commit();
}
