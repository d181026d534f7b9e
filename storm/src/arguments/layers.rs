//! Layers of all kinds but the sequences': their configurations, then one step of training on
//! inputs that fit half of the time, and a dry run on inputs of any size.

use plywood::autodiff::{Params, Pass, Var};
use plywood::layers::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, ConvTranspose2d, Dropout, ELU, Embedding,
    Flatten, Init, LayerNorm, LeakyReLU, Linear, LocalResponseNorm, LogSoftmax, MaxPool2d, Module,
    RMSNorm, ReLU, Sequential, Softmax, summary,
};
use plywood::tensor::{Result, Rng, Seed, Tensor};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("Linear", |draw| {
        let inputs = draw.size("inputs");
        let layer = Linear::config(inputs, draw.size("outputs"))
            .bias(draw.flag("bias"))
            .weight_init(init(draw))
            .bias_init(init(draw))
            .init(&mut draw.rng())?;
        trains(draw, &layer, 2, inputs)
    }),
    ("Conv2d", |draw| {
        let inputs = draw.size("inputs");
        let layer = Conv2d::config(inputs, draw.size("outputs"), draw.sizes::<2>("kernel"))
            .stride(draw.sizes::<2>("stride"))
            .padding(draw.sizes::<2>("padding"))
            .dilation(draw.sizes::<2>("dilation"))
            .groups(draw.size("groups"))
            .direct(draw.flag("direct"))
            .bias(draw.flag("bias"))
            .weight_init(init(draw))
            .init(&mut draw.rng())?;
        trains(draw, &layer, 4, inputs)
    }),
    ("ConvTranspose2d", |draw| {
        let inputs = draw.size("inputs");
        let layer =
            ConvTranspose2d::config(inputs, draw.size("outputs"), draw.sizes::<2>("kernel"))
                .stride(draw.sizes::<2>("stride"))
                .padding(draw.sizes::<2>("padding"))
                .output_padding(draw.sizes::<2>("output padding"))
                .dilation(draw.sizes::<2>("dilation"))
                .groups(draw.size("groups"))
                .bias(draw.flag("bias"))
                .weight_init(init(draw))
                .init(&mut draw.rng())?;
        trains(draw, &layer, 4, inputs)
    }),
    ("BatchNorm2d", |draw| {
        let channels = draw.size("channels");
        let layer = BatchNorm2d::config(channels)
            .epsilon(draw.number("epsilon"))
            .momentum(draw.number("momentum"))
            .init()?;
        if draw.flag("with ReLU") {
            let x = Var::constant(draw.tensor("x", 4));
            return layer.forward_relu(&x, &mut Pass::train(&layer, &mut draw.rng())).map(drop);
        }
        trains(draw, &layer, 4, channels)
    }),
    ("LayerNorm", |draw| {
        let row = draw.any_dims("row");
        let config =
            LayerNorm::config(&row).epsilon(draw.number("epsilon")).bias(draw.flag("bias"));
        trains(draw, &config.init()?, 2, row.last().copied().unwrap_or(1))
    }),
    ("RMSNorm", |draw| {
        let row = draw.size("row");
        let layer = RMSNorm::config([row]).epsilon(draw.number("epsilon")).init()?;
        trains(draw, &layer, 2, row)
    }),
    ("Embedding", |draw| {
        let count = draw.size("count");
        let config = Embedding::config(count, draw.size("dim")).weight_init(init(draw));
        let layer = config.init(&mut draw.rng())?;
        let places = draw.dims("shape of the indices", 2);
        let indices = draw.indices("indices", &places, count.min(1000));
        let mut pass = Pass::train(&layer, &mut Rng::new(Seed(1)));
        let y = layer.forward(&indices, &mut pass)?;
        pass.backward(&y.sum()).map(drop)
    }),
    ("Init::draw", |draw| {
        let init = init(draw);
        match draw.below(3) {
            0 => init.draw(draw.sizes::<9>("shape"), &mut draw.rng()),
            1 => init.draw(draw.sizes::<1>("shape"), &mut draw.rng()),
            _ => init.draw(draw.sizes::<4>("shape"), &mut draw.rng()),
        }
        .map(drop)
    }),
    ("Init from text", |draw| {
        let text =
            draw.one_of("text", &["", "kaiming", "constant:", "normal:x", "uniform:-1", "zeros"]);
        text.parse::<Init>().map(drop)
    }),
    ("poolings", |draw| {
        let kernel = draw.sizes::<2>("kernel");
        let (stride, padding) = (draw.sizes::<2>("stride"), draw.sizes::<2>("padding"));
        let dilation = draw.sizes::<2>("dilation");
        let largest = MaxPool2d::new(kernel).stride(stride).padding(padding).dilation(dilation);
        let mean = AvgPool2d::new(kernel).stride(stride).padding(padding).dilation(dilation);
        match draw.small("which", 2) {
            0 => trains(draw, &largest, 4, 3),
            1 => trains(draw, &mean, 4, 3),
            _ => {
                let layer = AdaptiveAvgPool2d::new(draw.sizes::<2>("size"));
                trains(draw, &layer, 4, 3)
            }
        }
    }),
    ("LocalResponseNorm", |draw| {
        let size = draw.size("size");
        let [alpha, beta, k] = ["alpha", "beta", "k"].map(|name| draw.number(name));
        trains(draw, &LocalResponseNorm::new(size).alpha(alpha).beta(beta).k(k), 4, 3)
    }),
    ("layers with one setting", |draw| {
        let (number, axis) = (draw.number("number"), draw.axis("axis"));
        match draw.small("which", 5) {
            0 => trains(draw, &Dropout::new(number), 2, 3),
            1 => trains(draw, &Softmax::new(axis), 2, 3),
            2 => trains(draw, &LogSoftmax::new(axis), 2, 3),
            3 => trains(draw, &LeakyReLU::new().negative_slope(number), 2, 3),
            4 => trains(draw, &ELU::new().alpha(number), 2, 3),
            _ => trains(draw, &Flatten, 4, 3),
        }
    }),
    ("Sequential", |draw| {
        let mut model = Sequential::new();
        let inputs = draw.small("inputs", 4);
        let mut rng = draw.rng();
        let mut width = inputs;
        for _ in 0..draw.small("layers", 4) {
            model = match draw.small("layer", 3) {
                0 => {
                    let next = draw.small("width", 4);
                    let linear = Linear::config(width, next).init(&mut rng)?;
                    width = next;
                    model.add(linear)
                }
                1 => model.add(ReLU),
                2 => model.add(Dropout::new(draw.number("p"))),
                _ => model.add(MaxPool2d::new(draw.sizes::<2>("kernel"))),
            };
        }
        trains(draw, &model, 2, inputs)
    }),
];

