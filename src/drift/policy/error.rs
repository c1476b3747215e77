//! What can be wrong with a policy, said so that it can be mended.

use std::ops::Range;

/// A policy could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A line that is no TOML, an unknown key, a value out of range.
    #[error("{name}:{line}:{column}: {message}")]
    Invalid {
        /// The file, as given.
        name: String,
        /// 1-based line.
        line: usize,
        /// 1-based column, in characters.
        column: usize,
        /// What is wrong.
        message: String,
        /// The known word nearest to the unknown one.
        nearest: Option<String>,
    },
    /// No preset of that name.
    #[error("`{word}` is neither a policy file nor a preset")]
    UnknownPreset {
        /// What was asked for.
        word: String,
    },
}

impl PolicyError {
    /// A stable word for scripts.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "policy-invalid",
            Self::UnknownPreset { .. } => "policy-unknown",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Invalid { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::Invalid { .. } => "see `holdstill gate --help` for the keys of a policy".to_owned(),
            Self::UnknownPreset { .. } => "give the path of a gate.toml, or one of draft, standard, strict".to_owned(),
        }
    }

    /// An error at a byte range of `text`.
    pub(super) fn at(name: &str, text: &str, span: Option<Range<usize>>, message: &str) -> Self {
        let start = span.map_or(0, |s| s.start).min(text.len());
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self::Invalid {
            name: name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.trim_end().to_owned(),
            nearest: nearest_known(message),
        }
    }
}

/// From "unknown …`x`, expected one of `a`, `b`": the `a` or `b` that is nearest to `x`, when it is near.
fn nearest_known(message: &str) -> Option<String> {
    if !message.starts_with("unknown") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    quoted
        .map(|known| (edits(wrong, known), known))
        .min()
        .filter(|&(edits, known)| edits <= 1 + known.len() / 3)
        .map(|(_, known)| known.to_owned())
}

/// Levenshtein's distance between two words.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &cb) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert_eq!(edits("geomtry", "geometry"), 1);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(nearest_known("unknown key `colour`, expected one of `color`, `cut`").as_deref(), Some("color"));
        assert_eq!(nearest_known("unknown key `banana`, expected one of `color`, `cut`"), None);
        assert_eq!(nearest_known("expected `=`"), None);
    }
}
