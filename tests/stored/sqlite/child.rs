//! Other processes.

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _, Write as _, stdin},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{death, durability, promises, race, waiting};

const ROLE: &str = "STATEMACHINE_SQLITE_ROLE";
const PATH: &str = "STATEMACHINE_SQLITE_PATH";
const NAME: &str = "STATEMACHINE_SQLITE_NAME";

/// What another process does. It is that process's main function.
#[test]
fn child() {
    let Ok(role) = env::var(ROLE) else { return };
    let path = PathBuf::from(env::var_os(PATH).unwrap());
    let name = env::var(NAME).unwrap();
    pollster::block_on(async {
        match role.as_str() {
            "race" => race::child(&path, &name).await,
            "hold" => death::hold(&path).await,
            "forget" => death::forget(&path).await,
            "write" => durability::write(&path, &name).await,
            "move" => waiting::move_rows(&path, &name).await,
            "look" => promises::look(&path).await,
            _ => panic!("there is no role {role}"),
        }
    });
}

/// Another process. Dropping it kills it.
pub(super) struct Process {
    pub(super) child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(super) fn start(role: &str, path: &Path, name: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["sqlite::child::child", "--exact", "--nocapture"]);
        command.env(ROLE, role).env(PATH, path).env(NAME, name);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output) }
    }

    /// Waits until it says something that begins like that, and gives the rest.
    #[track_caller]
    pub(super) fn hears(&mut self, word: &str) -> String {
        let mut lines = self.output.by_ref().lines().map_while(Result::ok);
        let found = lines.find_map(|line| Some(line.strip_prefix(word)?.trim().to_owned()));
        found.unwrap_or_else(|| panic!("the process ended without `{word}`"))
    }

    /// All that it says that begins like that, until it ends.
    pub(super) fn hears_all(&mut self, word: &str) -> Vec<String> {
        let lines = self.output.by_ref().lines().map_while(Result::ok);
        lines.filter_map(|line| Some(line.strip_prefix(word)?.trim().to_owned())).collect()
    }

    pub(super) fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// Waits until it has done what it is for.
    #[track_caller]
    pub(super) fn ends(&mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// Ends it by a signal that it cannot see.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says something to the process that started this one.
pub(super) fn say(line: &str) {
    // The test harness may have left its own line unfinished.
    println!("\n{line}");
    std::io::stdout().flush().unwrap();
}

/// Waits until it is told something, and gives that; none if nobody can tell any more.
pub(super) fn told() -> Option<String> {
    stdin().lines().next()?.ok()
}
