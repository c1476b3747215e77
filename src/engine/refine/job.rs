//! What a `refine` is told, and what makes two of them the same.

use crate::{
    engine::{Error, animate::digest_of},
    frame::{Mask, Seed},
    media,
    provider::Tier,
    store::{self, Money, hash_of},
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Part of a pixel from which it belongs to a mask.
const MARKED: f32 = 0.5;

/// Who edits a still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorChoice {
    /// Id of its recipe.
    pub id: String,
    /// Its model.
    pub model: String,
    /// What the model is asked to be good for.
    pub tier: Tier,
    /// Price of a still, as the recipe quotes it.
    pub price: Money,
}

/// One `refine`, complete: written to the ledger, so that it can be taken up again after a crash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefineJob {
    /// The still.
    pub still: PathBuf,
    /// Where it is to change, of the still's shape.
    pub mask: Option<PathBuf>,
    /// What should change.
    pub prompt: String,
    /// Who edits it.
    pub maker: EditorChoice,
    /// Most that may be spent.
    pub budget: Option<Money>,
    /// Whether the user agreed to spend it.
    pub is_consented: bool,
    /// Whether everything outside the mask is put back.
    pub keeps_outside: bool,
    /// The user's own seed of randomness; derived from the request where absent.
    pub rng_seed: Option<u64>,
    /// The refined still, a PNG.
    pub out: PathBuf,
    /// The command that does the same.
    pub command: String,
}

/// What makes two requests the same: everything that is sent. The mask is not in it: it is not sent.
#[derive(Serialize)]
struct Request<'a> {
    version: u32,
    verb: &'static str,
    still: String,
    prompt: &'a str,
    provider: &'a str,
    model: &'a str,
    tier: Tier,
    rng_seed: Option<u64>,
}

/// The pictures of a job.
pub(super) struct Input {
    pub(super) still: Seed,
    pub(super) mask: Option<Mask>,
}

impl RefineJob {
    /// BLAKE3 (hexadecimal) of what is sent.
    ///
    /// # Errors
    /// Where the still cannot be read.
    pub fn digest(&self) -> Result<String, store::Error> {
        let EditorChoice { id, model, tier, .. } = &self.maker;
        Ok(digest_of(&Request {
            version: 1,
            verb: "refine",
            still: hash_of(&self.still)?.to_hex().to_string(),
            prompt: self.prompt.trim(),
            provider: id,
            model,
            tier: *tier,
            rng_seed: self.rng_seed,
        }))
    }

    /// The report beside the refined still.
    pub fn report_path(&self) -> PathBuf {
        self.out.with_extension("json")
    }

    /// The picture of what changed, beside the refined still.
    pub fn changes_path(&self) -> PathBuf {
        self.out.with_extension("changes.png")
    }

    /// Seed of randomness of the run with this salt, 31 bits: what every provider takes.
    pub(super) fn rng_seed_of(&self, digest: &str, salt: u32) -> u64 {
        let hash = blake3::hash(format!("{digest}/{salt}").as_bytes());
        let own = u32::from_le_bytes(hash.as_bytes()[..4].try_into().expect("a hash has 32 bytes")) >> 1;
        self.rng_seed.unwrap_or_else(|| u64::from(own))
    }

    /// Reads and checks everything that can be checked before money is spent.
    pub(super) fn input(&self) -> Result<Input, Error> {
        let usage = |what: String, hint: &str| Err(Error::Usage { what, hint: hint.into() });
        if self.prompt.trim().is_empty() {
            return usage("the prompt is empty".into(), "say what should change, e.g. --prompt 'make the cap blue'");
        }
        if self.keeps_outside && self.mask.is_none() {
            let hint = "add --mask MASK, white where the still may change";
            return usage("--keep-outside needs a mask to know what outside is".into(), hint);
        }
        let still = media::load_seed(&self.still)?;
        if still.picture.size() != still.original {
            let (width, height) = (still.original.width, still.original.height);
            let what = format!("{} has {width}×{height} pixels, more than any provider makes", self.still.display());
            return usage(what, "scale it to at most 4096 pixels on the longer side");
        }
        let mask = self.mask.as_deref().map(|path| mask_of(path, &still)).transpose()?;
        Ok(Input { still, mask })
    }
}

fn mask_of(path: &Path, still: &Seed) -> Result<Mask, Error> {
    let mask = media::load_mask(path, still.picture.size())?;
    let marked = mask.data().iter().filter(|&&part| part > MARKED).count();
    let what = match marked {
        0 => "marks nothing: nothing could change",
        all if all == mask.data().len() => "marks everything: nothing is outside of it",
        _ => return Ok(mask),
    };
    Err(Error::Usage {
        what: format!("the mask {} {what}", path.display()),
        hint: "paint white where the still may change and black elsewhere, or leave --mask out".into(),
    })
}
