//! Who has the claims: a locked file for each store, which the kernel unlocks with the process.

use std::{
    fs::{self, File},
    hash::{BuildHasher, Hasher, RandomState},
    io,
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, OpenFlags};

use super::Error;

/// The files of all holders of one database, in a folder beside it. A database in memory has none: its only
/// holder is its only store.
#[derive(Clone, Debug)]
pub(super) struct Holders {
    database: Option<Arc<Path>>,
    folder: Option<PathBuf>,
}

impl Holders {
    /// Those of the database at that path, which has no symbolic links in it: all that open the database
    /// must find the same folder.
    pub(super) fn of(database: Option<Arc<Path>>) -> Self {
        let folder = database.as_ref().map(|path| {
            let mut folder = path.as_os_str().to_owned();
            folder.push("-holders");
            folder.into()
        });
        Self { database, folder }
    }

    /// Whether the holder with this claim is alive. In doubt it is.
    pub(super) fn is_alive(&self, by: &str) -> bool {
        self.file(by).is_none_or(|file| !is_dead(&file))
    }

    /// Removes the file of a holder that is dead.
    ///
    /// The caller has the database's write lock: under it nobody makes a file either, so no file is seen
    /// between its making and its locking.
    pub(super) fn bury(&self, by: &str) {
        if let Some(file) = self.file(by) {
            // Somebody else was first, or it goes with the next.
            let _ = fs::remove_file(file);
        }
    }

    /// A new holder. The caller has the database's write lock.
    pub(super) fn enter(&self) -> Result<Holder, Error> {
        let (Some(database), Some(folder)) = (&self.database, &self.folder) else {
            return Ok(Holder { id: "memory".to_owned(), locked: None, claims: 0 });
        };
        let failed = |source| Error::holder(folder.clone(), source);
        match fs::create_dir(folder) {
            Ok(()) => share(folder, database).map_err(failed)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_str().is_some_and(is_name) && is_dead(&entry.path()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let (id, path) = loop {
            let id = random();
            let path = folder.join(&id);
            match File::create_new(&path) {
                Ok(_) => {
                    share(&path, database).map_err(|error| Error::holder(path.clone(), error))?;
                    break (id, path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::holder(path, error)),
            }
        };
        let lock = Connection::open_with_flags(&path, FLAGS)?;
        // Nothing is ever written. Without a journal in a file, the lock is all there is.
        lock.execute_batch("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")?;
        Ok(Holder { id, locked: Some(Locked { lock: Some(lock), path }), claims: 0 })
    }

    fn file(&self, by: &str) -> Option<PathBuf> {
        let id = holder_of(by);
        // What is no name of ours must not lead out of the folder.
        self.folder.as_ref().filter(|_| is_name(id)).map(|folder| folder.join(id))
    }
}

/// A store as one that has claims.
pub(super) struct Holder {
    id: String,
    locked: Option<Locked>,
    claims: u64,
}

impl Holder {
    /// The name of a new claim.
    pub(super) fn claim(&mut self) -> String {
        self.claims += 1;
        format!("{}-{}", self.id, self.claims)
    }

    /// Whether others can see that it lives: its file may have been deleted by mistake.
    pub(super) fn is_seen(&self) -> bool {
        self.locked.as_ref().is_none_or(|locked| locked.path.exists())
    }
}

/// A file that is locked as long as this lives, and removed then.
struct Locked {
    lock: Option<Connection>,
    path: PathBuf,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Some systems do not remove an open file.
        self.lock = None;
        let _ = fs::remove_file(&self.path);
    }
}

const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Whether nobody has the file locked, or there is none. In doubt somebody has.
///
/// A look takes a shared lock, so those that look do not disturb each other.
fn is_dead(file: &Path) -> bool {
    if let Ok(false) = file.try_exists() {
        return true;
    }
    let look = || {
        let connection = Connection::open_with_flags(file, FLAGS)?;
        connection.busy_timeout(Duration::ZERO)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get::<_, i64>(0))
    };
    look().is_ok()
}

/// Lets the users of the database use a new folder or file, as SQLite does with those that it makes.
fn share(new: &Path, database: &Path) -> io::Result<()> {
    let database = fs::metadata(database)?;
    let permissions = database.permissions();
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

        // Only some may give files away, and the others need not.
        let _ = chown(new, Some(database.uid()), Some(database.gid()));
        let mode = permissions.mode() & 0o666;
        // Who may read a folder may look into it.
        let looks = if new.is_dir() { (mode & 0o444) >> 2 } else { 0 };
        fs::Permissions::from_mode(mode | looks)
    };
    fs::set_permissions(new, permissions)
}

/// The holder with this claim.
pub(super) fn holder_of(by: &str) -> &str {
    by.split('-').next().unwrap_or_default()
}

/// Whether a file has a name of those that `random` makes.
fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name that no other holder has, in this process or a fork of it.
fn random() -> String {
    let half = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u32(process::id());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        hasher.write_u128(now.map_or(0, |now| now.as_nanos()));
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(), half())
}
