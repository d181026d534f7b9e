//! Addition, subtraction, multiplication and division, with broadcasting.
//!
//! What broadcasting has repeated in the forward pass is summed in the gradient.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Rng, Shape, Tensor};

use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// What operations of two operands have in common, element by element.
macro_rules! pointwise_of_two {
    ($name:literal) => {
        fn name(&self) -> &'static str {
            $name
        }

        fn operand_count(&self) -> RangeInclusive<usize> {
            2..=2
        }

        fn shape(&self, operands: &[Shape]) -> Result<Shape> {
            operands[0].broadcast(&operands[1])
        }

        fn reach(&self, _operands: &[Shape]) -> Reach {
            Reach::Pointwise
        }
    };
}

/// `y = a + b`: see [`Var::add`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let a = pass.input(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
/// let b = pass.input(Tensor::from([10.0, 20.0]));
/// let y = Var::apply(ops::Add, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([[11.0, 22.0], [13.0, 24.0]]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&b), Some(&Tensor::from([2.0, 2.0]))); // It was used in two rows.
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Add;

impl Declared for Add {
    const DECLARATION: Declaration = Declaration {
        name: "add",
        equation: "y = a + b",
        gradient: "da = dy, db = dy",
        sample: |rng| sample(rng, Var::add, |a, b| a + b),
    };
}

impl<T: Float> Operation<T> for Add {
    type Saved = [Shape; 2];

    pointwise_of_two!("add");

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let shapes = shapes(operands);
        Ok((compute(operands, Tensor::add, |a, b| a + b)?, shapes))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.sum_to(saved[0]))?;
        grads.accumulate(1, || dy.sum_to(saved[1]))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (a, b) = (&operands[0], &operands[1]);
        grads.accumulate(0, || dy.sum_to(a.shape()))?;
        grads.accumulate(1, || dy.sum_to(b.shape()))
    }
}

/// `y = a − b`: see [`Var::sub`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let a = pass.input(Tensor::from([5.0, 7.0]));
/// let b = pass.input(Tensor::from([1.0, 2.0]));
/// let y = Var::apply(ops::Sub, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([4.0, 5.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&a), Some(&Tensor::from([1.0, 1.0])));
/// assert_eq!(grads.wrt(&b), Some(&Tensor::from([-1.0, -1.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Sub;

impl Declared for Sub {
    const DECLARATION: Declaration = Declaration {
        name: "sub",
        equation: "y = a − b",
        gradient: "da = dy, db = −dy",
        sample: |rng| sample(rng, Var::sub, |a, b| a - b),
    };
}

impl<T: Float> Operation<T> for Sub {
    type Saved = [Shape; 2];

    pointwise_of_two!("sub");

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let shapes = shapes(operands);
        Ok((compute(operands, Tensor::sub, |a, b| a - b)?, shapes))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || dy.sum_to(saved[0]))?;
        grads.accumulate(1, || Ok(dy.sum_to(saved[1])?.into_map(|x| -x)))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (a, b) = (&operands[0], &operands[1]);
        grads.accumulate(0, || dy.sum_to(a.shape()))?;
        grads.accumulate(1, || Ok(-dy.sum_to(b.shape())?))
    }
}

/// `y = a · b`: see [`Var::mul`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let a = pass.input(Tensor::from([2.0, 3.0]));
/// let b = pass.input(Tensor::from([5.0, 7.0]));
/// let y = Var::apply(ops::Mul, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([10.0, 21.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&a), Some(&Tensor::from([5.0, 7.0])));
/// assert_eq!(grads.wrt(&b), Some(&Tensor::from([2.0, 3.0])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mul;

impl Declared for Mul {
    const DECLARATION: Declaration = Declaration {
        name: "mul",
        equation: "y = a · b",
        gradient: "da = dy · b, db = dy · a",
        sample: |rng| sample(rng, Var::mul, |a, b| a * b),
    };
}

impl<T: Float> Operation<T> for Mul {
    type Saved = Factors<T>;

    pointwise_of_two!("mul");

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let factors = Factors::of(operands, operands.save_for(0, 1));
        Ok((compute(operands, Tensor::mul, |a, b| a * b)?, factors))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let Factors { shapes, a, b } = saved;
        grads.accumulate(0, || dy.mul(&kept(b))?.sum_to(shapes[0]))?;
        grads.accumulate(1, || dy.mul(&kept(a))?.sum_to(shapes[1]))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (a, b) = (&operands[0], &operands[1]);
        grads.accumulate(0, || dy.mul(b)?.sum_to(a.shape()))?;
        grads.accumulate(1, || dy.mul(a)?.sum_to(b.shape()))
    }
}

/// `y = a / b`: see [`Var::div`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let a = pass.input(Tensor::from([6.0, 8.0]));
/// let b = pass.input(Tensor::from([2.0, 4.0]));
/// let y = Var::apply(ops::Div, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([3.0, 2.0]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&a), Some(&Tensor::from([0.5, 0.25])));
/// assert_eq!(grads.wrt(&b), Some(&Tensor::from([-1.5, -0.5]))); // −a / b²
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Div;

