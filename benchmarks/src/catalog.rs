//! Every workload by name, with the sizes of well-known networks.

use plywood_tensor::Result;
use serde::Serialize;

use crate::kernel::{Kernel, kernels};
use crate::sizes::{CONVOLUTIONS, IMAGES, conv_name};
use crate::work::{Conv, Cost, Function, Network, Optimizer, Runtime, TransformerSizes, Work};

/// A row of the comparison.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) measure: Measure,
    pub(crate) work: Work,
    #[serde(flatten)]
    pub(crate) cost: Cost,
}

/// What is measured of a work.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measure {
    /// The time of one run.
    Time,
    /// The same, of a kernel that the other side hasn't.
    Kernel,
    /// The peak memory of a process that does ten.
    Memory,
    /// The time from the start of a process to the end of its first run.
    Start,
    /// The time of one run on one thread, and on all.
    Threads,
    /// The time of one run alone, and beside a busy program.
    Busy,
}

/// M × K × N: square ones, and those that convolutions come to.
const PRODUCTS: [[usize; 3]; 7] = [
    [512, 512, 512],
    [1024, 1024, 1024],
    [2048, 2048, 2048],
    [64, 576, 3136],
    [96, 363, 3025],
    [256, 1200, 729],
    [64, 147, 12544],
];

/// `[C, H, W]`
const PHOTOGRAPH: [usize; 3] = [3, 224, 224];
/// 2²⁴ numbers: 64 MiB, more than any cache.
const MANY: usize = 1 << 24;

/// A small Transformer: 3 layers on each side, sentences of 32 words.
const TRANSFORMER: TransformerSizes = TransformerSizes {
    dim: 256,
    heads: 8,
    layers: 3,
    feedforward: 1024,
    batch: 32,
    length: 32,
    words: 8000,
};

/// The Transformer of the recipe of translation, on a batch of its 1,024 tokens.
const TRANSLATION: TransformerSizes = TransformerSizes {
    dim: 128,
    heads: 4,
    layers: 4,
    feedforward: 256,
    batch: 64,
    length: 16,
    words: 4000,
};

/// All rows, in the order of the table.
pub(crate) fn catalog() -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut add = |name: String, measure, work: Work| -> Result<()> {
        let cost = if measure == Measure::Time { work.cost()? } else { Cost::default() };
        entries.push(Entry { name, measure, work, cost });
        Ok(())
    };
    for (name, network, optimizer) in trainings() {
        let learning_rate = match optimizer {
            // So small that the numbers stay what they are at the beginning of a training.
            Optimizer::Sgd => 1e-4,
            Optimizer::Adam => 1e-6,
        };
        let work = Work::Train { network, optimizer, learning_rate };
        add(format!("train/{name}"), Measure::Time, work)?;
    }
    let transformer =
        |sizes| Work::TrainTransformer { sizes, optimizer: Optimizer::Sgd, learning_rate: 1e-4 };
    add("train/transformer".to_owned(), Measure::Time, transformer(TRANSFORMER))?;
    add("train/translation".to_owned(), Measure::Time, transformer(TRANSLATION))?;
    for backward in [false, true] {
        for conv in CONVOLUTIONS {
            let name = format!("conv/{}/{}", conv_name(&conv), ways(backward));
            add(name, Measure::Time, Work::Conv(Conv { backward, ..conv }))?;
        }
    }
    for [m, k, n] in PRODUCTS {
        add(format!("matmul/{m}x{k}x{n}"), Measure::Time, Work::Matmul { m, k, n })?;
    }
    for (name, work) in operations() {
        add(format!("op/{name}"), Measure::Time, work)?;
    }
    for (name, network) in inferences() {
        let beside_torch = Work::Infer { network: network.clone(), beside: Runtime::Torch };
        add(format!("infer/{name}"), Measure::Time, beside_torch)?;
        let beside_onnxruntime = Work::Infer { network, beside: Runtime::Onnxruntime };
        add(format!("infer-onnxruntime/{name}"), Measure::Time, beside_onnxruntime)?;
    }
    for (name, network, optimizer) in trainings() {
        let work = Work::Train { network, optimizer, learning_rate: 1e-4 };
        add(format!("memory/{name}"), Measure::Memory, work.clone())?;
        if name == "lenet" {
            add(format!("start/{name}"), Measure::Start, work)?;
        }
    }
    add("memory/transformer".to_owned(), Measure::Memory, transformer(TRANSFORMER))?;
    for (kind, measure, models) in [
        ("threads", Measure::Threads, &["alexnet", "resnet18"][..]),
        ("busy", Measure::Busy, &["alexnet", "resnet18", "resnet20"]),
    ] {
        for (name, network, optimizer) in trainings() {
            if models.contains(&name) {
                let work = Work::Train { network, optimizer, learning_rate: 1e-4 };
                add(format!("{kind}/{name}"), measure, work)?;
            }
        }
    }
    for Kernel { name, cost, .. } in kernels()? {
        let work = Work::Kernel { name: name.clone() };
        entries.push(Entry { name, measure: Measure::Kernel, work, cost });
    }
    Ok(entries)
}

