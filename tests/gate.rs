//! Policies: what they read, what they refuse, what they decide; and the gate as CI runs it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod sample;
mod scene;

use holdstill::drift::{
    Cause, Decision, Facts, Policy, ScoreReport, Verdict,
    policy::{Level, OnUnsure, PolicyError, Preset},
};
use scene::Scene;

fn judge(text: &str, report: &ScoreReport) -> Decision {
    Policy::parse(text, "gate.toml").unwrap().judge(report, &Facts::of(report))
}

fn rules(decision: &Decision) -> Vec<&str> {
    decision.breaches.iter().map(|b| b.rule.as_str()).collect()
}

#[test]
fn the_default_fails_at_fifty() {
    let policy = Policy::default();
    assert_eq!(policy.thresholds().drift_fail, 50.0);
    let at = |drift| {
        let report = sample::at(drift);
        policy.judge(&report, &Facts::of(&report)).outcome
    };
    assert_eq!(at(49.9), Verdict::Hold);
    assert_eq!(at(50.0), Verdict::Drift);
}

#[test]
fn presets_grow_stricter() {
    let report = sample::at(60.0);
    let outcome = |preset| Policy::preset(preset).judge(&report, &Facts::of(&report)).outcome;
    assert_eq!(Preset::ALL.map(outcome), [Verdict::Hold, Verdict::Drift, Verdict::Drift]);
    for preset in Preset::ALL {
        assert_eq!(preset.name().parse::<Preset>().unwrap(), preset);
        let report = sample::hold();
        let decision = Policy::preset(preset).judge(&report, &Facts::of(&report));
        assert_eq!((decision.outcome, decision.breaches.len()), (Verdict::Hold, 0), "{preset}");
    }
}

#[test]
fn limits_look_at_the_right_figure_and_frame() {
    let report = sample::drift();
    let decision = judge(
        "[limits]\ndrift.clip = 'off'\ngeometry.max = 70\ncolor.max = 60\ncolor.p95 = 60\nbad_frames.run = 11\nbad_frames.count = 13\nbad_frames.share = 0.25",
        &report,
    );
    assert_eq!(rules(&decision), ["geometry.max", "color.max", "bad_frames.run", "bad_frames.share"]);
    let [geometry, color, run, share] = &decision.breaches[..] else { panic!("four breaches") };
    assert_eq!((geometry.measured.as_str(), geometry.limit.as_str(), geometry.frame), ("78.0", "70.0", Some(26)));
    assert_eq!(color.frame, Some(40));
    assert_eq!((run.measured.as_str(), run.frame), ("11 frames", Some(21)));
    assert_eq!(share.measured, "25.0 %");
    assert!(geometry.explain.contains("geometry reaches 78.0 at frame 26"), "{}", geometry.explain);
}

#[test]
fn warnings_are_shown_and_pass() {
    let decision = judge("[limits]\ndrift.clip = { level = 'warn' }", &sample::drift());
    assert_eq!(decision.outcome, Verdict::Hold);
    assert_eq!(decision.warnings().count(), 1);
    assert_eq!(decision.errors().count(), 0);
}

#[test]
fn unsure_is_never_a_silent_hold() {
    let failed = judge("", &sample::unsure());
    assert_eq!((failed.outcome, rules(&failed)), (Verdict::Unsure, vec!["unsure"]));
    let passed = judge("unsure = 'pass'", &sample::unsure());
    assert_eq!((passed.outcome, passed.breaches[0].level), (Verdict::Hold, Level::Warn));
    let worse = judge("[limits]\ndrift.clip = 10", &sample::unsure());
    assert_eq!(worse.outcome, Verdict::Drift);
}

#[test]
fn the_clip_itself_is_looked_at() {
    let report = sample::hold();
    let facts = Facts { has_audio: Some(false), ..Facts::of(&report) };
    let decide = |text: &str| Policy::parse(text, "gate.toml").unwrap().judge(&report, &facts);
    assert_eq!(decide("[require]\nfps = 24\nduration = 2\naspect = '4:5'\nwidth = 720\naudio = false").breaches, []);
    let all = "[require]\nfps = 30\nduration = { min = 4, max = 15 }\naspect = '9:16'\nwidth = { min = 1080 }\naudio = true\nmotion = { min = 5 }";
    let decision = decide(all);
    assert_eq!(decision.outcome, Verdict::Drift);
    assert_eq!(rules(&decision), ["duration", "fps", "width", "aspect", "audio", "motion"].map(|r| r).to_vec());
    assert_eq!(decision.breaches[0].explain, "duration is 2 s; 4 to 15 s is required");
    assert_eq!(decide("[require]\naspect = { is = '9:16', level = 'warn' }").outcome, Verdict::Hold);
}

