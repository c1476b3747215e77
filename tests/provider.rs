//! Providers as the loop meets them: real stills, real clips, real processes.
#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

use holdstill::{
    frame::{Frame, Picture, Size},
    media::{Decoder, Want, probe},
    provider::{Builtin, Command, Error, Generated, Progress, Request},
};
use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const SIZE: Size = Size::new(144, 180);

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stills").join(name)
}

/// Half a second of the bottle: 12 frames.
fn request(out: &Path) -> Request {
    Request {
        seed: fixture("bottle.png"),
        last: None,
        out: out.to_owned(),
        prompt: "slow push".into(),
        duration_secs: 0.5,
        fps: 24,
        size: SIZE,
        motion: "push-in".into(),
        strength: 1.0,
        rng_seed: 7,
        take: 1,
        mask: Some(fixture("bottle_mask.png")),
        depth: Some(fixture("bottle_depth.png")),
        aspect: "4:5".into(),
        simulate: Vec::new(),
    }
}

fn built_in(request: &Request) -> Result<Generated, Error> {
    Builtin::parse(&request.motion, &request.aspect, &request.simulate)?.generate(request, &mut |_| {}, &|| false)
}

fn pictures(clip: &Path) -> Vec<Picture> {
    let frames: Result<Vec<Frame>, _> = Decoder::open(clip, &Want { size: None }).unwrap().collect();
    frames.unwrap().into_iter().map(|frame| frame.picture).collect()
}

/// Mean absolute difference in R'G'B', `0..=1`.
fn difference(a: &Picture, b: &Picture) -> f32 {
    let pairs = a.rgb.iter().zip(&b.rgb).flat_map(|(a, b)| a.data().iter().zip(b.data()));
    pairs.map(|(a, b)| (a - b).abs()).sum::<f32>() / (3 * a.rgb[0].data().len()) as f32
}

fn run(
    command: &Command,
    request: &Request,
    is_cancelled: &dyn Fn() -> bool,
) -> (Result<Generated, Error>, Vec<Progress>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = request.out.parent().unwrap();
    let mut heard = Vec::new();
    let made = runtime.block_on(command.generate(request, folder, &mut |told| heard.push(told), is_cancelled));
    (made, heard)
}

/// A program in the folder of the clip, run by a shell of its own: executing a file just written is a race (ETXTBSY).
fn program(folder: &Path, body: &str) -> Command {
    fs::write(folder.join("model"), body).unwrap();
    Command::parse("sh ./model {out} {prompt}").unwrap()
}

#[test]
fn the_built_in_clip_is_as_ordered_and_begins_with_the_still() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("clip.mp4");
    let order = request(&out);
    let builtin = Builtin::parse(&order.motion, &order.aspect, &[]).unwrap();
    let mut told = Vec::new();
    builtin.generate(&order, &mut |sign| told.push(sign), &|| false).unwrap();

    let about = probe(&out).unwrap();
    assert_eq!((about.size, about.fps, about.frames_estimate), (SIZE, (24, 1), Some(12)));
    assert!(matches!(told[0], Progress::Accepted(_)));
    let shares: Vec<f64> =
        told.iter().filter_map(|t| if let Progress::Fraction(f) = t { Some(*f) } else { None }).collect();
    assert!(shares.len() == 12 && shares.is_sorted() && shares[11] == 1.0, "{shares:?}");

    let still = holdstill::media::load_picture(&order.seed).unwrap();
    let still = Picture { rgb: still.rgb.map(|plane| holdstill::frame::pyramid::resize(&plane, SIZE)) };
    let frames = pictures(&out);
    // CRF 16 and 4:2:0 cost about 0.01 on average, another resampler as much; the push ends 15 % larger.
    assert!(difference(&frames[0], &still) < 0.02, "{}", difference(&frames[0], &still));
    assert!(difference(&frames[11], &still) > 0.03, "{}", difference(&frames[11], &still));
}

#[test]
fn the_same_order_gives_the_same_pictures_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, threads| {
        let order = Request { simulate: vec!["garble".into()], ..request(&folder.path().join(name)) };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| built_in(&order)).unwrap();
        pictures(&order.out)
    };
    // What is given to the encoder is the same, bit by bit (the animator's own tests); libx264 itself does not always
    // choose alike within one process. Its choices differ well below the 0.01 of its loss.
    for (index, (one, four)) in made("one.mp4", 1).iter().zip(&made("four.mp4", 4)).enumerate() {
        assert!(difference(one, four) < 0.01, "frame {index}: {}", difference(one, four));
    }
}

#[test]
fn a_simulated_fault_is_in_its_frames_of_its_take() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, take, simulate: &[&str]| {
        let simulate = simulate.iter().map(|&word| word.to_owned()).collect();
        let order = Request { take, simulate, ..request(&folder.path().join(name)) };
        built_in(&order).unwrap();
        pictures(&order.out)
    };
    let clean = made("clean.mp4", 1, &[]);
    let faulty = made("faulty.mp4", 1, &["hue:60:4-7@1"]);
    for (index, (a, b)) in faulty.iter().zip(&clean).enumerate() {
        // Elsewhere only the encoder's choices differ: well below the 0.01 of its loss.
        let by = difference(a, b);
        assert_eq!(by > 0.01, (4..=7).contains(&index), "frame {index}: {by}");
    }
    for (index, (a, b)) in made("second.mp4", 2, &["hue:60:4-7@1"]).iter().zip(&clean).enumerate() {
        assert!(
            difference(a, b) < 0.01,
            "the second take is spared, but frame {index} differs by {}",
            difference(a, b)
        );
    }
}

