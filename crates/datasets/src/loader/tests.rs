//! Tests of the loader: the number of threads changes nothing, and nothing hangs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plywood_tensor::{Error, ErrorKind, Result, Rng, Seed, Tensor};
use proptest::prelude::*;

use super::DataLoader;
use crate::batch::ImageBatch;
use crate::dataset::Dataset;
use crate::draw::Draw;

/// Samples whose only pixel is a number drawn for them, and whose label is their index.
#[derive(Clone)]
struct Drawn {
    samples: usize,
    trouble: Trouble,
    made: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
enum Trouble {
    None,
    ErrorAt(usize),
    PanicAt(usize),
}

impl Drawn {
    fn new(samples: usize, trouble: Trouble) -> Self {
        Self { samples, trouble, made: Arc::default() }
    }
}

impl Dataset for Drawn {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        self.samples
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<ImageBatch> {
        self.made.fetch_add(1, Ordering::SeqCst);
        match self.trouble {
            Trouble::ErrorAt(bad) if indices.contains(&bad) => {
                return Err(Error::data(format!("sample {bad} is broken")));
            }
            Trouble::PanicAt(bad) if indices.contains(&bad) => panic!("sample {bad} is a trap"),
            _ => {}
        }
        let number = |index| draw.sample(index).map_or(0.0, |mut rng: Rng| rng.unit());
        let numbers = indices.iter().map(|&index| number(index) as f32);
        Ok(ImageBatch {
            images: Tensor::from_vec(numbers.collect(), [indices.len(), 1, 1, 1])?,
            labels: indices.iter().map(|&i| i as u32).collect::<Vec<_>>().into(),
        })
    }

    fn fingerprint(&self) -> String {
        self.samples.to_string()
    }
}

fn collect(loader: &DataLoader<Drawn>, epoch: usize, first: usize) -> Vec<ImageBatch> {
    loader.epoch_from(epoch, first).map(Result::unwrap).collect()
}

proptest! {
    #[test]
    fn prop_threads_change_nothing(
        samples in 1_usize..200,
        batch_size in 1_usize..40,
        seed: u64,
        epoch in 0_usize..5,
        drop_last: bool,
    ) {
        let loader = DataLoader::new(&Drawn::new(samples, Trouble::None))
            .batch_size(batch_size)
            .shuffle(Seed(seed))
            .augment(Seed(seed))
            .drop_last(drop_last && batch_size <= samples);
        let inline = collect(&loader, epoch, 0);
        prop_assert_eq!(inline.len(), loader.batches().unwrap());
        for threads in 1..=3 {
            prop_assert_eq!(&inline, &collect(&loader.clone().threads(threads), epoch, 0));
        }
        let first = inline.len() / 2;
        let rest = collect(&loader.threads(2), epoch, first);
        prop_assert_eq!(&inline[first..], &rest);
    }

    #[test]
    fn prop_an_epoch_has_every_sample_once(samples in 1_usize..200, batch_size in 1_usize..40) {
        let loader = DataLoader::new(&Drawn::new(samples, Trouble::None))
            .batch_size(batch_size)
            .shuffle(Seed(1))
            .threads(2);
        let batches = collect(&loader, 0, 0);
        let mut seen: Vec<u32> = batches.iter().flat_map(|b| b.labels.to_vec()).collect();
        seen.sort_unstable();
        prop_assert!(seen.into_iter().eq(0..samples as u32));
    }
}

#[test]
fn each_epoch_has_an_order_and_a_draw_of_its_own() {
    let loader = DataLoader::new(&Drawn::new(100, Trouble::None)).batch_size(100);
    let training = loader.clone().shuffle(Seed(1)).augment(Seed(1));
    let [a, b] = [0, 1].map(|epoch| collect(&training, epoch, 0).remove(0));
    assert_ne!(a.labels, b.labels);
    let number = |batch: &ImageBatch, label: u32| {
        let place = batch.labels.as_slice().iter().position(|&l| l == label);
        batch.images.as_slice()[place.unwrap()]
    };
    assert_ne!(number(&a, 7), number(&b, 7));
    // The draw belongs to the sample, whatever the order.
    let in_order = collect(&loader.clone().augment(Seed(1)), 0, 0).remove(0);
    assert_eq!(number(&a, 7), number(&in_order, 7));
    assert!(in_order.labels.as_slice().iter().copied().eq(0..100));
    // And the order says nothing about augmentation.
    let shuffled = collect(&loader.clone().shuffle(Seed(1)), 0, 0).remove(0);
    assert_eq!(shuffled.labels, a.labels);
    assert!(shuffled.images.as_slice().iter().all(|&x| x == 0.0));

    let evaluation = collect(&loader, 0, 0).remove(0);
    assert!(evaluation.labels.as_slice().iter().copied().eq(0..100));
    assert!(evaluation.images.as_slice().iter().all(|&x| x == 0.0));
}

#[test]
fn a_batch_that_is_ready_is_the_next_one() {
    let loader = DataLoader::new(&Drawn::new(20, Trouble::None)).batch_size(2);
    let mut inline = loader.epoch(0);
    assert!(inline.next_if_ready().is_none() && inline.len() == 10);
    let mut ahead = loader.threads(3).epoch(0);
    for (index, batch) in inline.enumerate() {
        // Some by waiting, some by asking until they are there.
        let own = match index % 3 {
            0 => ahead.next().unwrap(),
            _ => loop {
                match ahead.next_if_ready() {
                    Some(batch) => break batch,
                    None => std::thread::yield_now(),
                }
            },
        };
        assert_eq!(own.unwrap(), batch.unwrap());
    }
    assert!(ahead.next_if_ready().is_none() && ahead.next().is_none());
}

#[test]
fn an_error_comes_in_its_place() {
    let loader = DataLoader::new(&Drawn::new(10, Trouble::ErrorAt(5))).batch_size(2);
    for threads in 0..=3 {
        let batches: Vec<_> = loader.clone().threads(threads).epoch(0).collect();
        assert_eq!(batches.len(), 5);
        for (index, batch) in batches.into_iter().enumerate() {
            match batch {
                Ok(batch) => assert_eq!(batch.labels.as_slice()[0], 2 * index as u32),
                Err(error) => {
                    assert_eq!((index, error.to_string().as_str()), (2, "sample 5 is broken"));
                }
            }
        }
    }
}

#[test]
fn a_panic_is_passed_on_and_nothing_hangs() {
    for threads in 0..=3 {
        let loader =
            DataLoader::new(&Drawn::new(10, Trouble::PanicAt(5))).batch_size(2).threads(threads);
        let mut epoch = loader.epoch(0);
        assert!(epoch.next().unwrap().is_ok() && epoch.next().unwrap().is_ok());
        let panic = catch_unwind(AssertUnwindSafe(|| epoch.next())).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("sample 5 is a trap"),);
        drop(epoch);
    }
}

