//! Putting things in order by code that isn't generic: for each type, `collect` into a map and `sort_by` bring a sort of
//! some 1,800 lines of the compiler's intermediate code, and a report or a checkpoint has few of them.

use std::collections::BTreeMap;

/// A map of these pairs, of which the last with a name counts.
pub(crate) fn by_name<V>(pairs: impl IntoIterator<Item = (String, V)>) -> BTreeMap<String, V> {
    let mut map = BTreeMap::new();
    for (name, value) in pairs {
        map.insert(name, value);
    }
    map
}

/// The places of numbers, the largest first, equal ones in their own order; NaN is beyond the infinite.
pub(crate) fn largest_first(numbers: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..numbers.len()).collect();
    places.sort_by(|&a, &b| numbers[b].total_cmp(&numbers[a]));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_keep_their_order() {
        assert_eq!(largest_first(&[1.0, 3.0, 1.0, f64::INFINITY, 3.0]), [3, 1, 4, 0, 2]);
    }
}
