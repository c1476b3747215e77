//! Output files that appear whole or not at all.

use super::Error;
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};
use tempfile::TempPath;

/// A temporary file beside its final path, with the same extension; removed on drop unless committed.
#[derive(Debug)]
pub struct TempOut {
    temporary: TempPath,
    target: PathBuf,
}

impl TempOut {
    /// Makes an empty temporary file in the folder of `target`.
    ///
    /// # Errors
    /// When the folder does not exist or may not be written to.
    pub fn beside(target: &Path) -> Result<Self, Error> {
        let writing = |e: &std::io::Error| Error::writing(target, e);
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if target.is_dir() {
            return Err(Error::Write { path: target.into(), reason: "it is a folder".into() });
        }
        let suffix = target.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".holdstill-").suffix(&suffix);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|e| writing(&e))?;
        Ok(Self { temporary: file.into_temp_path(), target: target.into() })
    }

    /// Where to write meanwhile.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The same error with the final path in place of the temporary one, which says nothing to a user.
    #[must_use]
    pub fn explain(&self, error: Error) -> Error {
        let target = || self.target.clone();
        match error {
            Error::Write { path, reason } if path == self.path() => Error::Write { path: target(), reason },
            Error::DiskFull { path } if path == self.path() => Error::DiskFull { path: target() },
            Error::BadSize { path, size, reason } if path == self.path() => {
                Error::BadSize { path: target(), size, reason }
            }
            other => other,
        }
    }

    /// Puts the finished file in its place, durably: its bytes reach the disk before its name changes.
    ///
    /// # Errors
    /// When the disk is full or the final path cannot be written; nothing is left behind.
    pub fn commit(self) -> Result<(), Error> {
        let writing = |e: &std::io::Error| Error::writing(&self.target, e);
        let file = std::fs::File::open(&*self.temporary).map_err(|e| writing(&e))?;
        file.sync_all().map_err(|e| writing(&e))?;
        self.temporary.persist(&self.target).map_err(|e| Error::writing(&self.target, &e.error))
    }
}

/// Writes a file that appears whole or not at all.
///
/// # Errors
/// When the disk is full or the path cannot be written; nothing is left behind.
pub fn write_whole(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let temporary = TempOut::beside(target)?;
    let written = std::fs::File::create(temporary.path()).and_then(|file| {
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        writer.flush()
    });
    written.map_err(|e| Error::writing(target, &e))?;
    temporary.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committed_file_is_there_and_a_dropped_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.bin");
        let dropped = TempOut::beside(&target).unwrap();
        std::fs::write(dropped.path(), b"half").unwrap();
        drop(dropped);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

        let kept = TempOut::beside(&target).unwrap();
        std::fs::write(kept.path(), b"whole").unwrap();
        kept.commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("out.txt");
        write_whole(&target, |writer| writer.write_all(b"old")).unwrap();
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let failed = write_whole(&target, |writer| writer.write_all(b"new").and(Err(full())));
        assert_eq!(failed.unwrap_err().code(), "disk-full");
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_a_write_error_with_a_hint() {
        let error = TempOut::beside(Path::new("/nowhere/at/all/out.mp4")).unwrap_err();
        assert_eq!(error.code(), "write-failed");
        assert!(error.hint().contains("folder"));
    }
}
