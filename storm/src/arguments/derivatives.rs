//! Operations as values, on any number of operands of any shape, and their derivatives of every kind.

use plywood::autodiff::{
    Operation, Pass, Var, hessian, hessian_vector_product, jacobian, jvp, ops,
};
use plywood::tensor::{
    Attention, AttentionOptions, Conv2dOptions, Heads, LocalResponseOptions, Result, Rng, Seed,
    Shape, Window,
};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("Var::apply: convolutions and poolings", |draw| {
        let [stride, padding, dilation] =
            ["stride", "padding", "dilation"].map(|name| draw.sizes::<2>(name));
        let groups = draw.size("groups");
        let options = Conv2dOptions { stride, padding, dilation, groups, direct: false };
        let [size, kernel] = ["size", "kernel"].map(|name| draw.sizes::<2>(name));
        let window = Window { kernel, stride, padding, dilation };
        let pool = ops::AvgPool2d { window, count_include_pad: draw.flag("count_include_pad") };
        match draw.small("which", 7) {
            0 => apply(draw, ops::Conv2d { options }),
            1 => apply(draw, ops::Conv2dInputGrad { options, size }),
            2 => apply(draw, ops::Conv2dWeightGrad { options, kernel }),
            3 => apply(draw, ops::ConvTranspose2d { options, output_padding: size }),
            4 => apply(draw, ops::MaxPool2d { window }),
            5 => apply(draw, pool),
            6 => apply(draw, ops::AvgPool2dGrad { pool, size }),
            _ => apply(draw, ops::AdaptiveAvgPool2dGrad { size }),
        }
    }),
    ("Var::apply: norms, losses and sequences", |draw| {
        let epsilon = draw.number("epsilon");
        let reverse = draw.flag("reverse");
        let [mean, variance] = ["mean", "variance"].map(|name| draw.tensor(name, 1));
        let target = draw.tensor("target", 2);
        let places = draw.dims("shape of the labels", 1);
        let labels = draw.indices("labels", &places, 4);
        let heads = draw.size("heads");
        let attention = |heads| {
            let rng = Rng::new(Seed(1)).fork(1);
            Attention { heads, options: AttentionOptions::default(), rng }
        };
        match draw.small("which", 11) {
            0 => apply(draw, ops::BatchNorm { epsilon }),
            1 => apply(draw, ops::BatchNormRelu { epsilon }),
            2 => apply(draw, ops::BatchNormEval { mean, variance, epsilon }),
            3 => apply(draw, ops::LayerNorm { epsilon }),
            4 => apply(draw, ops::RmsNorm { epsilon }),
            5 => apply(draw, ops::Lstm { reverse }),
            6 => apply(draw, ops::Gru { reverse }),
            7 => apply(draw, ops::CrossEntropy { labels, label_smoothing: epsilon }),
            8 => apply(draw, ops::BinaryCrossEntropyWithLogits { target }),
            9 => apply(draw, ops::SelfAttention(attention(Heads::Packed(heads)))),
            10 => apply(draw, ops::CrossAttention(attention(Heads::Crossed(heads)))),
            _ => apply(draw, ops::ScaledDotProductAttention(attention(Heads::Packed(heads)))),
        }
    }),
    ("Var::apply: shapes, places and products", |draw| {
        let axis = draw.axis("axis");
        let places = draw.dims("shape of the indices", 1);
        let indices = draw.indices("indices", &places, 4);
        let [start, length] = ["start", "length"].map(|name| draw.size(name));
        let shape = draw.shape("shape", 2);
        match draw.small("which", 12) {
            0 => apply(draw, ops::Narrow { axis, start, length }),
            1 => apply(draw, ops::IndexSelect { axis, indices }),
            2 => apply(draw, ops::IndexAdd { axis, indices, size: length }),
            3 => apply(draw, ops::Pick { axis, indices }),
            4 => apply(draw, ops::Unpick { axis, indices, shape }),
            5 => apply(draw, ops::Reshape { shape }),
            6 => apply(draw, ops::BroadcastTo { shape }),
            7 => apply(draw, ops::Concat { axis }),
            8 => apply(draw, ops::Softmax { axis }),
            9 => apply(draw, ops::MaxAxis { axis }),
            10 => apply(draw, ops::MatMul { transposed: start % 2 == 0 }),
            11 => apply(draw, ops::Linear),
            _ => apply(draw, ops::Mul),
        }
    }),
    ("Var::apply: functions of one number", |draw| {
        let n = draw.one_of("n", &[0, 1, -1, 7, i32::MIN, i32::MAX]);
        let [scale, shift] = ["scale", "shift"].map(|name| draw.number(name));
        let size = draw.size("size");
        let options = LocalResponseOptions { size, alpha: scale, beta: shift, k: 1.0 };
        match draw.small("which", 5) {
            0 => apply(draw, ops::Powi { n }),
            1 => apply(draw, ops::Affine { scale, shift }),
            2 => apply(draw, ops::Clamp { low: scale, high: shift }),
            3 => apply(draw, ops::LeakyRelu { negative_slope: scale }),
            4 => apply(draw, ops::LocalResponseNorm { options }),
            _ => apply(draw, ops::Ndtr),
        }
    }),
    ("Pass::gradients", |draw| {
        let mut pass = Pass::without_model(&mut Rng::new(Seed(1)));
        if draw.flag("higher order") {
            pass = pass.higher_order();
        }
        let (x, z) = (pass.input(draw.tensor("x", 2)), pass.input(draw.tensor("z", 2)));
        let mut y = x.clone().square().mul(&x)?;
        if draw.flag("summed") {
            y = y.sum();
        }
        let dy = Var::constant(draw.tensor("dy", 2));
        let gradients = match draw.flag("from dy") {
            true => pass.gradients_from(&y, &dy, &[&x]),
            false if draw.flag("of another") => pass.gradients(&y, &[&x, &z]),
            false => pass.gradients(&y, &[&x]),
        };
        let slope = gradients?.remove(0).sum();
        pass.backward_and_keep(&slope)?;
        pass.backward(&slope).map(drop)
    }),
    ("matrices of derivatives", |draw| {
        let (x, direction) = (draw.tensor("x", 1), draw.tensor("direction", 1));
        let summed = draw.flag("summed");
        let f = |x: &Var, _: &mut Pass| {
            let y = x.clone().tanh().square();
            Ok(if summed { y.sum() } else { y })
        };
        match draw.small("which", 3) {
            0 => jacobian(&x, f).map(drop),
            1 => hessian(&x, f).map(drop),
            2 => hessian_vector_product(&x, &direction, f).map(drop),
            _ => jvp(&x, &direction, f).map(drop),
        }
    }),
];

