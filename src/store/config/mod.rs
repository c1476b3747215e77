//! Settings in layers: defaults < user file < project `holdstill.toml` < `HOLDSTILL_*` < flags.
//!
//! Each value knows where it came from, so that `config show` can answer "why". Secrets are no settings: they stay in
//! the environment.

mod address;
mod file;
mod key;
mod nearest;

pub use address::{Address, Environment, base_variable};
pub use key::Key;

use super::{Error, Money};
use etcetera::BaseStrategy;
use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// Name of the file that is looked for in the working folder and its parents.
pub const PROJECT_FILE: &str = "holdstill.toml";
/// Beginning of the names of environment variables that are settings.
pub const ENV_PREFIX: &str = "HOLDSTILL_";

/// Where a setting came from; later ones win.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built in.
    Default,
    /// A file, with the line.
    File {
        /// Which file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// As text; already checked to be right for its key.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

/// All settings of this invocation.
#[derive(Clone, Debug, Default)]
pub struct Config {
    settings: BTreeMap<Key, Setting>,
}

/// The user's own folder for settings and recipes, whether it exists or not.
pub fn user_folder() -> Option<PathBuf> {
    etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("holdstill"))
}

/// The user's own file of settings, whether it exists or not.
fn user_file() -> Option<PathBuf> {
    user_folder().map(|folder| folder.join("config.toml"))
}

impl Config {
    /// Defaults, user file, project file above `folder`, environment.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let project = folder.ancestors().map(|above| above.join(PROJECT_FILE)).find(|file| file.is_file());
        if let Some(project) = &project {
            refuse_addresses(project)?;
        }
        let files: Vec<_> = user_file().filter(|file| file.is_file()).into_iter().chain(project).collect();
        Self::from_layers(
            &files,
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
        )
    }

    /// The same from given layers: files in rising order, then environment variables.
    pub fn from_layers(
        files: &[PathBuf],
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let mut config = Self::default();
        for key in Key::ALL {
            if let Some(value) = key.default() {
                config.settings.insert(key, Setting { value: value.to_owned(), origin: Origin::Default });
            }
        }
        for path in files {
            for (key, setting) in file::read(path)?.settings {
                config.settings.insert(key, setting);
            }
        }
        for (name, value) in environment {
            let key = name.strip_prefix(ENV_PREFIX).and_then(|rest| Key::from_str(&rest.to_ascii_lowercase()).ok());
            if let Some(key) = key.filter(|_| !value.is_empty()) {
                config.set(key, value, Origin::Environment(name))?;
            }
        }
        Ok(config)
    }

    /// Sets a value, after checking that it is right for its key.
    pub fn set(&mut self, key: Key, value: impl Into<String>, origin: Origin) -> Result<(), Error> {
        let value = value.into();
        if let Err(expected) = key.check(&value) {
            return Err(Error::Config {
                place: origin.to_string(),
                what: format!("`{value}` is no {key}"),
                hint: format!("{key} is {expected}"),
            });
        }
        self.settings.insert(key, Setting { value, origin });
        Ok(())
    }

    /// Sets a value from a flag, if the flag was given.
    pub fn flag(&mut self, key: Key, flag: &str, value: Option<impl fmt::Display>) -> Result<(), Error> {
        value.map_or(Ok(()), |value| self.set(key, value.to_string(), Origin::Flag(flag.to_owned())))
    }

    /// Every key with its setting, in the order of [`Key::ALL`]; `None` where it is not set.
    pub fn entries(&self) -> impl Iterator<Item = (Key, Option<&Setting>)> {
        Key::ALL.into_iter().map(|key| (key, self.settings.get(&key)))
    }

    /// The text of a setting.
    pub fn text(&self, key: Key) -> Option<&str> {
        self.settings.get(&key).map(|setting| setting.value.as_str())
    }

    /// Whether nobody has set it.
    pub fn is_default(&self, key: Key) -> bool {
        self.settings.get(&key).is_none_or(|setting| setting.origin == Origin::Default)
    }

    /// Most that a run may spend.
    pub fn budget(&self) -> Option<Money> {
        self.text(Key::Budget).and_then(|text| text.parse().ok())
    }

    /// Most takes of a run, 1 or more.
    pub fn takes(&self) -> u32 {
        self.text(Key::Takes).and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// Takes that are asked for at the same time, 1 or more.
    pub fn candidates(&self) -> u32 {
        self.text(Key::Candidates).and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// Frames per second.
    pub fn fps(&self) -> u32 {
        self.text(Key::Fps).and_then(|text| text.parse().ok()).unwrap_or(24)
    }

    /// Length of the clip in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.text(Key::Duration).and_then(key::duration_secs).unwrap_or(4.0)
    }

    /// The data folder, where one was chosen.
    pub fn home(&self) -> Option<PathBuf> {
        self.text(Key::Home).map(PathBuf::from)
    }
}

/// A project may not say where providers are reached: the user's keys would go there.
fn refuse_addresses(project: &Path) -> Result<(), Error> {
    let Some((id, Address { origin, .. })) = file::read(project)?.addresses.into_iter().next() else { return Ok(()) };
    let own = user_file().map_or_else(|| "your own settings file".to_owned(), |path| path.display().to_string());
    Err(Error::Config {
        place: origin.to_string(),
        what: format!("a project may not say where `{id}` is reached: your key would go there"),
        hint: format!("write it in {own}, or set {}", base_variable(&id)),
    })
}

#[cfg(test)]
mod tests;
