//! Images of whatever there is, also of what nobody expects.

use plywood_autodiff::Pass;
use plywood_layers::{Linear, Module, ReLU, Sequential};
use plywood_tensor::{Rng, Seed, Tensor};
use plywood_training::{
    Calibration, ConfusionMatrix, EpochRecord, PrecisionRecallCurve, RocCurve, Scores, Spread,
    StepRecord, plots,
};

/// Epochs with these losses and accuracies, the same in training and validation.
fn history(values: &[(f64, f64)]) -> Vec<EpochRecord> {
    let record = |(index, &(loss, accuracy)): (usize, &(f64, f64))| {
        let scores = Scores { loss, metrics: vec![("accuracy".to_owned(), accuracy)] };
        EpochRecord {
            epoch: index + 1,
            learning_rate: 0.1,
            train: scores.clone(),
            valid: Some(scores),
            grad_norm: 1.0,
            clipped: 0,
        }
    };
    values.iter().enumerate().map(record).collect()
}

/// What is written in an SVG.
fn texts(svg: &str) -> Vec<&str> {
    let after = svg.split("<text").skip(1).filter_map(|text| text.split_once('>'));
    after.filter_map(|(_, rest)| rest.split_once('<')).map(|(text, _)| text.trim()).collect()
}

#[test]
fn curves_of_a_usual_run() {
    let svg = plots::curves(&history(&[(0.9, 0.5), (0.6, 0.8), (0.5, 0.9)])).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    let texts = texts(&svg);
    for text in ["loss", "accuracy", "training", "validation", "epoch", "1", "2", "3", "50 %"] {
        assert!(texts.contains(&text), "no `{text}` in {texts:?}");
    }
    // Whole epochs only, each once in each of the two panels.
    assert_eq!(texts.iter().filter(|&&text| text == "2").count(), 2, "{texts:?}");
    assert!(!svg.contains("NaN"));
}

#[test]
fn labels_of_near_numbers_differ() {
    for [low, high] in [[0.49, 0.5], [0.991, 0.992], [0.0, 1.0], [12.0, 14.0]] {
        let svg = plots::curves(&history(&[(low, low), (high, high)])).unwrap();
        let (loss, accuracy) = svg.split_once("accuracy").unwrap();
        for panel in [loss, accuracy] {
            let mut labels: Vec<&str> =
                texts(panel).into_iter().filter(|text| text.contains(['.', '%'])).collect();
            let count = labels.len();
            labels.dedup();
            assert_eq!(labels.len(), count, "{low} to {high}: {labels:?}");
        }
    }
}

#[test]
fn curves_of_strange_runs() {
    let nan = f64::NAN;
    let runs: [&[(f64, f64)]; 9] = [
        &[(1.0, 0.5)],
        &[(nan, nan)],
        &[(nan, 0.5), (1.0, nan), (2.0, 0.1)],
        &[(f64::INFINITY, 0.5), (f64::NEG_INFINITY, 0.5)],
        &[(0.0, 0.0), (0.0, 0.0)],
        &[(5.0, 1.0); 3],
        &[(-5.0, -1.0); 3],
        &[(1e-300, 1e300), (2e-300, -1e300)],
        &[(f64::MAX, f64::MIN), (f64::MIN, f64::MAX)],
    ];
    for run in runs {
        let svg = plots::curves(&history(run)).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{run:?}: {svg}");
    }
    plots::curves(&history(&vec![(1.0, 0.5); 2000])).unwrap();
    assert_eq!(plots::curves(&[]).unwrap_err().to_string(), "curves: there are no epochs to draw",);
    let mut late = history(&[(1.0, 0.5)]);
    late[0].epoch = usize::MAX;
    assert_eq!(
        plots::curves(&late).unwrap_err().to_string(),
        "curves: epoch 18446744073709551615 can't be drawn",
    );
}

/// A matrix where class `n` is found `n` times, and taken once for the next.
fn matrix(classes: usize) -> ConfusionMatrix {
    let mut matrix = ConfusionMatrix::new(classes);
    for class in 0..classes {
        for count in 0..=class {
            let answer = if count == 0 { (class + 1) % classes } else { class };
            let scores = Tensor::from_fn([1, classes], |at| f32::from(at[1] == answer));
            matrix.update(&scores, &Tensor::from([class as u32])).unwrap();
        }
    }
    matrix
}

