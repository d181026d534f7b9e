//! Choosing slices by index: rows of a table, words of an embedding.

use plywood_tensor::{Float, Result, Shape, Tensor, index_select_shape, pick_shape};

use crate::declaration::{Declaration, Sample, normal, shape, whole};
use crate::var::{Var, record};

pub(crate) const INDEX_SELECT: Declaration = Declaration {
    name: "index_select",
    equation: "y[…, i, …] = x[…, index[i], …]",
    gradient: "dx[…, index[i], …] += dy[…, i, …]",
    sample: |rng| {
        let dims = shape(rng, 3);
        let axis = whole(rng, 0, dims.len() - 1);
        // Some are chosen twice, whose gradients add up.
        let count = whole(rng, 1, 6);
        let indices: Vec<u32> = (0..count).map(|_| whole(rng, 0, dims[axis] - 1) as u32).collect();
        let indices = Tensor::from(indices);
        let for_reference = indices.clone();
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].index_select(axis as isize, &indices),
            move |inputs| {
                let mut dims = inputs[0].shape().to_vec();
                dims[axis] = for_reference.numel();
                Tensor::from_fn(Shape::new(&dims).expect("small"), |index| {
                    let mut index = index.to_vec();
                    index[axis] = for_reference.as_slice()[index[axis]] as usize;
                    inputs[0].get(&index).expect("inside")
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The slices of `axis` that `indices` (of one axis) name, in that order.
    ///
    /// # Errors
    /// When there is no such axis, `indices` has more axes than one, or an index is out of range.
    pub fn index_select(&self, axis: isize, indices: &Tensor<u32>) -> Result<Self> {
        let x_shape = self.shape();
        let shape = index_select_shape(x_shape, axis, indices)?;
        let kernel = || Ok((self.known().index_select(axis, indices)?, indices.clone()));
        record("index_select", &[self], shape, 0, kernel, move |indices, dy, grads| {
            grads.accumulate(0, || {
                let mut dx = Tensor::try_full(x_shape, T::ZERO)?;
                dx.index_add(axis, &indices, &dy)?;
                Ok(dx)
            })
        })
    }

    /// One element along an axis for each place in the others: `[N, C]` and `[N]` labels give the
    /// `[N]` scores of those labels.
    ///
    /// # Errors
    /// When there is no such axis, `indices` hasn't this value's shape without it, or an index is
    /// out of range.
    pub fn pick(&self, axis: isize, indices: &Tensor<u32>) -> Result<Self> {
        let x_shape = self.shape();
        let shape = pick_shape(x_shape, axis, indices)?;
        let kernel = || Ok((self.known().pick(axis, indices)?, indices.clone()));
        record("pick", &[self], shape, 0, kernel, move |indices, dy, grads| {
            grads.accumulate(0, || Tensor::unpick(x_shape, axis, &indices, &dy))
        })
    }
}

pub(crate) const PICK: Declaration = Declaration {
    name: "pick",
    equation: "y[n, …] = x[n, index[n, …], …]",
    gradient: "dx = dy at the picked places, else 0",
    sample: |rng| {
        let dims = shape(rng, 3);
        let axis = whole(rng, 0, dims.len() - 1);
        let mut rest = dims.clone();
        let size = rest.remove(axis);
        let count: usize = rest.iter().product();
        let indices: Vec<u32> = (0..count).map(|_| whole(rng, 0, size - 1) as u32).collect();
        let indices =
            Tensor::from_vec(indices, Shape::new(&rest).expect("small")).expect("counted");
        let for_reference = indices.clone();
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].pick(axis as isize, &indices),
            move |inputs| {
                Tensor::from_fn(for_reference.shape(), |index| {
                    let chosen = for_reference.get(index).expect("inside") as usize;
                    let mut index = index.to_vec();
                    index.insert(axis, chosen);
                    inputs[0].get(&index).expect("inside")
                })
            },
        )
    },
};
