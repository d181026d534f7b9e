//! Every model of the registry either takes sizes or says why it doesn't, however senseless they are.
//! The memory budget is the process's, so this test has one of its own.
#![cfg(test)]

use plywood_layers::Params;
use plywood_tensor::{Result, Rng, Seed, memory};
use plywood_zoo::{MODELS, Task, airbench94, build, mlp, wide_and_deep};

/// Asserts that something failed, in these words.
#[track_caller]
fn says<T>(result: Result<T>, text: &str) {
    match result {
        Ok(_) => panic!("it worked, instead of: {text}"),
        Err(error) => assert_eq!(error.to_string(), text),
    }
}

#[test]
fn senseless_sizes_are_errors() {
    // Small, so that large models are refused at once.
    memory::set_budget(2 << 20);
    let sizes = [0, 1, 3, 33, 1 << 32, 1 << 62, usize::MAX];
    for entry in MODELS {
        let ([depth, height, width], classes) = entry.published;
        for size in sizes {
            let images = [
                ([size, height, width], classes),
                ([depth, size, width], classes),
                ([depth, height, size], classes),
                ([size; 3], size),
                ([depth, height, width], size),
            ];
            for (image, classes) in images {
                match build(entry.name, image, classes, &mut Rng::new(Seed(1))) {
                    Ok(model) => {
                        assert!(model.parameter_count() > 0);
                        let sensible = !image.contains(&0)
                            && image[1].min(image[2]) >= entry.smallest
                            && (classes > 0 || entry.task == Task::Reconstruct);
                        assert!(sensible, "{}: {image:?}, {classes} classes", entry.name);
                    }
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        }
        if entry.task == Task::Classify {
            // Those of VGG with batch normalisation are checked by the function without.
            let name = entry.name.trim_end_matches("_bn");
            says(
                build(entry.name, [0, height, width], classes, &mut Rng::new(Seed(1))),
                &format!("{name}: an image [0, {height}, {width}] (C, H, W) has no channels"),
            );
            says(
                build(entry.name, [depth, height, width], 0, &mut Rng::new(Seed(1))),
                &format!("{}: 0 classes leave nothing to tell apart", entry.name),
            );
        }
    }
    says(
        build("resnet18", [3, 0, 8], 10, &mut Rng::new(Seed(1))),
        "resnet18: of an image [3, 0, 8] (C, H, W) nothing would be left; \
         its sides must have 1 pixel at least",
    );
    says(
        build("autoencoder", [0, 28, 28], 10, &mut Rng::new(Seed(1))),
        "autoencoder: an image [0, 28, 28] (C, H, W) has no channels",
    );
    says(
        build("lenet", [1, 1 << 40, 1 << 40], 10, &mut Rng::new(Seed(1))),
        "linear: [120, 18446744073709551615] has more elements than memory can address",
    );
    says(
        mlp(usize::MAX, 10).init(&mut Rng::new(Seed(1))),
        "linear: [512, 18446744073709551615] has more elements than memory can address",
    );
    let config = airbench94([3, 32, 32], 10).widths([0, 8, 8]);
    assert!(config.init(&mut Rng::new(Seed(1))).is_ok());
    says(
        wide_and_deep(1, [usize::MAX, 2], 1).init(&mut Rng::new(Seed(1))),
        "wide_and_deep: the vocabularies have more than 2³² − 1 entries together",
    );
    says(
        wide_and_deep(usize::MAX, [2], 1).init(&mut Rng::new(Seed(1))),
        "wide_and_deep: numbers and vectors have more features than can be counted",
    );
}