#[test]
fn dropping_an_epoch_stops_its_threads() {
    let drawn = Drawn::new(10_000, Trouble::None);
    let mut epoch = DataLoader::new(&drawn).batch_size(1).threads(3).epoch(0);
    assert!(epoch.next().is_some());
    assert_eq!(epoch.len(), 9_999);
    drop(epoch);
    let made = drawn.made.load(Ordering::SeqCst);
    // One handed over, and of each thread one waiting and one refused.
    assert!((1..=10).contains(&made), "{made}");
    assert_eq!(Arc::strong_count(&drawn.made), 1);
}

#[test]
fn senseless_settings_are_refused() {
    let refusal = |loader: DataLoader<Drawn>| {
        let mut epoch = loader.epoch(0);
        let error = epoch.next().unwrap().unwrap_err();
        assert!(epoch.next().is_none());
        assert_eq!(error.to_string(), loader.batches().unwrap_err().to_string());
        error
    };
    let ten = DataLoader::new(&Drawn::new(10, Trouble::None));
    let error = refusal(ten.clone().batch_size(0));
    assert_eq!(error.kind(), ErrorKind::Value);
    assert_eq!(error.to_string(), "data loader: the batch size is 0; it should be 1 or more",);
    assert_eq!(
        refusal(DataLoader::new(&Drawn::new(0, Trouble::None))).to_string(),
        "data loader: the data set has no samples",
    );
    assert_eq!(
        refusal(ten.clone().batch_size(64).drop_last(true)).to_string(),
        "data loader: 10 samples are no whole batch of 64, and smaller ones are left out; \
         take a smaller batch size, or drop_last(false)",
    );
    assert_eq!(
        ten.epoch_from(0, 2).next().unwrap().unwrap_err().to_string(),
        "data loader: an epoch of 1 batches can't begin at batch 2",
    );
    assert!(ten.epoch_from(0, 1).next().is_none());
}
