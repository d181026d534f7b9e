//! Tests of splits: they partition, keep the classes in proportion, and are refused when senseless.

use proptest::prelude::*;

use super::*;
use crate::dataset::Dataset;
use crate::embedded::Digits;

fn part_counts(part: &[usize], labels: &[u32], class: u32) -> usize {
    part.iter().filter(|&&i| labels[i] == class).count()
}

/// Fractions of 2 to 5 parts.
fn some_fractions() -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(1_u32..20, 2..5).prop_map(|weights| {
        let sum: u32 = weights.iter().sum();
        weights.iter().map(|&w| f64::from(w) / f64::from(sum)).collect()
    })
}

proptest! {
    #[test]
    fn prop_parts_are_a_partition_and_keep_the_classes(
        labels in proptest::collection::vec(0_u32..5, 30..300),
        fractions in some_fractions(),
        seed: u64,
    ) {
        let strata = Strata::Classes(labels.clone());
        let Ok(parts) = allot(&strata, &fractions, Seed(seed)) else {
            return Ok(()); // a part would be empty
        };
        let mut all = parts.concat();
        all.sort_unstable();
        prop_assert!(all.into_iter().eq(0..labels.len()));
        prop_assert!(parts.iter().all(|part| part.is_sorted()), "parts keep the order of the whole");

        for (class, members) in classes(&strata) {
            let n = members.len();
            let scarce = fractions.iter().any(|f| f * (n as f64) < 1.0);
            for (part, fraction) in parts.iter().zip(&fractions) {
                let count = part_counts(part, &labels, class);
                // Where some part's share is less than one sample, others give theirs.
                let most = if scarce { fractions.len() as f64 } else { 1.0 };
                prop_assert!((count as f64 - fraction * n as f64).abs() < most + 1e-6);
                prop_assert!(count > 0 || n < parts.len());
            }
        }
    }

    #[test]
    fn prop_totals_come_out_right_over_many_classes(
        labels in proptest::collection::vec(0_u32..20, 400..500),
        seed: u64,
    ) {
        let fractions = [0.7, 0.1, 0.2];
        let parts = allot(&Strata::Classes(labels.clone()), &fractions, Seed(seed)).unwrap();
        for (part, fraction) in parts.iter().zip(fractions) {
            let share = fraction * labels.len() as f64;
            prop_assert!((part.len() as f64 - share).abs() <= 3.0, "{} of {share}", part.len());
        }
    }
}

#[test]
fn the_seed_alone_decides() {
    let strata = Strata::None(100);
    let split = |seed| allot(&strata, &[0.5, 0.5], Seed(seed)).unwrap();
    assert_eq!(split(1), split(1));
    assert_ne!(split(1), split(2));
}

#[test]
fn folds_take_turns_and_share_the_classes() {
    let digits = Digits::embedded().unwrap();
    let folds = digits.k_folds(5, Seed(1)).unwrap();
    assert_eq!(folds.len(), 5);
    for (train, valid) in &folds {
        assert_eq!(train.len() + valid.len(), digits.len());
        assert!((359..=360).contains(&valid.len()), "{}", valid.len());
    }
    assert_eq!(
        digits.k_folds(1, Seed(1)).unwrap_err().to_string(),
        "k_folds: 1 folds of 1797 samples: there must be at least 2, and a sample in each",
    );
}

#[test]
fn senseless_fractions_are_refused() {
    let digits = Digits::embedded().unwrap();
    let split = |fractions: [f64; 2]| digits.split(fractions, Seed(1)).unwrap_err().to_string();
    assert_eq!(
        split([0.7, 0.2]),
        "split: fractions [0.7, 0.2] add up to 0.8999999999999999; \
         each must be above 0, and together they must be 1",
    );
    assert_eq!(
        split([f64::NAN, 1.0]),
        "split: fractions [NaN, 1.0] add up to NaN; \
         each must be above 0, and together they must be 1",
    );
    assert_eq!(
        split([1.0, 0.0]),
        "split: fractions [1.0, 0.0] add up to 1; \
         each must be above 0, and together they must be 1",
    );
    assert_eq!(
        digits.split([], Seed(1)).unwrap_err().to_string(),
        "split: fractions [] add up to 0; each must be above 0, and together they must be 1",
    );
    assert_eq!(
        digits.take(2).unwrap().split([0.4, 0.3, 0.3], Seed(1)).unwrap_err().to_string(),
        "split: a part of 0.3 of 2 samples would be empty; take a larger fraction, or fewer parts",
    );
}

