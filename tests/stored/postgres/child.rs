//! This program again, as other processes.

use std::{
    env,
    io::{BufRead as _, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

const PART: &str = "STATEMACHINE_TEST_CHILD";

/// What this process is to do, if it is a child.
pub(crate) fn part() -> Option<Vec<String>> {
    env::var(PART).ok().map(|part| part.split('\n').map(str::to_owned).collect())
}

/// A child. It is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts this program as a child that plays that part.
    pub(crate) fn start(part: &[&str]) -> Self {
        Self::by(Command::new(env::current_exe().unwrap()), part)
    }

    /// The same, by a command that is or starts this program.
    pub(crate) fn by(mut command: Command, part: &[&str]) -> Self {
        command.args(["--exact", "parts::play", "--nocapture", "--test-threads=1"]);
        command.env(PART, part.join("\n")).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it says next; lines of the test harness are left out.
    pub(crate) fn says(&mut self) -> String {
        for line in self.lines.by_ref() {
            if let Some(said) = line.unwrap().split("SAYS ").nth(1) {
                return said.to_owned();
            }
        }
        panic!("a child ended: {:?}", self.child.wait());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits until it has ended well.
    #[track_caller]
    pub(crate) fn ends(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "a child ended with {status}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tells the parent.
pub(crate) fn say(what: impl std::fmt::Display) {
    println!("SAYS {what}");
}
