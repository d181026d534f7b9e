//! Checking gradients against differences.

use plywood_tensor::{Error, Result, Rng, Seed, Shape, Tensor};

use crate::pass::Pass;
use crate::var::Var;

/// The relative error that [`gradcheck`] allows.
pub const TOLERANCE: f64 = 1e-6;

/// The step of the difference quotient. Of fourth order, its error is about `STEP⁴` of the
/// fifth derivative, plus `f64`'s rounding divided by `STEP`: both near 1e-12.
const STEP: f64 = 1e-3;

/// The step that decides where the gradient and the quotient of [`STEP`] differ: of a function that bends
/// sharply (a GRU's fifth derivative reached 5e6) the error is 256 times smaller.
const FINE_STEP: f64 = STEP / 4.0;

/// Compares the gradients of `f` with respect to each element of each input with difference
/// quotients, in `f64`. A result of more than one element is weighted by random numbers and added
/// up first, so that every element counts.
///
/// `f` gets a pass for its randomness and must be smooth near the inputs: keep them away from
/// kinks, such as 0 for ReLU.
///
/// ```
/// use plywood_autodiff::gradcheck;
/// use plywood_tensor::Tensor;
///
/// let x = Tensor::from([0.3_f64, -1.2, 2.0]);
/// gradcheck(&[x], |inputs, _| Ok(inputs[0].clone().tanh()))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When a gradient is missing or differs by more than [`TOLERANCE`] of itself: the error says
/// which input, which element, and both numbers. When `f` fails.
pub fn gradcheck(
    inputs: &[Tensor<f64>],
    f: impl Fn(&[Var<f64>], &mut Pass<f64>) -> Result<Var<f64>>,
) -> Result<()> {
    check("gradcheck", inputs, first_order, false, f)
}

/// As [`gradcheck`], of the gradients themselves: compares their gradients, with respect to the inputs and to
/// the gradient that they begin with, with difference quotients. An input that a gradient doesn't depend on is
/// taken to have the gradient 0.
///
/// ```
/// use plywood_autodiff::gradgradcheck;
/// use plywood_tensor::Tensor;
///
/// let x = Tensor::from([0.3_f64, -1.2, 2.0]);
/// gradgradcheck(&[x], |inputs, _| Ok(inputs[0].clone().tanh()))?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// As for [`gradcheck`], or when an operation has no second derivative.
pub fn gradgradcheck(
    inputs: &[Tensor<f64>],
    f: impl Fn(&[Var<f64>], &mut Pass<f64>) -> Result<Var<f64>>,
) -> Result<()> {
    let higher_order = || first_order().higher_order();
    let mut pass = higher_order();
    let vars: Vec<_> = inputs.iter().map(|input| pass.input(input.clone())).collect();
    let shape = f(&vars, &mut pass)?.shape();
    let mut all = inputs.to_vec();
    all.push(Rng::new(Seed(3)).uniform(shape, 0.5, 1.5));
    check("gradgradcheck", &all, higher_order, true, |vars, pass| {
        let (dy, inputs) = vars.split_last().expect("it has dy");
        let y = f(inputs, pass)?;
        let gradients = pass.gradients_or_none(&y, dy, &inputs.iter().collect::<Vec<_>>())?;
        let mut sum = Var::constant(Tensor::scalar(0.0));
        for (place, gradient) in gradients.into_iter().enumerate() {
            let Some(gradient) = gradient else { continue };
            let weight = Rng::new(Seed(4 + place as u64)).uniform(gradient.shape(), 0.5, 1.5);
            sum = sum.add(&gradient.mul(&Var::constant(weight))?.sum())?;
        }
        Ok(sum)
    })
}

/// A pass with the same randomness each time.
fn first_order() -> Pass<f64> {
    Pass::without_model(&mut Rng::new(Seed(1)))
}

/// Compares the gradients of `f` with difference quotients. `zero` is whether an input without a gradient has
/// the gradient 0.
fn check(
    name: &str,
    inputs: &[Tensor<f64>],
    pass: impl Fn() -> Pass<f64>,
    zero: bool,
    f: impl Fn(&[Var<f64>], &mut Pass<f64>) -> Result<Var<f64>>,
) -> Result<()> {
    let value = |inputs: &[Tensor<f64>]| -> Result<f64> {
        let mut pass = pass();
        let vars: Vec<_> = inputs.iter().map(|input| pass.input(input.clone())).collect();
        let y = f(&vars, &mut pass)?;
        y.mul(&weights(y.shape()))?.sum().item()
    };

    let mut first = pass();
    let vars: Vec<_> = inputs.iter().map(|input| first.input(input.clone())).collect();
    let y = f(&vars, &mut first)?;
    let loss = y.mul(&weights(y.shape()))?.sum();
    if zero && loss.node().is_none() {
        return Ok(());
    }
    let grads = first.backward(&loss)?;

    for (place, var) in vars.iter().enumerate() {
        let refuse =
            |message: String| Error::gradient(format!("input {place}: {message}")).operation(name);
        let gradient = match grads.wrt(var) {
            Some(gradient) => gradient.clone(),
            None if zero => Tensor::full(var.shape(), 0.0),
            None => return Err(refuse("it has no gradient".into())),
        };
        if gradient.shape() != var.shape() {
            return Err(refuse(format!(
                "the gradient is {}, the input {}",
                gradient.shape(),
                var.shape()
            )));
        }
        let problem = compare(&gradient, |element, by| {
            let mut moved = inputs.to_vec();
            moved[place].as_mut_slice()[element] += by;
            value(&moved)
        })?;
        if let Some(problem) = problem {
            return Err(refuse(problem));
        }
    }
    Ok(())
}

/// Compares a gradient with the difference quotients of `value`, which is told an element and by how much it is
/// moved. Says where they differ.
pub(crate) fn compare(
    gradient: &Tensor<f64>,
    value: impl Fn(usize, f64) -> Result<f64>,
) -> Result<Option<String>> {
    let quotient = |element: usize, step: f64| -> Result<f64> {
        let at = |steps: f64| value(element, steps * step);
        let (near, far) = (at(1.0)? - at(-1.0)?, at(2.0)? - at(-2.0)?);
        Ok((8.0 * near - far) / (12.0 * step))
    };
    let quotients: Vec<f64> =
        (0..gradient.numel()).map(|element| quotient(element, STEP)).collect::<Result<_>>()?;
    // Entries far below the largest are differences of large numbers: they are held to the
    // rounding of those.
    let floor = quotients.iter().fold(1e-3, |floor: f64, q| floor.max(q.abs() * 1e-2));
    let agree = |analytic: f64, numeric: f64| {
        let scale = analytic.abs().max(numeric.abs()).max(floor);
        (analytic - numeric).abs() / scale <= TOLERANCE
    };
    for (element, (&analytic, &numeric)) in gradient.as_slice().iter().zip(&quotients).enumerate() {
        if agree(analytic, numeric) {
            continue;
        }
        let numeric = quotient(element, FINE_STEP)?;
        if !agree(analytic, numeric) {
            return Ok(Some(format!(
                "element {element} of {} has gradient {analytic:e}, the difference quotient is {numeric:e}",
                gradient.shape()
            )));
        }
    }
    Ok(None)
}

/// Weights for a result of more than one element, so that every element counts.
pub(crate) fn weights(shape: Shape) -> Var<f64> {
    Var::constant(Rng::new(Seed(2)).uniform(shape, 0.5, 1.5))
}
