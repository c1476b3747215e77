//! What `animate` and `plan` are told: flags over settings, made into a job.

use super::{Failure, Ui, providers::old_price};
use clap::ValueHint;
use holdstill::{
    drift::{Policy, policy::Preset},
    engine::animate::{AnimateJob, Maker},
    provider::{Shelf, Tier, comfyui, recipe::Makes},
    store::{self, Config, Home, Money, config::Key},
};
use std::path::{Path, PathBuf, absolute};

/// Camera move where none is asked for.
const DEFAULT_MOTION: &str = "push-in";

#[derive(clap::Args)]
pub(crate) struct OrderArgs {
    /// The product still
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) still: PathBuf,
    /// What should happen in the clip
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    prompt: String,
    /// Who makes the clip: animator (built in, free), command, or a provider such as fal or xai [default: animator]
    #[arg(long, value_name = "NAME", help_heading = "Provider")]
    provider: Option<String>,
    /// draft or final: which of the provider's models [default: final]
    #[arg(long, value_name = "TIER", help_heading = "Provider")]
    tier: Option<String>,
    /// A local image-to-video program, e.g. './my-i2v {seed} {out} {prompt} {duration}'
    #[arg(long, value_name = "LINE", help_heading = "Provider")]
    command: Option<String>,
    /// What one take of the command costs, in US dollars
    #[arg(long, value_name = "USD", help_heading = "Provider")]
    command_price: Option<Money>,
    /// A workflow for your ComfyUI server, exported with “Export (API)”; `providers show comfyui` tells how to title it
    #[arg(long, value_name = "JSON", value_hint = ValueHint::FilePath, help_heading = "Provider")]
    workflow: Option<PathBuf>,
    /// Most that may be spent, in US dollars
    #[arg(long, value_name = "USD", help_heading = "Provider")]
    budget: Option<Money>,
    /// Agree to spend up to the budget
    #[arg(long, short, help_heading = "Provider")]
    pub(crate) yes: bool,
    /// Most takes to ask for [default: 3]
    #[arg(long, value_name = "N", help_heading = "Provider")]
    takes: Option<u32>,
    /// Takes to ask for at the same time; the best one counts [default: 1]
    #[arg(long, value_name = "N", help_heading = "Provider")]
    candidates: Option<u32>,
    /// 9:16, 1:1, 4:5, 16:9 or still [default: still]
    #[arg(long, value_name = "SHAPE", help_heading = "Clip")]
    aspect: Option<String>,
    /// Length, e.g. 5s [default: 4s]
    #[arg(long, value_name = "TIME", help_heading = "Clip")]
    duration: Option<String>,
    /// 24, 25 or 30 [default: 24]
    #[arg(long, value_name = "RATE", help_heading = "Clip")]
    fps: Option<u32>,
    /// Camera move: push-in, pull-out, pan-left, pan-right, tilt-up, tilt-down, orbit
    #[arg(long, value_name = "MOVE", default_value = DEFAULT_MOTION, help_heading = "Clip")]
    motion: String,
    /// Seed of randomness [default: derived from the request]
    #[arg(long, value_name = "N", help_heading = "Clip")]
    rng_seed: Option<u64>,
    /// Where fidelity matters, painted in the still's shape: white product on black; green: label; red: not measured; blue: may change its shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath, help_heading = "Still")]
    mask: Option<PathBuf>,
    /// Depth map for parallax: near is bright, of the still's shape
    #[arg(long, value_name = "PNG", value_hint = ValueHint::FilePath, help_heading = "Still")]
    depth: Option<PathBuf>,
    /// Inject a defect into the built-in animator's clip: bend|bulge|swim|garble|hue|flicker|freeze|melt[:strength[:from-to]][@take]
    #[arg(long, value_name = "DEFECT", help_heading = "Simulation")]
    simulate: Vec<String>,
    /// What counts as drift: draft, standard, strict or a gate.toml [default: standard]
    #[arg(long, value_name = "POLICY", help_heading = "Outcome")]
    policy: Option<String>,
    /// The final MP4, or a folder to put it in [default: out/]
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Outcome")]
    out: Option<PathBuf>,
    /// Folder for runs, clips and the ledger
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Outcome")]
    home: Option<PathBuf>,
}

