//! A network that solves a differential equation: how warm a rod is, whose ends are kept at 0.
//!
//! The temperature `u(x, t)` of a rod from 0 to 1 follows the heat equation `∂u/∂t = κ · ∂²u/∂x²`, from
//! `u(x, 0) = sin(πx)` on. There are no data to learn from: the network is asked for values that make both
//! sides equal at random places, so the loss is made of its own derivatives, and the way back goes through
//! those once more. The exact solution is known here, `sin(πx) · exp(−κπ²t)`, and says how good it has become.
//!
//! The boundary and the beginning hold by construction: `u = sin(πx) + t · x · (1 − x) · network(x, t)`, as in
//! Lagaris, Likas and Fotiadis, "Artificial neural networks for solving ordinary and partial differential
//! equations" (1998). Such networks were later called physics-informed: Raissi, Perdikaris and Karniadakis (2019).
//!
//! Run it with `cargo run --release --example heat_equation`.

use std::f64::consts::{FRAC_PI_2, PI};

use plywood::autodiff::{Function, SlopeFrom};
use plywood::layers::Tanh;
use plywood::prelude::*;
use plywood::tensor::Float;
use plywood_examples::{finish, is_smoke_run, println};

/// How fast heat spreads, κ.
const DIFFUSIVITY: f64 = 0.1;
const STEPS: usize = 3000;
/// Places at which the equation is asked to hold, in each step.
const PLACES: usize = 128;

/// `y = sin(x + n · π / 2)`: a sine, or after a quarter turn a cosine, whose derivative is the next quarter.
#[derive(Debug)]
struct Sine {
    quarters: i32,
}

impl Sine {
    fn at<T: Float>(quarters: i32, x: T) -> T {
        (x + T::of(f64::from(quarters) * FRAC_PI_2)).sin()
    }
}

impl Function for Sine {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "sine"
    }

    fn value<T: Float>(&self, x: T) -> T {
        Self::at(self.quarters, x)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * Self::at(self.quarters + 1, x)
    }

    /// The same gradient as operations, so that it can be differentiated again.
    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&Var::apply(Sine { quarters: self.quarters + 1 }, &[x])?)
    }
}

/// The temperature at places and times `[N, 1]`.
fn temperature(network: &Sequential, x: &Var, t: &Var, pass: &mut Pass) -> Result<Var> {
    let correction = network.forward(&Var::concat(&[x, t], 1)?, pass)?;
    let start = Var::apply(Sine { quarters: 0 }, &[&(PI * x)])?;
    Ok(start + t * (x * (1.0 - x)) * correction)
}

/// How far the two sides of the equation are apart, on average, squared.
fn loss(network: &Sequential, pass: &mut Pass, places: &[Tensor; 2]) -> Result<Var> {
    let [x, t] = places.clone().map(|values| pass.input(values));
    let u = temperature(network, &x, &t, pass)?;
    // Each row depends on its own place alone, so the gradient of the sum is each row's derivative.
    let [u_x, u_t] = <[Var; 2]>::try_from(pass.gradients(&u.sum(), &[&x, &t])?).expect("one each");
    let u_xx = pass.gradients(&u_x.sum(), &[&x])?.remove(0);
    Ok((u_t - DIFFUSIVITY * u_xx).square().mean())
}

/// The distance from the exact solution on a grid, as a part of the solution's size (both as root mean squares).
fn relative_error(network: &Sequential) -> Result<f64> {
    const SIDE: usize = 101;
    let grid = |along: fn(usize) -> usize| {
        Tensor::from_fn([SIDE * SIDE, 1], |at| along(at[0]) as f32 / (SIDE - 1) as f32)
    };
    let (x, t) = (grid(|at| at % SIDE), grid(|at| at / SIDE));
    let exact = x.zip(&t, |x, t| {
        let (x, t) = (f64::from(x), f64::from(t));
        ((PI * x).sin() * (-DIFFUSIVITY * PI * PI * t).exp()) as f32
    })?;
    let (x, t) = (Var::constant(x), Var::constant(t));
    let u = temperature(network, &x, &t, &mut Pass::eval(network))?;
    let squares = |x: &Tensor| x.to_vec().iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    Ok((squares(&u.value()?.sub(&exact)?) / squares(&exact)).sqrt())
}

/// Trains a network, and gives the relative error before and after.
fn solve(seed: Seed, steps: usize) -> Result<[f64; 2]> {
    let rng = &mut Rng::new(seed);
    let mut network = Sequential::new()
        .add(Linear::new(2, 32, rng)?)
        .add(Tanh)
        .add(Linear::new(32, 32, rng)?)
        .add(Tanh)
        .add(Linear::new(32, 1, rng)?);
    let before = relative_error(&network)?;
    let mut optimizer = Adam::new(0.005);
    for step in 0..steps {
        // Half a cosine, from 0.005 to 0.
        optimizer.set_learning_rate(0.0025 * (1.0 + (PI * step as f64 / steps as f64).cos()));
        let places = [(); 2].map(|()| rng.uniform([PLACES, 1], 0.0, 1.0));
        let mut pass = Pass::train(&network, rng).higher_order();
        let loss = loss(&network, &mut pass, &places)?;
        if step % 500 == 0 {
            println!("step {step:>4}  loss {:.2e}", loss.item()?);
        }
        let grads = pass.backward(&loss)?;
        optimizer.step(&mut network, &grads)?;
    }
    Ok([before, relative_error(&network)?])
}

fn main() -> Result<()> {
    threads::init();
    let steps = if is_smoke_run() { 20 } else { STEPS };
    let [before, after] = solve(Seed(7), steps)?;
    println!("\nrelative error against the exact solution on 101 × 101 places and times:");
    println!("before {:.3} %, after {:.3} %", 100.0 * before, 100.0 * after);
    finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plywood::autodiff::{gradcheck, gradgradcheck};

    #[test]
    fn the_sine_has_its_derivatives() {
        let x = [Tensor::from([0.3, -1.2, 2.0])];
        let sine = |x: &[Var<f64>], _: &mut _| Var::apply(Sine { quarters: 0 }, &[&x[0]]);
        gradcheck(&x, sine).unwrap();
        gradgradcheck(&x, sine).unwrap();
    }

    #[test]
    #[ignore = "trains for some ten seconds: `cargo xtask examples` runs it"]
    fn the_solution_is_found_from_three_seeds() {
        for seed in [7, 8, 9] {
            let [before, after] = solve(Seed(seed), STEPS).unwrap();
            assert!(after < 0.002 && after < before / 50.0, "seed {seed}: {before} {after}");
        }
    }
}