#[test]
fn confusion_of_few_and_many_classes() {
    for classes in [1, 2, 10, 100, 300] {
        let svg = plots::confusion(&matrix(classes)).unwrap();
        let cells = svg.matches("<rect").count();
        assert!(cells >= classes * 2, "{classes} classes: {cells} cells");
        assert!(
            svg.len() < 1_000 + 200 * classes * (classes + 2),
            "{classes}: {} bytes",
            svg.len()
        );
    }
    let ten = plots::confusion(&matrix(10)).unwrap();
    let texts = texts(&ten);
    for text in ["answered", "true", "0", "9"] {
        assert!(texts.contains(&text), "no `{text}` in {texts:?}");
    }
    let named = matrix(3).named(&["cat".to_owned(), "a <very> long & strange name".to_owned()]);
    let named = plots::confusion(&named).unwrap();
    assert!(named.contains("cat 0") && !named.contains("<very>"), "{named}");
    plots::confusion(&ConfusionMatrix::new(3)).unwrap();
    assert_eq!(
        plots::confusion(&ConfusionMatrix::new(0)).unwrap_err().to_string(),
        "confusion: there are no classes to draw",
    );
}

#[test]
fn filters_refuse_a_scale_that_no_memory_holds() {
    for scale in [usize::MAX, usize::MAX / 8 + 1] {
        assert_eq!(
            plots::filters(&Tensor::ones([4, 3, 8, 8]), scale).unwrap_err().to_string(),
            format!("filters: a scale of {scale} makes the image larger than memory can address"),
        );
    }
    let text = plots::filters(&Tensor::ones([1, 1, 1, 1]), 1 << 30).unwrap_err().to_string();
    assert!(text.starts_with("filters: "), "{text}");
}

#[test]
fn filters_of_any_convolution() {
    let size = |shape: [usize; 4], scale| {
        let weight: Tensor = Rng::new(Seed(1)).normal(shape, 0.0, 1.0);
        plots::filters(&weight, scale).unwrap().pixels().shape().to_vec()
    };
    // Six grey tiles of 5×5, three across and two down, with 2 pixels around each.
    assert_eq!(size([6, 1, 5, 5], 4), [1, 2 * 22 + 2, 3 * 22 + 2]);
    // In colour: one tile for each filter.
    assert_eq!(size([4, 3, 3, 3], 1), [3, 2 * 5 + 2, 2 * 5 + 2]);
    assert_eq!(size([1, 1, 1, 1], 1), [1, 5, 5]);
    // The first 16 channels only.
    assert_eq!(size([2, 64, 3, 3], 1), [1, 6 * 5 + 2, 6 * 5 + 2]);
}

#[test]
fn filters_without_a_range() {
    for value in [0.0, 1e-45, -3.0, f32::MAX, f32::NAN, f32::INFINITY] {
        plots::filters(&Tensor::full([2, 1, 3, 3], value), 2).unwrap().encode_png().unwrap();
    }
    let grey = plots::filters(&Tensor::zeros([1, 1, 1, 1]), 1).unwrap();
    assert_eq!(grey.pixels().get(&[0, 2, 2]).unwrap(), 128);
    let text = |weight: Tensor, scale| plots::filters(&weight, scale).unwrap_err().to_string();
    assert_eq!(
        text(Tensor::zeros([6, 5, 5]), 1),
        "filters: the weight [6, 5, 5] should be (O, C, H, W)",
    );
    assert_eq!(
        text(Tensor::zeros([0, 1, 5, 5]), 1),
        "filters: there is nothing to draw of [0, 1, 5, 5]",
    );
}

#[test]
fn a_scatter_has_a_point_for_each_sample() {
    let svg = plots::scatter(&[1.0, 2.0, 3.0], &[1.1, 2.5, 2.9], "price").unwrap();
    assert_eq!(svg.matches("<circle").count(), 3);
    let texts = texts(&svg);
    assert!(texts.contains(&"true price") && texts.contains(&"predicted price"), "{texts:?}");
}