impl OrderArgs {
    /// The settings under these flags.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        let mut config = load_config()?;
        config.flag(Key::Provider, "--provider", self.provider.as_ref())?;
        config.flag(Key::Tier, "--tier", self.tier.as_ref())?;
        config.flag(Key::Budget, "--budget", self.budget.map(|budget| budget.to_string()))?;
        config.flag(Key::Takes, "--takes", self.takes)?;
        config.flag(Key::Candidates, "--candidates", self.candidates)?;
        config.flag(Key::Aspect, "--aspect", self.aspect.as_ref())?;
        config.flag(Key::Duration, "--duration", self.duration.as_ref())?;
        config.flag(Key::Fps, "--fps", self.fps)?;
        config.flag(Key::Policy, "--policy", self.policy.as_ref())?;
        let workflow = self.workflow.as_ref().map(|file| file.display().to_string());
        config.flag(Key::Workflow, "--workflow", workflow)?;
        config.flag(Key::Home, "--home", self.home.as_ref().map(|home| home.display().to_string()))?;
        Ok(config)
    }

    /// The job that the flags and settings describe.
    pub(crate) fn job(&self, config: &Config) -> Result<AnimateJob, Failure> {
        let (maker, duration_secs) = self.maker(config)?;
        let still = full(&self.still)?;
        Ok(AnimateJob {
            prompt: self.prompt.clone(),
            budget: config.budget(),
            is_consented: self.yes && config.budget().is_some(),
            takes: config.takes(),
            candidates: config.candidates(),
            aspect: config.text(Key::Aspect).unwrap_or("still").to_owned(),
            duration_secs,
            fps: config.fps(),
            motion: self.motion.clone(),
            mask: self.mask.as_deref().map(full).transpose()?,
            depth: self.depth.as_deref().map(full).transpose()?,
            simulate: self.simulate.clone(),
            drift_fail: policy(config.text(Key::Policy).unwrap_or("standard"))?.thresholds().drift_fail,
            rng_seed: self.rng_seed,
            out: full(&self.target())?,
            folder: full(Path::new("."))?,
            command: command_line(),
            draft: None,
            maker,
            still,
        })
    }

    /// Who makes the clips, and how long they are.
    fn maker(&self, config: &Config) -> Result<(Maker, f64), Failure> {
        let provider = config.text(Key::Provider).unwrap_or("animator");
        let maker = match &self.command {
            Some(line) if self.provider.as_deref().is_some_and(|given| given != "command") => {
                return Err(Failure::usage(
                    format!("--command `{line}` is given, but --provider is {provider}"),
                    "leave one of them out",
                ));
            }
            Some(line) => Maker::Command { line: line.clone(), price: self.command_price },
            None if provider == "command" => {
                return Err(Failure::usage(
                    "the provider is `command`, and no command is given",
                    "add --command './my-i2v {seed} {out} {prompt} {duration}'",
                ));
            }
            None if provider == comfyui::ID || self.workflow.is_some() => self.comfy(config)?,
            None if provider == "animator" => Maker::Animator,
            None => return remote(provider, config),
        };
        Ok((maker, config.duration_secs()))
    }

    /// A `ComfyUI` server, which a workflow alone asks for as well.
    fn comfy(&self, config: &Config) -> Result<Maker, Failure> {
        if let Some(other) = self.provider.as_deref().filter(|given| *given != comfyui::ID) {
            let what = format!("--workflow is given, but --provider is {other}");
            return Err(Failure::usage(what, "leave one of them out"));
        }
        let path = config.text(Key::Workflow).ok_or_else(|| {
            let what = "the provider is `comfyui`, and no workflow is given";
            Failure::usage(what, "add --workflow my.json; `holdstill providers show comfyui` tells how to make one")
        })?;
        let workflow = std::fs::read_to_string(path).map_err(|error| {
            let what = format!("cannot read the workflow `{path}`: {error}");
            Failure::usage(what, "give a workflow that was exported with “Export (API)”")
        })?;
        Ok(Maker::Comfy { workflow })
    }

    /// `--out`, or `out/STILL.mp4`; a folder gets a file named after the still.
    fn target(&self) -> PathBuf {
        let name = self.still.file_stem().map_or_else(|| "clip".into(), |stem| stem.to_string_lossy().into_owned());
        match &self.out {
            Some(out) if !out.is_dir() && out.extension().is_some() => out.clone(),
            Some(folder) => folder.join(format!("{name}.mp4")),
            None => Path::new("out").join(format!("{name}.mp4")),
        }
    }
}