fn ways(backward: bool) -> &'static str {
    if backward { "fwdbwd" } else { "fwd" }
}

fn network(model: &str, image: [usize; 3], classes: usize, batch: usize) -> Network {
    Network { model: model.to_owned(), image, classes, batch }
}

fn trainings() -> Vec<(&'static str, Network, Optimizer)> {
    let digits = [1, 28, 28];
    vec![
        ("mlp", network("mlp", digits, 10, 128), Optimizer::Sgd),
        ("mlp-adam", network("mlp", digits, 10, 128), Optimizer::Adam),
        ("lenet", network("lenet", digits, 10, 64), Optimizer::Sgd),
        ("alexnet", network("alexnet", PHOTOGRAPH, 1000, 16), Optimizer::Sgd),
        ("resnet18", network("resnet18", PHOTOGRAPH, 1000, 8), Optimizer::Sgd),
        ("resnet20", network("resnet20", [3, 32, 32], 10, 64), Optimizer::Sgd),
        // The recipes' steps: X-rays, traffic signs in four channels, two seconds of a voice.
        ("xray", network("resnet9-16", digits, 2, 64), Optimizer::Sgd),
        ("signs", network("resnet9-16", [4, 32, 32], 43, 128), Optimizer::Sgd),
        ("voice", network("melnet-12", [1, 64, 129], 15, 32), Optimizer::Adam),
        ("vit_tiny", network("vit_tiny", digits, 10, 64), Optimizer::Adam),
    ]
}

fn inferences() -> Vec<(&'static str, Network)> {
    ["alexnet", "resnet18"].map(|model| (model, network(model, PHOTOGRAPH, 1000, 1))).into()
}

