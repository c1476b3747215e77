//! Floor 1: what outlives a process: blobs, the ledger, money, configuration.

mod money;

pub use money::Money;