#[test]
fn taking_and_choosing() {
    let digits = Digits::embedded().unwrap();
    assert_eq!(digits.take(3).unwrap().labels(), [0, 1, 2]);
    assert_eq!(digits.subset(&[2, 0]).unwrap().labels(), [2, 0]);
    assert_eq!(digits.take(1798).unwrap_err().to_string(), "take: can't take 1798 of 1797 samples",);
    assert_eq!(
        digits.subset(&[1797]).unwrap_err().to_string(),
        "subset: there is no sample 1797 in a data set of 1797",
    );
    assert_eq!(digits.subset(&[]).unwrap_err().to_string(), "subset: a subset of no samples",);
}

/// Samples that nobody could list.
#[test]
fn senseless_numbers_of_samples_are_refused() {
    let error = allot(&Strata::None(usize::MAX), &[0.5, 0.5], Seed(7)).unwrap_err();
    assert_eq!(error.kind(), plywood_tensor::ErrorKind::Memory);
}

proptest! {
    #[test]
    fn prop_groups_stay_together_and_classes_in_proportion(
        samples in proptest::collection::vec((0_u32..3, 0_u32..40), 60..400),
        k in 2_usize..6,
        seed: u64,
    ) {
        let labels: Vec<u32> = samples.iter().map(|(label, _)| *label).collect();
        let groups: Vec<String> = samples.iter().map(|(_, group)| format!("person{group}")).collect();
        let strata = Strata::Classes(labels.clone());
        let parts = groups::allot_groups(&strata, &groups, &vec![1.0 / k as f64; k], Seed(seed)).unwrap();
        let mut all = parts.concat();
        all.sort_unstable();
        prop_assert!(all.into_iter().eq(0..labels.len()));
        let of: Vec<Vec<&str>> =
            parts.iter().map(|part| part.iter().map(|&i| &*groups[i]).collect()).collect();
        let named: Vec<(&str, &[&str])> = of.iter().map(|part| ("a part", &part[..])).collect();
        prop_assert!(check_groups_apart("person", &named).is_ok());
        let largest = (0..40).map(|g| samples.iter().filter(|s| s.1 == g).count()).max().unwrap();
        for (class, members) in classes(&strata) {
            for part in &parts {
                let share = members.len() as f64 / k as f64;
                let own = part_counts(part, &labels, class) as f64;
                prop_assert!((own - share).abs() <= 1.0 + 2.0 * largest as f64, "{own} of {share}");
            }
        }
    }
}

#[test]
fn a_group_in_two_parts_is_named() {
    let parts = [("training", &["person1", "person17"][..]), ("validation", &["person17"])];
    assert_eq!(
        check_groups_apart("patient", &parts).unwrap_err().to_string(),
        "groups: patient person17 is in training and in validation; split by patient: \
         `k_folds_by_group`, `split_by_group`",
    );
    let digits = Digits::embedded().unwrap().take(6).unwrap();
    let text =
        |groups: &[&str], k| digits.k_folds_by_group(groups, k, Seed(1)).err().unwrap().to_string();
    assert_eq!(
        text(&["a"; 6], 2),
        "k_folds_by_group: 1 groups are too few for 2 parts: a part would be empty; take fewer parts",
    );
    assert_eq!(
        text(&["a"; 5], 2),
        "k_folds_by_group: 6 samples have 5 groups; there should be the name of a group for each sample",
    );
    assert_eq!(
        text(&["a"; 6], 1),
        "k_folds_by_group: 1 folds of 6 samples: there must be at least 2, and a group in each",
    );
    let groups = ["a", "a", "a", "a", "a", "b"];
    let [most, one] = digits.split_by_group(&groups, [0.5, 0.5], Seed(1)).unwrap();
    assert_eq!((most.len(), one.len()), (5, 1));
}
