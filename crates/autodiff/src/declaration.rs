//! One declaration for each differentiable operation.
//!
//! It gives the operation its gradient check, its property test against a naive reference, its
//! check of the shape rule, and its row in the documentation.

use plywood_tensor::{Result, Rng, Tensor};

use crate::pass::Pass;
use crate::var::Var;

/// A differentiable operation: its equations, and how to draw a random problem for it.
///
/// ```
/// use plywood_autodiff::OPERATIONS;
///
/// let square = OPERATIONS.iter().find(|operation| operation.name == "square").unwrap();
/// assert_eq!(square.equation, "y = x²");
/// assert_eq!(square.gradient, "dx = 2 · dy · x");
/// ```
pub struct Declaration {
    /// Its name, as errors and summaries show it.
    pub name: &'static str,
    /// What it computes.
    pub equation: &'static str,
    /// Its gradient; `dy` is the gradient with respect to the result.
    pub gradient: &'static str,
    /// Draws a random problem for it.
    pub sample: fn(&mut Rng) -> Sample,
}

/// An operation that has a declaration, as each has that is here.
pub(crate) trait Declared {
    const DECLARATION: Declaration;
}

/// Runs an operation on its differentiable inputs.
pub type Apply = Box<dyn Fn(&[Var<f64>], &mut Pass<f64>) -> Result<Var<f64>>>;
/// Computes the same as its definition says.
pub type Reference = Box<dyn Fn(&[Tensor<f64>]) -> Tensor<f64>>;

/// A random problem: inputs, the operation with its settings, and what it should give.
///
/// ```
/// use plywood_autodiff::{OPERATIONS, Sample, gradcheck};
/// use plywood_tensor::{Rng, Seed};
///
/// for operation in &OPERATIONS[..3] {
///     let Sample { inputs, apply, reference } = (operation.sample)(&mut Rng::new(Seed(7)));
///     gradcheck(&inputs, apply)?;
///     assert!(reference(&inputs).numel() > 0);
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Sample {
    /// The differentiable inputs.
    pub inputs: Vec<Tensor<f64>>,
    /// The operation, with its settings.
    pub apply: Apply,
    /// What it should give.
    pub reference: Reference,
}

impl Sample {
    pub(crate) fn new(
        inputs: Vec<Tensor<f64>>,
        apply: impl Fn(&[Var<f64>], &mut Pass<f64>) -> Result<Var<f64>> + 'static,
        reference: impl Fn(&[Tensor<f64>]) -> Tensor<f64> + 'static,
    ) -> Self {
        Self { inputs, apply: Box::new(apply), reference: Box::new(reference) }
    }

    /// A function of one number, on numbers that stay away from its kinks.
    pub(crate) fn unary(
        rng: &mut Rng,
        [low, high]: [f64; 2],
        kinks: &'static [f64],
        apply: fn(Var<f64>) -> Var<f64>,
        reference: fn(f64) -> f64,
    ) -> Self {
        let shape = shape(rng, 3);
        // Differences reach two steps far; 0.01 is well beyond.
        let away = |x: f64| match kinks.iter().find(|kink| (x - **kink).abs() < 0.01) {
            Some(kink) => kink + 0.02,
            None => x,
        };
        let x =
            rng.uniform(plywood_tensor::Shape::new(&shape).expect("small"), low, high).map(away);
        Self::new(
            vec![x],
            move |inputs, _| Ok(apply(inputs[0].clone())),
            move |inputs| inputs[0].map(reference),
        )
    }
}

/// A whole number from `low` to `high`, both included.
pub(crate) fn whole(rng: &mut Rng, low: usize, high: usize) -> usize {
    low + (rng.unit() * (high - low + 1) as f64) as usize
}

/// Up to `rank` axes of 1 to 4.
pub(crate) fn shape(rng: &mut Rng, rank: usize) -> Vec<usize> {
    (0..whole(rng, 1, rank)).map(|_| whole(rng, 1, 4)).collect()
}

/// Normal numbers.
pub(crate) fn normal(rng: &mut Rng, shape: &[usize]) -> Tensor<f64> {
    rng.normal(plywood_tensor::Shape::new(shape).expect("small"), 0.0, 1.0)
}

/// Numbers of both signs, in random order, that lie 0.1 apart: where a maximum is taken, no
/// difference quotient changes the winner.
pub(crate) fn distinct(rng: &mut Rng, shape: &[usize]) -> Tensor<f64> {
    let shape = plywood_tensor::Shape::new(shape).expect("small");
    let order = rng.permutation(shape.numel());
    let middle = order.len() as f64 / 2.0;
    let numbers = order.into_iter().map(|place| (place as f64 - middle) * 0.1).collect();
    Tensor::from_vec(numbers, shape).expect("as many")
}
