//! Addition, subtraction, multiplication and division, with broadcasting.
//!
//! What broadcasting has repeated in the forward pass is summed in the gradient.

use plywood_tensor::{Float, Result, Rng, Tensor};

use crate::declaration::{Declaration, Sample, distinct, normal, whole};
use crate::var::{Var, record};

pub(crate) const ADD: Declaration = Declaration {
    name: "add",
    equation: "y = a + b",
    gradient: "da = dy, db = dy",
    sample: |rng| sample(rng, Var::add, |a, b| a + b),
};

pub(crate) const SUB: Declaration = Declaration {
    name: "sub",
    equation: "y = a − b",
    gradient: "da = dy, db = −dy",
    sample: |rng| sample(rng, Var::sub, |a, b| a - b),
};

pub(crate) const MUL: Declaration = Declaration {
    name: "mul",
    equation: "y = a · b",
    gradient: "da = dy · b, db = dy · a",
    sample: |rng| sample(rng, Var::mul, |a, b| a * b),
};

pub(crate) const DIV: Declaration = Declaration {
    name: "div",
    equation: "y = a / b",
    gradient: "da = dy / b, db = −dy · a / b²",
    sample: |rng| sample(rng, Var::div, |a, b| a / b),
};

pub(crate) const MAXIMUM: Declaration = Declaration {
    name: "maximum",
    equation: "y = max(a, b)",
    gradient: "dy goes to the larger; half to each where they are equal",
    sample: |rng| sample_apart(rng, Var::maximum, |a, b| if a > b { a } else { b }),
};

pub(crate) const MINIMUM: Declaration = Declaration {
    name: "minimum",
    equation: "y = min(a, b)",
    gradient: "dy goes to the smaller; half to each where they are equal",
    sample: |rng| sample_apart(rng, Var::minimum, |a, b| if a < b { a } else { b }),
};

type Binary = fn(&Var<f64>, &Var<f64>) -> Result<Var<f64>>;

/// Operands that broadcast against each other, `b` away from 0.
fn sample(rng: &mut Rng, apply: Binary, reference: fn(f64, f64) -> f64) -> Sample {
    let [a, b] = shapes(rng);
    let (a, b) = (normal(rng, &a), normal(rng, &b).map(|x| x + x.signum()));
    problem(a, b, apply, reference)
}

/// Operands that broadcast against each other, no element of `b` close to one of `a`.
fn sample_apart(rng: &mut Rng, apply: Binary, reference: fn(f64, f64) -> f64) -> Sample {
    let [a, b] = shapes(rng);
    let (a, b) = (distinct(rng, &a), distinct(rng, &b).map(|x| x + 0.025));
    problem(a, b, apply, reference)
}

fn shapes(rng: &mut Rng) -> [Vec<usize>; 2] {
    let full: Vec<usize> = (0..whole(rng, 1, 3)).map(|_| whole(rng, 1, 3)).collect();
    [(); 2].map(|()| {
        let dims: Vec<usize> =
            full.iter().map(|&size| if rng.unit() < 0.3 { 1 } else { size }).collect();
        dims[whole(rng, 0, dims.len() - 1)..].to_vec()
    })
}

