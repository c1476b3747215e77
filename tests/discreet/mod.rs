//! What must never be written down: keys, and the signatures of links. Every word that a command says, at the most talkative,
//! and every file that it leaves are looked through.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses a part of it; a test stops at the first surprise"
)]

use assert_cmd::{Command, assert::Assert};
use std::{ffi::OsStr, fs, path::Path, process::Output};

/// The key that tests put into the environment.
pub const KEY: &str = "SECRET-KEY-DO-NOT-PRINT";
/// What links are signed with.
pub const SIGNATURE: &str = "SIGNATURE-DO-NOT-PRINT";

/// A command that logs everything there is and is listened to.
pub struct Discreet(Command);

impl Discreet {
    pub fn of(mut command: Command) -> Self {
        command.env("RUST_LOG", "trace");
        Self(command)
    }

    pub fn env(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.0.env(name, value);
        self
    }

    pub fn env_remove(&mut self, name: &str) -> &mut Self {
        self.0.env_remove(name);
        self
    }

    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(&mut self, pairs: impl IntoIterator<Item = (N, V)>) -> &mut Self {
        self.0.envs(pairs);
        self
    }

    pub fn output(&mut self) -> std::io::Result<Output> {
        let output = self.0.output()?;
        listen(&output);
        Ok(output)
    }

    pub fn assert(&mut self) -> Assert {
        let assert = self.0.assert();
        listen(assert.get_output());
        assert
    }
}

fn listen(output: &Output) {
    for said in [&output.stdout, &output.stderr] {
        if let Some(secret) = found(said) {
            panic!("it said {secret}:\n{}", String::from_utf8_lossy(said));
        }
    }
}

/// Looks through every file in a folder.
pub fn search(folder: &Path) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(secret) = found(&fs::read(&path).unwrap()) {
                panic!("{secret} is in {}", path.display());
            }
        }
    }
}

/// The same at the end of a test, unless it has failed already.
pub fn search_at_the_end(folder: &Path) {
    if !std::thread::panicking() {
        search(folder);
    }
}

fn found(bytes: &[u8]) -> Option<&'static str> {
    [KEY, SIGNATURE].into_iter().find(|secret| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()))
}

#[test]
fn a_secret_is_found_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("deep")).unwrap();
    search(folder.path());
    for secret in [KEY, SIGNATURE] {
        let path = folder.path().join("deep/file");
        fs::write(&path, [b"\0\xff", secret.as_bytes(), b"\n"].concat()).unwrap();
        assert!(std::panic::catch_unwind(|| search(folder.path())).is_err(), "{secret}");
        fs::remove_file(path).unwrap();
    }
}
