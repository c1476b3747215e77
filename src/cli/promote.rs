//! `holdstill promote`: from a draft that was looked at to its final.

use super::{
    Exit, Failure, Ui, animate,
    order::{ask_consent, command_line, full, home, load_config, policy, tell_old_price},
    plan, story,
};
use clap::ValueHint;
use holdstill::{
    engine::{
        Event,
        animate::{self as engine, AnimateJob, PromoteWish, Start},
    },
    provider::Shelf,
    store::{Config, Money, config::Key},
};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  holdstill promote 4f2a91c0 --plan                          # exact or not, and the price; nothing is sent
  holdstill promote 4f2a91c0 --budget 1 --yes -o final.mp4
  holdstill promote 4f2a91c0 --rerender --report final.html
A final is exact where the provider makes it from the draft's own job; anything else is a re-render and says so.")]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command")]
pub(crate) struct Args {
    /// The draft's run: its id, or the first or last letters of it
    run: String,
    /// The draft's take [default: the delivered one]
    #[arg(long, value_name = "N")]
    take: Option<u32>,
    /// The final model [default: exact where the provider can, else the first of the draft's family]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Ask a final model anew even where the provider makes an exact final
    #[arg(long)]
    rerender: bool,
    /// Cross to another family, which --model names
    #[arg(long, requires = "model")]
    force: bool,
    /// Show what it would do and cost; nothing is sent
    #[arg(long)]
    plan: bool,
    /// Most that may be spent, in US dollars
    #[arg(long, value_name = "USD", help_heading = "Provider")]
    budget: Option<Money>,
    /// Agree to spend up to the budget
    #[arg(long, short, help_heading = "Provider")]
    yes: bool,
    /// Most takes of a re-render; an exact final is one [default: 3]
    #[arg(long, value_name = "N", help_heading = "Provider")]
    takes: Option<u32>,
    /// What counts as drift: draft, standard, strict or a gate.toml [default: what counted for the draft]
    #[arg(long, value_name = "POLICY", help_heading = "Outcome")]
    policy: Option<String>,
    /// The final MP4, or a folder to put it in [default: DRAFT-final.mp4 beside the draft]
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::AnyPath, help_heading = "Outcome")]
    out: Option<PathBuf>,
    /// Write the report here: .html or .json; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Outcome")]
    report: Vec<PathBuf>,
    /// Folder for runs, clips and the ledger
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Outcome")]
    home: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    story::check_targets(&args.report)?;
    let config = args.config()?;
    let home = home(&config)?;
    let mut job = engine::promote(&home, &Shelf::of_user(), &args.wish(&config)?)?;
    if let Some(folder) = args.out.as_deref().filter(|out| is_folder(out)) {
        job.out = full(folder)?.join(job.out.file_name().unwrap_or("final.mp4".as_ref()));
    }
    tell_old_price(&job, ui)?;
    if args.plan {
        return plan::show(&engine::plan(&home, &job)?, ui);
    }
    announce(&job, ui);
    ask_consent(&mut job, ui)?;
    let animated = animate::perform(&home, &job, &Start::Reuse, ui)?;
    story::write(&animated, &job, &args.report, ui)?;
    Ok(story::tell(&animated, &args.report, ui))
}

impl Args {
    fn config(&self) -> Result<Config, Failure> {
        let mut config = load_config()?;
        config.flag(Key::Budget, "--budget", self.budget.map(|budget| budget.to_string()))?;
        config.flag(Key::Takes, "--takes", self.takes)?;
        config.flag(Key::Home, "--home", self.home.as_ref().map(|home| home.display().to_string()))?;
        Ok(config)
    }

    fn wish(&self, config: &Config) -> Result<PromoteWish, Failure> {
        let drift_fail = self.policy.as_deref().map(|name| Ok::<_, Failure>(policy(name)?.thresholds().drift_fail));
        let file = self.out.as_deref().filter(|out| !is_folder(out));
        Ok(PromoteWish {
            run: self.run.clone(),
            take: self.take,
            model: self.model.clone(),
            is_rerender: self.rerender,
            is_forced: self.force,
            takes: config.takes(),
            budget: config.budget(),
            is_consented: self.yes && config.budget().is_some(),
            drift_fail: drift_fail.transpose()?,
            out: file.map(full).transpose()?,
            command: command_line(),
        })
    }
}

fn is_folder(out: &Path) -> bool {
    out.is_dir() || out.extension().is_none()
}

/// Says what is about to be asked for, before it is paid for.
fn announce(job: &AnimateJob, ui: &mut Ui) {
    let Some(draft) = &job.draft else { return };
    let price = job.maker.price();
    let what =
        format!("a final of take {} of run {} for {price} a take; {}", draft.take, draft.run, draft.link.meaning());
    ui.hear(&Event::Decision { what });
}