impl Declared for Div {
    const DECLARATION: Declaration = Declaration {
        name: "div",
        equation: "y = a / b",
        gradient: "da = dy / b, db = −dy · a / b²",
        sample: |rng| sample(rng, Var::div, |a, b| a / b),
    };
}

impl<T: Float> Operation<T> for Div {
    type Saved = Factors<T>;

    pointwise_of_two!("div");

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let factors = Factors::of(operands, Some(operands[1].clone()));
        Ok((compute(operands, Tensor::div, |a, b| a / b)?, factors))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let Factors { shapes, a, b } = saved;
        let b = kept(b);
        grads.accumulate(0, || dy.div(&b)?.sum_to(shapes[0]))?;
        grads.accumulate(1, || {
            // Not a / b², which leaves the range of single precision long before it must.
            let slope = kept(a).zip(&b, |a, b| -(a / b) / b)?;
            dy.mul(&slope)?.sum_to(shapes[1])
        })
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (a, b) = (&operands[0], &operands[1]);
        grads.accumulate(0, || dy.div(b)?.sum_to(a.shape()))?;
        grads.accumulate(1, || Ok(-dy.mul(&a.div(b)?.div(b)?)?.sum_to(b.shape())?))
    }
}

pub(super) use pointwise_of_two;

/// The result, in the memory of the first operand where nobody else holds it: neither the caller, nor the tape for
/// the gradient.
fn compute<T: Float>(
    operands: &mut Operands<'_, T>,
    anew: fn(&Tensor<T>, &Tensor<T>) -> Result<Tensor<T>>,
    of_numbers: impl Fn(T, T) -> T + Sync,
) -> Result<Tensor<T>> {
    let (a, b) = (operands.take(0), &operands[1]);
    match a.is_shared() || a.shape() != b.shape() {
        true => anew(&a, b),
        false => a.zip_into(b, of_numbers),
    }
}

/// The operands, each where the other needs it for its gradient.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Factors<T: Float> {
    shapes: [Shape; 2],
    a: Option<Tensor<T>>,
    b: Option<Tensor<T>>,
}

impl<T: Float> Factors<T> {
    fn of(operands: &Operands<'_, T>, b: Option<Tensor<T>>) -> Self {
        Self { shapes: shapes(operands), a: operands.save_for(1, 0), b }
    }
}

fn kept<T: Float>(operand: Option<Tensor<T>>) -> Tensor<T> {
    operand.expect("saved because the other operand needs a gradient")
}

fn shapes<T: Float>(operands: &Operands<'_, T>) -> [Shape; 2] {
    [operands[0].shape(), operands[1].shape()]
}

pub(super) type Binary = fn(&Var<f64>, &Var<f64>) -> Result<Var<f64>>;

/// Operands that broadcast against each other, `b` away from 0.
fn sample(rng: &mut Rng, apply: Binary, reference: fn(f64, f64) -> f64) -> Sample {
    let [a, b] = draw_shapes(rng);
    let (a, b) = (normal(rng, &a), normal(rng, &b).map(|x| x + x.signum()));
    problem(a, b, apply, reference)
}

pub(super) fn draw_shapes(rng: &mut Rng) -> [Vec<usize>; 2] {
    let full: Vec<usize> = (0..whole(rng, 1, 3)).map(|_| whole(rng, 1, 3)).collect();
    [(); 2].map(|()| {
        let dims: Vec<usize> =
            full.iter().map(|&size| if rng.unit() < 0.3 { 1 } else { size }).collect();
        dims[whole(rng, 0, dims.len() - 1)..].to_vec()
    })
}

pub(super) fn problem(
    a: Tensor<f64>,
    b: Tensor<f64>,
    apply: Binary,
    reference: fn(f64, f64) -> f64,
) -> Sample {
    Sample::new(
        vec![a, b],
        move |inputs, _| apply(&inputs[0], &inputs[1]),
        move |inputs| naive(&inputs[0], &inputs[1], reference),
    )
}

/// Broadcasting by looking up each operand's element.
fn naive(a: &Tensor<f64>, b: &Tensor<f64>, f: fn(f64, f64) -> f64) -> Tensor<f64> {
    let shape = a.shape().broadcast(&b.shape()).expect("drawn to fit");
    let at = |x: &Tensor<f64>, index: &[usize]| {
        let own = &index[index.len() - x.rank()..];
        let own: Vec<usize> = own
            .iter()
            .zip(x.shape().iter())
            .map(|(&i, &size)| if size == 1 { 0 } else { i })
            .collect();
        x.get(&own).expect("inside")
    };
    Tensor::from_fn(shape, |index| f(at(a, index), at(b, index)))
}

impl<T: Float> Var<T> {
    /// `self + other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn add(&self, other: &Self) -> Result<Self> {
        record(Add, &[self, other])
    }

    /// `self − other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    #[doc(alias = "subtract")]
    pub fn sub(&self, other: &Self) -> Result<Self> {
        record(Sub, &[self, other])
    }

    /// `self · other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    #[doc(alias = "multiply")]
    pub fn mul(&self, other: &Self) -> Result<Self> {
        record(Mul, &[self, other])
    }

    /// `self / other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    #[doc(alias = "divide")]
    pub fn div(&self, other: &Self) -> Result<Self> {
        record(Div, &[self, other])
    }
}
