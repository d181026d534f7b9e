//! Cutting a data set into parts: stratified, seeded, and checked.

mod groups;

use std::collections::BTreeMap;

use plywood_tensor::{Error, Result, Rng, Seed, memory};

use groups::allot_groups;
pub use groups::check_groups_apart;

/// Data that can be cut into parts, each of which is data of its kind again.
///
/// Parts keep the order of the whole; the same seed gives the same parts.
///
/// ```
/// use plywood_datasets::{Dataset, Rows, Split, Strata};
/// use plywood_tensor::{Seed, Tensor};
///
/// let rows = Rows::new(Tensor::zeros([6, 1]), Tensor::from([0_u32, 0, 0, 0, 1, 1]))?;
/// let [train, test] = rows.split([0.5, 0.5], Seed(7))?; // each with half of each class
/// assert_eq!(train.strata(), Strata::Classes(vec![0, 0, 1]));
/// assert_eq!(rows.subset(&[4, 0])?.target(), &Tensor::from([1_u32, 0]));
/// assert_eq!(rows.k_folds(3, Seed(7))?.len(), 3);
/// assert_eq!((rows.take(2)?.len(), test.len()), (2, 3));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Split: Sized {
    /// What a split keeps in proportion.
    fn strata(&self) -> Strata;

    /// The samples at `indices`, in that order.
    ///
    /// # Errors
    /// When an index is out of range.
    fn subset(&self, indices: &[usize]) -> Result<Self>;

    /// Cuts into parts of the given fractions, which add up to 1. Data with classes is
    /// stratified: the samples of each class are shared out by the fractions, to within 1, and
    /// every class is in every part if it has enough samples.
    ///
    /// ```
    /// use plywood_datasets::{Dataset, Digits, Split};
    /// use plywood_tensor::Seed;
    ///
    /// let [train, valid, test] = Digits::embedded()?.split([0.7, 0.1, 0.2], Seed(7))?;
    /// assert_eq!([train.len(), valid.len(), test.len()], [1258, 180, 359]);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a fraction is not a positive number, they don't add up to 1, or a part would be empty.
    fn split<const N: usize>(&self, fractions: [f64; N], seed: Seed) -> Result<[Self; N]> {
        let parts = allot(&self.strata(), &fractions, seed).map_err(|e| e.operation("split"))?;
        let sets: Result<Vec<Self>> = parts.iter().map(|part| self.subset(part)).collect();
        sets?.try_into().map_err(|_| Error::value("as many parts as fractions").operation("split"))
    }

    /// `k` pairs of (training, validation) sets for cross-validation: each sample is in exactly
    /// one of the validation sets. Stratified as [`split`](Self::split) is.
    ///
    /// # Errors
    /// When `k` is below 2, or there are fewer samples.
    fn k_folds(&self, k: usize, seed: Seed) -> Result<Vec<(Self, Self)>> {
        let folds = || {
            let strata = self.strata();
            let samples = strata.samples();
            if k < 2 || k > samples {
                return Err(Error::value(format!(
                    "{k} folds of {samples} samples: there must be at least 2, and a sample in each"
                )));
            }
            each_against_the_others(self, &allot(&strata, &vec![1.0 / k as f64; k], seed)?)
        };
        folds().map_err(|e: Error| e.operation("k_folds"))
    }

    /// Cuts into parts of the given fractions, as [`split`](Self::split), with the samples of a group all in one part.
    /// `groups` has the name of the group of each sample.
    ///
    /// Each group, from the largest to the smallest, goes to the part that it brings nearest to its share of every
    /// class: parts are as near to their fractions, and classes to their proportions, as that comes to.
    ///
    /// # Errors
    /// When a fraction is not a positive number, they don't add up to 1, there are not as many names as samples, or
    /// fewer groups than parts.
    fn split_by_group<const N: usize, Group: AsRef<str>>(
        &self,
        groups: &[Group],
        fractions: [f64; N],
        seed: Seed,
    ) -> Result<[Self; N]> {
        let split = || {
            let parts = allot_groups(&self.strata(), groups, &fractions, seed)?;
            let sets: Result<Vec<Self>> = parts.iter().map(|part| self.subset(part)).collect();
            sets?.try_into().map_err(|_| Error::value("as many parts as fractions"))
        };
        split().map_err(|e: Error| e.operation("split_by_group"))
    }

    /// `k` pairs of (training, validation) sets, as [`k_folds`](Self::k_folds), with the samples of a group all in one
    /// of the validation sets: what tells how a model does on groups that it has never seen. `groups` has the name of
    /// the group of each sample; groups are shared out as [`split_by_group`](Self::split_by_group) does it.
    ///
    /// ```
    /// use plywood_datasets::{Dataset, Rows, Split, check_groups_apart};
    /// use plywood_tensor::{Seed, Tensor};
    ///
    /// // Two images of each patient; two of the four patients are ill.
    /// let images = Rows::new(Tensor::arange(8).reshape([8, 1])?, Tensor::from([0_u32, 0, 1, 1, 0, 0, 1, 1]))?;
    /// let patients = ["ann", "ann", "bob", "bob", "eve", "eve", "joe", "joe"];
    /// for (train, valid) in images.k_folds_by_group(&patients, 2, Seed(7))? {
    ///     let of = |part: &Rows<Tensor<u32>>| -> Vec<&str> {
    ///         part.input().as_slice().iter().map(|&place| patients[place as usize]).collect()
    ///     };
    ///     check_groups_apart("patient", &[("training", &of(&train)), ("validation", &of(&valid))])?;
    ///     assert_eq!(valid.target().as_slice().iter().sum::<u32>(), 2);
    /// }
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When `k` is below 2, there are not as many names as samples, or fewer groups than folds.
    #[doc(alias("StratifiedGroupKFold", "GroupKFold"))]
    fn k_folds_by_group<Group: AsRef<str>>(
        &self,
        groups: &[Group],
        k: usize,
        seed: Seed,
    ) -> Result<Vec<(Self, Self)>> {
        let folds = || {
            let strata = self.strata();
            let samples = strata.samples();
            if k < 2 || k > samples {
                return Err(Error::value(format!(
                    "{k} folds of {samples} samples: there must be at least 2, and a group in each"
                )));
            }
            let parts = allot_groups(&strata, groups, &vec![1.0 / k as f64; k], seed)?;
            each_against_the_others(self, &parts)
        };
        folds().map_err(|e: Error| e.operation("k_folds_by_group"))
    }

    /// The first `n` samples.
    ///
    /// # Errors
    /// When there are not so many, or `n` is 0.
    fn take(&self, n: usize) -> Result<Self> {
        let samples = self.strata().samples();
        if n == 0 || n > samples {
            return Err(
                Error::index(format!("can't take {n} of {samples} samples")).operation("take")
            );
        }
        self.subset(&(0..n).collect::<Vec<_>>())
    }
}

