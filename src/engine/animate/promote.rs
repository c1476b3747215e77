//! From a draft that the user has looked at to the job that makes it final.
//!
//! ```text
//! run ─► take ─► its model's family ─► exact?  yes: the provider's own call, by the draft's job
//!                                       └ no:  a final model of that family, asked anew; another family only by force
//! ```
//!
//! What comes of it is an `animate` like any other: the same intent, one paid request, receipt, budget and resumption.

use super::{AnimateJob, Delivered, Draft, Influence, Link, Maker};
use crate::{
    drift::ScoreReport,
    engine::Error,
    provider::{
        Shelf, Tier,
        recipe::{Model, Price, Recipe},
    },
    store::{
        self, Home, Ledger, Money, hash_of,
        ledger::{Attempt, AttemptState, Run},
    },
};
use serde::Deserialize;
use std::path::PathBuf;

/// What the user asks for.
#[derive(Clone, Debug)]
pub struct PromoteWish {
    /// The draft's run: its id, or the first or last letters of it.
    pub run: String,
    /// Its take, 1-based; the delivered one where absent.
    pub take: Option<u32>,
    /// The final model, by the provider's name for it.
    pub model: Option<String>,
    /// Whether a final model is asked anew even where the provider makes an exact final.
    pub is_rerender: bool,
    /// Whether families may be crossed.
    pub is_forced: bool,
    /// Most takes of a re-render, 1 or more; an exact final is one.
    pub takes: u32,
    /// Most that may be spent.
    pub budget: Option<Money>,
    /// Whether the user agreed to spend it.
    pub is_consented: bool,
    /// Drift from which the final fails, `0..=100`; the draft's where absent.
    pub drift_fail: Option<f64>,
    /// The final MP4; beside the draft's where absent.
    pub out: Option<PathBuf>,
    /// The command that does the same.
    pub command: String,
}

/// The job that makes a draft final. Nothing is sent.
///
/// # Errors
/// Where there is no such draft, it cannot be made final as asked, or its still or clip is not what it was.
pub fn promote(home: &Home, shelf: &Shelf, wish: &PromoteWish) -> Result<AnimateJob, Error> {
    let ledger = Ledger::open(home)?;
    let run = ledger.find_run(&wish.run)?;
    let job = job_of(&run)?;
    let Maker::Remote { id, model, tier, .. } = &job.maker else {
        return Err(usage(
            format!("run {} was made by {}, which has no drafts", run.id, job.maker.name()),
            "promote a run of a provider's draft model: `animate --provider ID --tier draft`",
        ));
    };
    let recipe = shelf.open(id)?;
    let model = recipe.model(Some(model), *tier)?;
    if job.draft.is_some() || model.tier == Tier::Final {
        return Err(usage(
            format!("run {} is final already: it was made by {}", run.id, job.maker.model()),
            "promote a run of the draft tier",
        ));
    }
    let attempt = take_of(&ledger.attempts(&run.id)?, &run, wish.take)?;
    check_still(&job, &attempt)?;
    let request: Asked = serde_json::from_str(&attempt.request).map_err(|_| another_version(&run))?;
    let blob = attempt.blob.ok_or_else(|| Error::Bug(format!("attempt {} has no clip", attempt.id)))?;
    home.blobs().open(&blob)?;
    let way = way_of(&recipe, model, wish)?;
    let price = way.price.of(job.duration_secs).ok_or(store::Error::MoneyOverflow)?;
    let link = way.link;
    let draft = Draft {
        link,
        run: run.id,
        attempt: attempt.id,
        take: attempt.take,
        model: model.id.clone(),
        family: model.family.clone(),
        final_family: way.family.to_owned(),
        blake3: blob.to_hex().to_string(),
        influence: request.influence,
    };
    let promotion = AnimateJob {
        maker: Maker::Remote { id: id.clone(), model: way.model.to_owned(), tier: Tier::Final, price },
        // an exact final asked for again is the same one
        takes: if link == Link::Exact { 1 } else { wish.takes },
        candidates: 1,
        rng_seed: Some(request.rng_seed),
        budget: wish.budget,
        is_consented: wish.is_consented,
        drift_fail: wish.drift_fail.unwrap_or(job.drift_fail),
        out: wish.out.clone().unwrap_or_else(|| beside(&job)),
        command: wish.command.clone(),
        draft: Some(draft),
        ..job
    };
    if link == Link::Exact && !is_under_way(&ledger, &promotion)? {
        check_age(&recipe, model, &attempt)?;
    }
    Ok(promotion)
}

