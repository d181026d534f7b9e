//! How sharply the loss bends: the largest eigenvalue of a network's Hessian, without the Hessian.
//!
//! The Hessian of this network's 2,410 weights has 5.8 million elements, that of a real network too many for any
//! machine. But its product with a direction costs little more than a gradient: it is the gradient of the
//! gradient's part along that direction (Pearlmutter, "Fast exact multiplication by the Hessian", 1994). Taking the
//! product again and again turns any direction into the one that bends most, and its length into the largest
//! eigenvalue, the sharpness.
//!
//! Gradient descent on all digits at once shows what it is good for. A step of rate η overshoots where the sharpness
//! is above 2 / η, and training rises to that bound and stays about there: Cohen et al., "Gradient descent on neural
//! networks typically occurs at the edge of stability" (2021).
//!
//! Run it with `cargo run --release --example sharpness`.

use plywood::autodiff::Grads;
use plywood::layers::Tanh;
use plywood::prelude::*;
use plywood_examples::{finish, is_smoke_run, println};

const RATE: f64 = 0.08;
/// How often a direction is turned to the sharpest one.
const TURNS: usize = 50;

/// The mean squared distance of the network's answers from one-hot labels.
fn loss(network: &Sequential, images: &Tensor, targets: &Tensor, pass: &mut Pass) -> Result<Var> {
    let answers = network.forward(&Var::constant(images.clone()), pass)?; // [N, 10]
    Ok(answers.sub(&Var::constant(targets.clone()))?.square().sum_axes(&[1])?.mean())
}

/// The largest eigenvalue of the loss's Hessian with respect to all weights, by power iteration, and the direction of
/// length 1 that it belongs to.
fn sharpness(
    network: &Sequential,
    images: &Tensor,
    targets: &Tensor,
) -> Result<(f64, Vec<Tensor>)> {
    let rng = &mut Rng::new(Seed(1));
    let mut pass = Pass::train(network, rng).higher_order();
    let loss = loss(network, images, targets, &mut pass)?;
    let parameters = network.named_parameters();
    let weights: Vec<Var> = parameters.iter().map(|(_, param)| pass.param(param)).collect();
    let gradient = pass.gradients(&loss, &weights.iter().collect::<Vec<_>>())?;

    let random = parameters.iter().map(|(_, param)| rng.normal(param.shape(), 0.0, 1.0));
    let mut direction: Vec<Tensor> = random.collect();
    for turn in 0.. {
        let length = dot(&direction, &direction).sqrt();
        direction.iter_mut().for_each(|part| *part = part.map(|x| x / length as f32));
        // The gradient's part along the direction; its own gradient is the Hessian's product.
        let mut along = Var::constant(Tensor::scalar(0.0));
        for (gradient, direction) in gradient.iter().zip(&direction) {
            along = along.add(&gradient.mul(&Var::constant(direction.clone()))?.sum())?;
        }
        let grads: Grads = pass.backward_and_keep(&along)?;
        let product = parameters.iter().map(|(_, param)| grads.of(param).cloned());
        let product: Vec<Tensor> = product.collect::<Option<_>>().expect("backward checks them");
        if turn == TURNS {
            return Ok((dot(&direction, &product), direction));
        }
        direction = product;
    }
    unreachable!("it has returned")
}

fn dot(a: &[Tensor], b: &[Tensor]) -> f64 {
    let products = |(a, b): (&Tensor, &Tensor)| {
        let both = a.as_slice().iter().zip(b.as_slice());
        both.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>()
    };
    a.iter().zip(b).map(products).sum()
}

fn network(rng: &mut Rng) -> Result<Sequential> {
    Ok(Sequential::new()
        .add(Flatten)
        .add(Linear::new(64, 32, rng)?)
        .add(Tanh)
        .add(Linear::new(32, 10, rng)?))
}

/// All digits `[N, 1, 8, 8]`, and their labels as 1 among zeros `[N, 10]`.
fn digits() -> Result<(Tensor, Tensor)> {
    let digits = Digits::embedded()?;
    let mut batches = DataLoader::new(&digits).batch_size(digits.len()).epoch(0);
    let ImageBatch { images, labels } = batches.next().expect("one of all")?;
    let targets = Tensor::from_fn([labels.numel(), 10], |at| {
        f32::from(u8::from(labels.as_slice()[at[0]] as usize == at[1]))
    });
    Ok((images, targets))
}

fn main() -> Result<()> {
    threads::init();
    let (images, targets) = digits()?;
    let rng = &mut Rng::new(Seed(7));
    let mut network = network(rng)?;
    let mut optimizer = SGD::new(RATE);
    let steps = if is_smoke_run() { 2 } else { 2000 };
    println!(
        "gradient descent on {} digits, rate η = {RATE}: 2 / η = {}\n",
        images.shape()[0],
        2.0 / RATE
    );
    println!("step    loss  sharpness");
    for step in 0..=steps {
        let mut pass = Pass::train(&network, rng);
        let loss = loss(&network, &images, &targets, &mut pass)?;
        if step % 200 == 0 {
            let (sharpness, _) = sharpness(&network, &images, &targets)?;
            println!("{step:>4}  {:.4}  {sharpness:>9.3}", loss.item()?);
        }
        let grads = pass.backward(&loss)?;
        optimizer.step(&mut network, &grads)?;
    }
    finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slope along a direction, at weights that are moved along it.
    fn slope(network: &Sequential, along: &[Tensor], distance: f32) -> f64 {
        let (images, targets) = digits().unwrap();
        let mut moved = network.clone();
        let parts = moved.slots_mut().into_iter().zip(along);
        for ((_, mut slot), part) in parts {
            let value = slot.value().add(&part.map(|x| x * distance)).unwrap();
            slot.set(value).unwrap();
        }
        let mut pass = Pass::train(&moved, &mut Rng::new(Seed(1)));
        let loss = loss(&moved, &images, &targets, &mut pass).unwrap();
        let grads = pass.backward(&loss).unwrap();
        let gradient: Vec<Tensor> = grads.iter().map(|(_, gradient)| gradient.clone()).collect();
        dot(&gradient, along)
    }

    #[test]
    fn it_is_how_fast_the_slope_changes_and_no_direction_bends_more() {
        let (images, targets) = digits().unwrap();
        let rng = &mut Rng::new(Seed(7));
        let network = network(rng).unwrap();
        let (largest, direction) = sharpness(&network, &images, &targets).unwrap();
        let bend = |along: &[Tensor]| {
            (slope(&network, along, 1e-2) - slope(&network, along, -1e-2)) / 2e-2
        };
        let quotient = bend(&direction);
        assert!((largest - quotient).abs() < 0.01 * largest, "{largest} {quotient}");
        for _ in 0..5 {
            let parameters = network.named_parameters().into_iter();
            let random: Vec<Tensor> =
                parameters.map(|(_, param)| rng.normal(param.shape(), 0.0, 1.0)).collect();
            let length = dot(&random, &random).sqrt() as f32;
            let random: Vec<Tensor> = random.iter().map(|part| part.map(|x| x / length)).collect();
            assert!(bend(&random) < largest);
        }
    }
}
