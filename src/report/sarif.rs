//! The outcome of a gate as SARIF 2.1.0 (OASIS standard), which code hosts show beside a change.

use super::json;
use crate::{
    drift::{Breach, policy::Level},
    engine::{GateReport, Gated},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One run; every breach and every clip that cannot be read is a result, placed on the clip's file.
pub fn gate(report: &GateReport) -> String {
    let results: Vec<Value> = report.clips.iter().flat_map(of_clip).collect();
    let rules: BTreeSet<&str> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    let rules: Vec<Value> = rules.into_iter().map(|id| json!({ "id": id })).collect();
    json::pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "holdstill", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "results": results,
        }],
    }))
}

fn of_clip(clip: &Gated) -> Vec<Value> {
    if let Some(error) = &clip.error {
        return vec![result(&clip.clip, error.code, "error", &error.message, None)];
    }
    let breaches = clip.decision.iter().flat_map(|decision| &decision.breaches);
    breaches.map(|b| result(&clip.clip, &b.rule, level(b), &b.explain, b.frame)).collect()
}

fn level(breach: &Breach) -> &'static str {
    match breach.level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Off => "none",
    }
}

fn result(clip: &str, rule: &str, level: &str, message: &str, frame: Option<usize>) -> Value {
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": message },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(clip) } } }],
        "properties": frame.map_or_else(|| json!({}), |frame| json!({ "frame": frame })),
    })
}

/// A path as a URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{GATE_SCHEMA, GateError};

    #[test]
    fn an_unreadable_clip_is_a_result_on_its_file() {
        let error = GateError { code: "not-media", message: "it is text".to_owned(), hint: String::new() };
        let clip = Gated { clip: "a b/ü.mp4".to_owned(), decision: None, score: None, error: Some(error), secs: 0.0 };
        let report =
            GateReport { schema: GATE_SCHEMA, tool: "holdstill", policy: "standard".to_owned(), clips: vec![clip] };
        let log: Value = serde_json::from_str(&gate(&report)).unwrap();
        let run = &log["runs"][0];
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "not-media");
        assert_eq!(run["results"][0]["level"], "error");
        let place = &run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(place, "a%20b/%C3%BC.mp4");
    }
}
