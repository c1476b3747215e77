//! Reports as people and machines read them.

mod sample;

use holdstill::{
    drift::{Cause, Facts, Policy, ScoreReport, Spread, StyleDrift, policy::Preset},
    engine::animate::{Draft, Influence, Link, Promotion},
    frame::{Picture, Plane, Size},
    report::{
        Exhibit, annotate, csv,
        html::{self, Mend, Page, Step, Story},
        json,
    },
    store::Money,
};

const HOSTILE: &str = r#""><script>alert(1)</script><img src=x onerror=alert(2)>.mp4"#;

fn exhibit(index: usize) -> Exhibit {
    let size = Size::new(48, 60);
    Exhibit {
        index,
        time_secs: 1.0,
        drift: 78.0,
        cause: Cause::Geometry,
        frame: Picture::filled(size, [0.8, 0.4, 0.2]),
        seed: Some(Picture::filled(size, [0.7, 0.4, 0.2])),
        heat: Some(Plane::from_fn(24, 30, |x, _| x as f32 * 4.0)),
    }
}

fn promotion() -> Promotion {
    let spread = |median| Spread { median, worst: 2.0 * median };
    let style = StyleDrift {
        moments: 12,
        color: spread(0.6),
        color_peak: spread(1.1),
        structure: spread(0.97),
        identity: None,
        motion: spread(0.04),
    };
    let draft = Draft {
        link: Link::Rerender,
        run: HOSTILE.to_owned(),
        attempt: 1,
        take: 1,
        model: HOSTILE.to_owned(),
        family: HOSTILE.to_owned(),
        final_family: HOSTILE.to_owned(),
        blake3: String::new(),
        influence: Influence::default(),
    };
    let warnings = vec![HOSTILE.to_owned()];
    Promotion { draft, final_model: HOSTILE.to_owned(), style: Some(style), style_unmended: Some(style), warnings }
}

fn story() -> Story {
    Story {
        title: "1 take, 1 mend".to_owned(),
        before: Some(sample::drift()),
        steps: vec![Step { label: "Take 1".to_owned(), detail: HOSTILE.to_owned(), ..Step::default() }],
        mends: vec![Mend {
            frames: [21, 31],
            method: "bridge".to_owned(),
            before: 78.0,
            after: 9.0,
            accepted: true,
            why: HOSTILE.to_owned(),
        }],
        spent: Some(Money { micros: 800_000 }),
        budget: Some(Money { micros: 3_000_000 }),
        promotion: Some(promotion()),
    }
}

#[test]
fn the_page_answers_in_order() {
    let report = sample::drift();
    let decision = Policy::preset(Preset::Strict).judge(&report, &Facts::of(&report));
    let exhibits = [exhibit(26), exhibit(40)];
    let page = html::render(&Page { report: &report, decision: Some(&decision), exhibits: &exhibits, story: None });
    let headings = ["timeline", "causes", "evidence", "policy", "metrics", "provenance"];
    let places = headings.map(|id| page.find(&format!("<h2 id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}")));
    assert!(page.find("<strong>Drift</strong>").unwrap() < places[0], "the verdict comes first");
    assert!(places.is_sorted(), "{places:?}");
    for figure in ["21–31", "The product bends", "bad_frames.run", "holdstill score clips/bottle.mp4"] {
        assert!(page.contains(figure), "{figure} is missing");
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let report = sample::drift();
    let story = story();
    let page = html::render(&Page { exhibits: &[exhibit(26)], story: Some(&story), ..Page::new(&report) });
    assert!(page.contains("default-src 'none'"));
    for active in ["<script", "<link", "<iframe", "http://", "https://", "url(http", "@import", "onclick"] {
        assert!(!page.contains(active), "{active}");
    }
}

#[test]
fn what_others_wrote_is_text_never_markup() {
    let mut report = sample::drift();
    report.clip.path = HOSTILE.to_owned();
    report.seed.path = HOSTILE.to_owned();
    report.command = HOSTILE.to_owned();
    report.judgement.warnings = vec![HOSTILE.to_owned()];
    report.judgement.causes[0].explain = HOSTILE.to_owned();
    report.judgement.registration.kind = HOSTILE.to_owned();
    report.clip.codec = HOSTILE.to_owned();
    let policy = Policy::parse("", HOSTILE).unwrap();
    let decision = policy.judge(&report, &Facts::of(&report));
    let story = story();
    let page = html::render(&Page { report: &report, decision: Some(&decision), exhibits: &[], story: Some(&story) });
    assert!(!page.contains("<script") && !page.contains("<img"));
    assert!(page.contains("&lt;script&gt;"));
    for told in ["does not reproduce the draft", "in 12 moments", "ΔE2000", "% of the diagonal"] {
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn odd_reports_still_make_a_page() {
    let mut empty = sample::unsure();
    empty.judgement.frames.clear();
    empty.judgement.metrics.clear();
    assert!(html::render(&Page::new(&empty)).contains("Unsure"));
    let mut one = sample::hold();
    one.judgement.frames.truncate(1);
    one.clip.width = 0;
    assert!(html::render(&Page::new(&one)).contains("<svg class=\"timeline\""));
    let mut wild = sample::drift();
    wild.judgement.drift = f64::NAN;
    wild.judgement.frames[3].drift = f64::INFINITY;
    wild.judgement.bad_spans = vec![[40, 2]];
    assert!(html::render(&Page::new(&wild)).ends_with("</html>"));
}

#[test]
fn csv_has_a_line_per_frame_and_a_column_per_cause() {
    let text = csv::frames(&sample::drift());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 49);
    assert_eq!(
        lines[0],
        "frame,time_secs,drift,confidence,geometry,structure,color,text,flicker,detail,identity,freeze,cut"
    );
    assert_eq!(lines[41], "40,1.666667,61.500,0.970,1.000,1.000,61.500,1.000,1.000,4.000,1.000,1.000,1.000");
    assert!(lines.iter().all(|line| line.split(',').count() == 13));
}

#[test]
fn json_reads_back_as_it_was() {
    let report = sample::drift();
    let text = json::pretty(&report);
    assert!(text.ends_with("}\n"));
    // serde_json reads a float within one unit in the last place, so frames are compared as CSV, to the microsecond
    let mut back: ScoreReport = serde_json::from_str(&text).unwrap();
    assert_eq!(csv::frames(&back), csv::frames(&report));
    back.judgement.frames = report.judgement.frames.clone();
    assert_eq!(back, report);
}

/// `UPDATE_SCHEMAS=1 cargo test --test report` writes the files anew; say so in the changelog.
#[test]
fn the_shipped_schemas_are_those_in_the_code() {
    for (name, schema) in
        [("score-1", json::score_schema()), ("animate-1", json::animate_schema()), ("refine-1", json::refine_schema())]
    {
        let path = format!("{}/schemas/{name}.json", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), schema, "the contract of {name} changed");
    }
}

#[test]
fn a_frame_can_be_annotated_in_any_size() {
    let report = sample::drift();
    for (width, height) in [(720, 900), (160, 120), (33, 17), (1, 1)] {
        let mut picture = Picture::filled(Size::new(width, height), [0.5; 3]);
        let before = picture.clone();
        annotate::draw(&mut picture, &report, 26);
        assert_eq!(picture.size(), before.size());
        assert!(picture.rgb.iter().all(|c| c.data().iter().all(|v| (0.0..=1.0).contains(v))));
        if width >= 160 {
            assert_ne!(picture, before, "{width}x{height}");
        }
    }
}
