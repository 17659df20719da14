//! The contract of stores, and what happens within one process.

use std::{fs, mem, path::Path, thread, time::Duration};

use statemachine::{
    Refused,
    stored::{
        conformance,
        sqlite::{Sqlite, Table},
    },
};
use statemachine_tests::hang::{LONG, detector};

use super::{
    Failed, Job, Jobs,
    child::{Process, say},
    holders, jobs, running,
};

#[test]
fn a_file_keeps_the_promises() {
    let _hang = detector("conformance of a file");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    pollster::block_on(conformance::check(async || Sqlite::open(&path).await.unwrap()));
    pollster::block_on(conformance::check(async || {
        Sqlite::on(&path, Table::named("other \"rows\"")).await.unwrap()
    }));
}

#[test]
fn memory_keeps_the_promises() {
    let _hang = detector("conformance of memory");
    pollster::block_on(async {
        let store = Sqlite::in_memory().await.unwrap();
        conformance::check(async || store.clone()).await;
    });
}

#[test]
fn a_claim_whose_holder_seemed_dead_is_refused() {
    let _hang = detector("lost claims");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    let open = async || Sqlite::open(&path).await.unwrap();
    // The file of a living holder is deleted by mistake.
    let delete = async |_: &Sqlite| {
        let files = holders(&path);
        assert!(!files.is_empty());
        files.iter().for_each(|file| fs::remove_file(file).unwrap());
    };
    pollster::block_on(conformance::check_lost(open, delete));
}

#[test]
fn two_stores_in_one_process_are_two_holders() {
    let _hang = detector("two stores");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let (one, other) = (jobs(&path).await, jobs(&path).await);
        one.insert(1, Job::Queued).await.unwrap();
        let right = one.at(1).queued_to_running().now().await.unwrap();
        let waits = {
            let other = other.clone();
            thread::spawn(move || {
                let job = other.at(1);
                pollster::block_on(job.queued_to_running().within(LONG)).map(|right| right.token())
            })
        };
        for _ in 0..20 {
            assert!(other.at(1).is_in_transition().await.unwrap());
            let now = other.at(1).queued_to_running().now().await;
            assert!(matches!(now, Err(Failed::Refused(Refused::InTransition { .. }))), "{now:?}");
            thread::sleep(Duration::from_millis(11));
        }
        // That the other store looked at the lock has not undone it for other processes.
        let mut third = Process::start("look", &path, "");
        assert_eq!(third.hears("claimed "), "true");
        third.ends();
        let token = right.token();
        drop(one);
        right.commit_with(running("one")).await.unwrap();
        other.at(1).running_to_queued().try_commit().await.unwrap();
        assert!(waits.join().unwrap().unwrap() > token);
    });
}

/// Says whether the row is claimed.
pub(super) async fn look(path: &Path) {
    let claimed = jobs(path).await.at(1).is_in_transition().await.unwrap();
    say(&format!("claimed {claimed}"));
}

#[test]
#[cfg(unix)]
fn a_database_has_the_same_holders_by_whatever_path_it_is_opened() {
    let _hang = detector("symbolic links");
    let folder = tempfile::tempdir().unwrap();
    let [real, link] = ["jobs.db", "elsewhere"].map(|name| folder.path().join(name));
    pollster::block_on(async {
        let one = jobs(&real).await;
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let other = jobs(&link).await;
        one.insert(1, Job::Queued).await.unwrap();
        let right = one.at(1).queued_to_running().now().await.unwrap();
        let now = other.at(1).queued_to_running().now().await;
        assert!(matches!(now, Err(Failed::Refused(Refused::InTransition { .. }))), "{now:?}");
        right.rollback().await.unwrap();
    });
}

