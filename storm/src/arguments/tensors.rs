//! The methods of tensors.

use plywood::tensor::{AnyTensor, Dtype, Shape, Tensor, matmul_shape, memory};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("Shape::new", |draw| Shape::new(&draw.any_dims("dims")).map(drop)),
    ("Shape::axis", |draw| draw.shape("shape", 3).axis(draw.axis("axis")).map(drop)),
    ("Shape::broadcast", |draw| {
        let (a, b) = (Shape::new(&draw.any_dims("a"))?, Shape::new(&draw.any_dims("b"))?);
        a.broadcast(&b).map(drop)
    }),
    ("Tensor::from_vec", |draw| {
        let elements = vec![1.0; draw.small("elements", 12)];
        Tensor::from_vec(elements, draw.sizes::<2>("shape")).map(drop)
    }),
    ("AnyTensor::from_le_bytes, cast_to and to_float", |draw| {
        let [from, to] = [(); 2].map(|()| Dtype::ALL[draw.below(Dtype::ALL.len())]);
        let bytes = draw.bytes(64);
        let tensor = match draw.once_in(2) {
            true => AnyTensor::from_le_bytes(from, draw.sizes::<2>("shape"), &bytes)?,
            false => AnyTensor::from_le_bytes(from, [bytes.len() / from.size()], &bytes)?,
        };
        tensor.cast_to(to)?.to_float::<f32>().map(drop)
    }),
    ("AnyTensor::try_from_bytes", |draw| {
        let (dtype, bytes) = (Dtype::ALL[draw.below(Dtype::ALL.len())], draw.bytes(9));
        AnyTensor::try_from_bytes(dtype, draw.sizes::<2>("shape"), || &bytes).map(drop)
    }),
    ("Tensor::from_slice", |draw| {
        let elements = vec![1_u32; draw.small("elements", 12)];
        Tensor::from_slice(&elements, draw.sizes::<3>("shape")).map(drop)
    }),
    ("Tensor::try_full and try_from_fn", |draw| {
        Tensor::try_full(draw.sizes::<3>("shape"), 1_u8)?;
        Tensor::try_from_fn(draw.sizes::<2>("shape"), |index| index[0] as f32).map(drop)
    }),
    ("Rng::try_uniform, try_normal and try_bernoulli", |draw| {
        let (mut rng, [a, b]) = (draw.rng(), ["a", "b"].map(|name| draw.number(name)));
        match draw.small("which", 2) {
            0 => rng.try_uniform::<f32>(draw.sizes::<3>("shape"), a, b),
            1 => rng.try_normal(draw.sizes::<3>("shape"), a, b),
            _ => rng.try_bernoulli(draw.sizes::<9>("shape"), a),
        }
        .map(drop)
    }),
    ("memory", |draw| {
        memory::check(draw.size("bytes"))?;
        memory::vec_with_capacity::<[u8; 7]>(draw.size("len")).map(drop)
    }),
    ("Tensor::get", |draw| {
        let (x, index) = (draw.tensor("x", 2), draw.any_dims("index"));
        x.get(&index).map(drop)
    }),
    ("Tensor::item", |draw| draw.tensor("x", 0).item().map(drop)),
    ("Tensor::reshape", |draw| {
        let x = draw.tensor("x", 2);
        match draw.below(5) {
            0 => x.reshape(draw.sizes::<9>("shape")),
            3 => x.reshape(&draw.axes("sizes")[..]),
            1 => x.reshape(draw.sizes::<3>("shape")),
            2 => x.reshape(draw.size("shape")),
            _ => x.reshape(draw.shape("shape", 2)),
        }
        .map(drop)
    }),
    ("Tensor::unsqueeze", |draw| draw.tensor("x", 8).unsqueeze(draw.axis("axis")).map(drop)),
    ("Tensor::squeeze", |draw| draw.tensor("x", 3).squeeze(draw.axis("axis")).map(drop)),
    ("Tensor::flatten", |draw| draw.tensor("x", 3).flatten(draw.axis("start")).map(drop)),
    ("Tensor::permute", |draw| draw.tensor("x", 3).permute(&draw.axes("order")).map(drop)),
    ("Tensor::transpose", |draw| {
        draw.tensor("x", 3).transpose(draw.axis("a"), draw.axis("b")).map(drop)
    }),
    ("Tensor::broadcast_to", |draw| {
        let x = draw.tensor("x", 2);
        match draw.below(3) {
            0 => x.broadcast_to(draw.sizes::<9>("shape")),
            1 => x.broadcast_to(draw.sizes::<3>("shape")),
            _ => x.broadcast_to(draw.shape("shape", 3)),
        }
        .map(drop)
    }),
    ("Tensor::sum_to", |draw| {
        let x = draw.tensor("x", 3);
        match draw.below(3) {
            0 => x.sum_to(draw.sizes::<9>("shape")),
            1 => x.sum_to(draw.sizes::<2>("shape")),
            _ => x.sum_to(draw.shape("shape", 2)),
        }
        .map(drop)
    }),
    ("arithmetic of two", |draw| {
        let (x, y) = (draw.tensor("x", 2), draw.tensor("y", 2));
        let results = [
            x.add(&y),
            x.sub(&y),
            x.mul(&y),
            x.div(&y),
            x.maximum(&y),
            x.minimum(&y),
            x.zip(&y, f32::powf),
            x.clone().zip_into(&y, f32::powf),
        ];
        let mut sum = x.clone();
        sum.add_assign(&y)?;
        results.into_iter().try_for_each(|result| result.map(drop))
    }),
    ("Tensor::try_cast and arithmetic of whole numbers", |draw| {
        let (x, y) = (draw.tensor("x", 2), draw.tensor("y", 2));
        let (x, y) = (x.try_cast::<i64>()?, y.try_cast::<i64>()?);
        x.try_cast::<u8>()?;
        let results = [x.add(&y), x.sub(&y), x.mul(&y), x.div(&y)];
        x.sum_i64()?;
        results.into_iter().try_for_each(|result| result.map(drop))
    }),
    ("Tensor::arange_step", |draw| {
        let [start, end, step] = ["start", "end", "step"].map(|name| draw.number(name));
        Tensor::arange_step(start as i64, end as i64, step as i64)?;
        Tensor::arange_step(start, end, step).map(drop)
    }),
    ("comparisons and Tensor::choose", |draw| {
        let (x, y) = (draw.tensor("x", 2), draw.tensor("y", 2));
        let mask = x.lt(&y)?;
        mask.choose(&draw.tensor("yes", 2), &draw.tensor("no", 2)).map(drop)
    }),
    ("Tensor::index_select", |draw| {
        let (x, indices) = indexed(draw);
        x.index_select(draw.axis("axis"), &indices).map(drop)
    }),
    ("Tensor::pick", |draw| {
        let (x, indices) = indexed(draw);
        x.pick(draw.axis("axis"), &indices).map(drop)
    }),
    ("Tensor::unpick", |draw| {
        let (values, indices) = indexed(draw);
        let axis = draw.axis("axis");
        match draw.below(3) {
            0 => Tensor::unpick(draw.sizes::<9>("shape"), axis, &indices, &values),
            1 => Tensor::unpick(draw.sizes::<2>("shape"), axis, &indices, &values),
            _ => Tensor::unpick(draw.shape("shape", 2), axis, &indices, &values),
        }
        .map(drop)
    }),
    ("Tensor::index_add", |draw| {
        let (mut x, indices) = indexed(draw);
        let (axis, source) = (draw.axis("axis"), draw.tensor("source", 2));
        x.index_add(axis, &indices, &source)
    }),
    ("Tensor::narrow", |draw| {
        let x = draw.tensor("x", 2);
        x.narrow(draw.axis("axis"), draw.size("start"), draw.size("len")).map(drop)
    }),
    ("Tensor::widen", |draw| {
        let x = draw.tensor("x", 2);
        x.widen(draw.axis("axis"), draw.size("start"), draw.size("size")).map(drop)
    }),
    ("Tensor::concat", |draw| {
        let [a, b] = ["a", "b"].map(|name| draw.tensor(name, 2));
        let parts = [&a, &b, &a];
        Tensor::concat(&parts[..draw.small("parts", 3)], draw.axis("axis")).map(drop)
    }),
    ("Tensor::stack", |draw| {
        let [a, b] = ["a", "b"].map(|name| draw.tensor(name, 7));
        let parts = [&a, &a, &b];
        Tensor::stack(&parts[..draw.small("parts", 3)], draw.axis("axis")).map(drop)
    }),
    ("reductions", |draw| {
        let (x, axis) = (draw.tensor("x", 3), draw.axis("axis"));
        let _ = (x.sum(), x.mean(), x.sum_of_squares(), x.max(), x.min(), x.all_finite());
        let results = [
            x.sum_axes(&draw.axes("axes")),
            x.mean_axes(&draw.axes("axes")),
            x.var_axes(&draw.axes("axes"), draw.size("correction")),
            x.sum_keepdim(&draw.axes("axes")),
            x.mean_keepdim(&draw.axes("axes")),
            x.var_keepdim(&draw.axes("axes"), draw.size("correction")),
            x.max_keepdim(draw.axis("axis")),
            x.min_keepdim(draw.axis("axis")),
            x.max_axis(axis),
            x.min_axis(axis),
            x.softmax(axis),
            x.log_softmax(axis),
            x.softmax_grad(&draw.tensor("dy", 3), axis),
            x.log_softmax_grad(&x, axis),
        ];
        let _ = (x.argmax(axis), x.argmin(axis));
        results.into_iter().try_for_each(|result| result.map(drop))
    }),
    ("Tensor::matmul", |draw| {
        let (x, y) = (draw.tensor("x", 2), draw.tensor("y", 2));
        let results = [x.matmul(&y), x.t().matmul(&y), x.matmul(y.t()), x.t().matmul(y.t())];
        results.into_iter().try_for_each(|result| result.map(drop))
    }),
    ("matmul_shape", |draw| {
        let (a, b) = (Shape::new(&draw.any_dims("a"))?, Shape::new(&draw.any_dims("b"))?);
        matmul_shape((a, draw.flag("a transposed")), (b, draw.flag("b transposed"))).map(drop)
    }),
    ("linear algebra", |draw| {
        let (x, y) = (draw.tensor("x", 2), draw.tensor("y", 2));
        let x = &x * draw.number("scale") as f32;
        let _ = (x.qr(), x.svd(), x.cholesky(), x.as_matrix().is_ok());
        let _ = x.least_squares(&y);
        x.solve(&y).map(drop)
    }),
    ("Display", |draw| {
        let x = draw.tensor("x", 3);
        let _ = (x.to_string(), format!("{x:?}"), format!("{x:20.3}"));
        Ok(())
    }),
    ("Tensor::update", |draw| {
        let (mut x, mut slot, dy) =
            (draw.tensor("x", 1), draw.tensor("slot", 1), draw.tensor("dy", 1));
        x.update([&mut slot], &dy, |x, [slot], dy| {
            *slot += dy;
            *x -= *slot;
        })
    }),
];

/// A small tensor, and indices into it.
fn indexed(draw: &mut Draw) -> (Tensor, Tensor<u32>) {
    let (x, dims) = (draw.tensor("x", 2), draw.dims("shape of the indices", 1));
    let indices = draw.indices("indices", &dims, 3);
    (x, indices)
}
