//! Files named by their content: a clip that was paid for is stored once and never changes.

use super::{Error, home::sync_folder};
use blake3::{Hash, Hasher};
use fs_err as fs;
use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes copied and hashed at a time.
const CHUNK_BYTES: usize = 1 << 16;

/// A folder of files, each under the BLAKE3 of its bytes.
#[derive(Clone, Debug)]
pub struct Blobs {
    root: PathBuf,
}

impl Blobs {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where the blob lies, whether it exists or not.
    pub fn path(&self, hash: &Hash) -> PathBuf {
        let name = hash.to_hex();
        self.root.join(&name[..2]).join(name.as_str())
    }

    /// Copies a file in: temporary name, fsync, rename. Storing the same bytes twice costs nothing.
    pub fn put(&self, source: &Path) -> Result<Hash, Error> {
        let mut input = fs::File::open(source).map_err(|e| Error::io("read", source, e))?;
        let mut temp = tempfile::NamedTempFile::new_in(&self.root).map_err(|e| Error::io("write", &self.root, e))?;
        let hash = copy(&mut input, temp.as_file_mut()).map_err(|e| Error::io("write", &self.root, e))?;
        let target = self.path(&hash);
        if self.open(&hash).is_ok() {
            return Ok(hash);
        }
        let folder = self.root.join(&hash.to_hex()[..2]);
        fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
        temp.as_file().sync_all().map_err(|e| Error::io("write", &target, e))?;
        temp.persist(&target).map_err(|e| Error::io("write", &target, e.error))?;
        sync_folder(&folder)?;
        sync_folder(&self.root)?;
        Ok(hash)
    }

    /// The path of a blob, after checking that its bytes are still those that were stored.
    pub fn open(&self, hash: &Hash) -> Result<PathBuf, Error> {
        let path = self.path(hash);
        let intact = hash_of(&path).is_ok_and(|found| found == *hash);
        if intact { Ok(path) } else { Err(Error::BlobDamaged { path }) }
    }
}

/// BLAKE3 of a file's bytes.
pub fn hash_of(path: &Path) -> Result<Hash, Error> {
    let mut file = fs::File::open(path).map_err(|e| Error::io("read", path, e))?;
    copy(&mut file, &mut io::sink()).map_err(|e| Error::io("read", path, e))
}

fn copy(input: &mut impl Read, output: &mut impl Write) -> io::Result<Hash> {
    let mut hasher = Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match input.read(&mut chunk) {
            Ok(0) => return Ok(hasher.finalize()),
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        hasher.update(&chunk[..read]);
        output.write_all(&chunk[..read])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Home;

    #[test]
    fn gives_back_what_was_stored_and_refuses_what_was_changed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Home::open(Some(folder.path())).unwrap().blobs();
        let source = folder.path().join("clip.mp4");
        for size in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1] {
            fs::write(&source, vec![7; size]).unwrap();
            let hash = blobs.put(&source).unwrap();
            assert_eq!(hash, blake3::hash(&vec![7; size]));
            assert_eq!(blobs.put(&source).unwrap(), hash);
            assert_eq!(fs::read(blobs.open(&hash).unwrap()).unwrap(), vec![7; size]);
        }
        let hash = blake3::hash(&[7]);
        fs::write(blobs.path(&hash), [8]).unwrap();
        assert_eq!(blobs.open(&hash).unwrap_err().code(), "blob-damaged");
        fs::write(&source, [7]).unwrap();
        blobs.put(&source).unwrap();
        blobs.open(&hash).expect("storing it again heals it");
    }

    #[test]
    fn a_missing_source_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Home::open(Some(folder.path())).unwrap().blobs();
        assert_eq!(blobs.put(Path::new("/nowhere")).unwrap_err().code(), "store-io");
        assert_eq!(fs::read_dir(folder.path().join("blobs")).unwrap().count(), 0);
    }
}
