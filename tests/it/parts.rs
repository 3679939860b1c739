//! Parts that tests run and that no Rust build brings: Node with its packages, Python with its, Chromium.
//!
//! `.ci/run` installs the packages of `tests/node` and `tests/python` under `target/parts`. Without a part a
//! test prints one line and passes, except in CI, where it fails.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What is there, or one line that says what is missing.
pub(crate) fn part(path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs {}", path.display());
    println!("skipped: no {} on this machine", path.display());
    None
}

/// Node with the packages of `tests/node`, to run a script of `tests/` that finds them.
pub(crate) fn node() -> Option<Command> {
    let modules = part(root().join("target/parts/node/node_modules"))?;
    let node = ["/usr/bin/node", "/usr/local/bin/node", "/opt/homebrew/bin/node"];
    let found = node.iter().find(|path| Path::new(path).exists()).unwrap_or(&node[0]);
    let mut command = Command::new(part(PathBuf::from(found))?);
    command.env("LANTIAN_NODE_MODULES", modules).current_dir(root());
    Some(command)
}

/// A program of the packages of `tests/python`.
pub(crate) fn python(program: &str) -> Option<Command> {
    let path = part(root().join("target/parts/python/bin").join(program))?;
    Some(Command::new(path))
}