/// For each part the samples of all others, and its own.
fn each_against_the_others<S: Split>(all: &S, parts: &[Vec<usize>]) -> Result<Vec<(S, S)>> {
    let others = |fold: usize| {
        let mut rest: Vec<usize> = parts[..fold].concat();
        rest.extend(parts[fold + 1..].iter().flatten());
        rest.sort_unstable();
        rest
    };
    let pair = |fold: usize| Ok((all.subset(&others(fold))?, all.subset(&parts[fold])?));
    (0..parts.len()).map(pair).collect()
}

/// What a split keeps in proportion.
///
/// ```
/// use plywood_datasets::Strata;
///
/// assert_eq!(Strata::Classes(vec![0, 0, 1]).samples(), 3);
/// assert_eq!(Strata::None(5).samples(), 5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strata {
    /// The classes: one for each sample.
    Classes(Vec<u32>),
    /// Nothing: so many samples without classes.
    None(usize),
}

impl Strata {
    /// The number of samples.
    pub fn samples(&self) -> usize {
        match self {
            Self::Classes(labels) => labels.len(),
            Self::None(samples) => *samples,
        }
    }
}

/// Shares out samples to parts, by class. Each part's indices are sorted.
fn allot(strata: &Strata, fractions: &[f64], seed: Seed) -> Result<Vec<Vec<usize>>> {
    let fractions = checked(fractions)?;
    // Each sample's index is in its class, in the order of this and in a part, which may be half empty.
    memory::check(strata.samples().saturating_mul(4 * size_of::<usize>()))?;
    let rng = Rng::new(seed).fork(u64::from_le_bytes(*b"split   "));
    let mut parts = vec![Vec::new(); fractions.len()];
    // How many samples each part is behind its share, over the classes so far.
    let mut behind = vec![0.0; fractions.len()];
    for (class, members) in classes(strata) {
        let order = rng.fork(u64::from(class)).permutation(members.len());
        let mut order = order.into_iter().map(|index| members[index]);
        let counts = counts(members.len(), &fractions, &mut behind);
        for (part, count) in parts.iter_mut().zip(counts) {
            part.extend(order.by_ref().take(count));
        }
    }
    for (part, fraction) in parts.iter_mut().zip(&fractions) {
        if part.is_empty() {
            return Err(Error::value(format!(
                "a part of {fraction} of {} samples would be empty",
                strata.samples()
            ))
            .hint("take a larger fraction, or fewer parts"));
        }
        part.sort_unstable();
    }
    Ok(parts)
}