/// Pooling, normalisation, losses, and what is done number by number.
fn operations() -> Vec<(String, Work)> {
    let mut all = Vec::new();
    for backward in [false, true] {
        let ways = ways(backward);
        let pool = |kernel, stride, padding| Work::MaxPool {
            shape: IMAGES,
            kernel,
            stride,
            padding,
            backward,
        };
        all.push((format!("maxpool2/{ways}"), pool(2, 2, 0)));
        all.push((format!("maxpool3s2/{ways}"), pool(3, 2, 1)));
        all.push((format!("batchnorm/{ways}"), Work::BatchNorm { shape: IMAGES, backward }));
        let attention = Work::Attention { batch: 16, length: 128, dim: 256, heads: 8, backward };
        all.push((format!("attention/{ways}"), attention));
        let lstm = Work::Lstm { batch: 32, steps: 64, inputs: 128, hidden: 256, backward };
        all.push((format!("lstm/{ways}"), lstm));
        let norm = Work::LayerNorm { rows: 4096, features: 512, backward };
        all.push((format!("layernorm/{ways}"), norm));
        let loss = Work::CrossEntropy { rows: 512, classes: 1000, backward };
        all.push((format!("crossentropy/{ways}"), loss));
        let table = Work::Embedding { count: 30_000, dim: 256, words: 1024, backward };
        all.push((format!("embedding/{ways}"), table));
    }
    for (name, function) in [
        ("relu16M", Function::Relu),
        ("gelu16M", Function::Gelu),
        ("tanh16M", Function::Tanh),
        ("exp16M", Function::Exp),
        ("add16M", Function::Add),
    ] {
        all.push((name.to_owned(), Work::Elementwise { function, numel: MANY }));
    }
    all.push(("sum16M".to_owned(), Work::Sum { numel: MANY }));
    all.push(("transpose4096".to_owned(), Work::Transpose { side: 4096 }));
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::OnceLock;

    use super::*;

    /// Made once: to know what a model costs, it is built.
    fn entries() -> &'static [Entry] {
        static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
        ENTRIES.get_or_init(|| catalog().unwrap())
    }

    /// The same work on the smallest sizes that make sense, for a test in an unoptimised build.
    fn tiny(work: Work) -> Work {
        match work {
            Work::Matmul { .. } => Work::Matmul { m: 3, k: 4, n: 5 },
            Work::Conv(conv) => Work::Conv(Conv {
                from: conv.from.min(2 * conv.groups.min(2)),
                to: 4,
                groups: conv.groups.min(4),
                size: conv.kernel + conv.stride,
                batch: 2,
                ..conv
            }),
            Work::MaxPool { kernel, stride, padding, backward, .. } => {
                Work::MaxPool { shape: [2, 3, 6, 6], kernel, stride, padding, backward }
            }
            Work::BatchNorm { backward, .. } => Work::BatchNorm { shape: [2, 3, 4, 4], backward },
            Work::Attention { backward, .. } => {
                Work::Attention { batch: 2, length: 3, dim: 4, heads: 2, backward }
            }
            Work::Lstm { backward, .. } => {
                Work::Lstm { batch: 2, steps: 3, inputs: 4, hidden: 5, backward }
            }
            Work::LayerNorm { backward, .. } => Work::LayerNorm { rows: 3, features: 5, backward },
            Work::CrossEntropy { backward, .. } => {
                Work::CrossEntropy { rows: 3, classes: 5, backward }
            }
            Work::Embedding { backward, .. } => {
                Work::Embedding { count: 7, dim: 3, words: 5, backward }
            }
            Work::Elementwise { function, .. } => Work::Elementwise { function, numel: 9 },
            Work::Sum { .. } => Work::Sum { numel: 9 },
            Work::Transpose { .. } => Work::Transpose { side: 5 },
            Work::Train { network, optimizer, learning_rate } => {
                Work::Train { network: tiny_network(network), optimizer, learning_rate }
            }
            Work::TrainTransformer { optimizer, learning_rate, .. } => {
                let sizes = TransformerSizes {
                    dim: 4,
                    heads: 2,
                    layers: 1,
                    feedforward: 6,
                    batch: 2,
                    length: 3,
                    words: 7,
                };
                Work::TrainTransformer { sizes, optimizer, learning_rate }
            }
            Work::Infer { network, beside } => {
                Work::Infer { network: tiny_network(network), beside }
            }
            Work::Kernel { name } => Work::Kernel { name },
        }
    }

    fn tiny_network(network: Network) -> Network {
        let side = network.image[1].min(64);
        let image = [network.image[0], side, side];
        Network { image, batch: 2, classes: 4, ..network }
    }

    #[test]
    fn every_workload_runs() {
        // The others do the same work as these.
        for entry in entries().iter().filter(|entry| entry.measure == Measure::Time) {
            let mut workload = tiny(entry.work.clone()).prepare().unwrap();
            let first = workload.check().unwrap_or_else(|error| panic!("{}: {error}", entry.name));
            assert!(first.iter().all(|(_, tensor)| tensor.all_finite()), "{}", entry.name);
            assert!(!workload.tensors().is_empty(), "{}", entry.name);
            workload.run().unwrap();
        }
    }

    #[test]
    fn names_say_what_differs_from_the_usual_and_are_unique() {
        let names: BTreeSet<&str> = entries().iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names.len(), entries().len());
        for name in [
            "conv/64x64k3@56b8/fwd",
            "conv/3x64k11s4p2@224b16/fwdbwd",
            "conv/64x128k1s2@56b8/fwd",
            "conv/128x128k3g128@56b8/fwd",
            "conv/3x64k3p0@256b1/fwd",
            "matmul/64x576x3136",
            "op/relu16M",
            "start/lenet",
            "memory/lenet",
            "threads/resnet18",
            "threads/alexnet",
            "busy/resnet18",
            "busy/alexnet",
            "busy/resnet20",
        ] {
            assert!(names.contains(name), "{name}");
        }
    }

    #[test]
    fn a_training_step_costs_three_ways_forward_but_for_the_images_gradient() {
        let mlp = entries().iter().find(|entry| entry.name == "train/mlp").unwrap();
        let layers = [784 * 512, 512 * 256, 256 * 10].map(|weights| f64::from(2 * 128 * weights));
        let expected = 3.0 * layers.iter().sum::<f64>() - layers[0];
        assert!((mlp.cost.gflop * 1e9 - expected).abs() < 1.0);
    }
}