#[test]
fn a_scatter_of_a_wide_range_is_logarithmic() {
    let across = |actual: &[f64]| {
        let svg = plots::scatter(actual, actual, "price").unwrap();
        let circles = svg.split("<circle cx=\"").skip(1);
        circles.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect::<Vec<f64>>()
    };
    // The middle of 1 and 100 is 10 by ratio.
    let x = across(&[1.0, 10.0, 100.0]);
    assert!((x[0] + x[2] - 2.0 * x[1]).abs() <= 2.0, "{x:?}");
    let x = across(&[10.0, 20.0, 30.0]);
    assert!((x[0] + x[2] - 2.0 * x[1]).abs() <= 2.0, "{x:?}");
}

#[test]
fn strange_scatters() {
    for numbers in [&[0.0][..], &[5.0, 5.0], &[-1e-9, 1e9], &[1e-300, 1e300], &[1e5, 1e6]] {
        let svg = plots::scatter(numbers, numbers, "").unwrap();
        assert!(!svg.contains("NaN"), "{numbers:?}");
    }
    let refusal = |actual: &[f64], predicted: &[f64]| {
        plots::scatter(actual, predicted, "").unwrap_err().to_string()
    };
    assert_eq!(
        refusal(&[1.0], &[]),
        "scatter: 0 predictions for 1 true numbers: there should be as many, and at least one"
    );
    assert_eq!(refusal(&[1.0], &[f64::NAN]), "scatter: NaN can't be drawn");
    // The span of these is infinite.
    assert!(refusal(&[f64::MIN], &[f64::MAX]).ends_with("e308 can't be drawn"));
    assert!(plots::scatter(&[-1e300, 0.0], &[0.0, 1e300], "").is_ok());
}

#[test]
fn the_graph_of_any_model_can_be_drawn() {
    let mut rng = Rng::new(Seed(7));
    let mut linear = |from, to| Linear::config(from, to).init(&mut rng).unwrap();
    let model = Sequential::new().add(linear(4, 8)).add(ReLU).add(linear(8, 2));
    let mut pass = Pass::dry_run(&model);
    let x = pass.shape([1, 4]).unwrap();
    model.forward(&x, &mut pass).unwrap();
    let svg = plots::graph(&pass.graph(), |place| (place == 0).then(|| "first\nlast".into()));
    let svg = svg.unwrap();
    let texts = texts(&svg);
    for text in ["0.weight", "[8, 4]", "linear", "relu", "first", "last"] {
        assert!(texts.contains(&text), "no `{text}` in {texts:?}");
    }
    assert_eq!(
        plots::graph(&Pass::eval(&model).graph(), |_| None).unwrap_err().to_string(),
        "graph: there is nothing in the graph; \
         a pass of `Pass::eval` has no tape: `Pass::dry_run` makes a graph of any model"
    );
}

/// Scores of samples of which those with high ones are more often positive.
fn scored(samples: usize) -> (Vec<f64>, Vec<bool>) {
    let mut rng = Rng::new(Seed(4));
    let scores: Vec<f64> = (0..samples).map(|_| rng.unit()).collect();
    let positive = scores.iter().map(|score| rng.unit() < score * score).collect();
    (scores, positive)
}

#[test]
fn curves_of_thresholds() {
    let (scores, positive) = scored(300);
    let roc = RocCurve::new(&scores, &positive).unwrap();
    let long = "a name of many words that goes on and on & on";
    let svg = plots::roc(&[("small", &roc), (long, &roc), ("", &roc)]).unwrap();
    let area = format!("area {:.3}", roc.area());
    let found = texts(&svg);
    for text in ["false positive rate", "true positive rate", "chance", "0.2", "1.0", &area] {
        assert!(found.contains(&text), "no `{text}` in {found:?}");
    }
    assert!(found.contains(&&*format!("small: {area}")), "{found:?}");
    assert!(
        found.iter().any(|text| text.starts_with("a name of many words") && text.contains('…'))
    );

    let curve = PrecisionRecallCurve::new(&scores, &positive).unwrap();
    let svg = plots::precision_recall(&[("", &curve)]).unwrap();
    let average = format!("average precision {:.3}", curve.average_precision());
    let found = texts(&svg);
    for text in ["recall", "precision", "chance", &average] {
        assert!(found.contains(&text), "no `{text}` in {found:?}");
    }
    assert_eq!(plots::roc(&[]).unwrap_err().to_string(), "roc: there are no curves to draw");
    assert_eq!(
        plots::precision_recall(&[]).unwrap_err().to_string(),
        "precision_recall: there are no curves to draw",
    );
}

