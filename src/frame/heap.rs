//! Where planes come from.

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
