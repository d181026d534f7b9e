//! Cutting a data set so that samples of one group, such as a patient's images, stay together.

use std::collections::{BTreeMap, HashMap};

use plywood_tensor::{Error, Result, Rng, Seed, memory};

use super::{Strata, checked};

/// Refuses parts of a data set that share a group: a model that has seen a patient knows more of that patient's other
/// images than of a stranger's. `what` says what a group is, and each part is its name with the group of each of its
/// samples.
///
/// ```
/// use plywood_datasets::check_groups_apart;
///
/// let (train, valid) = (["ann", "bob", "ann"], ["eve", "bob"]);
/// let error = check_groups_apart("patient", &[("training", &train), ("validation", &valid)]);
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "groups: patient bob is in training and in validation; split by patient: `k_folds_by_group`, `split_by_group`",
/// );
/// ```
///
/// # Errors
/// When a group is in two parts: the first such one is named, with both.
pub fn check_groups_apart<Group: AsRef<str>>(what: &str, parts: &[(&str, &[Group])]) -> Result<()> {
    let mut owners: HashMap<&str, usize> = HashMap::new();
    for (place, (name, groups)) in parts.iter().enumerate() {
        for group in *groups {
            let group = group.as_ref();
            let owner = *owners.entry(group).or_insert(place);
            if owner != place {
                let other = parts[owner].0;
                return Err(Error::data(format!(
                    "{what} {} is in {other} and in {name}",
                    group.escape_debug()
                ))
                .operation("groups")
                .hint(format!("split by {what}: `k_folds_by_group`, `split_by_group`")));
            }
        }
    }
    Ok(())
}

/// Shares out whole groups to parts of these fractions: from the largest group to the smallest, each goes to the part
/// that it brings nearest to its share of every class. Groups of one size come in an order that the seed decides. Each
/// part's indices are sorted.
pub(super) fn allot_groups<Group: AsRef<str>>(
    strata: &Strata,
    groups: &[Group],
    fractions: &[f64],
    seed: Seed,
) -> Result<Vec<Vec<usize>>> {
    let fractions = checked(fractions)?;
    let samples = strata.samples();
    if groups.len() != samples {
        return Err(Error::data(format!("{samples} samples have {} groups", groups.len()))
            .hint("there should be the name of a group for each sample"));
    }
    memory::check(samples.saturating_mul(6 * size_of::<usize>()))?;
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate() {
        members.entry(group.as_ref()).or_default().push(place);
    }
    if members.len() < fractions.len() {
        return Err(Error::value(format!(
            "{} groups are too few for {} parts: a part would be empty",
            members.len(),
            fractions.len()
        ))
        .hint("take fewer parts"));
    }
    let members: Vec<Vec<usize>> = members.into_values().collect();
    let mut rng = Rng::new(seed).fork(u64::from_le_bytes(*b"groups  "));
    let mut order = rng.permutation(members.len());
    order.sort_by_key(|&group| std::cmp::Reverse(members[group].len()));

    let class = |sample: usize| match strata {
        Strata::Classes(labels) => labels[sample],
        Strata::None(_) => 0,
    };
    let mut totals: BTreeMap<u32, f64> = BTreeMap::new();
    (0..samples).for_each(|sample| *totals.entry(class(sample)).or_default() += 1.0);
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); fractions.len()];
    let mut counts: Vec<BTreeMap<u32, f64>> = vec![BTreeMap::new(); fractions.len()];
    for (done, &group) in order.iter().enumerate() {
        let mut own: BTreeMap<u32, f64> = BTreeMap::new();
        members[group].iter().for_each(|&sample| *own.entry(class(sample)).or_default() += 1.0);
        // By how much the squares of the distances from the shares grow, in parts of each class.
        let cost = |part: usize| -> f64 {
            let grow = own.iter().map(|(class, count)| {
                let total = totals[class];
                let has = counts[part].get(class).copied().unwrap_or(0.0);
                count * (2.0 * (has - fractions[part] * total) + count) / (total * total)
            });
            grow.sum()
        };
        // The last groups are kept for parts that have none.
        let empty = parts.iter().filter(|part| part.is_empty()).count();
        let must_fill = order.len() - done <= empty;
        let open = (0..parts.len()).filter(|&part| !must_fill || parts[part].is_empty());
        let best = open.min_by(|&a, &b| cost(a).total_cmp(&cost(b))).unwrap_or(0);
        parts[best].extend(&members[group]);
        for (class, count) in own {
            *counts[best].entry(class).or_default() += count;
        }
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    Ok(parts)
}
