//! Where recipes are found: those that ship, and the user's own, which win.

use super::schema::{Makes, Model, Recipe, Tier};
use crate::{provider::Error, store::config::user_folder};
use fs_err as fs;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../recipes/", $name, ".toml")))),*]
    };
}

/// The recipes that ship, by their ids.
const SHIPPED: [(&str, &str); SHIPPED_COUNT] = shipped![
    "ark",
    "ark-cn",
    "comfy-router",
    "dashscope",
    "fal",
    "gemini",
    "gemini-image",
    "huggingface",
    "kling",
    "kling-3",
    "luma",
    "luma-dream",
    "minimax",
    "minimax-h3",
    "openai-videos",
    "openrouter",
    "replicate",
    "runway",
    "seedream",
    "veo",
    "xai",
];
const SHIPPED_COUNT: usize = 21;

/// Recipes by their ids.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    folder: Option<PathBuf>,
}

impl Shelf {
    /// The shipped recipes and those in `folder`, if there is one.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder: folder.filter(|folder| folder.is_dir()) }
    }

    /// The shipped recipes and the user's own, in `recipes/` of the folder of settings.
    pub fn of_user() -> Self {
        Self::new(user_folder().map(|folder| folder.join("recipes")))
    }

    /// Every id, in order.
    pub fn ids(&self) -> BTreeSet<String> {
        let own = self.folder.as_deref().and_then(|folder| fs::read_dir(folder).ok());
        let own = own.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let own = own.filter(|path| path.extension().is_some_and(|end| end == "toml"));
        let own = own.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        SHIPPED.iter().map(|(id, _)| (*id).to_owned()).chain(own).collect()
    }

    /// The ids of recipes that make stills, for people.
    pub fn editors(&self) -> String {
        let makes_stills = |id: &String| self.open(id).is_ok_and(|recipe| recipe.makes == Makes::Still);
        self.ids().into_iter().filter(makes_stills).collect::<Vec<_>>().join(", ")
    }

    /// Whether there is such a recipe.
    pub fn has(&self, id: &str) -> bool {
        self.ids().contains(id)
    }

    /// The file of a user's own recipe.
    pub fn file(&self, id: &str) -> Option<PathBuf> {
        let path = self.folder.as_deref()?.join(format!("{id}.toml"));
        path.is_file().then_some(path)
    }

    /// The recipe with this id.
    ///
    /// # Errors
    /// [`Error::NoSuchProvider`] and [`Error::BadRecipe`].
    pub fn open(&self, id: &str) -> Result<Recipe, Error> {
        // ids are names, not paths
        let is_name = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if let Some(path) = self.file(id).filter(|_| is_name) {
            return read(&path);
        }
        let shipped = SHIPPED.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
        let text = shipped.ok_or_else(|| Error::NoSuchProvider {
            id: id.to_owned(),
            known: self.ids().into_iter().collect::<Vec<_>>().join(", "),
        })?;
        parse(text, &format!("recipes/{id}.toml"))
    }
}

/// Reads a recipe from a file.
///
/// # Errors
/// [`Error::BadRecipe`] with every complaint.
pub fn read(path: &Path) -> Result<Recipe, Error> {
    let place = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| Error::BadRecipe { complaints: vec![error.to_string()] })?;
    parse(&text, &place)
}

fn parse(text: &str, place: &str) -> Result<Recipe, Error> {
    let told = |complaint: super::Complaint| format!("{place}:{}: {}", complaint.line, complaint.what);
    Recipe::parse(text).map_err(|found| Error::BadRecipe { complaints: found.into_iter().map(told).collect() })
}

impl Recipe {
    /// The recipe, where it makes what is wanted.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] says what it makes, and which verb asks for that.
    pub fn that_makes(self, wanted: Makes) -> Result<Self, Error> {
        if self.makes == wanted {
            return Ok(self);
        }
        let verb = match self.makes {
            Makes::Clip => "animate",
            Makes::Still => "refine",
        };
        Err(Error::Unsuitable {
            what: format!("it makes {}s, not {}s", self.makes.name(), wanted.name()),
            hint: format!("`holdstill {verb}` asks it; `holdstill providers` lists who makes what"),
            provider: self.id,
        })
    }

    /// The model of this name, or the first of the tier.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] names the models there are.
    pub fn model(&self, name: Option<&str>, tier: Tier) -> Result<&Model, Error> {
        let models = || self.models.iter();
        let found = match name {
            None => models().find(|model| model.tier == tier).or_else(|| models().next()),
            Some(name) => models()
                .find(|model| model.id == name && model.tier == tier)
                .or_else(|| models().find(|model| model.id == name)),
        };
        found.ok_or_else(|| Error::Unsuitable {
            provider: self.id.clone(),
            what: format!("it has no model `{}`", name.unwrap_or_default()),
            hint: format!("`holdstill providers show {}` lists its models", self.id),
        })
    }
}
