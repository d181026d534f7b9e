//! Nothing waits for ever, whatever the number of threads: in real processes, since a pool of one's own
//! would hide what the global one does.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use plywood_datasets::{Dataset, Draw, ImageBatch, Images};
use plywood_layers::{Flatten, Linear, Sequential, cross_entropy};
use plywood_optimizers::SGD;
use plywood_tensor::{Result, Rng, Seed, Tensor, threads};
use plywood_training::{Accuracy, Run, Trainer};

use crate::processes::{child, told, wait};

const WHAT: &str = "PLYWOOD_TEST_WHAT";

/// Batches of so many images are beyond the 100,000 elements from which on kernels split their work.
const BATCH: usize = 128;
const SIDE: usize = 28;

fn images() -> Images {
    let pixels = Tensor::from_fn([300, 1, SIDE, SIDE], |i| (i[3] * 7) as u8);
    Images::new(pixels, (0..300).map(|i| i % 10).collect(), (0..10).map(|i| i.to_string())).unwrap()
}

fn model() -> Sequential {
    let fc = Linear::config(SIDE * SIDE, 10).init(&mut Rng::new(Seed(1))).unwrap();
    Sequential::new().add(Flatten).add(fc)
}

/// Trains for an epoch, looks at the data once more, and gives the bits of the last loss.
fn fit<D: Dataset<Batch = ImageBatch>>(data: &D, loader_threads: usize) -> u64 {
    let mut model = model();
    let run: Run<_> = Trainer::new(SGD::new(0.01))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .epochs(1)
        .batch_size(BATCH)
        .loader_threads(loader_threads)
        .quiet(true)
        .fit(&mut model, data, data)
        .unwrap();
    run.evaluate(&model, data).unwrap().scores.loss.to_bits()
}

fn concurrently(count: usize, work: impl Fn() -> u64 + Send + Sync + 'static) {
    let work = Arc::new(work);
    let started: Vec<_> = (0..count)
        .map(|_| {
            let work = Arc::clone(&work);
            thread::spawn(move || work())
        })
        .collect();
    let bits: Vec<u64> = started.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(bits.windows(2).all(|pair| pair[0] == pair[1]));
}

/// A user's data set, whose images another thread computes on the pool.
#[derive(Clone)]
struct Produced(Arc<std::sync::Mutex<Receiver<Tensor>>>);

impl Produced {
    fn new() -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let batch = Tensor::linspace(-1.0, 1.0, BATCH * SIDE * SIDE);
            let batch = batch.reshape([BATCH, 1, SIDE, SIDE]).unwrap();
            // Until the test ends.
            while sender.send(batch.map(|x| x.tanh())).is_ok() {}
        });
        Self(Arc::new(std::sync::Mutex::new(receiver)))
    }
}

impl Dataset for Produced {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        2 * BATCH
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<ImageBatch> {
        let images = self.0.lock().unwrap().recv().unwrap();
        // And rayon's own, as a user's code may.
        let (labels, scaled) = rayon::join(
            || indices.iter().map(|&i| i as u32 % 10).collect::<Vec<_>>(),
            || images.map(|x| 2.0 * x),
        );
        Ok(ImageBatch { images: scaled, labels: labels.into() })
    }

    fn fingerprint(&self) -> String {
        "produced".to_owned()
    }
}

#[test]
#[ignore = "the other tests here start it, in processes of their own"]
fn work() {
    let Some(what) = told(WHAT) else { return };
    let threads = rayon::current_num_threads();
    match what.as_str() {
        "inline" => concurrently(1, || fit(&images(), 0)),
        "one" => concurrently(1, || fit(&images(), 1)),
        "as many as threads" => concurrently(threads, || fit(&images(), 1)),
        "more than threads" => concurrently(2 * threads + 1, || fit(&images(), 2)),
        "produced" => concurrently(1, || fit(&Produced::new(), 1)),
        "in the pool" => {
            rayon::scope(|scope| {
                (0..3 * threads).for_each(|_| scope.spawn(|_| _ = fit(&images(), 1)));
            });
        }
        "produced in the pool" => {
            rayon::scope(|scope| {
                (0..threads).for_each(|_| scope.spawn(|_| _ = fit(&Produced::new(), 1)));
            });
        }
        "evaluations of one run" => {
            let data = images();
            let mut model = model();
            let trainer = Trainer::new(SGD::new(0.01)).loss(cross_entropy).metric(Accuracy::top(1));
            let run = trainer.epochs(1).batch_size(BATCH).quiet(true).fit(&mut model, &data, &data);
            let (run, model) = (&run.unwrap(), &model);
            rayon::scope(|scope| {
                for _ in 0..3 * threads {
                    scope.spawn(|_| drop(run.evaluate(model, &data).unwrap()));
                }
            });
        }
        "initialised" => {
            threads::init();
            fit(&images(), 1);
            // This thread is one of the pool's now, and works for nobody while it waits here.
            concurrently(2, || fit(&images(), 1));
            concurrently(1, || fit(&Produced::new(), 1));
            fit(&Produced::new(), 1);
        }
        other => panic!("{other}?"),
    }
}

#[track_caller]
fn ends(what: &str) {
    for threads in ["1", "2", "8"] {
        let mut process = child("hangs::work");
        let mut process =
            process.env(WHAT, what).env("RAYON_NUM_THREADS", threads).spawn().unwrap();
        assert!(wait(&mut process).success(), "{what}, {threads} threads");
    }
}

#[test]
fn one_fit() {
    ends("inline");
    ends("one");
}

#[test]
fn many_fits_at_once() {
    ends("as many as threads");
    ends("more than threads");
}

#[test]
fn a_data_set_that_waits_for_the_pool() {
    ends("produced");
}

#[test]
fn fits_that_are_called_from_the_pool() {
    ends("in the pool");
    ends("produced in the pool");
}

#[test]
fn evaluations_of_one_run_at_once() {
    ends("evaluations of one run");
}

#[test]
fn a_main_thread_that_belongs_to_the_pool() {
    ends("initialised");
}
