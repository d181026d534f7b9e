//! Every model by its name.

use plywood_autodiff::{Params, Pass, Var};
use plywood_layers::{Module, summary};
use plywood_tensor::{Rng, Seed, Shape, Tensor};
use plywood_zoo::{
    MODELS, Task, VggConfig, alexnet, build, lenet, mlp, vgg11, vgg13, vgg16, vgg19,
};

/// The published number of parameters of each model, and the number of classes that it is for.
const PARAMETERS: [(&str, usize, usize); 20] = [
    ("alexnet", 1000, 61_100_840),
    ("alexnet_2012", 1000, 60_965_224),
    ("resnet18", 1000, 11_689_512),
    ("resnet34", 1000, 21_797_672),
    ("resnet50", 1000, 25_557_032),
    ("resnet101", 1000, 44_549_160),
    ("resnet152", 1000, 60_192_808),
    ("resnet9", 10, 6_573_120),
    ("airbench94", 10, 1_972_792),
    ("resnet20", 10, 269_722),
    ("resnet32", 10, 464_154),
    ("resnet44", 10, 658_586),
    ("resnet56", 10, 853_018),
    ("resnet110", 10, 1_727_962),
    ("squeezenet1_0", 1000, 1_248_424),
    ("squeezenet1_1", 1000, 1_235_496),
    ("mobilenet_v2", 1000, 3_504_872),
    ("densenet121", 1000, 7_978_856),
    ("efficientnet_lite0", 1000, 4_652_008),
    // Of colour images: 2 · 9 · 64 more than of grey ones.
    ("unet", 2, 31_036_546 + 1152),
];

/// The same for VGG, of 1,000 classes.
const VGG_PARAMETERS: [(&str, usize); 8] = [
    ("vgg11", 132_863_336),
    ("vgg11_bn", 132_868_840),
    ("vgg13", 133_047_848),
    ("vgg13_bn", 133_053_736),
    ("vgg16", 138_357_544),
    ("vgg16_bn", 138_365_992),
    ("vgg19", 143_667_240),
    ("vgg19_bn", 143_678_248),
];

/// Of each VGG a narrower one is built here: their first values would take longer than all others'.
fn is_vgg(name: &str) -> bool {
    name.starts_with("vgg")
}

#[test]
fn every_model_builds_and_is_summarised() {
    for entry in MODELS.iter().filter(|entry| !is_vgg(entry.name)) {
        assert!(!entry.about.is_empty() && !entry.source.is_empty());
        // As few pixels as it takes, other than square, unless they change the parameters.
        let (height, width) = match entry.name {
            "alexnet_2012" => (227, 227),
            _ => (entry.smallest, entry.smallest + 8),
        };
        let published = PARAMETERS.iter().find(|(name, ..)| *name == entry.name);
        let classes = published.map_or(7, |&(_, classes, _)| classes);
        let model = build(entry.name, [3, height, width], classes, &mut Rng::new(Seed(1))).unwrap();
        let output: Shape = match entry.task {
            Task::Classify => [2, classes].into(),
            Task::Reconstruct => [2, 3, height, width].into(),
            Task::Segment => [2, classes, height, width].into(),
        };
        let summary = summary(&model, [2, 3, height, width]).unwrap();
        assert_eq!(summary.rows.last().unwrap().output, output, "{}", entry.name);
        // The last layer has a row for each class: it is what a classifier's head is.
        let parameters = model.named_parameters();
        if entry.task == Task::Classify {
            assert_eq!(parameters.last().unwrap().1.shape()[0], classes, "{}", entry.name);
        }
        let counted: usize = summary.rows.iter().map(|row| row.parameters).sum();
        assert_eq!((summary.parameters, counted), (model.parameter_count(), counted));
        if let Some(&(name, _, parameters)) = published {
            assert_eq!(summary.parameters, parameters, "{name}");
        }
        let images = Var::constant(Tensor::ones([2, 3, height, width]));
        let scores = model.forward(&images, &mut Pass::eval(&model)).unwrap();
        assert_eq!(scores.shape(), output);
        assert!(scores.value().unwrap().all_finite());
    }
}

#[test]
fn every_vgg_has_its_parameters() {
    let names: Vec<_> = MODELS.iter().map(|entry| entry.name).filter(|n| is_vgg(n)).collect();
    assert_eq!(names, VGG_PARAMETERS.map(|(name, _)| name));
    let narrow = 16;
    // Three fully connected layers, which are all that depends on the width.
    let classifier = |hidden: usize| {
        (512 * 49 * hidden + hidden) + (hidden * hidden + hidden) + (hidden * 1000 + 1000)
    };
    for (name, parameters) in VGG_PARAMETERS {
        let config = vgg(name, [3, 32, 32], 1000).hidden(narrow);
        let model = config.init(&mut Rng::new(Seed(1))).unwrap();
        let expected = parameters - classifier(4096) + classifier(narrow);
        assert_eq!(model.parameter_count(), expected, "{name}");
    }
}

