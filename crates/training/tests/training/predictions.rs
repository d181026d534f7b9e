//! What an evaluator keeps of each sample, and what is made of it.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{ImageBatch, Rows};
use plywood_layers::{Init, Linear, Module, Sequential, cross_entropy, mse_loss};
use plywood_tensor::{Rng, Seed, Tensor};
use plywood_training::{
    Accuracy, CalibrationError, Evaluator, LogLoss, MeanAbsoluteError, Metric, RocAuc,
    TemperatureScaling,
};

use crate::support::{images, linear};

#[test]
fn they_have_what_an_evaluation_measures() {
    let (data, model) = (images(40), linear());
    let evaluator = Evaluator::new().loss(cross_entropy).batch_size(7);
    let evaluator = evaluator.metric(RocAuc::new()).metric(CalibrationError::new());
    let measured = evaluator.evaluate(&model, &data).unwrap();
    let predictions = evaluator.predictions(&model, &data).unwrap();
    assert_eq!((predictions.len(), predictions.of(), predictions.is_empty()), (40, 40, false));
    assert_eq!(predictions.outputs().shape(), [40, 3].into());
    assert!(predictions.samples().iter().copied().eq(0..40));
    assert_eq!(predictions.names()[39], "sample 39");
    for name in ["ROC AUC", "calibration error"] {
        let mut metric: Box<dyn Metric> = match name {
            "ROC AUC" => Box::new(RocAuc::new()),
            _ => Box::new(CalibrationError::new()),
        };
        metric.update(predictions.outputs(), predictions.target()).unwrap();
        let (own, whole) = (metric.value(), measured.metric(name).unwrap());
        assert!((own - whole).abs() < 1e-12, "{name}: {own} and {whole}");
    }
    assert_eq!(predictions.measure(RocAuc::new()).unwrap(), measured.metric("ROC AUC").unwrap());
    assert_eq!(Some(predictions.confusion().unwrap()), measured.confusion);
    let calibration = predictions.calibration(15).unwrap().error();
    assert!((calibration - measured.metric("calibration error").unwrap()).abs() < 1e-12);
    // The curve of each class is that whose area the metric takes the mean of.
    let areas: f64 = (0..3).map(|class| predictions.roc(class).unwrap().area()).sum();
    assert!((areas / 3.0 - measured.metric("ROC AUC").unwrap()).abs() < 1e-12);
    assert!(predictions.precision_recall(2).unwrap().average_precision() > 0.0);
    // Answers stay, probabilities become as sure as they are right.
    let scaling = TemperatureScaling::fit(predictions.outputs(), predictions.target()).unwrap();
    let scaled = predictions.scaled(&scaling).unwrap();
    assert_eq!(Some(scaled.confusion().unwrap()), measured.confusion);
    let [before, after] = [&predictions, &scaled].map(|own| own.measure(LogLoss::new()).unwrap());
    assert!(after < before, "{after} of {before}");
    assert_eq!(
        predictions.roc(3).unwrap_err().to_string(),
        "predictions: there is no class 3: the outputs [40, 3] are of 3",
    );
    assert_eq!(
        predictions.numbers(0).unwrap_err().to_string(),
        "predictions: the target is classes, not numbers",
    );
}

#[test]
fn one_pass_gives_both() {
    let (data, model) = (images(40), linear());
    let evaluator =
        Evaluator::new().loss(cross_entropy).batch_size(7).metric(RocAuc::new()).keep(9);
    let (measured, predictions) = evaluator.examine(&model, &data).unwrap();
    let alone = evaluator.evaluate(&model, &data).unwrap();
    assert_eq!((&measured.scores, &measured.confusion), (&alone.scores, &alone.confusion));
    let own = evaluator.predictions(&model, &data).unwrap();
    assert_eq!((predictions.samples(), predictions.outputs()), (own.samples(), own.outputs()));
    let loss_alone =
        Evaluator::new().step(|model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
            cross_entropy(
                &model.forward(&Var::constant(batch.images.clone()), pass)?,
                &batch.labels,
            )
        });
    assert_eq!(
        loss_alone.examine(&model, &data).unwrap_err().to_string(),
        "predictions: the step gives a loss alone, there is nothing to keep; give `(loss, output)`",
    );
}

