//! The name that was probably meant.

/// The name within two edits of `word` (Levenshtein 1966), the nearest first.
pub(super) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    const MOST_EDITS: usize = 2;
    names
        .iter()
        .map(|name| (edits(word, name), *name))
        .filter(|(far, _)| *far <= MOST_EDITS)
        .min()
        .map(|(_, name)| name)
}

fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(nearest("buget", &["budget", "takes"]), Some("budget"));
        assert_eq!(nearest("zebra", &["budget", "takes"]), None);
    }
}
