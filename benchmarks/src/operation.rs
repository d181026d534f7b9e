//! Single operations, forward alone or with their gradients.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::cross_entropy;
use plywood_tensor::{
    AttentionOptions, Conv2dOptions, Result, Rng, Seed, Shape, Tensor, conv2d_shape,
};

use crate::work::{Conv, Function, Work, Workload};

/// An operation on inputs with names.
pub(crate) struct Operation {
    inputs: Vec<(&'static str, Tensor)>,
    /// Labels or places, which have no gradient; the other side reads them as numbers.
    indices: Option<Tensor<u32>>,
    apply: Apply,
    /// The gradient with respect to the result, if those of the inputs are wanted.
    dy: Option<Tensor>,
    rng: Rng,
}

type Apply = Box<dyn Fn(&[Var]) -> Result<Var>>;

/// Inputs by name, what is done with them, and whether their gradients are wanted.
type Parts = (Vec<(&'static str, Tensor)>, Apply, bool);

/// Makes an operation ready.
pub(crate) fn prepare(work: &Work) -> Result<Operation> {
    let mut rng = Rng::new(Seed(7));
    let mut normal =
        |shape: &[usize]| -> Result<Tensor> { Ok(rng.normal(Shape::new(shape)?, 0.0, 1.0)) };
    let mut indices = None;
    let (inputs, apply, backward): Parts = match *work {
        Work::Matmul { m, k, n } => {
            let inputs = vec![("a", normal(&[m, k])?), ("b", normal(&[k, n])?)];
            (inputs, Box::new(|v| v[0].matmul(&v[1])), false)
        }
        Work::Conv(conv) => {
            let [x, weight] = shapes(&conv);
            let bias = normal(&[conv.to])?;
            let inputs = vec![("x", normal(&x)?), ("weight", normal(&weight)?), ("bias", bias)];
            let options = options(&conv);
            let apply: Apply = Box::new(move |v| v[0].conv2d(&v[1], Some(&v[2]), &options));
            (inputs, apply, conv.backward)
        }
        Work::MaxPool { shape, kernel, stride, padding, backward } => {
            let pool = Pool2d::new(kernel).stride(stride).padding(padding);
            (vec![("x", normal(&shape)?)], Box::new(move |v| v[0].max_pool2d(pool)), backward)
        }
        Work::BatchNorm { shape, backward } => {
            let (weight, bias) = (normal(&[shape[1]])?, normal(&[shape[1]])?);
            let inputs = vec![("x", normal(&shape)?), ("weight", weight), ("bias", bias)];
            let apply: Apply = Box::new(|v| Ok(v[0].batch_norm(&v[1], &v[2], 1e-5)?.0));
            (inputs, apply, backward)
        }
        Work::Attention { batch, length, dim, heads, backward } => {
            // Of a size that keeps the sums that follow at the size of their terms.
            let mut scaled = |shape: &[usize]| -> Result<Tensor> {
                Ok(normal(shape)?.map(|x| x / (dim as f32).sqrt()))
            };
            let weights = [scaled(&[3 * dim, dim])?, scaled(&[dim, dim])?];
            let [in_weight, out_weight] = weights;
            let inputs = vec![
                ("in_weight", in_weight),
                ("in_bias", scaled(&[3 * dim])?),
                ("out_weight", out_weight),
                ("out_bias", scaled(&[dim])?),
                ("x", normal(&[batch, length, dim])?),
            ];
            let apply: Apply = Box::new(move |v| {
                let options = AttentionOptions::default();
                let mut pass = Pass::without_model(&mut Rng::new(Seed(9)));
                let qkv = v[4].linear(&v[0], Some(&v[1]))?;
                qkv.self_attention(heads, &options, &mut pass)?.linear(&v[2], Some(&v[3]))
            });
            (inputs, apply, backward)
        }
        Work::Lstm { batch, steps, inputs, hidden, backward } => {
            let mut scaled = |shape: &[usize]| -> Result<Tensor> {
                Ok(normal(shape)?.map(|x| x / (hidden as f32).sqrt()))
            };
            let inputs = vec![
                ("weight_ih", scaled(&[4 * hidden, inputs])?),
                ("weight_hh", scaled(&[4 * hidden, hidden])?),
                ("bias_ih", scaled(&[4 * hidden])?),
                ("bias_hh", scaled(&[4 * hidden])?),
                ("x", normal(&[steps, batch, inputs])?),
            ];
            let apply: Apply = Box::new(move |v| {
                let zeros = Var::constant(Tensor::zeros([batch, hidden]));
                let gates = v[4].linear(&v[0], Some(&v[2]))?;
                gates.lstm(&v[1], Some(&v[3]), &zeros, &zeros, false)?.narrow(0, 0, steps)
            });
            (inputs, apply, backward)
        }
        Work::LayerNorm { rows, features, backward } => {
            let (weight, bias) = (normal(&[features])?, normal(&[features])?);
            let inputs =
                vec![("x", normal(&[rows, features])?), ("weight", weight), ("bias", bias)];
            let apply: Apply = Box::new(|v| v[0].layer_norm(&v[1], Some(&v[2]), 1e-5));
            (inputs, apply, backward)
        }
        Work::CrossEntropy { rows, classes, backward } => {
            let scores = normal(&[rows, classes])?;
            let labels = draw_indices(&mut rng, rows, classes);
            indices = Some(labels.clone());
            let apply: Apply = Box::new(move |v| cross_entropy(&v[0], &labels));
            (vec![("x", scores)], apply, backward)
        }
        Work::Embedding { count, dim, words, backward } => {
            let table = normal(&[count, dim])?;
            let places = draw_indices(&mut rng, words, count);
            indices = Some(places.clone());
            let apply: Apply = Box::new(move |v| v[0].index_select(0, &places));
            (vec![("weight", table)], apply, backward)
        }
        Work::Elementwise { function, numel } => elementwise(function, &mut normal, numel)?,
        Work::Sum { numel } => {
            (vec![("x", normal(&[numel])?)], Box::new(|v| Ok(v[0].sum())), false)
        }
        Work::Transpose { side } => {
            (vec![("x", normal(&[side, side])?)], Box::new(|v| v[0].transpose(0, 1)), false)
        }
        Work::Train { .. }
        | Work::TrainTransformer { .. }
        | Work::Infer { .. }
        | Work::Kernel { .. } => {
            unreachable!("networks and kernels are made elsewhere")
        }
    };
    let mut operation = Operation { inputs, indices, apply, dy: None, rng: Rng::new(Seed(8)) };
    if backward {
        let shape = operation.forward()?.shape();
        operation.dy = Some(operation.rng.normal(shape, 0.0, 1.0));
    }
    Ok(operation)
}

fn elementwise(
    function: Function,
    normal: &mut impl FnMut(&[usize]) -> Result<Tensor>,
    numel: usize,
) -> Result<Parts> {
    let x = ("x", normal(&[numel])?);
    // The input is held by the workload, so that none of these works in place.
    Ok(match function {
        Function::Relu => (vec![x], Box::new(|v| Ok(v[0].clone().relu())), false),
        Function::Gelu => (vec![x], Box::new(|v| Ok(v[0].clone().gelu())), false),
        Function::Tanh => (vec![x], Box::new(|v| Ok(v[0].clone().tanh())), false),
        Function::Exp => (vec![x], Box::new(|v| Ok(v[0].clone().exp())), false),
        Function::Add => {
            (vec![x, ("other", normal(&[numel])?)], Box::new(|v| v[0].add(&v[1])), false)
        }
    })
}

/// So many numbers below `end`.
pub(crate) fn draw_indices(rng: &mut Rng, count: usize, end: usize) -> Tensor<u32> {
    rng.uniform::<f64>([count], 0.0, end as f64).map(|x| x as u32)
}

pub(crate) fn shapes(conv: &Conv) -> [[usize; 4]; 2] {
    let &Conv { from, to, kernel, groups, size, batch, .. } = conv;
    [[batch, from, size, size], [to, from / groups.max(1), kernel, kernel]]
}

pub(crate) fn options(conv: &Conv) -> Conv2dOptions {
    Conv2dOptions {
        stride: [conv.stride; 2],
        padding: [conv.padding; 2],
        groups: conv.groups,
        ..Default::default()
    }
}

/// The multiply-adds of a convolution's way forward.
pub(crate) fn multiply_adds(conv: &Conv) -> Result<u64> {
    let [x, weight] = shapes(conv).map(Shape::from);
    Ok(conv2d_shape(x, weight, None, &options(conv))?.1)
}

impl Operation {
    fn forward(&self) -> Result<Var> {
        let inputs: Vec<Var> =
            self.inputs.iter().map(|(_, input)| Var::constant(input.clone())).collect();
        (self.apply)(&inputs)
    }

    /// The result, and the gradient of each input if they are wanted.
    fn results(&mut self) -> Result<(Tensor, Vec<Tensor>)> {
        let Some(dy) = &self.dy else { return Ok((self.forward()?.value()?.clone(), Vec::new())) };
        let mut pass = Pass::without_model(&mut self.rng);
        let inputs: Vec<Var> =
            self.inputs.iter().map(|(_, input)| pass.input(input.clone())).collect();
        let y = (self.apply)(&inputs)?;
        let grads = pass.backward_from(&y, dy.clone())?;
        let grads = inputs.iter().filter_map(|input| grads.wrt(input).cloned()).collect();
        Ok((y.value()?.clone(), grads))
    }
}

impl Workload for Operation {
    fn tensors(&self) -> Vec<(String, Tensor)> {
        let inputs = self.inputs.iter().map(|(name, input)| (*name, input.clone()));
        let indices = self.indices.iter().map(|indices| ("indices", indices.map(|i| i as f32)));
        let dy = self.dy.iter().map(|dy| ("dy", dy.clone()));
        inputs.chain(indices).chain(dy).map(|(name, tensor)| (name.to_owned(), tensor)).collect()
    }

    fn run(&mut self) -> Result<()> {
        self.results().map(drop)
    }

    fn check(&mut self) -> Result<Vec<(String, Tensor)>> {
        let (y, grads) = self.results()?;
        let names = self.inputs.iter().map(|(name, _)| (*name).to_owned());
        Ok(std::iter::once(("y".to_owned(), y)).chain(names.zip(grads)).collect())
    }
}