#[test]
fn a_curve_of_many_samples_is_not_larger_than_its_pixels() {
    let (scores, positive) = scored(200_000);
    let roc = RocCurve::new(&scores, &positive).unwrap();
    assert!(roc.points().len() > 190_000);
    let svg = plots::roc(&[("", &roc)]).unwrap();
    assert!(svg.len() < 40_000, "{} bytes", svg.len());
}

#[test]
fn a_reliability_diagram() {
    let (scores, positive) = scored(300);
    let calibration = Calibration::new(&scores, &positive, 10).unwrap();
    let svg = plots::calibration(&calibration).unwrap();
    let error = format!("expected calibration error {:.3}", calibration.error());
    let found = texts(&svg);
    for text in ["confidence", "accuracy", "samples", "perfectly calibrated", &error] {
        assert!(found.contains(&text), "no `{text}` in {found:?}");
    }
    // A point for each range.
    assert_eq!(svg.matches("<circle").count(), 10);
    for (scores, bins) in [(&[0.0][..], 1), (&[1.0, 1.0], 10_000), (&[0.5; 7], 3)] {
        let calibration = Calibration::new(scores, &vec![true; scores.len()], bins).unwrap();
        assert!(!plots::calibration(&calibration).unwrap().contains("NaN"));
    }
}

#[test]
fn residuals_have_a_point_for_each_sample() {
    let svg = plots::residuals(&[1.0, 2.0, 3.0], &[1.1, 2.5, 2.9], "price").unwrap();
    assert_eq!(svg.matches("<circle").count(), 3);
    let found = texts(&svg);
    assert!(found.contains(&"predicted price") && found.contains(&"true − predicted"), "{found:?}");
    for numbers in [&[0.0][..], &[5.0, 5.0], &[-1e-9, 1e9], &[-1e300, 1e300], &[1e5, 1e6]] {
        let turned: Vec<f64> = numbers.iter().rev().copied().collect();
        let svg = plots::residuals(numbers, &turned, "").unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{numbers:?}");
    }
    let refusal = |predicted: &[f64], actual: &[f64]| {
        plots::residuals(predicted, actual, "").unwrap_err().to_string()
    };
    assert_eq!(
        refusal(&[], &[1.0]),
        "residuals: 0 predictions for 1 true numbers: there should be as many, and at least one",
    );
    assert_eq!(refusal(&[f64::NAN], &[1.0]), "residuals: NaN can't be drawn");
}

#[test]
fn steps_with_a_band_where_records_are_of_several() {
    let record = |first: u64, last: u64, loss: f64| {
        let spread = Spread { mean: loss, min: loss - 0.1 * (last - first) as f64, max: loss };
        StepRecord { first, last, epoch: 1, learning_rate: 0.1, loss: spread, grad_norm: spread }
    };
    let svg = plots::steps(&[record(1, 1, 0.9), record(2, 2, 0.5), record(3, 3, 0.4)]).unwrap();
    let texts = texts(&svg);
    for text in ["loss", "learning rate", "norm of the gradients", "step"] {
        assert!(texts.contains(&text), "no `{text}` in {texts:?}");
    }
    assert!(!svg.contains("<polygon"));
    let svg = plots::steps(&[record(1, 2, 0.9), record(3, 4, 0.5)]).unwrap();
    assert_eq!(svg.matches("<polygon").count(), 2); // of the loss and the norm
    // A loss that is none leaves a gap, and one step is a point.
    let svg = plots::steps(&[record(1, 1, f64::NAN), record(2, 2, 0.5)]).unwrap();
    assert_eq!((svg.matches("<circle").count(), svg.contains("NaN")), (2, false));
    assert_eq!(plots::steps(&[]).unwrap_err().to_string(), "steps: there are no steps to draw");
}
