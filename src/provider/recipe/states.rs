//! How a job stands, read from an answer. A word that is not known is passed on as it is, and never means success.

use super::{fault::Equals, pointer::Pointer};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a job stands, in our words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits.
    Queued,
    /// It is worked on.
    Running,
    /// The clip is there.
    Succeeded,
    /// It broke.
    Failed,
    /// Moderation held it back.
    Moderated,
    /// It was stopped.
    Canceled,
    /// It was thrown away.
    Expired,
    /// The provider does not know it any more.
    Lost,
    /// A word that the recipe does not know; the job is asked about again.
    #[serde(skip)]
    Unheard(String),
}

/// Where the state is told.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRules {
    /// Place of the provider's word.
    pub at: Option<Pointer>,
    /// The provider's words and ours.
    #[serde(default)]
    pub words: BTreeMap<String, JobState>,
    /// Place of a flag that becomes true at the end, instead of a word.
    pub done: Option<Pointer>,
    /// HTTP statuses that tell the state by themselves.
    #[serde(default)]
    pub http: BTreeMap<String, JobState>,
    /// Whatever the word says, it failed.
    #[serde(default)]
    pub failed_when: Vec<Equals>,
    /// Whatever the word says, moderation held it back.
    #[serde(default)]
    pub moderated_when: Vec<Equals>,
    /// Place of how much is done.
    pub progress: Option<Pointer>,
    /// The progress that means "all": 1 or 100.
    #[serde(default = "one")]
    pub progress_of: f64,
}

const fn one() -> f64 {
    1.0
}

impl StateRules {
    /// How the job stands by this answer.
    pub fn read(&self, status: u16, answer: &Value) -> JobState {
        if let Some(state) = self.http.get(&status.to_string()) {
            return state.clone();
        }
        if self.moderated_when.iter().any(|condition| condition.fits(answer)) {
            return JobState::Moderated;
        }
        if self.failed_when.iter().any(|condition| condition.fits(answer)) {
            return JobState::Failed;
        }
        if let Some(done) = &self.done {
            let is_done = done.find(answer) == Some(&Value::Bool(true));
            return if is_done { JobState::Succeeded } else { JobState::Running };
        }
        let word = self.at.as_ref().and_then(|at| at.text(answer)).unwrap_or_default();
        self.words.get(&word).cloned().unwrap_or(JobState::Unheard(word))
    }

    /// How much is done, `0..=1`.
    pub fn progress(&self, answer: &Value) -> Option<f64> {
        let told: f64 = self.progress.as_ref()?.text(answer)?.parse().ok()?;
        Some((told / self.progress_of).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unheard_word_is_never_success() {
        let rules: StateRules = toml::from_str("at = \"/s\"\nwords = { ok = \"succeeded\" }").unwrap();
        assert_eq!(rules.read(200, &json!({ "s": "ok" })), JobState::Succeeded);
        assert_eq!(rules.read(200, &json!({ "s": "OK" })), JobState::Unheard("OK".into()));
        assert_eq!(rules.read(200, &json!({})), JobState::Unheard(String::new()));
    }

    #[test]
    fn conditions_go_before_words() {
        let rules: StateRules = toml::from_str(
            "at = \"/s\"\nwords = { ok = \"succeeded\" }\nhttp = { 202 = \"running\" }\nprogress = \"/p\"\nprogress_of = 100\n\
             failed_when = [{ at = \"/error\" }]\nmoderated_when = [{ at = \"/fine\", equals = false }]",
        )
        .unwrap();
        assert_eq!(rules.read(202, &Value::Null), JobState::Running);
        assert_eq!(rules.read(200, &json!({ "s": "ok", "error": "x" })), JobState::Failed);
        assert_eq!(rules.read(200, &json!({ "s": "ok", "error": null, "fine": true })), JobState::Succeeded);
        assert_eq!(rules.read(200, &json!({ "s": "ok", "fine": false })), JobState::Moderated);
        assert_eq!(rules.progress(&json!({ "p": 42 })), Some(0.42));
    }
}
