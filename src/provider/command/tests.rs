use super::*;
use crate::frame::Size;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

fn request(out: &Path, prompt: &str) -> Request {
    Request {
        seed: "still.png".into(),
        last: None,
        out: out.into(),
        prompt: prompt.into(),
        duration_secs: 4.0,
        fps: 24,
        size: Size::new(720, 900),
        motion: "push-in".into(),
        strength: 1.0,
        rng_seed: 7,
        take: 2,
        mask: None,
        depth: None,
        aspect: "still".into(),
        simulate: Vec::new(),
    }
}

fn run(line: &str, request: &Request, is_cancelled: &dyn Fn() -> bool) -> (Result<Generated, Error>, Vec<Progress>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut heard = Vec::new();
    let folder = std::env::temp_dir();
    let made = runtime.block_on(Command::parse(line).unwrap().generate(
        request,
        &folder,
        &mut |progress| match progress {
            Progress::Accepted(_) => {}
            other => heard.push(other),
        },
        is_cancelled,
    ));
    (made, heard)
}

fn script(body: &str) -> String {
    format!("sh -c '{body}' sh {{out}} {{prompt}} {{duration}}")
}

#[test]
fn lines_are_split_and_checked() {
    for (line, what) in [
        ("", "empty"),
        ("'a {out}", "not closed"),
        ("a {outt}", "`{outt}` is no placeholder"),
        ("a b", "{out} is missing"),
    ] {
        let error = Command::parse(line).unwrap_err();
        assert!(error.to_string().contains(what), "{line}: {error}");
        assert!(error.hint().contains("{rng_seed}"));
    }
    let command = Command::parse(r#"a 'b c' "d\" {take}" e\ f {out} {} {X} g={width}x{height} ''"#).unwrap();
    let words = command.filled(&request(Path::new("o.mp4"), ""));
    assert_eq!(words, ["a", "b c", "d\" 2", "e f", "o.mp4", "{}", "{X}", "g=720x900", ""]);
}

#[test]
fn a_prompt_stays_one_word() {
    let command = Command::parse("a --p={prompt} {out}").unwrap();
    let evil = "'; rm -rf / #\" $(id) {out} `id`";
    assert_eq!(command.filled(&request(Path::new("o"), evil))[1], format!("--p={evil}"));
}

#[test]
fn a_program_makes_a_clip_and_tells_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("o.mp4");
    let body = r#"cat > "$1"; echo noise; echo "{\"progress\":0.5}"; echo "{\"cost_usd\":0.25,\"message\":\"$2\"}""#;
    let (made, heard) = run(&script(body), &request(&out, "slow"), &|| false);
    assert_eq!(made.unwrap().cost.unwrap().to_string(), "$0.25");
    assert_eq!(heard, [Progress::Fraction(0.5), Progress::Message("slow".into())]);
    let sent: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((&sent["rng_seed"], &sent["size"][1]), (&7.into(), &900.into()));
}

#[test]
fn failures_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let request = request(&folder.path().join("o.mp4"), "");
    let failed = run(&script("echo no money >&2; exit 3"), &request, &|| false).0.unwrap_err();
    assert_eq!(failed.code(), "command-failed");
    assert!(failed.to_string().contains("exit status: 3; its last words: no money"), "{failed}");
    assert_eq!(run(&script("true"), &request, &|| false).0.unwrap_err().code(), "command-no-output");
    let missing = run("/nowhere/model {out}", &request, &|| false).0.unwrap_err();
    assert_eq!((missing.code(), missing.cost()), ("command-not-started", Some(crate::store::Money::ZERO)));
}

#[test]
fn a_program_says_what_it_can_do_and_how_it_failed() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let able = |line: &str| runtime.block_on(Command::parse(line).unwrap().capabilities(folder.path()));
    let speaker = |body: &str| format!("sh -c '{body}' sh {{ask}}");
    let told = r#"[ "$1" = capabilities ] && echo "{\"capabilities\":{\"last_frame\":true,\"longest_secs\":3}}""#;
    let capabilities = able(&speaker(told)).unwrap();
    assert_eq!(capabilities, Capabilities { last_frame: true, longest_secs: 3.0, ..Capabilities::default() });
    assert_eq!(capabilities.offer(1.5, false, "0.40".parse().unwrap()), Some((1.5, "0.40".parse().unwrap())));
    let told = r#"echo "{\"capabilities\":{\"usd_per_sec\":0.10,\"shortest_secs\":2,\"longest_secs\":4,\"whole_secs\":true}}""#;
    let metered = able(&speaker(told)).unwrap();
    let offer =
        |secs, is_open| metered.offer(secs, is_open, Money::ZERO).map(|(secs, price)| (secs, price.to_string()));
    let prices = [0.7, 2.1, 4.1].map(|secs| offer(secs, true));
    assert_eq!(prices, [Some((2.0, "$0.20".into())), Some((3.0, "$0.30".into())), None]);
    assert_eq!(offer(2.0, false), None, "it cannot be told how to end");
    let refusal = capabilities.check(&request(Path::new("o.mp4"), "")).unwrap_err();
    assert!(refusal.to_string().contains("0 to 3 s, not of 4 s"), "{refusal}");

    assert_eq!(able("touch started {out}").unwrap(), Capabilities::default());
    assert!(able("touch started {out} {last}").unwrap().last_frame);
    assert!(!folder.path().join("started").exists(), "nobody was asked");
    for (body, word) in [("true", "told nothing"), (r#"echo "{\"capabilities\":{\"colour\":1}}""#, "colour")] {
        assert!(able(&speaker(body)).unwrap_err().to_string().contains(word));
    }
    for (status, code) in [(65, "provider-invalid-input"), (75, "provider-unavailable"), (77, "provider-moderated")] {
        let body = format!("echo no >&2; exit {status}");
        let failed = run(&script(&body), &request(Path::new("o.mp4"), ""), &|| false).0.unwrap_err();
        assert_eq!(failed.code(), code);
        assert!(failed.to_string().contains("said no: no"), "{failed}");
    }
}

#[test]
fn floods_of_output_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("o.mp4");
    let body = r#"head -c 3000000 /dev/zero | tr "\0" x; echo; head -c 3000000 /dev/zero >&2; echo x > "$1""#;
    let (made, heard) = run(&script(body), &request(&out, ""), &|| false);
    assert!(made.is_ok() && heard.is_empty());
}

#[test]
fn a_stubborn_program_and_its_children_are_ended() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("o.mp4");
    let body = r#"sleep 600 & echo $! > "$1.child"; wait"#;
    let began = Instant::now();
    let is_begun = AtomicBool::new(false);
    let child = out.with_extension("mp4.child");
    let cancel = || {
        is_begun.fetch_or(child.exists(), Ordering::Relaxed);
        is_begun.load(Ordering::Relaxed) && began.elapsed() > Duration::from_millis(200)
    };
    let (made, _) = run(&script(body), &request(&out, ""), &cancel);
    assert_eq!(made.unwrap_err().code(), "cancelled");
    assert!(began.elapsed() < Duration::from_secs(4), "SIGTERM reaches the whole group");
    let id = std::fs::read_to_string(child).unwrap();
    let status = || std::fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    let is_gone = || status().is_empty() || status().contains(") Z ");
    // the signal was sent; a killed process takes a moment to leave
    let is_gone = (0..100).any(|_| is_gone() || (std::thread::sleep(Duration::from_millis(20)), false).1);
    assert!(is_gone, "the grandchild lives: {}", status());
}
