//! What the user asks for, and what makes two requests the same.

use super::Draft;
use crate::{
    provider::{Shelf, Tier, comfyui, command},
    store::{self, Money, hash_of},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Who makes the clips.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Maker {
    /// The built-in animator: free, offline, the same bits every time.
    Animator,
    /// A program on this machine.
    Command {
        /// Its command line with placeholders.
        line: String,
        /// Price of a take, where it spends money.
        price: Option<Money>,
    },
    /// A `ComfyUI` server of the user's own.
    Comfy {
        /// Its workflow in the API format: the text of the file, so that the run goes on whatever becomes of it.
        workflow: String,
    },
    /// A provider behind HTTP.
    Remote {
        /// Id of its recipe.
        id: String,
        /// Its model.
        model: String,
        /// What the model is asked to be good for.
        tier: Tier,
        /// Price of a take, as the recipe quotes it.
        price: Money,
    },
}

impl Maker {
    /// The word in the ledger and in tables.
    pub fn name(&self) -> &str {
        match self {
            Self::Animator => "animator",
            Self::Command { .. } => "command",
            Self::Comfy { .. } => comfyui::ID,
            Self::Remote { id, .. } => id,
        }
    }

    /// What tells its settings from those of others of that name.
    pub(super) fn model(&self) -> String {
        match self {
            Self::Animator => String::new(),
            Self::Command { line, .. } => line.clone(),
            Self::Comfy { workflow } => blake3::hash(workflow.as_bytes()).to_hex().to_string(),
            Self::Remote { model, .. } => model.clone(),
        }
    }

    /// What its waits are known by in the ledger.
    pub(super) fn known_as(&self) -> String {
        match self {
            // workflows differ in every number
            Self::Comfy { .. } => String::new(),
            _ => self.model(),
        }
    }

    /// How long a call is waited for, seconds; the job of a provider stays and can be taken up again. `None` where nothing
    /// is waited for.
    pub fn patience_secs(&self) -> Option<f64> {
        match self {
            Self::Animator => None,
            Self::Command { .. } => Some(command::LIMIT.as_secs_f64()),
            Self::Comfy { .. } => Some(comfyui::DEADLINE_SECS),
            Self::Remote { id, .. } => Some(Shelf::of_user().open(id).ok()?.manners.deadline_secs),
        }
    }

    /// Quoted price of one take.
    pub fn price(&self) -> Money {
        match self {
            Self::Command { price: Some(price), .. } | Self::Remote { price, .. } => *price,
            _ => Money::ZERO,
        }
    }
}

/// One `animate`, complete: written to the ledger, so that it can be taken up again after a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnimateJob {
    /// The still.
    pub still: PathBuf,
    /// What should happen in the clip.
    pub prompt: String,
    /// Who makes the clips.
    pub maker: Maker,
    /// Most that may be spent.
    pub budget: Option<Money>,
    /// Whether the user agreed to spend it.
    pub is_consented: bool,
    /// Most takes, 1 or more.
    pub takes: u32,
    /// Takes that are asked for at the same time, 1 or more.
    #[serde(default = "one")]
    pub candidates: u32,
    /// `9:16`, `1:1`, `4:5`, `16:9` or `still`.
    pub aspect: String,
    /// Length in seconds.
    pub duration_secs: f64,
    /// Frames per second.
    pub fps: u32,
    /// Camera move, by its name.
    pub motion: String,
    /// Where fidelity matters, of the still's shape.
    pub mask: Option<PathBuf>,
    /// Depth, near is bright, of the still's shape.
    pub depth: Option<PathBuf>,
    /// Injected defects.
    pub simulate: Vec<String>,
    /// Drift from which a clip fails, `0..=100`.
    pub drift_fail: f64,
    /// The user's own seed of randomness; derived from the recipe where absent.
    pub rng_seed: Option<u64>,
    /// The final MP4.
    pub out: PathBuf,
    /// Where a command provider works.
    pub folder: PathBuf,
    /// The command that does the same.
    pub command: String,
    /// The draft that it makes final, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
}

/// What makes two runs the same: everything that shapes a clip, files by their content. Budget, number of takes,
/// policy and the name of the output are not in it: with more money or takes the same run goes on.
#[derive(Serialize)]
struct Recipe<'a> {
    version: u32,
    tool: &'static str,
    still: String,
    mask: Option<String>,
    depth: Option<String>,
    prompt: &'a str,
    maker: &'a Maker,
    aspect: &'a str,
    duration_secs: f64,
    fps: u32,
    motion: &'a str,
    simulate: &'a [String],
    rng_seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<&'a Draft>,
}

