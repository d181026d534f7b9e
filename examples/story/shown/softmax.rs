//! A network that reads digits: convolutions, fully connected layers, softmax.

use plywood::datasets::transforms::RandomAffine;
use plywood::prelude::*;
use plywood::training::Evaluation;

/// LeNet, trained on handwritten digits, and how well it reads others.
pub(crate) fn reader(epochs: usize) -> Result<(zoo::LeNet, Images, Evaluation)> {
    let digits = Digits::embedded()?; // 1,797 images of 8×8
    let [train, valid, test] = digits.split([0.7, 0.1, 0.2], Seed(7))?;
    // Whoever writes a digit writes it a little turned, moved and larger the next time.
    let handwriting = RandomAffine::new(8.0).translate([0.06, 0.06]).scale([0.92, 1.08]);
    let train = train.transform(handwriting)?;
    let mut model = zoo::lenet([1, 8, 8], 10).init(&mut Rng::new(Seed(7)))?;
    let run = Trainer::new(AdamW::scheduled())
        .schedule(OneCycle::new(6e-3))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .epochs(epochs)
        .batch_size(16)
        .seed(Seed(7))
        .quiet(true)
        .fit(&mut model, &train, &valid)?;
    let result = run.evaluate(&model, &test)?;
    Ok((model, test, result))
}

/// The probability of each digit, for an image `[1, 1, 8, 8]`.
pub(crate) fn probabilities(model: &zoo::LeNet, image: &Tensor) -> Result<Vec<f32>> {
    let logits = model.forward(&Var::constant(image.clone()), &mut Pass::eval(model))?;
    Ok(logits.softmax(-1)?.value()?.to_vec()) // positive, and together 1
}