/// The VGG that the registry has under this name.
pub(crate) fn vgg(name: &str, image: [usize; 3], classes: usize) -> VggConfig {
    let (name, batch_norm) = match name.strip_suffix("_bn") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let make = match name {
        "vgg11" => vgg11,
        "vgg13" => vgg13,
        "vgg16" => vgg16,
        "vgg19" => vgg19,
        _ => panic!("{name} is no VGG"),
    };
    make(image, classes).batch_norm(batch_norm)
}

#[test]
fn smaller_images_are_refused() {
    let classifiers = MODELS.iter().filter(|entry| entry.task != Task::Reconstruct);
    for entry in classifiers.filter(|entry| entry.smallest > 1) {
        let least = entry.smallest;
        // The innermost name: that of the function.
        let name = entry.name.trim_end_matches("_bn");
        for [height, width] in [[least - 1, least], [least, least - 1], [0, least]] {
            assert_eq!(
                build(entry.name, [3, height, width], 7, &mut Rng::new(Seed(1)))
                    .err()
                    .unwrap()
                    .to_string(),
                format!(
                    "{name}: of an image [3, {height}, {width}] (C, H, W) nothing would be left; \
                     its sides must have {least} pixels at least"
                ),
            );
        }
    }
}

#[test]
fn parameters_are_counted() {
    let count =
        |name, image| build(name, image, 10, &mut Rng::new(Seed(1))).unwrap().parameter_count();
    // By hand: 5·5·1·6 + 6, 5·5·6·16 + 16, then 400, 120, 84 and 10 numbers, each with a bias.
    let [conv1, conv2] = [25 * 6 + 6, 25 * 6 * 16 + 16];
    let [fc2, fc3] = [120 * 84 + 84, 84 * 10 + 10];
    assert_eq!(count("lenet", [1, 28, 28]), conv1 + conv2 + 400 * 120 + 120 + fc2 + fc3);
    assert_eq!(count("lenet", [1, 8, 8]), conv1 + conv2 + 64 * 120 + 120 + fc2 + fc3);
    assert_eq!(count("mlp", [1, 28, 28]), 784 * 512 + 512 + 512 * 256 + 256 + 256 * 10 + 10);
}

#[test]
fn the_seed_makes_the_weights() {
    let first = |seed| {
        let model = build("lenet", [1, 8, 8], 10, &mut Rng::new(Seed(seed))).unwrap();
        model.named_parameters()[0].1.value().clone()
    };
    assert_eq!(first(1), first(1));
    assert_ne!(first(1), first(2));
}

#[test]
fn what_there_isnt_is_said() {
    let names: Vec<_> = MODELS.iter().map(|entry| entry.name).collect();
    assert_eq!(names[..2], ["lenet", "mlp"]);
    assert_eq!(
        build("resnet", [1, 28, 28], 10, &mut Rng::new(Seed(1))).err().unwrap().to_string(),
        format!(
            "zoo: there is no model `resnet`; did you mean `resnet9`? there are {}",
            names.join(", ")
        ),
    );
    let error = mlp(4, 2).dropout(f64::NAN).init(&mut Rng::new(Seed(1))).unwrap_err();
    assert_eq!(error.to_string(), "mlp: the dropout is NaN; it should be between 0 and 1");
    let config = alexnet([3, 64, 64], 10).dropout(1.5);
    assert_eq!(
        config.init(&mut Rng::new(Seed(1))).unwrap_err().to_string(),
        "alexnet: the dropout is 1.5; it should be between 0 and 1",
    );
}

#[test]
fn images_that_cant_be_halved_twice() {
    for [height, width] in [[28, 30], [27, 28], [0, 4]] {
        assert_eq!(
            build("autoencoder", [1, height, width], 0, &mut Rng::new(Seed(1)))
                .err()
                .unwrap()
                .to_string(),
            format!(
                "autoencoder: an image [1, {height}, {width}] (C, H, W) can't be halved twice and \
                 doubled back; its sides must be multiples of 4: pad or crop it"
            ),
        );
    }
}

#[test]
fn images_that_dont_fit_are_named() {
    for image in [[1, 3, 8], [1, 8, 3], [3, 0, 0]] {
        assert_eq!(
            lenet(image, 10).init(&mut Rng::new(Seed(1))).unwrap_err().to_string(),
            format!(
                "lenet: of an image {image:?} (C, H, W) nothing would be left; \
                 its sides must have 4 pixels at least"
            ),
        );
    }
    lenet([1, 4, 4], 10).init(&mut Rng::new(Seed(1))).unwrap();
    let model = lenet([1, 28, 28], 10).init(&mut Rng::new(Seed(1))).unwrap();
    assert_eq!(
        summary(&model, [1, 3, 28, 28]).unwrap_err().to_string(),
        "conv1: conv2d: input [1, 3, 28, 28] (N, C, H, W) has 3 channels, \
         the weight [6, 1, 5, 5] expects 1",
    );
    assert_eq!(
        summary(&model, [1, 1, 32, 32]).unwrap_err().to_string(),
        "fc1: linear: input [1, 576] (…, K) has 576 features, \
         the weight [120, 400] (N, K) expects 400; \
         the layer's input size must be the size of the input's last axis",
    );
}
