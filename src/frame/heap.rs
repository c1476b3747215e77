//! Where planes come from.

use std::sync::{Mutex, PoisonError};

/// Samples of a plane that is worth keeping: smaller ones are quickly made.
const WORTH_KEEPING: usize = 1 << 12;
/// Most samples that are kept for planes to come: 64 MB, the larger planes of a flow at 1080p.
const MOST_KEPT: usize = 16 << 20;
/// Most vectors that are kept: few enough to be looked through.
const MOST_PLANES: usize = 256;

/// Samples of planes that are no more, the last one last.
static SPARE: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// So many samples, any numbers: those of the last plane of this size that is no more, which may still be in a cache. New memory
/// would have to be cleared.
pub(super) fn spare(samples: usize) -> Vec<f32> {
    let found = (samples >= WORTH_KEEPING).then(|| {
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        let last = spare.iter().rposition(|kept| kept.len() == samples)?;
        Some(spare.remove(last))
    });
    let mut found = found.flatten().unwrap_or_else(|| vec![0.0; samples]);
    if cfg!(debug_assertions) {
        // who does not write all of it shall not get away with it
        found.fill(f32::NAN);
    }
    found
}

/// Keeps the samples of a plane for the next one; the oldest go where there are too many.
pub(super) fn give_back(samples: Vec<f32>) {
    if !(WORTH_KEEPING..=MOST_KEPT).contains(&samples.len()) {
        return;
    }
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    spare.push(samples);
    let mut kept = 0;
    let counted = spare.iter().rev().take(MOST_PLANES);
    let few = counted.take_while(|samples| {
        kept += samples.len();
        kept <= MOST_KEPT
    });
    let old = spare.len() - few.count();
    spare.drain(..old);
}

/// Keeps freed memory for the next planes, which come and go with every picture: given back to the system, it returns page by
/// page and cleared, which costs the flow of a 1080p pair a seventh of its time on one thread and a third on two.
///
/// For programs, at their start; changes glibc's allocator for the whole process, and nothing elsewhere.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// Largest block that is not mapped by itself, bytes: the most that glibc takes.
        const LARGEST_KEPT: libc::c_int = 32 << 20;
        /// Free memory at the end of the heap that is given back, bytes.
        const MOST_KEPT: libc::c_int = 512 << 20;
        #[expect(unsafe_code, reason = "the allocator is set in no other way")]
        // SAFETY: both calls only set numbers of the allocator, and what it refuses it leaves as it is.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_KEPT);
            libc::mallopt(libc::M_TRIM_THRESHOLD, MOST_KEPT);
        }
    }
}