/// Whether a final of this job is on its way, or there: the draft is needed no more.
fn is_under_way(ledger: &Ledger, promotion: &AnimateJob) -> Result<bool, Error> {
    let Some(run) = ledger.latest_run(&promotion.recipe_digest()?)? else { return Ok(false) };
    let is_over = |state| matches!(state, AttemptState::Failed | AttemptState::Cancelled);
    Ok(ledger.attempts(&run.id)?.iter().any(|attempt| !is_over(attempt.state)))
}

/// The chosen way to the final.
struct Way<'a> {
    link: Link,
    model: &'a str,
    family: &'a str,
    price: Price,
}

fn way_of<'a>(recipe: &'a Recipe, draft: &'a Model, wish: &PromoteWish) -> Result<Way<'a>, Error> {
    let wanted = wish.model.as_deref();
    let is_own = wanted.is_none_or(|wanted| wanted == draft.id);
    if let Some(promoted) = recipe.promoted(draft).filter(|_| is_own && !wish.is_rerender) {
        return Ok(Way { link: Link::Exact, model: &draft.id, family: &draft.family, price: promoted.price });
    }
    let in_family = || recipe.final_models().filter(|model| model.family == draft.family);
    let model = match wanted {
        Some(wanted) => recipe.final_models().find(|model| model.id == wanted).ok_or_else(|| {
            usage(format!("{} has no final model `{wanted}`", recipe.id), &finals_there_are(recipe, draft))
        })?,
        None => in_family().next().ok_or_else(|| {
            usage(
                format!(
                    "{} has no final of the family {}, of which the draft is ({})",
                    recipe.id, draft.family, draft.id
                ),
                &finals_there_are(recipe, draft),
            )
        })?,
    };
    let link = if model.family == draft.family { Link::Rerender } else { Link::Crossing };
    if link == Link::Crossing && !wish.is_forced {
        return Err(usage(
            format!(
                "the draft is of the family {} ({}), `{}` is of the family {}: it would be another clip in another style",
                draft.family, draft.id, model.id, model.family
            ),
            &finals_there_are(recipe, draft),
        ));
    }
    Ok(Way { link, model: &model.id, family: &model.family, price: model.price })
}

/// What would do, in the order of likeness.
fn finals_there_are(recipe: &Recipe, draft: &Model) -> String {
    let named = |is_own: bool| {
        let models = recipe.final_models().filter(|model| (model.family == draft.family) == is_own);
        models.map(|model| format!("{} ({})", model.id, model.family)).collect::<Vec<_>>().join(", ")
    };
    let exact = recipe.promoted(draft).map(|_| "without --model and --rerender the final is exact".to_owned());
    let own = Some(named(true)).filter(|own| !own.is_empty()).map(|own| format!("of its family there is {own}"));
    let others = Some(named(false)).filter(|others| !others.is_empty());
    let others = others.map(|others| format!("--force with --model crosses to {others}"));
    let ways: Vec<String> = [exact, own, others].into_iter().flatten().collect();
    if ways.is_empty() { format!("{} has no final models at all", recipe.id) } else { ways.join("; ") }
}

