use statemachine::StateMachine;

macro_rules! row {
    ($($state:ident)*) => {
        #[derive(StateMachine)]
        enum Row {
            #[state(leads_to(A, B))]
            First,
            $(#[state(to(First))] $state,)*
        }
    };
}

row! { A B C D E F G H I J K L M N O P Q R S T U V W X Y Z Aa Bb Cc Dd Ee Ff }

fn main() {
    let row = RowMachine::new();
    let _ = row.first_to_a().try_commit();
    let _ = row.to_b().try_commit();
}