const fn one() -> u32 {
    1
}

impl AnimateJob {
    /// BLAKE3 (hexadecimal) of the recipe.
    pub fn recipe_digest(&self) -> Result<String, store::Error> {
        let content = |path: &Path| hash_of(path).map(|hash| hash.to_hex().to_string());
        let recipe = Recipe {
            version: 1,
            tool: env!("CARGO_PKG_VERSION"),
            still: content(&self.still)?,
            mask: self.mask.as_deref().map(content).transpose()?,
            depth: self.depth.as_deref().map(content).transpose()?,
            prompt: self.prompt.trim(),
            maker: &self.maker,
            aspect: &self.aspect,
            duration_secs: self.duration_secs,
            fps: self.fps,
            motion: &self.motion,
            simulate: &self.simulate,
            rng_seed: self.rng_seed,
            draft: self.draft.as_ref(),
        };
        Ok(digest_of(&recipe))
    }

    /// What a score depends on besides the clip, BLAKE3 (hexadecimal).
    pub(super) fn judge_digest(&self, recipe_digest: &str) -> String {
        digest_of(&(recipe_digest, env!("CARGO_PKG_VERSION"), self.drift_fail))
    }

    /// Seed of randomness of take `take` (1-based) in the run with this salt.
    pub(super) fn rng_seed_of(&self, recipe_digest: &str, salt: u32, take: u32) -> u64 {
        if let Some(seed) = self.rng_seed {
            return seed.wrapping_add(u64::from(take - 1));
        }
        let hash = blake3::hash(format!("{recipe_digest}/{salt}/{take}").as_bytes());
        // 32 bits: the widest that every provider takes
        u64::from(u32::from_le_bytes(hash.as_bytes()[..4].try_into().expect("a hash has 32 bytes")))
    }
}

/// BLAKE3 (hexadecimal) of the canonical JSON: fields in the order of their type, no spaces.
pub(in crate::engine) fn digest_of(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("jobs are plain data");
    blake3::hash(&json).to_hex().to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use fs_err as fs;

    pub(in crate::engine::animate) fn job(still: &Path) -> AnimateJob {
        AnimateJob {
            still: still.to_owned(),
            prompt: "slow push".into(),
            maker: Maker::Animator,
            budget: None,
            is_consented: false,
            takes: 3,
            candidates: 1,
            aspect: "4:5".into(),
            duration_secs: 4.0,
            fps: 24,
            motion: "push-in".into(),
            mask: None,
            depth: None,
            simulate: Vec::new(),
            drift_fail: 50.0,
            rng_seed: None,
            out: "out/a.mp4".into(),
            folder: ".".into(),
            command: String::new(),
            draft: None,
        }
    }

    #[test]
    fn the_recipe_is_what_shapes_the_clip() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.png"), folder.path().join("b.png"));
        fs::write(&a, "still").unwrap();
        fs::write(&b, "still").unwrap();
        let first = job(&a).recipe_digest().unwrap();
        let elsewhere = AnimateJob { takes: 9, out: "x.mp4".into(), budget: Some(Money::ZERO), ..job(&b) };
        assert_eq!(elsewhere.recipe_digest().unwrap(), first, "names and limits do not count");
        let other = AnimateJob { prompt: "fast".into(), ..job(&a) };
        assert_ne!(other.recipe_digest().unwrap(), first);
        fs::write(&b, "another").unwrap();
        assert_ne!(elsewhere.recipe_digest().unwrap(), first, "content counts");
    }

    #[test]
    fn every_take_throws_its_own_dice() {
        let job = job(Path::new("a.png"));
        let seeds: std::collections::BTreeSet<u64> = (0..3)
            .flat_map(|salt| (1..=3).map(move |take| (salt, take)))
            .map(|(s, t)| job.rng_seed_of("r", s, t))
            .collect();
        assert_eq!(seeds.len(), 9);
        assert_eq!(job.rng_seed_of("r", 0, 1), job.rng_seed_of("r", 0, 1));
        assert_eq!(AnimateJob { rng_seed: Some(7), ..job }.rng_seed_of("r", 2, 3), 9);
    }
}