/// The take that is promoted: as the provider made it, whole.
fn take_of(attempts: &[Attempt], run: &Run, take: Option<u32>) -> Result<Attempt, Error> {
    let delivered = delivered(run);
    let number = take.or(delivered.as_ref().map(|delivered| delivered.take)).ok_or_else(|| {
        usage(
            format!("run {} has delivered no clip", run.id),
            "name one of its takes with --take; `runs show` lists them",
        )
    })?;
    let with_clip = |number: u32| attempts.iter().rev().find(|a| a.take == number && a.state.has_clip());
    let attempt = with_clip(number).ok_or_else(|| {
        usage(format!("take {number} of run {} has no clip", run.id), "`holdstill runs show` lists its takes")
    })?;
    let whole = whole_of(attempts, attempt);
    if whole.id != attempt.id {
        return Err(usage(
            format!(
                "take {number} of run {} is take {} with a part made anew; a final is made of whole takes, without the part",
                run.id, whole.take
            ),
            &format!("--take {} promotes the take beneath", whole.take),
        ));
    }
    if take.is_none() && delivered.is_some_and(|delivered| delivered.is_mended) {
        return Err(usage(
            format!("run {} has delivered take {number} mended; a final is made without the mends", run.id),
            &format!("--take {number} promotes it as the provider made it; what the final needs is mended anew"),
        ));
    }
    Ok(whole.clone())
}

/// The take beneath a take of which a part was made anew.
fn whole_of<'a>(attempts: &'a [Attempt], attempt: &'a Attempt) -> &'a Attempt {
    let base = |attempt: &Attempt| serde_json::from_str::<Asked>(&attempt.request).ok()?.patch.map(|patch| patch.base);
    let mut whole = attempt;
    // a part's base is always an earlier attempt
    while let Some(below) = base(whole).and_then(|id| attempts.iter().find(|a| a.id == id && a.id < whole.id)) {
        whole = below;
    }
    whole
}

/// What an attempt's request says, as far as its promotion needs it.
#[derive(Deserialize)]
struct Asked {
    rng_seed: u64,
    influence: Influence,
    patch: Option<Part>,
}

#[derive(Deserialize)]
struct Part {
    base: i64,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "final")]
    delivered: Delivered,
}

fn delivered(run: &Run) -> Option<Delivered> {
    serde_json::from_str::<Outcome>(run.report.as_deref()?).ok().map(|outcome| outcome.delivered)
}

fn job_of(run: &Run) -> Result<AnimateJob, Error> {
    serde_json::from_str(&run.job).map_err(|_| another_version(run))
}

fn another_version(run: &Run) -> Error {
    usage(format!("run {} was made by another version and cannot be promoted", run.id), "make the draft anew")
}

/// The final is measured against the still that the draft was made from.
fn check_still(job: &AnimateJob, attempt: &Attempt) -> Result<(), Error> {
    let score = attempt.score.as_deref().and_then(|score| serde_json::from_str::<ScoreReport>(score).ok());
    let now = hash_of(&job.still)?.to_hex().to_string();
    match score {
        Some(score) if score.seed.blake3 != now => Err(usage(
            format!("{} is another picture than the draft was made from", job.still.display()),
            "bring the still back, or make a draft of the new one",
        )),
        _ => Ok(()),
    }
}

/// Providers throw drafts away.
fn check_age(recipe: &Recipe, model: &Model, attempt: &Attempt) -> Result<(), Error> {
    let (Some(promoted), Ok(made)) = (&model.promoted, attempt.created.parse::<jiff::Timestamp>()) else {
        return Ok(());
    };
    let age_days = jiff::Timestamp::now().duration_since(made).as_secs() / (24 * 60 * 60);
    if age_days < i64::from(promoted.keeps_days) {
        return Ok(());
    }
    let has_anew = recipe.final_models().any(|other| other.family == model.family);
    let hint = if has_anew {
        "--rerender asks a final model of its family anew, which does not reproduce the draft".to_owned()
    } else {
        format!("make the draft anew; {}", finals_there_are(recipe, model))
    };
    Err(usage(
        format!("the draft is {age_days} days old, and {} keeps drafts for {} days", recipe.id, promoted.keeps_days),
        &hint,
    ))
}

/// `bottle.mp4` becomes `bottle-final.mp4`.
fn beside(job: &AnimateJob) -> PathBuf {
    let name = job.out.file_stem().map_or_else(|| "clip".into(), |stem| stem.to_string_lossy().into_owned());
    job.out.with_file_name(format!("{name}-final.mp4"))
}

fn usage(what: String, hint: &str) -> Error {
    Error::Usage { what, hint: hint.to_owned() }
}
