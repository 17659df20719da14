//! Runs an operation one instruction at a time, and counts what it executes.
//!
//! The operation runs in a fork of the process, traced from here. What is counted is what the
//! processor would really do: an atomic of the library, of `parking_lot` and of `std` alike.

use std::{
    arch::asm,
    hint::black_box,
    panic::{AssertUnwindSafe, catch_unwind},
};

use nix::{
    libc,
    sys::{
        ptrace,
        signal::Signal,
        wait::{WaitStatus, waitpid},
    },
    unistd::{ForkResult, Pid, fork},
};

/// What an operation executed.
#[derive(Default, Debug)]
pub struct Steps {
    /// All instructions, those few included that mark the operation's ends.
    pub instructions: u64,
    /// Atomic read-modify-writes, successful or not.
    pub locked: u64,
    /// The numbers of the system calls, in order.
    pub system_calls: Vec<u64>,
}

/// An operation that executes more than this hangs.
const LIMIT: u64 = 10_000_000;

/// Executes the operation in a fork of this process, where nothing else runs, and counts.
///
/// # Panics
///
/// Where the operation does, or never ends.
pub fn steps<T>(operation: impl FnOnce() -> T) -> Steps {
    // SAFETY: The fork has this thread alone. What it does there is to run the operation, which
    // takes no lock that another thread of this process might have held, and to end.
    match unsafe { fork() }.expect("this process can be forked") {
        ForkResult::Child => be_traced(operation),
        ForkResult::Parent { child } => {
            let steps = trace(child);
            ptrace::kill(child).expect("the fork is still traced");
            waitpid(child, None).expect("the fork can be waited for");
            steps
        }
    }
}

fn be_traced<T>(operation: impl FnOnce() -> T) -> ! {
    let traced = ptrace::traceme().is_ok();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        mark();
        drop(black_box(operation()));
        mark();
    }));
    let code = if traced && ended.is_ok() { 0 } else { 1 };
    // SAFETY: Ends the process at once, without running what is registered for its end.
    unsafe { libc::_exit(code) }
}

const BREAKPOINT: u8 = 0xcc;

#[inline(never)]
fn mark() {
    // SAFETY: The tracer lets the process go on after it, with all registers as they were.
    unsafe { asm!("int3") }
}

fn trace(child: Pid) -> Steps {
    let mut steps = Steps::default();
    stop(child);
    while steps.instructions < LIMIT {
        let registers = ptrace::getregs(child).expect("the fork is stopped");
        let instruction = read(child, registers.rip);
        if instruction[0] == BREAKPOINT {
            return steps;
        }
        steps.instructions += 1;
        steps.locked += u64::from(is_locked(&instruction));
        if instruction.starts_with(&SYSCALL) {
            steps.system_calls.push(registers.rax);
        }
        ptrace::step(child, None).expect("the fork is stopped");
        stop(child);
    }
    panic!("the operation goes on after {LIMIT} instructions");
}

fn stop(child: Pid) {
    match waitpid(child, None) {
        Ok(WaitStatus::Stopped(_, Signal::SIGTRAP)) => {}
        other => panic!("the operation ended in a way of its own: {other:?}"),
    }
}

fn read(child: Pid, address: u64) -> [u8; 8] {
    let word = ptrace::read(child, address as ptrace::AddressType);
    word.expect("what is executed can be read").to_le_bytes()
}

const SYSCALL: [u8; 2] = [0x0f, 0x05];
const LOCK: u8 = 0xf0;

/// Whether the instruction is an atomic read-modify-write: one with the `lock` prefix, or an
/// exchange with memory, which has it implied.
fn is_locked(instruction: &[u8; 8]) -> bool {
    let is_prefix =
        |byte: &u8| matches!(*byte, 0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf2 | 0xf3 | LOCK);
    let prefixes = instruction.iter().take_while(|byte| is_prefix(byte)).count();
    if instruction[..prefixes].contains(&LOCK) {
        return true;
    }
    let has_rex = instruction.get(prefixes).is_some_and(|byte| byte & 0xf0 == 0x40);
    match instruction[prefixes + usize::from(has_rex)..] {
        [0x86 | 0x87, operands, ..] => operands < 0b1100_0000,
        _ => false,
    }
}
