//! Sums and means, over everything or along axes.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = Σ x`, over all elements or some axes: see [`Var::sum_axes`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
/// let y = Var::apply(ops::Sum { axes: vec![0] }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([4.0, 6.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// The axes, counted from the back if they are negative.
    pub axes: Vec<isize>,
}

impl Declared for Sum {
    const DECLARATION: Declaration = Declaration {
        name: "sum",
        equation: "y = Σ x, over all elements or some axes",
        gradient: "dx = dy, repeated",
        sample: |rng| {
            let dims = shape(rng, 4);
            let axis = whole(rng, 0, dims.len() - 1);
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].sum_axes(&[axis as isize]),
                move |inputs| naive(&inputs[0], axis),
            )
        },
    };
}

impl<T: Float> Operation<T> for Sum {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "sum"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        without(operands[0], &self.axes)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        Ok((x.sum_axes(&self.axes)?, x.shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.reshape(kept(x, &self.axes)?)?.broadcast_to(x))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let x = operands[0].shape();
        grads.accumulate(0, || dy.reshape(kept(x, &self.axes)?)?.broadcast_to(x))
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        reach(operands[0], &self.axes)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        attributes(&self.axes)
    }
}

/// `y = Σ x / n`, over all elements or some axes: see [`Var::mean_axes`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
/// let y = Var::apply(ops::Mean { axes: vec![1] }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([1.5, 3.5]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([[0.5, 0.5], [0.5, 0.5]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mean {
    /// The axes, counted from the back if they are negative.
    pub axes: Vec<isize>,
}

impl Declared for Mean {
    const DECLARATION: Declaration = Declaration {
        name: "mean",
        equation: "y = Σ x / n, over all elements or some axes",
        gradient: "dx = dy / n, repeated",
        sample: |rng| {
            let dims = shape(rng, 4);
            let axis = whole(rng, 0, dims.len() - 1);
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| {
                    inputs[0].mean_axes(&[axis as isize - inputs[0].shape().rank() as isize])
                },
                move |inputs| naive(&inputs[0], axis) / inputs[0].shape()[axis] as f64,
            )
        },
    };
}

impl<T: Float> Operation<T> for Mean {
    /// The shape of `x`.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "mean"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        without(operands[0], &self.axes)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        let share = T::ONE / T::of(self.count(x.shape())?);
        Ok((x.sum_axes(&self.axes)?.into_map(|x| share * x), x.shape()))
    }

    fn gradient(&self, x: Shape, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || {
            let share = T::ONE / T::of(self.count(x)?);
            dy.into_map(|dy| share * dy).reshape(kept(x, &self.axes)?)?.broadcast_to(x)
        })
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let x = operands[0].shape();
            let dy = dy.clone() / self.count(x)?;
            dy.reshape(kept(x, &self.axes)?)?.broadcast_to(x)
        })
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        reach(operands[0], &self.axes)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        attributes(&self.axes)
    }
}

impl Mean {
    /// How many elements each mean is of.
    fn count(&self, x: Shape) -> Result<f64> {
        let sizes = distinct(x, &self.axes)?.into_iter().map(|axis| x[axis]);
        Ok(sizes.product::<usize>() as f64)
    }
}

/// The shape without the axes.
fn without(x: Shape, axes: &[isize]) -> Result<Shape> {
    let axes = distinct(x, axes)?;
    let remaining = x.iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    Shape::new(&remaining.map(|(_, &size)| size).collect::<Vec<_>>())
}

/// The shape with axes of size 1 in their place.
pub(crate) fn kept(x: Shape, axes: &[isize]) -> Result<Shape> {
    let mut dims = x.to_vec();
    for axis in distinct(x, axes)? {
        dims[axis] = 1;
    }
    Shape::new(&dims)
}

/// The axes counted from the front.
fn distinct(shape: Shape, axes: &[isize]) -> Result<Vec<usize>> {
    let mut places = Vec::with_capacity(axes.len());
    for &axis in axes {
        let place = shape.axis(axis)?;
        if places.contains(&place) {
            return Err(Error::shape(format!("axis {axis} of {shape} is named twice")));
        }
        places.push(place);
    }
    Ok(places)
}

fn reach(x: Shape, axes: &[isize]) -> Reach {
    match axes.iter().all(|&axis| Reach::along(axis, x) == Reach::Pointwise) {
        true => Reach::Pointwise,
        false => Reach::Everything,
    }
}

fn attributes(axes: &[isize]) -> Vec<(&'static str, Attribute)> {
    vec![("axes", Attribute::Ints(axes.iter().map(|&axis| axis as i64).collect()))]
}

fn naive(x: &Tensor<f64>, axis: usize) -> Tensor<f64> {
    let mut dims = x.shape().to_vec();
    let size = dims.remove(axis);
    Tensor::from_fn(Shape::new(&dims).expect("smaller"), |index| {
        (0..size)
            .map(|place| {
                let mut index = index.to_vec();
                index.insert(axis, place);
                x.get(&index).expect("inside")
            })
            .sum()
    })
}

impl<T: Float> Var<T> {
    /// The sum of all elements, a single number.
    pub fn sum(&self) -> Self {
        self.sum_axes(&self.all_axes()).expect("its own axes")
    }

    /// The mean of all elements, a single number.
    pub fn mean(&self) -> Self {
        self.mean_axes(&self.all_axes()).expect("its own axes")
    }

    /// The sum along some axes, which disappear.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    #[doc(alias = "sum")]
    pub fn sum_axes(&self, axes: &[isize]) -> Result<Self> {
        record(Sum { axes: axes.to_vec() }, &[self])
    }

    /// The mean along some axes, which disappear: over the last two it is global average pooling.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    #[doc(alias = "mean")]
    pub fn mean_axes(&self, axes: &[isize]) -> Result<Self> {
        record(Mean { axes: axes.to_vec() }, &[self])
    }

    fn all_axes(&self) -> Vec<isize> {
        (0..self.shape().rank() as isize).collect()
    }
}
