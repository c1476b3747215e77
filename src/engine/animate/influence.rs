//! How a take is asked for: less of what went wrong, another throw of the dice.

use crate::drift::Cause;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Share of the motion that is kept when shapes did not survive it.
const CALMER: f64 = 0.7;
/// Growth of the motion when the picture stood still.
const LIVELIER: f64 = 1.2;
/// Least motion that is asked for, as a share of the first request.
const LEAST_MOTION: f64 = 0.3;

/// What a request adds to what the user asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Influence {
    /// Amount of motion as a share of the first request, `0.3..=1.2`.
    pub motion: f64,
    /// Words added to the prompt; may be empty.
    pub prompt: String,
}

impl Default for Influence {
    fn default() -> Self {
        Self { motion: 1.0, prompt: String::new() }
    }
}

impl Influence {
    /// What to ask next after a take that failed for `causes`, worst first.
    #[must_use]
    pub fn corrected(&self, causes: &[Cause]) -> Self {
        let is_still = causes.first() == Some(&Cause::Freeze);
        let is_tone = causes.iter().all(|cause| matches!(cause, Cause::Color | Cause::Flicker)) && !causes.is_empty();
        let factor = match (is_still, is_tone) {
            (true, _) => LIVELIER,
            (_, true) => 1.0,
            _ => CALMER,
        };
        let mut words: Vec<&str> = Vec::new();
        for word in causes.iter().map(|&cause| hardening(cause)) {
            // causes share words
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Self { motion: (self.motion * factor).clamp(LEAST_MOTION, LIVELIER), prompt: words.join(", ") }
    }

    /// The prompt with the added words.
    pub fn prompt_of(&self, prompt: &str) -> String {
        match (prompt.trim(), self.prompt.as_str()) {
            (prompt, "") => prompt.to_owned(),
            ("", added) => added.to_owned(),
            (prompt, added) => format!("{prompt}, {added}"),
        }
    }

    /// For a person: "with 70 % of the motion and another random seed".
    pub fn wording(&self) -> String {
        if (self.motion - 1.0).abs() < 0.01 {
            "with another random seed".to_owned()
        } else {
            format!("with {:.0} % of the motion and another random seed", 100.0 * self.motion)
        }
    }
}

/// Words that hold a model back, per cause.
const fn hardening(cause: Cause) -> &'static str {
    match cause {
        Cause::Geometry => "the product is rigid and keeps its exact shape",
        Cause::Structure | Cause::Identity => "the same product as in the picture, nothing added or removed",
        Cause::Text => "printed text stays sharp and unchanged",
        Cause::Color => "exact colours of the picture",
        Cause::Flicker => "steady light",
        Cause::Detail => "fine surface detail is kept",
        Cause::Freeze => "steady continuous camera motion",
        Cause::Cut => "one continuous shot",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calms_down_step_by_step_but_never_to_a_stop() {
        let mut influence = Influence::default();
        for _ in 0..10 {
            influence = influence.corrected(&[Cause::Geometry]);
        }
        assert_eq!(influence.motion, LEAST_MOTION);
        assert!(Influence::default().corrected(&[Cause::Freeze]).motion > 1.0);
        assert_eq!(Influence::default().corrected(&[Cause::Color]).motion, 1.0);
    }

    #[test]
    fn hardens_the_prompt() {
        let asked = Influence::default().corrected(&[Cause::Text, Cause::Cut]);
        assert_eq!(asked.prompt_of(" a can "), "a can, printed text stays sharp and unchanged, one continuous shot");
        assert_eq!(Influence::default().prompt_of("a can"), "a can");
        let asked = Influence::default().corrected(&[Cause::Structure, Cause::Cut, Cause::Identity]);
        assert_eq!(asked.prompt, "the same product as in the picture, nothing added or removed, one continuous shot");
    }
}