#[test]
fn some_are_kept_evenly() {
    let (data, model) = (images(40), linear());
    let kept = |most: usize, batch_size: usize| {
        let evaluator = Evaluator::new().loss(cross_entropy).batch_size(batch_size).keep(most);
        evaluator.predictions(&model, &data).unwrap()
    };
    let all = kept(usize::MAX, 8);
    let few = kept(7, 8);
    assert_eq!(few.samples(), [5, 11, 17, 22, 28, 34, 39]);
    assert_eq!((few.len(), few.of()), (7, 40));
    for (row, &sample) in few.samples().iter().enumerate() {
        let own = few.outputs().narrow(0, row, 1).unwrap();
        assert_eq!(own, all.outputs().narrow(0, sample, 1).unwrap());
        let label = few.target().classes().unwrap().as_slice()[row];
        assert_eq!(label as usize, sample % 3);
    }
    assert_eq!(kept(7, 3).samples(), few.samples());
    assert_eq!(kept(1, 8).samples(), [39]);
    let none = Evaluator::new().loss(cross_entropy).keep(0).predictions(&model, &data);
    assert_eq!(none.unwrap_err().to_string(), "predictions: of 0 samples nothing is kept");
}

#[test]
fn the_worst_mistakes_of_a_classifier() {
    let (data, model) = (images(40), linear());
    let evaluator = Evaluator::new().loss(cross_entropy);
    let predictions = evaluator.predictions(&model, &data).unwrap();
    let worst = predictions.worst(usize::MAX).unwrap();
    assert_eq!(worst.len(), 40);
    assert!(worst.is_sorted_by(|a, b| a.error >= b.error));
    // Their mean is the loss.
    let mean = worst.iter().map(|mistake| mistake.error).sum::<f64>() / 40.0;
    let loss = evaluator.evaluate(&model, &data).unwrap().scores.loss;
    assert!((mean - loss).abs() < 1e-6, "{mean} and {loss}");
    assert_eq!(predictions.worst(3).unwrap(), worst[..3]);
}

fn rows(inputs: &[f32], targets: &[f32]) -> Rows<Tensor> {
    let column = |numbers: &[f32]| Tensor::from_vec(numbers.to_vec(), [numbers.len(), 1]).unwrap();
    Rows::new(column(inputs), column(targets)).unwrap()
}

#[test]
fn numbers_and_equal_mistakes() {
    let twice = Linear::config(1, 1).weight_init(Init::Constant(2.0)).bias(false);
    let model = twice.init(&mut Rng::new(Seed(7))).unwrap();
    let evaluator = Evaluator::new().loss(mse_loss);
    let data = rows(&[1.0, 2.0, f32::NAN, 4.0, 5.0], &[3.0, 3.0, 0.0, 8.0, 13.0]);
    let predictions = evaluator.predictions(&model, &data).unwrap();
    let order: Vec<usize> =
        predictions.worst(9).unwrap().iter().map(|mistake| mistake.sample).collect();
    assert_eq!(order, [2, 4, 0, 1, 3]);
    let (predicted, actual) = predictions.numbers(0).unwrap();
    assert_eq!((predicted[4], actual[4]), (10.0, 13.0));
    assert!(predictions.measure(MeanAbsoluteError::new()).unwrap().is_nan());
    assert_eq!(
        predictions.numbers(1).unwrap_err().to_string(),
        "predictions: there is no output 1: there are 1 a sample",
    );
    let no_classes = "the target is numbers, not classes; \
                      `MeanAbsoluteError` and `RSquared` compare numbers";
    assert_eq!(
        predictions.confusion().unwrap_err().to_string(),
        format!("confusion matrix: {no_classes}"),
    );
    assert_eq!(
        predictions.calibration(15).unwrap_err().to_string(),
        format!("predictions: {no_classes}"),
    );
    assert_eq!(
        predictions.measure(Accuracy::top(1)).unwrap_err().to_string(),
        format!("accuracy: {no_classes}"),
    );
}

#[test]
fn outputs_that_are_not_of_the_batch() {
    let (data, model) = (images(6), linear());
    let alone = |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        cross_entropy(&output, &batch.labels)
    };
    let evaluator = Evaluator::new().step(alone);
    assert_eq!(
        evaluator.predictions(&model, &data).unwrap_err().to_string(),
        "predictions: the step gives a loss alone, there is nothing to keep; give `(loss, output)`",
    );
    let mean = |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        let loss = cross_entropy(&output, &batch.labels)?;
        Ok((loss.clone(), loss))
    };
    assert_eq!(
        Evaluator::new().step(mean).predictions(&model, &data).unwrap_err().to_string(),
        "predictions: the outputs [] should be (N, …) of a batch of N = 6 samples",
    );
}
