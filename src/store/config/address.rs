//! Where providers are reached instead of where their recipes say: for gateways, proxies and servers of one's own.
//!
//! ```toml
//! [base_url]
//! fal = "https://gateway.example/fal"
//! ```
//!
//! Only the user's own file may say so, and the environment, which wins: a project's file comes with the project, and keys
//! go where it leads.

use super::{Origin, file, user_file};
use crate::store::Error;
use std::{collections::BTreeMap, path::Path};

/// Name of the table.
pub(super) const TABLE: &str = "base_url";

/// An address and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The base URL, as it was written.
    pub url: String,
    /// Where it came from.
    pub origin: Origin,
}

/// What the environment says, and below it the user's own file.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// By the provider's id.
    addresses: BTreeMap<String, Address>,
}

/// The variable that names another base URL of a provider.
pub fn base_variable(id: &str) -> String {
    format!("HOLDSTILL_{}_BASE_URL", id.to_ascii_uppercase().replace('-', "_"))
}

impl Environment {
    /// Of this process and its user.
    pub fn of_user() -> Result<Self, Error> {
        user_file().filter(|path| path.is_file()).map_or_else(|| Ok(Self::default()), |path| Self::from_file(&path))
    }

    /// With the addresses of this file.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        Ok(Self { addresses: file::read(path)?.addresses })
    }

    /// The value of a variable; of one that names a base URL, what the file says where it is not set.
    pub fn get(&self, name: &str) -> Option<String> {
        let set = std::env::var(name).ok().filter(|value| !value.is_empty());
        set.or_else(|| {
            let address = self.addresses.iter().find(|(id, _)| base_variable(id) == name);
            address.map(|(_, address)| address.url.clone())
        })
    }

    /// Where a provider is reached, unless it is where its recipe says.
    pub fn address(&self, id: &str) -> Option<Address> {
        let variable = base_variable(id);
        let set = std::env::var(&variable).ok().filter(|url| !url.is_empty());
        let set = set.map(|url| Address { url, origin: Origin::Environment(variable) });
        set.or_else(|| self.addresses.get(id).cloned())
    }
}