/// The fractions, such that they add up to 1 as well as numbers can.
fn checked(fractions: &[f64]) -> Result<Vec<f64>> {
    let sum = fractions.iter().fold(0.0, |sum, f| sum + f);
    // A NaN is not above 0, and the sum is none if no fraction is.
    if fractions.iter().all(|&f| f > 0.0) && (sum - 1.0).abs() < 1e-6 {
        return Ok(fractions.iter().map(|f| f / sum).collect());
    }
    Err(Error::value(format!("fractions {fractions:?} add up to {sum}"))
        .hint("each must be above 0, and together they must be 1"))
}

/// The classes that occur, in order, each with its samples.
fn classes(strata: &Strata) -> BTreeMap<u32, Vec<usize>> {
    let mut classes = BTreeMap::<u32, Vec<usize>>::new();
    match strata {
        Strata::None(samples) => {
            classes.insert(0, (0..*samples).collect());
        }
        Strata::Classes(labels) => {
            for (index, &label) in labels.iter().enumerate() {
                classes.entry(label).or_default().push(index);
            }
        }
    }
    classes
}

/// How many of a class's `n` samples each part gets: its share rounded down, and one more for the
/// parts that are furthest behind, so that the parts' totals come out right too. If there are
/// enough samples, no part gets none.
fn counts(n: usize, fractions: &[f64], behind: &mut [f64]) -> Vec<usize> {
    /// Nothing but rounding.
    const TINY: f64 = 1e-6;
    let shares: Vec<f64> = fractions.iter().map(|f| f * n as f64).collect();
    let mut counts: Vec<usize> = shares.iter().map(|s| (s + TINY) as usize).collect();

    // Parts whose share is a whole number have it already: they come last.
    let lacks = |part: usize| shares[part] - counts[part] as f64;
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|&a, &b| {
        let whole = |part| lacks(part) < TINY;
        let lag = |part| behind[part] + lacks(part);
        (whole(a).cmp(&whole(b))).then(lag(b).total_cmp(&lag(a)))
    });
    let left = n.saturating_sub(counts.iter().sum());
    for &part in order.iter().take(left) {
        counts[part] += 1;
    }

    while let Some(poor) = counts.iter().position(|&count| count == 0) {
        let richest = (0..counts.len()).max_by_key(|&part| counts[part]);
        let rich = richest.unwrap_or(poor);
        if counts[rich] < 2 {
            break;
        }
        counts[rich] -= 1;
        counts[poor] += 1;
    }

    for ((behind, share), &count) in behind.iter_mut().zip(&shares).zip(&counts) {
        *behind += share - count as f64;
    }
    counts
}

#[cfg(test)]
mod tests;
