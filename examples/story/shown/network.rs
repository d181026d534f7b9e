//! A network of layers, beside a single neuron.

use plywood::layers::binary_cross_entropy_with_logits;
use plywood::prelude::*;

/// Two layers: neurons that look at the learner, and one that looks at those neurons.
#[derive(Params)]
pub(crate) struct Network {
    hidden: Linear,
    output: Linear,
}

impl Network {
    pub(crate) fn new(neurons: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self { hidden: Linear::new(2, neurons, rng)?, output: Linear::new(neurons, 1, rng)? })
    }
}

impl Module for Network {
    fn forward(&self, learners: &Var, pass: &mut Pass) -> Result<Var> {
        let hidden = self.hidden.forward(learners, pass)?.tanh(); // [N, neurons]
        self.output.forward(&hidden, pass) // [N, 1]
    }
}

/// Learns who passed the test from learners `[N, 2]` and ones and zeros `[N, 1]`.
pub(crate) fn learn(model: &mut impl Module, learners: &Tensor, passed: &Tensor) -> Result<()> {
    let mut rng = Rng::new(Seed(7));
    let mut optimizer = Adam::new(0.03);
    for _ in 0..600 {
        let mut pass = Pass::train(model, &mut rng);
        let scores = model.forward(&Var::constant(learners.clone()), &mut pass)?;
        let loss = binary_cross_entropy_with_logits(&scores, passed)?;
        let grads = pass.backward(&loss)?;
        optimizer.step(model, &grads)?;
    }
    Ok(())
}
