//! `holdstill demo`: the whole loop on a built-in still, without key, network or settings.

use super::{Exit, Failure, Ui, animate, story};
use holdstill::{
    drift::policy::DRIFT_FAIL,
    engine::animate::{AnimateJob, Maker, Start},
    media::{self, TempOut},
    store::{self, Home},
};
use std::path::{Path, PathBuf, absolute};

/// The still, its mask and its depth, as rendered for this project.
const STILL: &[u8] = include_bytes!("../../fixtures/stills/bottle.png");
const MASK: &[u8] = include_bytes!("../../fixtures/stills/bottle_mask.png");
const DEPTH: &[u8] = include_bytes!("../../fixtures/stills/bottle_depth.png");

/// Length in seconds: long enough to see the move, short enough to wait for.
const LENGTH_SECS: f64 = 3.0;
/// What is wrong with the takes: the first swims and turns colour from frame 16 to its end, the second has a dent for six frames.
const DEFECTS: [&str; 3] = ["swim:2.5:16-71@1", "hue:35:16-71@1", "bulge:8:40-45@2"];

#[derive(clap::Args)]
#[command(after_help = "\
The defects are simulated: the first take swims and turns colour until it ends, the second has one short dent.
Nothing is sent anywhere.")]
pub(crate) struct Args {
    /// Where to put the clip and the report
    #[arg(long, short, value_name = "DIR", default_value = "demo")]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, ui: &mut Ui) -> Result<Exit, Failure> {
    let folder = absolute(&args.out).map_err(|source| store::Error::io("use", &args.out, source))?;
    media::make_folder(&folder)?;
    let home = Home::open(Some(&folder.join(".holdstill")))?;
    let [still, mask, depth] = [("seed.png", STILL), ("mask.png", MASK), ("depth.png", DEPTH)]
        .map(|(name, bytes)| lay_out(&folder.join(name), bytes));
    let job = AnimateJob {
        still: still?,
        prompt: "slow push in, product turntable light".to_owned(),
        maker: Maker::Animator,
        budget: None,
        is_consented: false,
        takes: 3,
        candidates: 1,
        aspect: "4:5".to_owned(),
        duration_secs: LENGTH_SECS,
        fps: 24,
        motion: "push-in".to_owned(),
        mask: Some(mask?),
        depth: Some(depth?),
        simulate: DEFECTS.map(str::to_owned).to_vec(),
        drift_fail: DRIFT_FAIL,
        rng_seed: Some(1),
        out: folder.join("final.mp4"),
        folder: folder.clone(),
        command: "holdstill demo".to_owned(),
        draft: None,
    };
    let reports = [folder.join("report.html"), folder.join("report.json")];
    ui.say("A still, a built-in animator, and three simulated defects. Watch them being found and mended.\n");
    let animated = animate::perform(&home, &job, &Start::Fresh, ui)?;
    story::write(&animated, &job, &reports, ui)?;
    let exit = story::tell(&animated, &reports, ui);
    ui.say(format_args!("\nOpen {} in a browser.", reports[0].display()));
    Ok(exit)
}

fn lay_out(path: &Path, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let temp = TempOut::beside(path)?;
    std::fs::write(temp.path(), bytes).map_err(|source| store::Error::io("write", path, source))?;
    temp.commit()?;
    Ok(path.to_owned())
}
