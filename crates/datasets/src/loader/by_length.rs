//! Batches of samples of like lengths, as many as have a number of tokens together when they are filled up.

use std::cmp::Ordering;
use std::ops::Range;

use plywood_tensor::{Error, Result, Rng};

/// By how much second lengths may differ within a batch before those of equal first lengths are sorted by them.
const LOOSE: f64 = 4.0;

/// The samples by their first length, those of equal ones roughly by their second; what is equal is in the order of
/// chance, or without it in the data set's.
///
/// The first lengths in this order are the same in every epoch, whatever chance does. So all epochs are cut into
/// batches at the same places, and have as many of them.
pub(super) fn order_by_length(lengths: &[[usize; 2]], rng: Option<&mut Rng>) -> Vec<usize> {
    let second: Vec<f64> = match rng {
        None => lengths.iter().map(|&[_, second]| second as f64).collect(),
        Some(rng) => {
            lengths.iter().map(|&[_, second]| second as f64 + LOOSE * rng.unit()).collect()
        }
    };
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by(|&a, &b| {
        let seconds = || second[a].partial_cmp(&second[b]).unwrap_or(Ordering::Equal);
        lengths[a][0].cmp(&lengths[b][0]).then_with(seconds).then(a.cmp(&b))
    });
    order
}

/// Where such an order is cut into batches: each has at most so many tokens when all of its samples are filled up to
/// the longest first length.
pub(super) fn batches_by_length(
    lengths: &[[usize; 2]],
    order: &[usize],
    tokens: usize,
) -> Result<Vec<Range<usize>>> {
    let mut batches = Vec::new();
    let mut start = 0;
    for (end, &sample) in order.iter().enumerate() {
        let length = lengths[sample][0];
        if length > tokens {
            return Err(Error::value(format!(
                "sample {sample} has {length} tokens, a batch has at most {tokens}"
            ))
            .hint("raise `batch_tokens`, or leave out what is that long"));
        }
        if length.saturating_mul(end + 1 - start) > tokens {
            batches.push(start..end);
            start = end;
        }
    }
    if start < order.len() {
        batches.push(start..order.len());
    }
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use plywood_tensor::{Rng, Seed, Tensor};
    use proptest::prelude::*;

    use super::*;
    use crate::{BytePairEncoding, DataLoader, EncodedPairs, PairBatch, Rows, TextPairs};

    /// Sentences of so many letters.
    fn pairs(lengths: &[[usize; 2]]) -> EncodedPairs {
        let column = |at: usize| -> String {
            lengths.iter().map(|pair| "x".repeat(pair[at]) + "\n").collect()
        };
        let texts = TextPairs::read(column(0).as_bytes(), column(1).as_bytes()).unwrap();
        let encoding = BytePairEncoding::learn(["-"], 259).unwrap();
        EncodedPairs::new(&texts, &encoding).unwrap()
    }

    fn sizes(batches: &[PairBatch]) -> Vec<[usize; 3]> {
        let of = |batch: &PairBatch| {
            [batch.input.target.shape()[0], batch.input.target.shape()[1], batch.labels.numel()]
        };
        let mut sizes: Vec<_> = batches.iter().map(of).collect();
        sizes.sort_unstable();
        sizes
    }

    proptest! {
        #[test]
        fn prop_every_epoch_has_each_sample_once_in_as_many_batches(
            lengths in prop::collection::vec([1_usize..12, 1_usize..12], 1..60),
            tokens in 13_usize..60,
            first in 0_usize..4,
        ) {
            let data = pairs(&lengths);
            let loader = DataLoader::new(&data).batch_tokens(tokens).shuffle(Seed(3));
            let epoch = |epoch| loader.epoch(epoch).collect::<Result<Vec<_>>>().unwrap();
            let whole = epoch(0);
            prop_assert_eq!(whole.len(), loader.batches().unwrap());
            for batch in &whole {
                prop_assert!(batch.input.target.numel() <= tokens);
            }
            let labels: usize = whole.iter().map(|batch| batch.labels.numel()).sum();
            prop_assert_eq!(labels, lengths.iter().map(|pair| pair[1] + 1).sum::<usize>());
            prop_assert_eq!(sizes(&whole), sizes(&epoch(1)));
            // Taken up in the middle, by a loader of another number of threads.
            let first = first.min(whole.len());
            let rest = loader.clone().threads(2).epoch_from(0, first);
            prop_assert_eq!(&whole[first..], rest.collect::<Result<Vec<_>>>().unwrap());
        }
    }

    #[test]
    fn epochs_differ_in_who_is_together() {
        let data = pairs(&[[3, 4]; 40].map(|pair| pair));
        let mut lengths = vec![[0, 0]; 40];
        (0..40).for_each(|at| lengths[at] = [5, 4 + at % 3]);
        let mut rng = [Seed(1), Seed(2)].map(Rng::new);
        let [a, b] = rng.each_mut().map(|rng| order_by_length(&lengths, Some(rng)));
        assert_ne!(a, b);
        // Second lengths that are far apart stay so.
        lengths[7] = [5, 90];
        assert_eq!(order_by_length(&lengths, Some(&mut rng[0])).last(), Some(&7));
        assert_eq!(DataLoader::new(&data).batch_tokens(100).batches().unwrap(), 2);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |loader: &DataLoader<EncodedPairs>| loader.batches().unwrap_err().to_string();
        let loader = DataLoader::new(&pairs(&[[2, 2], [2, 30]]));
        assert_eq!(
            refused(&loader.clone().batch_tokens(20)),
            "data loader: sample 1 has 31 tokens, a batch has at most 20; raise `batch_tokens`, or leave \
             out what is that long"
        );
        assert_eq!(
            refused(&loader.batch_tokens(90).drop_last(true)),
            "data loader: batches by tokens have no size of which the last could be smaller; leave out \
             `drop_last` or `batch_tokens`"
        );
        let rows = Rows::new(Tensor::zeros([2, 1]), Tensor::from([0_u32, 1])).unwrap();
        assert_eq!(
            DataLoader::new(&rows)
                .batch_tokens(9)
                .epoch(0)
                .next()
                .unwrap()
                .unwrap_err()
                .to_string(),
            "data loader: the samples have no lengths to make batches by; `batch_size` makes batches of \
             one size"
        );
    }
}