/// Calls an operation with up to five operands of any shape: its shape rule and its kernel agree, what is
/// computed again has the same bits, and each kind of gradient is there or refused.
fn apply<O: Operation + Clone>(draw: &mut Draw, operation: O) -> Result<()> {
    draw.note("operation", &operation);
    let count = draw.small("operands", 5);
    let mut inputs = Vec::new();
    for place in 0..count {
        let rank = draw.small("rank", 4);
        inputs.push(draw.tensor(&format!("operand {place}"), rank));
    }
    let mut dry = Pass::dry_run_without_model();
    let shapes: Result<Vec<Var>> = inputs.iter().map(|x| dry.shape(x.shape())).collect();
    let shapes = shapes?;
    let rule = Var::apply(operation.clone(), &shapes.iter().collect::<Vec<_>>());
    let rule: Result<Shape> = rule.map(|y| y.shape());
    let _ = dry.graph().nodes.iter().map(|node| node.attributes.len()).sum::<usize>();

    let gradients = |recomputes: bool| -> Result<Vec<Vec<u32>>> {
        let mut pass = Pass::without_model(&mut Rng::new(Seed(1)));
        let vars: Vec<Var> = inputs.iter().map(|x| pass.input(x.clone())).collect();
        let operands: Vec<&Var> = vars.iter().collect();
        let part = |_: &mut Pass| Var::apply(operation.clone(), &operands);
        let y = if recomputes { pass.recompute(part)? } else { part(&mut pass)? };
        assert_eq!(rule.as_ref().ok(), Some(&y.shape()), "the dry run and the run");
        let grads = pass.backward(&y.sum())?;
        let bits = |x: &Var| {
            let gradient = grads.wrt(x).map(|gradient| gradient.to_vec()).unwrap_or_default();
            gradient.into_iter().map(f32::to_bits).collect()
        };
        Ok(vars.iter().map(bits).collect())
    };
    assert_eq!(gradients(false)?, gradients(true)?, "computed again");

    let mut pass = Pass::without_model(&mut Rng::new(Seed(1))).higher_order();
    let vars: Vec<Var> = inputs.iter().map(|x| pass.input(x.clone())).collect();
    let operands: Vec<&Var> = vars.iter().collect();
    let y = Var::apply(operation, &operands)?.sum();
    let slopes = pass.gradients(&y, &operands)?;
    let sum = slopes.iter().map(|slope| slope.clone().square().sum()).reduce(|a, b| &a + &b);
    match sum.filter(Var::needs_gradient) {
        Some(sum) => pass.backward(&sum).map(drop),
        None => Ok(()),
    }
}
