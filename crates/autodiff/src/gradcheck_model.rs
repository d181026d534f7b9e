//! Checking the gradients of a model against differences.

use plywood_tensor::{Error, Result, Rng, Seed, Tensor};

use crate::gradcheck::{compare, weights};
use crate::params::Params;
use crate::pass::Pass;
use crate::var::Var;

/// As [`gradcheck`](crate::gradcheck), of a model of `f64`: compares the gradients of `f` with respect to every
/// parameter that isn't frozen, and to each of the inputs, with difference quotients. The passes are training passes
/// with the same randomness each time, so that dropout drops the same elements. The model stays as it is.
///
/// ```
/// use plywood_autodiff::{Param, gradcheck_model};
/// use plywood_tensor::Tensor;
///
/// let weight = Param::new(Tensor::from([[0.5_f64, -1.0]]));
/// let x = Tensor::from([[1.0, 2.0], [0.3, -0.7]]);
/// gradcheck_model(&weight, &[x], |weight, x, pass| {
///     Ok(x[0].linear(&pass.param(weight), None)?.tanh())
/// })?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When a gradient is missing or differs by more than [`TOLERANCE`](crate::TOLERANCE) of itself: the error says
/// of which parameter or input, which element, and both numbers. When `f` fails.
pub fn gradcheck_model<M: Params<f64> + Clone>(
    model: &M,
    inputs: &[Tensor<f64>],
    f: impl Fn(&M, &[Var<f64>], &mut Pass<f64>) -> Result<Var<f64>>,
) -> Result<()> {
    // Each pass has a copy, since a training pass moves running statistics.
    let run = |model: &M, inputs: &[Tensor<f64>]| -> Result<_> {
        let mut pass = Pass::train(model, &mut Rng::new(Seed(1)));
        let vars: Vec<_> = inputs.iter().map(|input| pass.input(input.clone())).collect();
        let y = f(model, &vars, &mut pass)?;
        let loss = y.mul(&weights(y.shape()))?.sum();
        Ok((pass, vars, loss))
    };
    let value = |model: &M, inputs: &[Tensor<f64>]| run(model, inputs)?.2.item();
    let refuse = |of: String, problem: String| {
        Err(Error::gradient(format!("{of}: {problem}")).operation("gradcheck"))
    };

    let own = model.clone();
    let (pass, vars, loss) = run(&own, inputs)?;
    let grads = pass.backward(&loss)?;
    for (name, param) in own.named_parameters() {
        let Some(gradient) = grads.of(param) else { continue };
        let problem = compare(gradient, |element, by| {
            let mut moved = model.clone();
            moved.update_parameters(&mut |other, param| {
                if other == name {
                    param.value_mut().as_mut_slice()[element] += by;
                }
            });
            value(&moved, inputs)
        })?;
        if let Some(problem) = problem {
            return refuse(format!("parameter {name}"), problem);
        }
    }
    for (place, var) in vars.iter().enumerate() {
        let Some(gradient) = grads.wrt(var) else {
            return refuse(format!("input {place}"), "it has no gradient".to_owned());
        };
        let problem = compare(gradient, |element, by| {
            let mut moved = inputs.to_vec();
            moved[place].as_mut_slice()[element] += by;
            value(&model.clone(), &moved)
        })?;
        if let Some(problem) = problem {
            return refuse(format!("input {place}"), problem);
        }
    }
    Ok(())
}
