//! Sums and means, over everything or along axes.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape, whole};
use crate::var::{Var, record};

pub(crate) const SUM: Declaration = Declaration {
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

pub(crate) const MEAN: Declaration = Declaration {
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
        self.reduce("sum", &self.all_axes(), T::ONE).expect("its own axes")
    }

    /// The mean of all elements, a single number.
    pub fn mean(&self) -> Self {
        let share = T::ONE / T::of(self.shape().numel() as f64);
        self.reduce("mean", &self.all_axes(), share).expect("its own axes")
    }

    /// The sum along some axes, which disappear.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn sum_axes(&self, axes: &[isize]) -> Result<Self> {
        self.reduce("sum", axes, T::ONE)
    }

    /// The mean along some axes, which disappear: over the last two it is global average pooling.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn mean_axes(&self, axes: &[isize]) -> Result<Self> {
        let shape = self.shape();
        let count: Result<usize> = axes.iter().map(|&axis| Ok(shape[shape.axis(axis)?])).product();
        let count = count.map_err(|error| error.operation("mean"))?;
        self.reduce("mean", axes, T::ONE / T::of(count as f64))
    }

    fn all_axes(&self) -> Vec<isize> {
        (0..self.shape().rank() as isize).collect()
    }

    /// `factor · Σ x` along the axes.
    fn reduce(&self, operation: &'static str, axes: &[isize], factor: T) -> Result<Self> {
        let x_shape = self.shape();
        let axes = distinct(x_shape, axes).map_err(|error| error.operation(operation))?;
        let mut kept = x_shape.to_vec();
        let mut remaining = Vec::new();
        for (axis, &size) in x_shape.iter().enumerate() {
            if axes.contains(&axis) {
                kept[axis] = 1;
            } else {
                remaining.push(size);
            }
        }
        let (kept, shape) = (Shape::new(&kept)?, Shape::new(&remaining)?);
        let signed: Vec<isize> = axes.iter().map(|&axis| axis as isize).collect();
        let kernel = || Ok((self.known().sum_axes(&signed)?.into_map(|x| factor * x), ()));
        record(operation, &[self], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.into_map(|x| factor * x).reshape(kept)?.broadcast_to(x_shape))
        })
    }
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
