//! Floor 1: what outlives a process: blobs, the ledger, money, configuration.

mod blobs;
pub mod config;
mod error;
mod home;
pub mod ledger;
mod money;

pub use blobs::{Blobs, hash_of};
pub use config::{Config, Environment};
pub use error::Error;
pub use home::{Home, RunLock};
pub use ledger::Ledger;
pub use money::{Money, ParseMoneyError};
