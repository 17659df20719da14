//! Transfers between accounts, each a machine of its own. Whoever takes rights on two accounts sees a
//! transfer between them whole or not at all, and no two transfers deadlock.
//!
//! `cargo run --example transfer`

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use rand::RngExt as _;
use statemachine::{Refused, StateMachine, all, both};

#[derive(StateMachine)]
enum Account {
    #[state(initial, to(Open, Frozen))]
    Open(i64),
    /// No money moves.
    #[state(to(Open))]
    Frozen(i64),
}

const ACCOUNTS: usize = 20;
const SECOND: Duration = Duration::from_secs(1);

fn transfer(from: &AccountMachine, to: &AccountMachine, amount: i64) -> Result<(), Refused> {
    // The right to change both balances, or neither.
    let (from, to) = both(from.open_to_open(), to.open_to_open()).within(SECOND)?;
    if *from.view() >= amount {
        from.commit_map(|balance| balance - amount);
        to.commit_map(|balance| balance + amount);
    }
    // Else both are dropped here, and nothing has happened.
    Ok(())
}

fn main() -> Result<(), Refused> {
    let accounts: Vec<AccountMachine> = (0..ACCOUNTS).map(|_| AccountMachine::new(100)).collect();
    let total = |balances: &[i64]| balances.iter().sum::<i64>();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let tellers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut random = rand::rng();
                    let mut transfers = 0;
                    while !is_over.load(Relaxed) {
                        let from = random.random_range(0..ACCOUNTS);
                        let to = (from + random.random_range(1..ACCOUNTS)) % ACCOUNTS;
                        transfer(&accounts[from], &accounts[to], random.random_range(1..50))?;
                        transfers += 1;
                    }
                    Ok::<u64, Refused>(transfers)
                })
            })
            .collect();
        for _ in 0..5 {
            thread::sleep(Duration::from_millis(50));
            // A hold on every account: no transfer is half done in what is seen.
            let holds = all(accounts.iter().map(|account| account.in_open())).within(SECOND)?;
            let balances: Vec<i64> = holds.iter().map(|balance| **balance).collect();
            assert_eq!(total(&balances), 100 * ACCOUNTS as i64);
            println!("the sum is {} while money moves", total(&balances));
        }
        is_over.store(true, Relaxed);
        let mut transfers = 0;
        for teller in tellers {
            transfers += teller.join().expect("no teller panics")?;
        }
        println!("after {transfers} transfers");
        Ok::<(), Refused>(())
    })?;
    let (one, other) = both(accounts[0].open_to_frozen(), accounts[1].open_to_frozen()).now()?;
    one.commit_map(|balance| balance);
    other.commit_map(|balance| balance);
    assert!(transfer(&accounts[0], &accounts[2], 1).is_err());
    Ok(())
}
