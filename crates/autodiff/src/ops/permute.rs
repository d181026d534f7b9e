//! Reordering axes.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape};
use crate::var::{Var, record};

pub(crate) const PERMUTE: Declaration = Declaration {
    name: "permute",
    equation: "axis i of y is axis order[i] of x",
    gradient: "dx = dy, its axes put back",
    sample: |rng| {
        let dims = shape(rng, 4);
        let order: Vec<isize> = rng.permutation(dims.len()).iter().map(|&i| i as isize).collect();
        let for_reference = order.clone();
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].permute(&order),
            move |inputs| {
                let x = &inputs[0];
                let dims: Vec<usize> =
                    for_reference.iter().map(|&from| x.shape()[from as usize]).collect();
                Tensor::from_fn(Shape::new(&dims).expect("as large"), |index| {
                    let mut own = vec![0; index.len()];
                    for (&place, &from) in index.iter().zip(&for_reference) {
                        own[from as usize] = place;
                    }
                    x.get(&own).expect("inside")
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// Reorders the axes: axis `i` of the result is axis `order[i]` of this value.
    ///
    /// # Errors
    /// When `order` doesn't name each axis once.
    pub fn permute(&self, order: &[isize]) -> Result<Self> {
        let x_shape = self.shape();
        let axes: Result<Vec<usize>> = order.iter().map(|&axis| x_shape.axis(axis)).collect();
        let axes = axes.map_err(|error| error.operation("permute"))?;
        let mut back = vec![None; x_shape.rank()];
        for (to, &from) in axes.iter().enumerate() {
            back[from] = Some(to as isize);
        }
        let back = back.into_iter().collect::<Option<Vec<isize>>>();
        let Some(back) = back.filter(|back| back.len() == axes.len()) else {
            return Err(Error::shape(format!(
                "{order:?} doesn't name each axis of {x_shape} once"
            ))
            .operation("permute"));
        };
        let shape = Shape::new(&axes.iter().map(|&from| x_shape[from]).collect::<Vec<_>>())?;
        let kernel = || Ok((self.known().permute(order)?, ()));
        record("permute", &[self], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.permute(&back))
        })
    }

    /// Swaps two axes.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Self> {
        let shape = self.shape();
        let both = |a, b| Ok((shape.axis(a)?, shape.axis(b)?));
        let (a, b) = both(a, b).map_err(|error: Error| error.operation("transpose"))?;
        let mut order: Vec<isize> = (0..shape.rank() as isize).collect();
        order.swap(a, b);
        self.permute(&order)
    }
}
