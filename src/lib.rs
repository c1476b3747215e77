//! holdstill: makes AI video keep faith with the picture it was made from.
//!
//! ```text
//! still ──► provider ──► clip ──► decode ──► register ──► flow ──► signals ──► fuse ──► judge
//!             ▲                                                                          │
//!             │                        re-request the clip ◄── drift ────────────────────┤
//!             └──────────────────────────────────────────────                            │
//!                                      mend the bad span   ◄── drift, and it pays ───────┤
//!                                      encode ─► verify by scoring again ─► rename ◄─ hold
//! ```
//!
//! The modules are floors; each imports only from floors below it (`tests/floors.rs` holds the table).

pub mod animator;
pub mod drift;
pub mod engine;
pub mod flow;
pub mod frame;
pub mod geometry;
pub mod media;
pub mod provider;
pub mod repair;
pub mod report;
pub mod store;
