//! Whole networks: training steps and inference.

use plywood_autodiff::{Grads, Pass, Var};
use plywood_layers::{Layer, Params, cross_entropy, load_state_dict, state_dict};
use plywood_optimizers::{Adam, SGD};
use plywood_tensor::{Result, Rng, Seed, Shape, Tensor};
use plywood_zoo::{alexnet, melnet, resnet9};

use crate::operation::draw_indices;
use crate::work::{Network, Optimizer, Workload};

/// A model, and a batch of images.
pub(crate) struct Inference {
    model: Box<dyn Layer>,
    images: Tensor,
}

/// A model in training, always on the same batch.
pub(crate) struct Training {
    network: Network,
    model: Box<dyn Layer>,
    optimizer: Box<dyn plywood_optimizers::Optimizer>,
    images: Tensor,
    labels: Tensor<u32>,
    rng: Rng,
}

/// A model of the zoo, or one of its recipes' width: `resnet9-16` and `melnet-12`.
fn model(network: &Network) -> Result<Box<dyn Layer>> {
    let &Network { image, classes, .. } = network;
    let rng = &mut Rng::new(Seed(7));
    Ok(match network.model.as_str() {
        "resnet9-16" => Box::new(resnet9(image, classes).width(16).init(rng)?),
        "melnet-12" => Box::new(melnet(image, classes).width(12).init(rng)?),
        name => plywood_zoo::build(name, image, classes, rng)?,
    })
}

/// The model without its dropout: the two sides draw different numbers.
fn model_that_drops_nothing(network: &Network) -> Result<Box<dyn Layer>> {
    let &Network { image, classes, .. } = network;
    let rng = &mut Rng::new(Seed(7));
    Ok(match network.model.as_str() {
        "alexnet" => Box::new(alexnet(image, classes).dropout(0.0).init(rng)?),
        "melnet-12" => Box::new(melnet(image, classes).width(12).dropout(0.0).init(rng)?),
        _ => model(network)?,
    })
}

fn images(network: &Network, rng: &mut Rng) -> Result<Tensor> {
    Ok(rng.normal(input_shape(network)?, 0.0, 1.0))
}

fn input_shape(network: &Network) -> Result<Shape> {
    let [channels, height, width] = network.image;
    Shape::new(&[network.batch, channels, height, width])
}

/// The multiply-adds of each operation of the way forward that has some.
pub(crate) fn multiply_adds(network: &Network) -> Result<Vec<u64>> {
    let model = model(network)?;
    let mut pass = Pass::dry_run(&model);
    let images = pass.shape(input_shape(network)?)?;
    model.forward(&images, &mut pass)?;
    let counts = pass.trace().into_iter().map(|row| row.multiply_adds);
    Ok(counts.filter(|&count| count > 0).collect())
}

/// The multiply-adds of a training step: each of the two gradients of an operation takes as much as
/// its way forward, and the images need none.
pub(crate) fn training_multiply_adds(network: &Network) -> Result<u64> {
    let forward = multiply_adds(network)?;
    Ok(3 * forward.iter().sum::<u64>() - forward.first().copied().unwrap_or(0))
}

impl Inference {
    pub(crate) fn new(network: &Network) -> Result<Self> {
        Ok(Self { model: model(network)?, images: images(network, &mut Rng::new(Seed(8)))? })
    }

    fn forward(&self) -> Result<Var> {
        self.model.forward(&Var::constant(self.images.clone()), &mut Pass::eval(&self.model))
    }
}

impl Workload for Inference {
    fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut tensors = weights(&*self.model);
        tensors.push(("images".to_owned(), self.images.clone()));
        tensors
    }

    fn run(&mut self) -> Result<()> {
        self.forward().map(drop)
    }

    fn check(&mut self) -> Result<Vec<(String, Tensor)>> {
        Ok(vec![("y".to_owned(), self.forward()?.value()?.clone())])
    }
}

/// A model's parameters and buffers under the names that the other side looks for.
pub(crate) fn weights(model: &(impl Params + ?Sized)) -> Vec<(String, Tensor)> {
    let slots = model.slots().into_iter();
    slots.map(|(name, slot)| (format!("model.{name}"), slot.value())).collect()
}

pub(crate) fn optimizer_of(
    optimizer: Optimizer,
    rate: f64,
) -> Box<dyn plywood_optimizers::Optimizer> {
    match optimizer {
        Optimizer::Sgd => Box::new(SGD::new(rate).momentum(0.9)),
        Optimizer::Adam => Box::new(Adam::new(rate)),
    }
}

impl Training {
    pub(crate) fn new(network: &Network, optimizer: Optimizer, rate: f64) -> Result<Self> {
        let mut rng = Rng::new(Seed(8));
        Ok(Self {
            network: network.clone(),
            model: model(network)?,
            optimizer: optimizer_of(optimizer, rate),
            images: images(network, &mut rng)?,
            labels: draw_indices(&mut rng, network.batch, network.classes),
            rng,
        })
    }
}

/// The loss of a batch, and every gradient of it.
fn gradients(
    model: &dyn Layer,
    images: &Tensor,
    labels: &Tensor<u32>,
    rng: &mut Rng,
) -> Result<(Tensor, Grads)> {
    let mut pass = Pass::train(model, rng);
    let logits = model.forward(&Var::constant(images.clone()), &mut pass)?;
    let loss = cross_entropy(&logits, labels)?;
    let value = loss.value()?.clone();
    Ok((value, pass.backward(&loss)?))
}

impl Workload for Training {
    fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut tensors = weights(&*self.model);
        tensors.push(("images".to_owned(), self.images.clone()));
        tensors.push(("indices".to_owned(), self.labels.map(|label| label as f32)));
        tensors
    }

    fn run(&mut self) -> Result<()> {
        let (_, grads) = gradients(&*self.model, &self.images, &self.labels, &mut self.rng)?;
        self.optimizer.step(&mut self.model, &grads)
    }

    fn check(&mut self) -> Result<Vec<(String, Tensor)>> {
        let mut model = model_that_drops_nothing(&self.network)?;
        load_state_dict(&mut model, &state_dict(&self.model))?;
        let (loss, grads) = gradients(&*model, &self.images, &self.labels, &mut self.rng)?;
        let mut checked = vec![("loss".to_owned(), loss)];
        checked.extend(grads.iter().map(|(name, gradient)| (name.to_owned(), gradient.clone())));
        Ok(checked)
    }
}