#[test]
fn what_was_asked_is_done_though_all_handles_are_gone() {
    let _hang = detector("dropped store");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let one = jobs(&path).await;
        one.insert(1, Job::Queued).await.unwrap();
        let right = one.at(1).queued_to_running().now().await.unwrap();
        drop(one);
        // The right has the store. With it goes the last handle, and the roll-back is still made.
        drop(right);
        let other = jobs(&path).await;
        drop(other.at(1).queued_to_running().within(LONG).await.unwrap());
        while holders(&path).len() > 1 {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn a_forgotten_right_stays_in_memory() {
    let _hang = detector("forgotten in memory");
    pollster::block_on(async {
        let jobs = Jobs::open(Sqlite::in_memory().await.unwrap()).await.unwrap();
        jobs.insert(1, Job::Queued).await.unwrap();
        mem::forget(jobs.at(1).queued_to_running().now().await.unwrap());
        let refused = jobs.at(1).queued_to_running().within(Duration::from_millis(50)).await;
        assert!(matches!(refused, Err(Failed::Refused(Refused::TimedOut { .. }))), "{refused:?}");
    });
}

#[test]
fn a_key_that_is_used_again_has_greater_tokens() {
    let _hang = detector("keys used again");
    pollster::block_on(async {
        let jobs = Jobs::open(Sqlite::in_memory().await.unwrap()).await.unwrap();
        let mut last = 0;
        for _ in 0..3 {
            jobs.insert(1, Job::Queued).await.unwrap();
            let right = jobs.at(1).queued_to_running().now().await.unwrap();
            assert!(right.token() > last);
            last = right.token();
            right.rollback().await.unwrap();
            jobs.remove_in::<super::job::Queued>(1).await.unwrap();
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_path_may_be_of_any_bytes() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    let _hang = detector("a path that is not UTF-8");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(OsStr::from_bytes(b"caf\xe9.db"));
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let mut holder = Process::start("hold", &path, "");
        holder.hears("holds ");
        let now = jobs.at(1).queued_to_running().now().await;
        assert!(matches!(now, Err(Failed::Refused(Refused::InTransition { .. }))), "{now:?}");
        let waits = {
            let jobs = jobs.clone();
            let within = Duration::from_secs(20);
            thread::spawn(move || {
                pollster::block_on(jobs.at(1).queued_to_running().within(within)).map(drop)
            })
        };
        holder.kill();
        waits.join().unwrap().unwrap();
    });
}

#[test]
fn what_is_no_path_is_refused() {
    pollster::block_on(async {
        let error = Sqlite::open("").await.unwrap_err();
        assert!(error.to_string().starts_with("cannot open ``: the path is empty; "), "{error}");
        for uri in ["file:jobs.db?nolock=1", "file::memory:?cache=shared"] {
            let error = Sqlite::open(uri).await.unwrap_err();
            let says = format!("cannot open `{uri}`: it is a URI and not a path; ");
            assert!(error.to_string().starts_with(&says), "{error}");
        }
        // The one name that means memory to all that use SQLite.
        let jobs = jobs(Path::new(":memory:")).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        assert!(!Path::new(":memory:").exists());
    });
}

#[test]
#[cfg(unix)]
fn who_may_write_the_database_may_have_claims() {
    use std::os::unix::fs::PermissionsExt as _;

    let _hang = detector("other users");
    let folder = tempfile::tempdir().unwrap();
    for (mode, folder_mode) in [(0o666, 0o777), (0o660, 0o770), (0o600, 0o700)] {
        let path = folder.path().join(format!("{mode:o}.db"));
        pollster::block_on(async {
            let jobs = jobs(&path).await;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            jobs.insert(1, Job::Queued).await.unwrap();
            let right = jobs.at(1).queued_to_running().now().await.unwrap();
            let files = holders(&path);
            let mode_of = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(files.iter().map(|file| mode_of(file)).collect::<Vec<_>>(), [mode]);
            assert_eq!(mode_of(files[0].parent().unwrap()), folder_mode);
            right.rollback().await.unwrap();
        });
    }
}

#[test]
fn a_right_tells_that_it_is_lost() {
    let _hang = detector("lost rights");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (one, other) = (jobs(&path).await, jobs(&path).await);
        for key in [1, 2, 3] {
            one.insert(key, Job::Queued).await.unwrap();
        }
        let right = one.at(1).queued_to_running().now().await.unwrap();
        let keeps = async {
            for _ in 0..30 {
                // Others look at it, and the database changes.
                assert!(other.at(1).is_in_transition().await.unwrap());
                drop(other.at(2).queued_to_running().now().await.unwrap());
                drop(one.at(3).queued_to_running().now().await.unwrap());
                tokio::time::sleep(Duration::from_millis(11)).await;
            }
        };
        tokio::select! {
            () = right.lost() => panic!("it is not lost"),
            () = keeps => {}
        }

        // The file is deleted by mistake: others may take the row, whether they do or not.
        let lost = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            holders(&path).iter().for_each(|file| fs::remove_file(file).unwrap());
        };
        tokio::join!(right.lost(), lost);
        right.lost().await;
        let lost = right.commit_with(running("late")).await;
        assert!(lost.is_ok() || matches!(lost, Err(Failed::Lost)), "{lost:?}");

        // The row is changed by hand.
        let right = one.at(2).queued_to_running().now().await.unwrap();
        let by_hand = rusqlite::Connection::open(&path).unwrap();
        by_hand.execute("UPDATE statemachine SET version = version + 1 WHERE key = 2", ()).unwrap();
        right.lost().await;
        let done =
            right.run(async |_| std::future::pending::<Result<super::JobRunning, ()>>().await);
        let lost = done.await;
        assert!(matches!(lost, Err(Failed::Lost)), "{lost:?}");
    });
}

#[test]
#[cfg(unix)]
fn a_right_whose_lock_was_dropped_tells_that_another_has_the_row() {
    let _hang = detector("dropped locks");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        jobs.insert(1, Job::Queued).await.unwrap();
        let right = jobs.at(1).queued_to_running().now().await.unwrap();
        // A backup within the process reads all files. By the rules of POSIX, it ends their locks.
        holders(&path).iter().for_each(|file| drop(fs::read(file).unwrap()));
        let mut other = Process::start("hold", &path, "");
        other.hears("holds ");
        right.lost().await;
        let lost = right.commit_with(running("late")).await;
        assert!(matches!(lost, Err(Failed::Lost)), "{lost:?}");
    });
}

#[test]
fn a_look_sees_what_was_given_back_before() {
    let _hang = detector("looks and releases");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    pollster::block_on(async {
        let jobs = jobs(&path).await;
        for key in 0..600 {
            jobs.insert(key, Job::Queued).await.unwrap();
        }
        for round in 0..10 {
            let mut rights = Vec::new();
            for key in 0..if round == 0 { 600 } else { 10 } {
                rights.push(jobs.at(key).queued_to_running().now().await.unwrap());
            }
            drop(rights);
            let free = jobs.keys_in::<super::job::Queued>(1000).await.unwrap();
            assert_eq!(free.len(), 600, "{round}");
        }
    });
}
