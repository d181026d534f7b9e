//! Losses of every kind, and looking at a model without training it.

use plywood_autodiff::Var;
use plywood_layers::{CrossEntropy, Loss, cross_entropy};
use plywood_optimizers::SGD;
use plywood_tensor::{Result, Seed, Tensor};
use plywood_training::{Accuracy, Evaluator, Trainer};

use crate::support::{data, images, linear, net, weights};

#[test]
fn a_run_looks_as_an_evaluator_does() {
    let (train, valid) = data();
    let mut model = net();
    let trainer = Trainer::new(SGD::new(0.1)).loss(cross_entropy).metric(Accuracy::top(1));
    let trainer = trainer.epochs(1).batch_size(8).quiet(true);
    let run = trainer.fit(&mut model, &train, &valid).unwrap();
    let evaluator = Evaluator::new().metric(Accuracy::top(1)).batch_size(8).loss(cross_entropy);
    let [own, other] =
        [run.evaluate(&model, &valid).unwrap(), evaluator.evaluate(&model, &valid).unwrap()];
    assert_eq!(own.to_string(), other.to_string());
    assert_eq!(own.scores, other.scores);
    assert_eq!(Some(&own.scores), run.history()[0].valid.as_ref());
    // One evaluator looks at many.
    assert_eq!(evaluator.evaluate(&model, &train).unwrap().samples, 40);
}

/// Half of another loss.
#[derive(Debug)]
struct Half<L>(L);

impl<T, L: Loss<T>> Loss<T> for Half<L> {
    fn loss(&self, output: &Var, target: &T) -> Result<Var> {
        Ok(self.0.loss(output, target)? * 0.5)
    }

    fn settings(&self) -> String {
        format!("half of {}", self.0.settings())
    }
}

#[test]
fn a_loss_is_a_function_a_closure_or_a_value() {
    let data = images(24);
    let trained = |rate: f64, loss: &dyn Fn(Trainer) -> Result<Vec<u8>>| {
        loss(Trainer::new(SGD::new(rate)).epochs(2).batch_size(8).seed(Seed(3)).quiet(true))
            .unwrap()
    };
    let with = |rate, loss: Half<CrossEntropy>| {
        trained(rate, &|trainer| {
            let mut model = linear();
            let loss = Half(CrossEntropy::clone(&loss.0));
            trainer.loss(loss).fit(&mut model, &data, None)?;
            Ok(weights(&model))
        })
    };
    let function = trained(0.5, &|trainer| {
        let mut model = linear();
        trainer.loss(cross_entropy).fit(&mut model, &data, None)?;
        Ok(weights(&model))
    });
    let closure = trained(0.5, &|trainer| {
        let mut model = linear();
        let smooth = |output: &Var, labels: &Tensor<u32>| {
            CrossEntropy::new().label_smoothing(0.1).loss(output, labels)
        };
        trainer.loss(smooth).fit(&mut model, &data, None)?;
        Ok(weights(&model))
    });
    let value = trained(0.5, &|trainer| {
        let mut model = linear();
        trainer.loss(CrossEntropy::new().label_smoothing(0.1)).fit(&mut model, &data, None)?;
        Ok(weights(&model))
    });
    assert_eq!(closure, value);
    assert_ne!(function, value);
    // Half the loss with twice the rate.
    assert_eq!(with(1.0, Half(CrossEntropy::new())), function);
}
