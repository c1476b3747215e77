//! The folder that holds what outlives a process.

use super::{Blobs, Error};
use etcetera::BaseStrategy;
use fs_err as fs;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

/// The data folder: `ledger.sqlite`, `blobs/`, `staging/`, `locks/`. Only its owner may look in.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

/// A run is worked on by one process at a time. Released when dropped, and by the kernel when the process dies.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl Home {
    /// Opens the folder at `root`, or the user's data folder where none is given, and creates it if needed.
    pub fn open(root: Option<&Path>) -> Result<Self, Error> {
        let root = match root {
            Some(root) => root.to_owned(),
            None => etcetera::choose_base_strategy().map_err(|_| Error::NoHome)?.data_dir().join("holdstill"),
        };
        let home = Self { root };
        for folder in [home.root.clone(), home.root.join("blobs"), home.root.join("staging"), home.root.join("locks")] {
            create_private(&folder)?;
        }
        Ok(home)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database file.
    pub fn ledger_path(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }

    /// The content-addressed files.
    pub fn blobs(&self) -> Blobs {
        Blobs::new(self.root.join("blobs"))
    }

    /// Where attempt `attempt` lets its provider write, before the file becomes a blob.
    pub fn staging_path(&self, attempt: i64) -> PathBuf {
        self.root.join("staging").join(format!("attempt-{attempt}.mp4"))
    }

    /// Where attempt `attempt` lets its provider write a still.
    pub fn still_path(&self, attempt: i64) -> PathBuf {
        self.root.join("staging").join(format!("attempt-{attempt}.still"))
    }

    /// Where the clip of attempt `attempt` is mended.
    pub fn mended_path(&self, attempt: i64) -> PathBuf {
        self.root.join("staging").join(format!("attempt-{attempt}.mended.mp4"))
    }

    /// Where the span that attempt `attempt` brought is put into the clip that it is for.
    pub fn spliced_path(&self, attempt: i64) -> PathBuf {
        self.root.join("staging").join(format!("attempt-{attempt}.spliced.mp4"))
    }

    /// Throws away what attempt `attempt` has left lying about; what is not there is no loss.
    pub fn clear_staging(&self, attempt: i64) {
        let start = format!("attempt-{attempt}.");
        for entry in fs::read_dir(self.root.join("staging")).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Takes the run for this process, or says that another one has it.
    pub fn lock_run(&self, id: &str) -> Result<RunLock, Error> {
        let path = self.root.join("locks").join(format!("{id}.lock"));
        let file = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::RunBusy { id: id.to_owned() }),
            Err(TryLockError::Error(e)) => Err(Error::io("lock", &path, e)),
        }
    }
}

fn create_private(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|e| Error::io("create", folder, e))
}

/// Makes a rename in `folder` survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Error> {
    fs::File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io("write", folder, e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_locked_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(&folder.path().join("new/home"))).unwrap();
        let held = home.lock_run("r1").unwrap();
        assert_eq!(home.lock_run("r1").unwrap_err().code(), "run-busy");
        home.lock_run("r2").unwrap();
        drop(held);
        home.lock_run("r1").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_look_in() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(Some(&folder.path().join("home"))).unwrap();
        assert_eq!(fs::metadata(home.root()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
