//! The outcome of a gate as JUnit XML, the format that CI systems show
//! (schema: <https://github.com/testmoapp/junitxml>).

use crate::engine::{GateReport, Gated};
use std::fmt::Write;

/// One suite, one case per clip: a breach is a failure, a clip that cannot be read an error.
pub fn gate(report: &GateReport) -> String {
    let mut text = String::new();
    write(&mut text, report).expect("writing to a string does not fail");
    text
}

fn write(text: &mut String, report: &GateReport) -> std::fmt::Result {
    let clips = &report.clips;
    let errors = clips.iter().filter(|clip| clip.error.is_some()).count();
    let failures = clips.iter().filter(|clip| clip.error.is_none() && !clip.passes()).count();
    let counts = format!(r#"tests="{}" failures="{failures}" errors="{errors}""#, clips.len());
    writeln!(text, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(text, r#"<testsuites name="holdstill" {counts}>"#)?;
    writeln!(text, r#"  <testsuite name="{}" {counts}>"#, escaped(&report.policy))?;
    for clip in clips {
        case(text, clip)?;
    }
    writeln!(text, "  </testsuite>\n</testsuites>")
}

fn case(text: &mut String, clip: &Gated) -> std::fmt::Result {
    let drift =
        clip.score.as_ref().map_or_else(String::new, |score| format!("drift {:.1} of 100", score.judgement.drift));
    writeln!(text, r#"    <testcase classname="holdstill" name="{}" time="{:.3}">"#, escaped(&clip.clip), clip.secs)?;
    if let Some(error) = &clip.error {
        let (message, code) = (escaped(&error.message), escaped(error.code));
        writeln!(text, r#"      <error type="{code}" message="{message}">{}</error>"#, escaped(&error.hint))?;
    } else if let Some(decision) = clip.decision.as_ref().filter(|_| !clip.passes()) {
        let first = decision.errors().next();
        let kind = first.map_or("unsure", |breach| breach.rule.as_str());
        let lines = decision.breaches.iter().map(|breach| format!("{}: {}", breach.rule, breach.explain));
        let lines = lines.collect::<Vec<_>>().join("\n");
        let message = format!("{}, {drift}", decision.outcome);
        writeln!(
            text,
            r#"      <failure type="{}" message="{}">{}</failure>"#,
            escaped(kind),
            escaped(&message),
            escaped(&lines)
        )?;
    }
    if !drift.is_empty() {
        writeln!(text, "      <system-out>{}</system-out>", escaped(&drift))?;
    }
    writeln!(text, "    </testcase>")
}

/// Text for element content and attributes; characters that XML 1.0 does not allow become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
