//! Derivatives of functions: Jacobian, Hessian, and their products with a direction.

use plywood_tensor::{Error, Float, Result, Rng, Seed, Shape, Tensor};

use crate::pass::Pass;
use crate::var::Var;

/// How many numbers an input of [`jacobian`] or [`hessian`] may have: each is a way back of its own. A Hessian
/// of this many takes 134 MB in double precision.
pub const HESSIAN_LIMIT: usize = 4096;

/// The Jacobian of a function of one value: the derivative of each element of the result (the rows, in the shape
/// of the result) with respect to each element of the input (the last axes, in the shape of the input).
///
/// ```
/// use plywood_autodiff::jacobian;
/// use plywood_tensor::Tensor;
///
/// let j = jacobian(&Tensor::from([1.0, 2.0]), |x, _| Ok(x.clone().square()))?;
/// assert_eq!(j, Tensor::from([[2.0, 0.0], [0.0, 4.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the input or the result has more than [`HESSIAN_LIMIT`] numbers, `f` fails, or an operation has no second
/// derivative.
pub fn jacobian<T: Float>(
    input: &Tensor<T>,
    f: impl FnOnce(&Var<T>, &mut Pass<T>) -> Result<Var<T>>,
) -> Result<Tensor<T>> {
    let named = |error: Error| error.operation("jacobian");
    check_size("input", input.shape()).map_err(named)?;
    let mut pass = pass();
    let x = pass.input(input.clone());
    let y = f(&x, &mut pass)?;
    check_size("result", y.shape()).map_err(named)?;
    rows(&pass, &y, &x)
}

/// The Hessian of a function whose result is a single number: its second derivatives with respect to each pair of
/// elements of the input, whose shape is there twice.
///
/// ```
/// use plywood_autodiff::hessian;
/// use plywood_tensor::Tensor;
///
/// // x₀² · x₁
/// let f = |x: &plywood_autodiff::Var, _: &mut _| {
///     Ok(x.narrow(0, 0, 1)?.square().mul(&x.narrow(0, 1, 1)?)?.sum())
/// };
/// let h = hessian(&Tensor::from([3.0, 5.0]), f)?;
/// assert_eq!(h, Tensor::from([[10.0, 6.0], [6.0, 0.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the input has more than [`HESSIAN_LIMIT`] numbers, the result isn't a single one, `f` fails, or an
/// operation has no second derivative.
pub fn hessian<T: Float>(
    input: &Tensor<T>,
    f: impl FnOnce(&Var<T>, &mut Pass<T>) -> Result<Var<T>>,
) -> Result<Tensor<T>> {
    check_size("input", input.shape()).map_err(|error| error.operation("hessian"))?;
    let mut pass = pass();
    let x = pass.input(input.clone());
    let y = f(&x, &mut pass)?;
    rows(&pass, &gradient(&pass, &y, &x)?, &x)
}

/// The Hessian's product with a direction of the input's shape, at the cost of a few passes: no Hessian is
/// made.
///
/// ```
/// use plywood_autodiff::hessian_vector_product;
/// use plywood_tensor::Tensor;
///
/// let cubes = |x: &plywood_autodiff::Var, _: &mut _| Ok(x.clone().powi(3).sum());
/// let product = hessian_vector_product(&Tensor::from([1.0, 2.0]), &Tensor::from([1.0, -1.0]), cubes)?;
/// assert_eq!(product, Tensor::from([6.0, -12.0])); // 6x · v
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the direction has another shape, the result of `f` isn't a single number, `f` fails, or an operation has
/// no second derivative.
#[doc(alias = "hvp")]
pub fn hessian_vector_product<T: Float>(
    input: &Tensor<T>,
    direction: &Tensor<T>,
    f: impl FnOnce(&Var<T>, &mut Pass<T>) -> Result<Var<T>>,
) -> Result<Tensor<T>> {
    check_direction(input, direction).map_err(|error| error.operation("hessian_vector_product"))?;
    let mut pass = pass();
    let x = pass.input(input.clone());
    let y = f(&x, &mut pass)?;
    let slope = gradient(&pass, &y, &x)?;
    let product = pass.gradients_or_none(&slope, &Var::constant(direction.clone()), &[&x])?;
    known(product, input.shape())
}

