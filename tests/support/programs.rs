//! Packages that a test makes and hands to the compiler.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Makes a package in that folder that depends on the library, without features. `targets` is added to
/// its manifest.
pub fn package(folder: &Path, edition: &str, targets: &str) {
    let name = folder.file_name().and_then(|name| name.to_str()).expect("a package's name");
    fs::create_dir_all(folder).expect("a folder for the package");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"{edition}\"\n[workspace]\n[dependencies]\nstatemachine.path = {:?}\n{targets}",
        workspace().join("statemachine")
    );
    fs::write(folder.join("Cargo.toml"), manifest).expect("the package's manifest");
    // The same versions as here, which are at hand without a network.
    let lock = workspace().join("Cargo.lock");
    if lock.exists() {
        fs::copy(lock, folder.join("Cargo.lock")).expect("the workspace's lock file");
    }
}

/// `cargo check` of the package in that folder, which shares what it builds with its siblings.
pub fn check(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["check", "--offline", "--color=never", "--manifest-path"])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", folder.with_file_name("programs"))
        .env("RUSTFLAGS", "");
    command
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
