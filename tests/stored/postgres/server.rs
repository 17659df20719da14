//! A PostgreSQL server of the tests' own: in a folder of its own, on loopback, not as root.

use std::{
    fs,
    io::{self, Write as _},
    net::TcpListener,
    os::unix::{fs::MetadataExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Output, Stdio},
    sync::LazyLock,
    sync::atomic::{AtomicU32, Ordering},
};

/// The server that most tests share.
pub(crate) fn shared() -> &'static Server {
    static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start(&[]));
    &SHARED
}

/// A server that runs until it is dropped, or until this process ends, however it ends.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    /// Closed when this process ends; then the guardian stops the server.
    guardian: (Child, Option<ChildStdin>),
}

impl Server {
    /// Starts a server that has these settings beside the usual ones.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let folder = new_folder();
        let data = folder.join("data");
        let init = ["--no-sync", "--username=tester", "--auth=trust", "--encoding=UTF8", "-D"];
        run(program("initdb").args(init).arg(&data));
        Self::of_data(folder, settings)
    }

    /// A standby of this one, which follows it asynchronously until it is promoted.
    pub(crate) fn standby(&self) -> Self {
        let folder = new_folder();
        let source = format!("host=127.0.0.1 port={} user=tester", self.port);
        let copy = ["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "-d", &source, "-D"];
        run(program("pg_basebackup").args(copy).arg(folder.join("data")));
        Self::of_data(folder, &[])
    }

    fn of_data(folder: PathBuf, settings: &[&str]) -> Self {
        let port = free_port();
        // The operating system does not crash in these tests, so nothing need reach the disk.
        let config = format!(
            "\nport = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n\
             fsync = off\nmax_connections = 200\nshared_buffers = 32MB\n{}\n",
            settings.join("\n")
        );
        let path = folder.join("data/postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(config.as_bytes()).unwrap();
        let script =
            "trap '' INT; read -r _; \"$0\" stop -s -m immediate -D \"$1/data\"; rm -rf \"$1\"";
        let mut guardian = as_user(Command::new("sh"));
        guardian.args(["-c", script]).arg(bin("pg_ctl")).arg(&folder);
        guardian.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut guardian = guardian.spawn().unwrap();
        let stdin = guardian.stdin.take();
        let server = Self { folder, port, guardian: (guardian, stdin) };
        server.control(&["start"]);
        server
    }

    /// Where its clients connect to.
    pub(crate) fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The same through something that listens on another port.
    pub(crate) fn url_at(&self, port: u16) -> String {
        format!("postgres://tester@127.0.0.1:{port}/postgres")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Listens on another port from the next start on.
    pub(crate) fn move_to(&self, port: u16) {
        let path = self.folder.join("data/postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        writeln!(file, "port = {port}").unwrap();
    }

    /// `pg_ctl`, which waits until it is done.
    pub(crate) fn control(&self, action: &[&str]) {
        let log = self.folder.join("log");
        let mut control = program("pg_ctl");
        control.args(action).args(["-s", "-w", "-D"]).arg(self.folder.join("data"));
        run(control.arg("-l").arg(log));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.guardian.1 = None;
        let _ = self.guardian.0.wait();
    }
}

/// A program that does not run as root, even if this process does.
pub(crate) fn as_user(mut command: Command) -> Command {
    if let Some((user, group)) = user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/");
    command
}

/// The user that servers run as, if this process is root's: they refuse to be root's.
fn user() -> Option<(u32, u32)> {
    let me = fs::metadata("/proc/self").map(|me| me.uid());
    if !matches!(me, Ok(0)) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(of("postgres").or_else(|| of("nobody")).expect("a user that is not root"))
}

/// A new folder of the servers' user.
pub(crate) fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("statemachine-postgres-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    if let Some((user, group)) = user() {
        std::os::unix::fs::chown(&folder, Some(user), Some(group)).unwrap();
    }
    folder
}

/// Nothing listens there at present.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program of PostgreSQL.
fn program(name: &str) -> Command {
    as_user(Command::new(bin(name)))
}

fn bin(name: &str) -> PathBuf {
    static FOLDER: LazyLock<PathBuf> =
        LazyLock::new(|| {
            let is_there = |folder: &PathBuf| folder.join("initdb").is_file();
            let told = || {
                let told = Command::new("pg_config").arg("--bindir").output().ok()?;
                Some(PathBuf::from(String::from_utf8(told.stdout).ok()?.trim()))
            };
            // Debian puts each version into a folder of its own, and only the clients into the path.
            let packaged = || {
                let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
                versions.flatten().map(|version| version.path().join("bin")).filter(is_there).max()
            };
            let in_path = || std::env::split_paths(&std::env::var_os("PATH")?).find(is_there);
            told().filter(is_there).or_else(packaged).or_else(in_path).expect(
                "a PostgreSQL server; install it, on Debian with `apt-get install postgresql`",
            )
        });
    Path::join(&FOLDER, name)
}

#[track_caller]
fn run(command: &mut Command) {
    // The server inherits what it writes to, and would keep a pipe open.
    let output: io::Result<Output> =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).output();
    let status = output.unwrap().status;
    assert!(status.success(), "{command:?}: {status}");
}
