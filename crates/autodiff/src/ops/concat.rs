//! Places values one after another along an axis.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape, whole};
use crate::var::{Var, record};

pub(crate) const CONCAT: Declaration = Declaration {
    name: "concat",
    equation: "y = [a, b, …] along an axis",
    gradient: "da, db, … = the parts of dy",
    sample: |rng| {
        let dims = shape(rng, 3);
        let axis = whole(rng, 0, dims.len() - 1);
        let part = |rng: &mut plywood_tensor::Rng| {
            let mut dims = dims.clone();
            dims[axis] = whole(rng, 1, 3);
            normal(rng, &dims)
        };
        let parts = vec![part(rng), part(rng), part(rng)];
        Sample::new(
            parts,
            move |inputs, _| Var::concat(&inputs.iter().collect::<Vec<_>>(), axis as isize),
            move |inputs| {
                let mut dims = inputs[0].shape().to_vec();
                dims[axis] = inputs.iter().map(|x| x.shape()[axis]).sum();
                Tensor::from_fn(Shape::new(&dims).expect("small"), |index| {
                    let mut index = index.to_vec();
                    let mut parts = inputs.iter();
                    let mut part = parts.next().expect("three");
                    while index[axis] >= part.shape()[axis] {
                        index[axis] -= part.shape()[axis];
                        part = parts.next().expect("three");
                    }
                    part.get(&index).expect("inside")
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// Places one after another along an existing axis.
    ///
    /// # Errors
    /// When there are none, there is no such axis, or the other sizes differ.
    pub fn concat(parts: &[&Self], axis: isize) -> Result<Self> {
        let refuse = |error: Error| error.operation("concat");
        let Some(first) = parts.first() else {
            return Err(refuse(Error::shape("there are no values")));
        };
        let place = first.shape().axis(axis).map_err(refuse)?;
        let mut dims = first.shape().to_vec();
        let mut sizes = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let shape = part.shape();
            let fits = shape.rank() == dims.len()
                && (0..dims.len()).all(|axis| axis == place || shape[axis] == first.shape()[axis]);
            if !fits {
                return Err(refuse(Error::shape(format!(
                    "value {index} is {shape}, the first is {}: they may differ at axis {axis} only",
                    first.shape()
                ))));
            }
            sizes.push(shape[place]);
        }
        dims[place] = sizes.iter().fold(0, |sum: usize, &size| sum.saturating_add(size));
        let shape = Shape::new(&dims).map_err(refuse)?;
        let kernel = || {
            let tensors: Vec<&Tensor<T>> = parts.iter().map(|part| part.known()).collect();
            Ok((Tensor::concat(&tensors, axis)?, ()))
        };
        record("concat", parts, shape, 0, kernel, move |(), dy, grads| {
            let mut start = 0;
            for (index, size) in sizes.into_iter().enumerate() {
                grads.accumulate(index, || dy.narrow(axis, start, size))?;
                start += size;
            }
            Ok(())
        })
    }
}