/// A provider behind HTTP, `ID` or `ID/MODEL`; where no length was asked for, the nearest that its model makes.
fn remote(name: &str, config: &Config) -> Result<(Maker, f64), Failure> {
    let (id, model) = name.split_once('/').map_or((name, None), |(id, model)| (id, Some(model)));
    let tier = if config.text(Key::Tier) == Some("draft") { Tier::Draft } else { Tier::Final };
    let recipe = Shelf::of_user().open(id)?.that_makes(Makes::Clip)?;
    let model = recipe.model(model, tier)?;
    let asked = config.duration_secs();
    let secs = if config.is_default(Key::Duration) { f64::from(model.durations.nearest(asked)) } else { asked };
    let price = model.price.of(secs).ok_or(store::Error::MoneyOverflow)?;
    Ok((Maker::Remote { id: id.to_owned(), model: model.id.clone(), tier: model.tier, price }, secs))
}

/// The settings of this folder and user, without flags.
pub(crate) fn load_config() -> Result<Config, Failure> {
    Ok(Config::load(&full(Path::new("."))?)?)
}

/// The data folder that the settings name.
pub(crate) fn home(config: &Config) -> Result<Home, Failure> {
    Ok(Home::open(config.home().as_deref())?)
}

/// Asks on a terminal whether the money may be spent; the answer is in the job.
pub(crate) fn ask_consent(job: &mut AnimateJob, ui: &Ui) -> Result<(), Failure> {
    let price = job.maker.price();
    if price == Money::ZERO || job.is_consented || !ui.can_ask() {
        return Ok(());
    }
    let most = price.checked_mul(i64::from(job.takes)).ok_or(store::Error::MoneyOverflow)?;
    let limit = job.budget.map_or(most, |budget| budget.min(most));
    job.is_consented = ui.ask(&format!("Spend up to {limit} ({} takes at {price})?", job.takes));
    job.budget = job.budget.or(Some(limit));
    Ok(())
}

/// Says where a provider's prices were looked up long ago.
pub(crate) fn tell_old_price(job: &AnimateJob, ui: &Ui) -> Result<(), Failure> {
    if let Maker::Remote { id, .. } = &job.maker
        && let Some(warning) = old_price(&Shelf::of_user().open(id)?)
    {
        ui.say(warning);
    }
    Ok(())
}

/// A preset by its name, or a file.
pub(crate) fn policy(name: &str) -> Result<Policy, Failure> {
    if let Ok(preset) = name.parse::<Preset>() {
        return Ok(Policy::preset(preset));
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        Failure::usage(
            format!("cannot read the policy `{name}`: {error}"),
            "give draft, standard, strict or a gate.toml",
        )
    })?;
    Policy::parse(&text, name).map_err(|error| Failure::usage(error.to_string(), error.hint()))
}

/// A path that stays right in another folder.
pub(crate) fn full(path: &Path) -> Result<PathBuf, Failure> {
    absolute(path).map_err(|error| {
        Failure::usage(format!("cannot use the path `{}`: {error}", path.display()), "give a path that exists")
    })
}

/// The command as it was typed, quoted for a shell.
pub(crate) fn command_line() -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@%,".contains(c);
    let quote = |word: String| {
        if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    let words = std::env::args_os().skip(1).map(|word| quote(word.to_string_lossy().into_owned()));
    std::iter::once("holdstill".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
