//! The ruler tried on a still, as a user would before trusting it.

mod scene;

use scene::Scene;
use serde_json::Value;

#[test]
fn a_quick_selftest_passes_in_every_part() {
    let scene = Scene::new();
    let [still, mask, depth] = ["bottle", "bottle_mask", "bottle_depth"]
        .map(|name| format!("{}/fixtures/stills/{name}.png", env!("CARGO_MANIFEST_DIR")));
    let args = ["selftest", &still, "--mask", &mask, "--depth", &depth, "--quick", "--json"];
    let output = scene.holdstill(&args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(report["schema"], "holdstill/selftest/1");
    let parts = report["parts"].as_array().unwrap();
    let names: Vec<&str> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["separation", "localisation", "monotonicity", "invariance", "determinism"]);
    for part in parts {
        assert_eq!(part["passed"], true, "{part} {}", report["trials"]);
    }
    assert_eq!(output.status.code(), Some(0));
    assert!(report["noise_floor"]["bend"]["p95"].as_f64().is_some_and(|floor| floor >= 0.0));
}