#[test]
fn a_stopped_take_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let order = request(&folder.path().join("clip.mp4"));
    let asked = Cell::new(0);
    let is_cancelled = || asked.replace(asked.get() + 1) >= 3;
    let stopped = Builtin::parse("orbit", "4:5", &[]).unwrap().generate(&order, &mut |_| {}, &is_cancelled);
    assert_eq!(stopped.unwrap_err().code(), "cancelled");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn orders_that_cannot_be_met_are_refused_with_a_word_why() {
    for (motion, aspect, simulate, named) in
        [("fly", "4:5", "hue", "`fly`"), ("orbit", "5:4", "hue", "`5:4`"), ("orbit", "4:5", "rust", "`rust`")]
    {
        let error = Builtin::parse(motion, aspect, &[simulate.to_owned()]).unwrap_err();
        assert!(error.code() == "bad-request" && error.to_string().contains(named), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let order = request(&folder.path().join("clip.mp4"));
    for bad in [
        Request { fps: 0, ..order.clone() },
        Request { fps: 100_000, ..order.clone() },
        Request { duration_secs: 0.0, ..order.clone() },
        Request { duration_secs: f64::NAN, ..order.clone() },
        Request { duration_secs: 1e12, ..order.clone() },
    ] {
        assert_eq!(built_in(&bad).unwrap_err().code(), "bad-request");
    }
    let missing = built_in(&Request { seed: "/nowhere/still.png".into(), ..order }).unwrap_err();
    assert_eq!(missing.cost(), Some(holdstill::store::Money::ZERO));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_program_in_the_working_folder_makes_a_readable_clip() {
    let folder = tempfile::tempdir().unwrap();
    let prepared = folder.path().join("prepared.mp4");
    built_in(&request(&prepared)).unwrap();
    let order = request(&folder.path().join("out.mp4"));
    let (made, heard) =
        run(&program(folder.path(), "cp prepared.mp4 \"$1\"; echo '{\"progress\":1}'"), &order, &|| false);
    assert_eq!(made.unwrap().cost, None);
    assert!(matches!(&heard[..], [Progress::Accepted(_), Progress::Fraction(_)]), "{heard:?}");
    assert_eq!(probe(&order.out).unwrap().size, SIZE);
}

#[test]
fn a_hostile_prompt_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let prompt = "x'; touch pwned; echo \"$(touch pwned)\" `touch pwned` {seed} && touch pwned | touch pwned\n";
    let order = Request { prompt: prompt.into(), ..request(&folder.path().join("out.mp4")) };
    run(&program(folder.path(), "printf %s \"$2\" > \"$1\""), &order, &|| false).0.unwrap();
    assert_eq!(fs::read_to_string(&order.out).unwrap(), prompt);
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn what_a_failed_program_cost_is_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let order = request(&folder.path().join("out.mp4"));
    let says = "echo '{\"cost_usd\":0.40}'";
    for (body, code) in [(format!("{says}; exit 9"), "command-failed"), (says.to_owned(), "command-no-output")] {
        let error = run(&program(folder.path(), &body), &order, &|| false).0.unwrap_err();
        assert_eq!((error.code(), error.cost().unwrap().to_string().as_str()), (code, "$0.40"));
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn a_program_that_takes_too_long_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let order = request(&folder.path().join("out.mp4"));
    let began = Instant::now();
    let command = program(folder.path(), "echo '{\"cost_usd\":2}'; exec sleep 600").limited(Duration::from_millis(700));
    let error = run(&command, &order, &|| false).0.unwrap_err();
    assert_eq!((error.code(), error.cost().unwrap().to_string().as_str()), ("command-timed-out", "$2.00"));
    assert!(began.elapsed() < Duration::from_secs(4), "SIGTERM was enough");
}

#[test]
fn a_program_deaf_to_sigterm_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let order = request(&folder.path().join("out.mp4"));
    let command = program(folder.path(), "trap '' TERM; echo $$ > id; while :; do sleep 0.2; done");
    let id = folder.path().join("id");
    let began = Instant::now();
    let is_begun = || fs::read_to_string(&id).is_ok_and(|id| id.ends_with('\n'));
    assert_eq!(run(&command, &order, &is_begun).0.unwrap_err().code(), "cancelled");
    // 5 s of grace, then SIGKILL
    assert!((5..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let process = Path::new("/proc").join(fs::read_to_string(id).unwrap().trim());
    let state = fs::read_to_string(process.join("stat")).unwrap_or_default();
    assert!(state.is_empty() || state.contains(") Z "), "it lives: {state}");
}