/// One of the ways to begin, with numbers that may make no sense.
pub(super) fn init(draw: &mut Draw) -> Init {
    let number = draw.number("number of the init");
    let inits = [
        Init::Zeros,
        Init::Ones,
        Init::Constant(number),
        Init::Uniform { bound: number },
        Init::Normal { std: number },
        Init::TruncatedNormal { std: number },
        Init::XavierUniform,
        Init::XavierNormal,
        Init::KaimingUniform,
        Init::KaimingNormal,
        Init::KaimingNormalFanOut,
        Init::FanIn,
        Init::Orthogonal,
    ];
    draw.one_of("init", &inits)
}

/// A dry run of a layer on an input of any size; then a step of training on one of `rank` axes whose
/// features (the last of two or three axes, the second of four) are `features` half of the time.
pub(super) fn trains(
    draw: &mut Draw,
    model: &dyn Module,
    rank: usize,
    features: usize,
) -> Result<()> {
    let place = if rank == 4 { 1 } else { rank - 1 };
    let mut any = draw.sizes::<4>("size of the dry run");
    any[place] = features;
    let walked = match rank {
        2 => summary(model, [any[0], any[1]]),
        3 => summary(model, [any[0], any[1], any[2]]),
        _ => summary(model, any),
    };
    if let Ok(summary) = walked {
        let _ = (summary.to_string(), summary.multiply_adds(), summary.activation_bytes());
    }
    let mut dims = draw.dims("input", rank);
    if dims.len() == rank && features <= 64 && draw.once_in(2) {
        dims[place] = features;
    }
    let x = draw.tensor_of("input", &dims);
    step(model, |pass| model.forward(&Var::constant(x), pass))
}

/// A step of training: forward, and back from the sum.
pub(super) fn step(
    model: &(impl Params + ?Sized),
    forward: impl FnOnce(&mut Pass) -> Result<Var>,
) -> Result<()> {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(1)));
    let y = forward(&mut pass)?;
    let dy = Tensor::ones(y.shape());
    if y.needs_gradient() { pass.backward_from(&y, dy).map(drop) } else { Ok(()) }
}