#[test]
fn a_frozen_clip_is_no_video() {
    let mut report = sample::hold();
    report.judgement.metrics.get_mut("motion").unwrap().mean = 0.02;
    assert_eq!(judge("extends = 'strict'", &report).outcome, Verdict::Drift);
    assert_eq!(rules(&judge("", &report)), ["motion"]);
}

#[test]
fn what_could_not_be_found_out_is_a_breach() {
    let report = sample::hold();
    let decision = judge("[require]\naudio = true", &report);
    assert_eq!(decision.outcome, Verdict::Drift);
    assert!(decision.breaches[0].explain.contains("could not be found out"));
}

#[test]
fn mistakes_are_located_and_the_nearest_word_is_named() {
    let cases = [
        ("[limits]\ngeomtry.max = 50", (2, 1), Some("geometry")),
        ("[limits]\ncolor.p59 = 50", (2, 7), Some("p95")),
        ("[limits]\ngeometry.run = 3", (2, 16), Some("geometry.max")),
        ("extends = \"standrd\"", (1, 11), Some("standard")),
        ("[limit]\ndrift.max = 1", (1, 2), Some("limits")),
        ("[limits]\ndrift.max = 500", (2, 13), None),
        ("[limits]\ndrift.max = nan", (2, 13), None),
        ("[limits]\nbad_frames.run = 0", (2, 18), None),
        ("[limits]\ndrift.max = { limt = 3 }", (2, 13), Some("limit")),
        ("[require]\naspect = \"wide\"", (2, 10), None),
        ("[require]\nduration = { min = 9, max = 3 }", (2, 12), None),
        ("[require]\nfps = -1", (2, 7), None),
        ("unsure = maybe", (1, 10), None),
    ];
    for (text, place, word) in cases {
        let error = Policy::parse(text, "gate.toml").unwrap_err();
        let PolicyError::Invalid { line, column, nearest, .. } = &error else { panic!("{error}") };
        assert_eq!(((*line, *column), nearest.as_deref()), (place, word), "{text}: {error}");
        assert!(error.to_string().starts_with(&format!("gate.toml:{line}:{column}: ")));
        assert_eq!(error.code(), "policy-invalid");
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn every_cause_can_be_limited() {
    for cause in Cause::ALL {
        let policy = Policy::parse(&format!("[limits]\n{cause}.max = 1"), "gate.toml").unwrap();
        assert_eq!(policy.limits.len(), 2, "{cause} and the preset's drift.clip");
    }
    assert_eq!(Policy::parse("unsure = 'pass'", "x").unwrap().unsure, OnUnsure::Pass);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(\\[limits\\]\n|\\[require\\]\n|drift|color|\\.max|fps|aspect| = |\\{|\\}|is|min|[0-9\"'äé\n]){0,24}") {
        if let Err(error) = Policy::parse(&text, "gate.toml") {
            proptest::prop_assert!(!error.to_string().is_empty());
        }
    }
}

#[test]
fn ci_reads_the_exit_code_and_the_junit_file() {
    let scene = Scene::new()
        .clip("good <1> & \"2\".mp4", 8, |i| scene::zoomed(1.0 + 0.004 * i as f32))
        .clip("bad.mp4", 8, |i| scene::warped(1.0 + 0.004 * i as f32, 2.5 * i.saturating_sub(2) as f32))
        .file("text.mp4", "no clip at all");
    let gate = |clips: &[&str]| {
        let mut args = vec!["gate"];
        args.extend(clips);
        args.extend(["--seed", "still.png", "--junit", "out.xml", "--markdown", "out.md"]);
        scene.holdstill(&args).output().unwrap()
    };
    let good = "good <1> & \"2\".mp4";
    assert_eq!(gate(&[good]).status.code(), Some(0));
    assert_eq!(gate(&[good, "bad.mp4"]).status.code(), Some(1));
    let output = gate(&[good, "bad.mp4", "text.mp4"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 of 3 clips pass"));

    let text = std::fs::read_to_string(scene.path("out.xml")).unwrap();
    let xml = roxmltree::Document::parse(&text).unwrap();
    let suite = xml.descendants().find(|n| n.has_tag_name("testsuite")).unwrap();
    assert_eq!(["tests", "failures", "errors"].map(|name| suite.attribute(name)), [Some("3"), Some("1"), Some("1")]);
    let cases: Vec<_> = suite.children().filter(|n| n.has_tag_name("testcase")).collect();
    assert_eq!(cases[0].attribute("name"), Some(good));
    let has = |case: usize, tag: &str| cases[case].children().any(|n| n.has_tag_name(tag));
    assert!(!has(0, "failure") && has(1, "failure") && has(2, "error"));

    let markdown = std::fs::read_to_string(scene.path("out.md")).unwrap();
    assert!(markdown.starts_with("## holdstill: 1 of 3 clips pass `standard`"), "{markdown}");
}
