//! What somebody meant who has mistyped a name.

/// The name among those that are known which is nearest to a mistyped one, if any is near: upper and lower case
/// are one, and a third of its letters may be wrong, too many, missing, or swapped with their neighbour. Of
/// several the first.
///
/// ```
/// use plywood_tensor::nearest;
///
/// assert_eq!(nearest("resnet81", ["lenet", "resnet18", "resnet34"]), Some("resnet18"));
/// assert_eq!(nearest("Prise", ["rooms", "price"]), Some("price"));
/// assert_eq!(nearest("cellar", ["rooms", "price"]), None);
/// ```
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = letters(wanted);
    let mut best: Option<(usize, &str)> = None;
    for name in known {
        let letters = letters(name);
        let most = wanted.len().max(letters.len()).min(MOST_LETTERS) / 3;
        // The difference of their lengths is the least that it can be.
        if wanted.len().abs_diff(letters.len()) > most {
            continue;
        }
        let distance = distance(&wanted, &letters);
        if distance <= most && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// A question for a hint, with a space after it: which of the known names was meant. It is empty where
/// none is near.
///
/// ```
/// use plywood_tensor::did_you_mean;
///
/// assert_eq!(did_you_mean("prise", ["rooms", "price"]), "did you mean `price`? ");
/// assert_eq!(did_you_mean("cellar", ["rooms", "price"]), "");
/// ```
pub fn did_you_mean<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wanted, known).map_or_else(String::new, |name| format!("did you mean `{name}`? "))
}

/// Longer texts are compared by their beginnings: nobody types more, and files have names of any length.
const MOST_LETTERS: usize = 64;

fn letters(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).take(MOST_LETTERS).collect()
}

/// The least number of letters to put in, take out, change, or swap with the next one, no letter twice:
/// the optimal string alignment of Damerau and Levenshtein.
fn distance(a: &[char], b: &[char]) -> usize {
    // Rows of the table of distances between beginnings, of which three are needed.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && (a[i - 1], a[i - 2]) == (b[j - 2], b[j - 1]) {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        (before, last) = (last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        let of = |a: &str, b: &str| distance(&letters(a), &letters(b));
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("price", "prcie", 1),
            ("ca", "abc", 3),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!((of(a, b), of(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn short_names_are_near_to_none_but_themselves() {
        assert_eq!(nearest("a", ["b", "c"]), None);
        assert_eq!(nearest("A", ["b", "a"]), Some("a"));
        assert_eq!(nearest("dug", ["cat", "dog"]), Some("dog"));
        assert_eq!(nearest("cost", ["sold", "town", "code"]), None);
        assert_eq!(nearest("", ["a", ""]), Some(""));
    }

    #[test]
    fn the_nearest_wins_and_of_equals_the_first() {
        assert_eq!(nearest("resnet19", ["resnet1", "resnet18", "resnet110"]), Some("resnet1"));
        assert_eq!(nearest("resnet5", ["resnet50", "resnet56"]), Some("resnet50"));
    }
}
