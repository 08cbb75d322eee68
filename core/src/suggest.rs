//! The nearest known name, for "did you mean" in messages.

/// Names longer than this are not compared: nobody mistypes them, and the comparison is quadratic.
const LONGEST: usize = 200;

/// The candidate that `word` most likely stands for, if any is near enough to be worth saying.
///
/// Case, `_`, `-`, blanks and the plural in `-ies` do not count. A candidate is near when at most a third of the word
/// has to change, or when one contains the other (`models` for `nodegenModels`). Of two equally near candidates the first wins.
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = folded(word)?;
    let mut best: Option<(usize, &str)> = None;
    for &candidate in candidates {
        let Some(name) = folded(candidate) else { continue };
        let limit = (word.len().max(name.len()) / 3).max(1);
        let edits = distance(&word, &name);
        // One letter is no misspelling of another.
        let near = edits <= limit && edits < word.len().min(name.len());
        let rank = if near {
            edits
        } else if contains(&name, &word) || contains(&word, &name) {
            LONGEST + edits
        } else {
            continue;
        };
        if best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The letters that are compared; `None` when there are none or too many.
fn folded(text: &str) -> Option<Vec<char>> {
    let mut letters: Vec<char> = text
        .chars()
        .take(LONGEST + 1)
        .filter(|c| !matches!(c, '_' | '-') && !c.is_whitespace())
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    // `retries` is as near to `retry` as can be.
    if letters.ends_with(&['i', 'e', 's']) {
        letters.truncate(letters.len() - 3);
        letters.push('y');
    }
    (1..=LONGEST).contains(&letters.len()).then_some(letters)
}

/// Whether `part`, of four letters or more, is a piece of `whole`.
fn contains(whole: &[char], part: &[char]) -> bool {
    part.len() >= 4 && whole.windows(part.len()).any(|window| window == part)
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits_and_swaps() {
        for (a, b, edits) in
            [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abc", "acb", 1), ("kitten", "sitting", 3), ("ab", "cd", 2)]
        {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            assert_eq!(distance(&a, &b), edits, "{a:?} {b:?}");
            assert_eq!(distance(&b, &a), edits, "{b:?} {a:?}");
        }
    }

    #[test]
    fn finds_the_intended_name() {
        let known = ["sparkEndpoint", "nodegenModels", "offlineMaxService", "timeout", "replica"];
        for (word, expected) in [
            ("timeout", Some("timeout")),
            ("timeuot", Some("timeout")),
            ("TimeOut", Some("timeout")),
            ("timeoutMs", Some("timeout")),
            ("replicas", Some("replica")),
            ("spark_endpoint", Some("sparkEndpoint")),
            ("models", Some("nodegenModels")),
            ("maxService", Some("offlineMaxService")),
            ("memoryBudget", None),
            ("cache", None),
            ("js", None),
            ("", None),
            ("__", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }

    #[test]
    fn a_plural_is_its_singular() {
        assert_eq!(nearest("retry", &["retryDelay", "retries"]), Some("retries"));
        assert_eq!(nearest("retries", &["retry"]), Some("retry"));
    }

    #[test]
    fn prefers_the_fewest_edits_then_the_first() {
        assert_eq!(nearest("abcd", &["abcx", "abcd"]), Some("abcd"));
        assert_eq!(nearest("abcd", &["abcx", "abcy"]), Some("abcx"));
        // An edit is a better reason than containment, even when listed later.
        assert_eq!(nearest("replicas", &["replicasPerModel", "replica"]), Some("replica"));
    }

    #[test]
    fn ignores_what_is_far_short_or_huge() {
        for (word, candidate) in [("id", "js"), ("a", "b"), ("in", "binary"), ("binary", "in")] {
            assert_eq!(nearest(word, &[candidate]), None, "{word}");
        }
        assert_eq!(nearest(&"a".repeat(100_000), &["aaaa"]), None);
        assert_eq!(
            nearest("8f3b6c0e-0000-4000-8000-000000000001", &["5d1a9e77-1234-4abc-9def-aabbccddeeff"]),
            None,
            "two ids of the same form are not near"
        );
        assert_eq!(
            nearest("8f3b6c0e-0000-4000-8000-000000000001", &["8f3b6c0e-0000-4000-8000-000000000010"]),
            Some("8f3b6c0e-0000-4000-8000-000000000010")
        );
    }
}
