//! Training gives the same bits on any number of threads: LeNet's, of the kernels and of the loader;
//! a residual network's, an LSTM's and a Transformer's, of the kernels.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::transforms::RandomAffine;
use plywood_datasets::{Images, Split};
use plywood_layers::{Embedding, LSTM, Linear, Module, Params, cross_entropy, write_safetensors};
use plywood_optimizers::{AdamW, OneCycle, Optimizer, SGD};
use plywood_tensor::{Result, Rng, Seed, Tensor, threads};
use plywood_training::{Accuracy, Trainer};
use plywood_zoo::{SentencePairs, lenet, resnet9, translation_transformer};

/// Images of noise, of MNIST's size: large enough that every kernel is split.
fn noise() -> Images {
    let numbers: Tensor = Rng::new(Seed(1)).uniform([192, 1, 28, 28], 0.0, 256.0);
    let bytes = numbers.as_slice().iter().map(|&x| x as u8).collect();
    let labels = (0..192).map(|sample| sample % 10).collect();
    let names = (0..10).map(|class| class.to_string());
    Images::new(Tensor::from_vec(bytes, [192, 1, 28, 28]).unwrap(), labels, names).unwrap()
}

/// The weights and the history after two epochs of two steps each.
fn train(loader_threads: usize) -> (Vec<u8>, String) {
    let [train, valid] = noise().split([2.0 / 3.0, 1.0 / 3.0], Seed(1)).unwrap();
    let train = train.transform(RandomAffine::new(10.0).scale([0.9, 1.1])).unwrap();
    let mut model = lenet([1, 28, 28], 10).init(&mut Rng::new(Seed(7))).unwrap();
    let run = Trainer::new(AdamW::default())
        .schedule(OneCycle::new(0.01))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .clip_grad_norm(1.0)
        .loader_threads(loader_threads)
        .epochs(2)
        .batch_size(64)
        .quiet(true)
        .fit(&mut model, &train, &valid)
        .unwrap();
    (bytes(&model), format!("{:?}", run.history()))
}

fn bytes(model: &impl Params) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes).unwrap();
    bytes
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let one = threads::with(1, || train(0)).unwrap();
    for (kernels, loader) in [(2, 1), (3, 3), (1, 3), (2, 0)] {
        let other = threads::with(kernels, || train(loader)).unwrap();
        assert!(other.0 == one.0, "weights on {kernels} threads, {loader} of them loading, differ");
        assert_eq!(other.1, one.1, "{kernels} threads, {loader} of the loader");
    }
    assert!(train(1) == one, "outside of any pool the bits differ");
}

/// Trains on 1, 2, 3 and 8 threads: the weights and buffers after four steps are the same bytes. Each
/// step has a batch of its own, drawn by `loss`.
fn invariant<M: Params>(
    model: impl Fn() -> Result<M> + Sync,
    optimizer: impl Fn() -> Box<dyn Optimizer> + Sync,
    loss: impl Fn(&M, &mut Rng, &mut Pass) -> Result<Var> + Sync,
) {
    let train = || -> Result<Vec<u8>> {
        let (mut model, mut optimizer) = (model()?, optimizer());
        let (mut rng, mut batches) = (Rng::new(Seed(5)), Rng::new(Seed(6)));
        for _ in 0..4 {
            let mut pass = Pass::train(&model, &mut rng);
            let loss = loss(&model, &mut batches, &mut pass)?;
            let grads = pass.backward(&loss)?;
            optimizer.step(&mut model, &grads)?;
        }
        Ok(bytes(&model))
    };
    let one = threads::with(1, train).unwrap().unwrap();
    assert!(one != bytes(&model().unwrap()), "nothing was learnt");
    for count in [2, 3, 8] {
        let other = threads::with(count, train).unwrap().unwrap();
        assert!(other == one, "weights on {count} threads differ");
    }
}

/// So many numbers below `end`.
fn indices(rng: &mut Rng, shape: &[usize], end: usize) -> Tensor<u32> {
    let numbers: Tensor = rng.uniform([shape.iter().product()], 0.0, end as f64);
    numbers.map(|x| x as u32).reshape(plywood_tensor::Shape::new(shape).unwrap()).unwrap()
}

#[test]
fn a_residual_network_learns_the_same_bits() {
    invariant(
        || resnet9([3, 32, 32], 10).width(16).init(&mut Rng::new(Seed(7))),
        || Box::new(SGD::new(0.01).momentum(0.9)),
        |model, rng, pass| {
            let images = Var::constant(rng.normal([8, 3, 32, 32], 0.0, 1.0));
            cross_entropy(&model.forward(&images, pass)?, &indices(rng, &[8], 10))
        },
    );
}

/// Two layers in both directions over words, and the last state's class.
#[derive(Params)]
struct Reader {
    words: Embedding,
    lstm: LSTM,
    fc: Linear,
}

#[test]
fn an_lstm_learns_the_same_bits() {
    let model = || {
        let rng = &mut Rng::new(Seed(7));
        Ok(Reader {
            words: Embedding::config(200, 48).init(rng)?,
            lstm: LSTM::config(48, 72).layers(2).dropout(0.1).bidirectional(true).init(rng)?,
            fc: Linear::config(144, 10).init(rng)?,
        })
    };
    invariant(
        model,
        || Box::new(AdamW::new(1e-3)),
        |model: &Reader, rng, pass| {
            let words = model.words.forward(&indices(rng, &[12, 16], 200), pass)?; // [S, B, 48]
            let states = model.lstm.forward(&words, pass)?; // [S, B, 144]
            let last = states.narrow(0, 11, 1)?.reshape([16, 144])?;
            cross_entropy(&model.fc.forward(&last, pass)?, &indices(rng, &[16], 10))
        },
    );
}

#[test]
fn a_transformer_learns_the_same_bits() {
    let config = translation_transformer(300, 300).dim(64).heads(4).layers(1).feedforward(128);
    invariant(
        || config.init(&mut Rng::new(Seed(7))),
        || Box::new(AdamW::new(1e-3)),
        |model, rng, pass| {
            let [source, target] = [(); 2].map(|()| indices(rng, &[8, 20], 300));
            let pairs = SentencePairs { source, target, source_padding: None };
            let scores = model.forward(&pairs, pass)?.reshape([160, 300])?;
            cross_entropy(&scores, &indices(rng, &[160], 300))
        },
    );
}
