//! Operations of one's own, with their gradients.
//!
//! A function of one number takes a line. Anything else is a value of a type that says its name, its shape
//! rule, what it computes, and its gradient. Both are checked by the same `gradcheck` as the library's own,
//! and stand in the summary of a model that learns with them.
//!
//! Run it with `cargo run --release --example own_operation`.

use plywood::autodiff::{OperandGrads, Operands, Operation};
use plywood::prelude::*;
use plywood::tensor::Float;
use plywood_examples::{finish, println};

/// `y = x + sin²(x)`, elementwise: Ziyin, Hartwig and Ueda, "Neural networks fail to learn periodic functions
/// and how to fix it" (2020).
fn snake<T: Float>(x: Var<T>) -> Var<T> {
    let two = T::of(2.0);
    x.map_with_gradient(|x| x + x.sin() * x.sin(), move |x| T::ONE + (two * x).sin())
}

/// Each row `[N, D]` at length 1: `y = x / √(Σ x² + ε)`.
#[derive(Debug)]
struct UnitRows {
    epsilon: f64,
}

impl<T: Float> Operation<T> for UnitRows {
    /// The result, and 1 / length of each row.
    type Saved = (Tensor<T>, Tensor<T>);

    fn name(&self) -> &'static str {
        "unit_rows"
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        match operands {
            [x] if x.rank() == 2 => Ok(*x),
            _ => Err(Error::shape(format!("{operands:?} should be one of shape (N, D)"))),
        }
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let squares = operands[0].mul(&operands[0])?.sum_keepdim(&[1])?;
        let reciprocal = squares.map(|sum| T::ONE / (sum + T::of(self.epsilon)).sqrt());
        let y = operands[0].mul(&reciprocal)?;
        Ok((y.clone(), (y, reciprocal)))
    }

    /// `dx = (dy − y · Σ (dy · y)) / length`
    fn gradient(
        &self,
        (y, reciprocal): Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let along = dy.mul(&y)?.sum_keepdim(&[1])?;
        grads.accumulate(0, || dy.sub(&y.mul(&along)?)?.mul(&reciprocal))
    }
}

/// Digits by the angle between what is seen and what each digit looks like.
#[derive(Params)]
struct Angles {
    features: Linear,
    classes: Linear,
}

impl Module for Angles {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = snake(self.features.forward(&x.flatten()?, pass)?); // [N, 64]
        let x = Var::apply(UnitRows { epsilon: 1e-6 }, &[&x])?; // [N, 64]
        self.classes.forward(&x, pass) // [N, 10]
    }
}

fn main() -> Result<()> {
    threads::init();
    // In double precision, against difference quotients.
    let x = Rng::new(Seed(7)).normal([3, 4], 0.0, 1.0);
    gradcheck(std::slice::from_ref(&x), |x, _| Ok(snake(x[0].clone())))?;
    gradcheck(&[x], |x, _| Var::apply(UnitRows { epsilon: 1e-6 }, &[&x[0]]))?;
    println!("both gradients agree with difference quotients\n");

    let mut rng = Rng::new(Seed(7));
    let features = Linear::new(64, 64, &mut rng)?;
    let mut model = Angles { features, classes: Linear::new(64, 10, &mut rng)? };
    println!("{}\n", summary(&model, [1, 1, 8, 8])?);

    let [train, valid, test] = Digits::embedded()?.split([0.7, 0.1, 0.2], Seed(7))?;
    let trainer = Trainer::new(AdamW::scheduled())
        .schedule(OneCycle::new(2e-2))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .epochs(20)
        .batch_size(64)
        .seed(Seed(7));
    let run = plywood_examples::shortened(trainer).fit(&mut model, &train, &valid)?;
    println!("{}", run.evaluate(&model, &test)?);
    finish()
}