fn problem(
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
        let shape = broadcast("add", self, other)?;
        let (a_shape, b_shape) = (self.shape(), other.shape());
        let kernel = || Ok((self.known().add(other.known())?, ()));
        record("add", &[self, other], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.sum_to(a_shape))?;
            grads.accumulate(1, || dy.sum_to(b_shape))
        })
    }

    /// `self − other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn sub(&self, other: &Self) -> Result<Self> {
        let shape = broadcast("sub", self, other)?;
        let (a_shape, b_shape) = (self.shape(), other.shape());
        let kernel = || Ok((self.known().sub(other.known())?, ()));
        record("sub", &[self, other], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.sum_to(a_shape))?;
            grads.accumulate(1, || Ok(dy.sum_to(b_shape)?.into_map(|x| -x)))
        })
    }

    /// `self · other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn mul(&self, other: &Self) -> Result<Self> {
        let shape = broadcast("mul", self, other)?;
        let (a_shape, b_shape) = (self.shape(), other.shape());
        let kernel = || Ok((self.known().mul(other.known())?, self.save_for(other)));
        record("mul", &[self, other], shape, 0, kernel, move |(a, b), dy, grads| {
            grads.accumulate(0, || dy.mul(&saved(&b))?.sum_to(a_shape))?;
            grads.accumulate(1, || dy.mul(&saved(&a))?.sum_to(b_shape))
        })
    }

    /// `self / other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn div(&self, other: &Self) -> Result<Self> {
        let shape = broadcast("div", self, other)?;
        let (a_shape, b_shape) = (self.shape(), other.shape());
        let kernel = || {
            let a = other.needs_gradient().then(|| self.known().clone());
            Ok((self.known().div(other.known())?, (a, other.known().clone())))
        };
        record("div", &[self, other], shape, 0, kernel, move |(a, b), dy, grads| {
            grads.accumulate(0, || dy.div(&b)?.sum_to(a_shape))?;
            grads.accumulate(1, || {
                // Not a / b², which leaves the range of single precision long before it must.
                let slope = saved(&a).zip(&b, |a, b| -(a / b) / b)?;
                dy.mul(&slope)?.sum_to(b_shape)
            })
        })
    }

    /// The larger of each pair, with broadcasting; NaN if either is, and then both get its whole
    /// gradient, as in PyTorch.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn maximum(&self, other: &Self) -> Result<Self> {
        self.either("maximum", other, T::maximum, |a, b| a < b)
    }

    /// The smaller of each pair, with broadcasting; NaN if either is, and then both get its whole
    /// gradient, as in PyTorch.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn minimum(&self, other: &Self) -> Result<Self> {
        self.either("minimum", other, T::minimum, |a, b| a > b)
    }

    fn either(
        &self,
        operation: &'static str,
        other: &Self,
        f: fn(T, T) -> T,
        loses: fn(T, T) -> bool,
    ) -> Result<Self> {
        let shape = broadcast(operation, self, other)?;
        let (a_shape, b_shape) = (self.shape(), other.shape());
        let kernel = || {
            let y = self.known().zip(other.known(), f)?;
            Ok((y, (self.known().clone(), other.known().clone())))
        };
        record(operation, &[self, other], shape, 0, kernel, move |(a, b), dy, grads| {
            // The operands broadcast against each other, and `dy` has the shape of both together.
            let part = move |own: &Tensor<T>, other: &Tensor<T>| -> Result<Tensor<T>> {
                let share = own.zip(other, move |own, other| {
                    if loses(own, other) {
                        T::ZERO
                    } else if own == other {
                        T::of(0.5)
                    } else {
                        T::ONE
                    }
                })?;
                // Nothing goes to the loser, whatever `dy` is.
                dy.zip(&share, |dy, share| if share == T::ZERO { T::ZERO } else { dy * share })
            };
            grads.accumulate(0, || part(&a, &b)?.sum_to(a_shape))?;
            grads.accumulate(1, || part(&b, &a)?.sum_to(b_shape))
        })
    }

    /// Each operand, where the other needs it for its gradient.
    fn save_for(&self, other: &Self) -> (Option<Tensor<T>>, Option<Tensor<T>>) {
        (
            other.needs_gradient().then(|| self.known().clone()),
            self.needs_gradient().then(|| other.known().clone()),
        )
    }
}

fn saved<T: Float>(operand: &Option<Tensor<T>>) -> Tensor<T> {
    operand.clone().expect("saved because the other operand needs a gradient")
}

fn broadcast<T: Float>(
    operation: &'static str,
    a: &Var<T>,
    b: &Var<T>,
) -> Result<plywood_tensor::Shape> {
    a.shape().broadcast(&b.shape()).map_err(|error| error.operation(operation))
}

/// The operators read well, and panic with the same text as the method's error.
macro_rules! operators {
    ($($trait:ident $method:ident),*) => { $(
        impl<T: Float> std::ops::$trait<&Var<T>> for &Var<T> {
            type Output = Var<T>;

            fn $method(self, other: &Var<T>) -> Var<T> {
                Var::$method(self, other).unwrap_or_else(|error| panic!("{error}"))
            }
        }

        impl<T: Float> std::ops::$trait<&Var<T>> for Var<T> {
            type Output = Var<T>;

            fn $method(self, other: &Var<T>) -> Var<T> {
                Var::$method(&self, other).unwrap_or_else(|error| panic!("{error}"))
            }
        }
    )* };
}

operators!(Add add, Sub sub, Mul mul, Div div);
