//! A fragment comes in invisible brackets, each kind of them.

#![allow(dead_code)]

mod inner {
    pub use statemachine as sm;
}

macro_rules! each {
    ($name:ident, $a:ident, $b:ident, $ty:ty, $vis:vis, $life:lifetime, $len:expr, $path:path, $lit:literal) => {
        #[derive(statemachine::StateMachine)]
        #[machine(crate = $path)]
        $vis enum $name<$life> {
            #[state(to($b))]
            $a($ty, &$life u8),
            #[state(to($a))]
            $b { field: [$ty; $len], other: [u8; $lit] },
        }
    };
}
each!(Each, A, B, &'a Vec<u8>, pub(crate), 'a, 1 + 2, ::statemachine, 3);

macro_rules! table {
    ($($from:ident => $($to:ident),*;)*) => {
        #[derive(statemachine::StateMachine)]
        enum Table {
            $(#[state(to($($to),*))] $from,)*
        }
    };
}
table! {
    A => B;
    B => A, C;
    C => A;
}

macro_rules! generic {
    ($len:ty, $bound:path, $default:expr) => {
        #[derive(statemachine::StateMachine)]
        enum Generic<T: $bound, const N: $len = 3>
        where
            T: $bound,
        {
            #[state(to(B))]
            A(T),
            #[state(to(A))]
            B { bytes: [u8; N], any: T },
        }
    };
}
generic!(usize, Copy, 3);

macro_rules! block {
    ($field:ident, $block:block, $ty:tt) => {
        #[derive(statemachine::StateMachine)]
        enum Block {
            #[state(to(B))]
            A { $field: [u8; $block], field: u8 },
            #[state(to(A))]
            B { $field: $ty },
        }
    };
}
block!(field_of_the_caller, { let three = 3; three }, u8);

#[derive(inner::sm::StateMachine)]
#[machine(crate = self::inner::sm)]
enum Path {
    #[state(to(B))]
    A { x: u8, y: u8 },
    #[state(to(A))]
    B,
}

fn main() {}