/// The derivative of a function along a direction of the input, which is the Jacobian's product with it, and the
/// function's value. Forward mode, computed by going back twice: the way back is linear in the gradient that it
/// begins with, and its own gradient with respect to that is this product.
///
/// ```
/// use plywood_autodiff::jvp;
/// use plywood_tensor::Tensor;
///
/// let (y, dy) =
///     jvp(&Tensor::from([1.0, 2.0]), &Tensor::from([1.0, -1.0]), |x, _| Ok(x.clone().square()))?;
/// assert_eq!(y, Tensor::from([1.0, 4.0]));
/// assert_eq!(dy, Tensor::from([2.0, -4.0])); // 2x · v
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the direction has another shape, `f` fails, or an operation has no second derivative.
pub fn jvp<T: Float>(
    input: &Tensor<T>,
    direction: &Tensor<T>,
    f: impl FnOnce(&Var<T>, &mut Pass<T>) -> Result<Var<T>>,
) -> Result<(Tensor<T>, Tensor<T>)> {
    check_direction(input, direction).map_err(|error| error.operation("jvp"))?;
    let mut pass = pass();
    let x = pass.input(input.clone());
    let y = f(&x, &mut pass)?;
    // Any gradient does: what follows is linear in it.
    let dy = pass.input(Tensor::try_full(y.shape(), T::ZERO)?);
    let dx = pass.gradients_or_none(&y, &dy, &[&x])?.remove(0);
    let along = match dx {
        Some(dx) => pass.gradients_or_none(&dx, &Var::constant(direction.clone()), &[&dy])?,
        None => vec![None],
    };
    Ok((y.value()?.clone(), known(along, y.shape())?))
}

fn pass<T: Float>() -> Pass<T> {
    Pass::without_model(&mut Rng::new(Seed(0))).higher_order()
}

fn check_size(what: &str, shape: Shape) -> Result<()> {
    if shape.numel() <= HESSIAN_LIMIT {
        return Ok(());
    }
    Err(Error::value(format!(
        "the {what} {shape} has {} numbers; more than {HESSIAN_LIMIT} would take a way back for each",
        shape.numel()
    ))
    .hint("`hessian_vector_product` and `jvp` give products with a direction, without the matrix"))
}

fn check_direction<T: Float>(input: &Tensor<T>, direction: &Tensor<T>) -> Result<()> {
    if input.shape() == direction.shape() {
        return Ok(());
    }
    let (input, direction) = (input.shape(), direction.shape());
    Err(Error::shape(format!("the direction is {direction}, the input {input}")))
}

fn gradient<T: Float>(pass: &Pass<T>, y: &Var<T>, x: &Var<T>) -> Result<Var<T>> {
    if y.shape().numel() != 1 {
        return Err(Error::gradient(format!("the result {} is not a single number", y.shape()))
            .operation("hessian")
            .hint("`mean` or `sum` makes it one; `jacobian` takes any result"));
    }
    let one = Var::constant(Tensor::try_full(y.shape(), T::ONE)?);
    match pass.gradients_or_none(y, &one, &[x])?.remove(0) {
        Some(gradient) => Ok(gradient),
        None => Var::zeros(x.shape()),
    }
}

/// The gradient of each element of `y`, one after another.
fn rows<T: Float>(pass: &Pass<T>, y: &Var<T>, x: &Var<T>) -> Result<Tensor<T>> {
    let shape = Shape::new(&[&y.shape()[..], &x.shape()[..]].concat())?;
    let mut all = Tensor::try_full(shape, T::ZERO)?;
    let width = x.shape().numel();
    let written = pass.tape().map(|tape| (tape, tape.inspect(|inner| inner.links.len())));
    for (row, out) in all.as_mut_slice().chunks_mut(width.max(1)).enumerate() {
        let mut one = Tensor::try_full(y.shape(), T::ZERO)?;
        one.as_mut_slice()[row] = T::ONE;
        let gradient = pass.gradients_or_none(y, &Var::constant(one), &[x])?;
        out.copy_from_slice(known(gradient, x.shape())?.as_slice());
        // Each way back writes operations down, which no other row needs.
        if let Some((tape, len)) = written {
            tape.rewind(len);
        }
    }
    Ok(all)
}

/// The only gradient, 0 where there is none.
fn known<T: Float>(mut gradients: Vec<Option<Var<T>>>, shape: Shape) -> Result<Tensor<T>> {
    match gradients.remove(0) {
        Some(gradient) => Ok(gradient.value()?.clone()),
        None => Tensor::try_full(shape, T::ZERO),
    }
}
