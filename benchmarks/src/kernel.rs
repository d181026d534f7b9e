//! Kernels that no row of the comparison with PyTorch shows alone: single gradients of convolutions,
//! updates as optimizers do them, and what is done along axes.

use plywood_tensor::{
    BatchNorm, Conv2dOptions, Float, Result, Rng, Seed, Shape, Tensor, Window, avg_pool2d,
    avg_pool2d_grad, channel_statistics, conv2d_input_grad, conv2d_weight_grad, linear, max_pool2d,
    max_pool2d_grad, scale_shift,
};

use crate::operation::{multiply_adds, options, shapes};
use crate::sizes::{CONVOLUTIONS, IMAGES, conv_name};
use crate::work::{Conv, Cost, Workload};

/// A kernel by its name.
pub(crate) struct Kernel {
    pub(crate) name: String,
    pub(crate) cost: Cost,
    prepare: Box<dyn Fn() -> Result<Run>>,
}

/// Runs it once, and gives what it computed.
type Run = Box<dyn FnMut() -> Result<Tensor>>;

/// A kernel made ready.
pub(crate) struct Ready(Run);

impl Workload for Ready {
    fn tensors(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }

    fn run(&mut self) -> Result<()> {
        (self.0)().map(drop)
    }

    fn check(&mut self) -> Result<Vec<(String, Tensor)>> {
        Ok(vec![("y".to_owned(), (self.0)()?)])
    }
}

impl Kernel {
    fn new(
        name: impl Into<String>,
        cost: Cost,
        prepare: impl Fn() -> Result<Run> + 'static,
    ) -> Self {
        Self { name: name.into(), cost, prepare: Box::new(prepare) }
    }

    pub(crate) fn prepare(&self) -> Result<Ready> {
        Ok(Ready((self.prepare)()?))
    }
}

/// All of them.
pub(crate) fn kernels() -> Result<Vec<Kernel>> {
    let mut all = convolutions()?;
    all.extend(products());
    all.extend(pooling());
    all.extend(normalisation());
    all.extend(elementwise());
    all.extend(updates());
    Ok(all)
}

fn random(shape: &[usize]) -> Result<Tensor> {
    Ok(Rng::new(Seed(7)).uniform(Shape::new(shape)?, -1.0, 1.0))
}

fn flop(multiply_adds: u64) -> Cost {
    Cost { gflop: 2.0 * multiply_adds as f64 / 1e9, gbyte: 0.0 }
}

/// Of so many tensors of this size.
fn bytes(tensors: usize, shape: &[usize]) -> Cost {
    let numel: usize = shape.iter().product();
    Cost { gflop: 0.0, gbyte: (4 * tensors * numel) as f64 / 1e9 }
}

/// The small networks' convolutions, ResNet-20's and LeNet-5's, beside the comparison's.
const SMALL: [Conv; 3] = [
    Conv { from: 16, to: 16, kernel: 3, padding: 1, size: 32, ..LENET },
    LENET,
    Conv { from: 6, to: 16, padding: 0, size: 14, ..LENET },
];

const LENET: Conv = Conv {
    from: 1,
    to: 6,
    kernel: 5,
    stride: 1,
    padding: 2,
    groups: 1,
    size: 28,
    batch: 64,
    backward: false,
};

/// Each convolution's two gradients.
fn convolutions() -> Result<Vec<Kernel>> {
    let mut all = Vec::new();
    for conv in CONVOLUTIONS.into_iter().chain(SMALL) {
        let (name, cost) = (conv_name(&conv), flop(multiply_adds(&conv)?));
        type Gradient = fn(&Tensor, &Tensor, &Tensor, &Conv2dOptions) -> Result<Tensor>;
        let gradients: [(&str, Gradient); 2] = [
            ("dx", |x, weight, dy, options| conv2d_input_grad(dy, weight, x.shape(), options)),
            ("dw", |x, weight, dy, options| conv2d_weight_grad(x, dy, weight.shape(), options)),
        ];
        for (of, gradient) in gradients {
            let prepare = move || -> Result<Run> {
                let [x, weight] = shapes(&conv);
                let (x, weight, options) = (random(&x)?, random(&weight)?, options(&conv));
                let y = plywood_tensor::conv2d(&x, &weight, None, &options)?;
                let dy = random(&y.shape())?;
                Ok(Box::new(move || gradient(&x, &weight, &dy, &options)))
            };
            all.push(Kernel::new(format!("kernel/conv/{name}/{of}"), cost, prepare));
        }
    }
    Ok(all)
}

/// Products with transposed operands, of many matrices, and those of small layers.
fn products() -> Vec<Kernel> {
    const SIDE: usize = 1024;
    let cube = flop((SIDE * SIDE * SIDE) as u64);
    let right = || -> Result<Run> {
        let x = random(&[SIDE, SIDE])?;
        Ok(Box::new(move || x.matmul(x.t())))
    };
    let left = || -> Result<Run> {
        let x = random(&[SIDE, SIDE])?;
        Ok(Box::new(move || x.t().matmul(&x)))
    };
    let batch = || -> Result<Run> {
        let (a, b) = (random(&[128, 128, 128])?, random(&[128, 128, 32])?);
        Ok(Box::new(move || a.matmul(&b)))
    };
    let mut all = vec![
        Kernel::new("kernel/matmul/1024-right-transposed", cube, right),
        Kernel::new("kernel/matmul/1024-left-transposed", cube, left),
        Kernel::new("kernel/matmul/128-of-128x128x32", flop(128 * 128 * 128 * 32), batch),
    ];
    // Of an MLP and of LeNet-5.
    for [m, k, n] in [[128, 784, 512], [128, 512, 256], [64, 400, 120], [64, 84, 10]] {
        let layer = move || -> Result<Run> {
            let (x, weight, bias) = (random(&[m, k])?, random(&[n, k])?, random(&[n])?);
            Ok(Box::new(move || linear(&x, &weight, Some(&bias))))
        };
        all.push(Kernel::new(
            format!("kernel/linear/{m}x{k}x{n}"),
            flop((m * k * n) as u64),
            layer,
        ));
    }
    all
}

/// Pooling by halves, and by windows of 3 that overlap.
fn pooling() -> Vec<Kernel> {
    let halves = Window { kernel: [2; 2], stride: [2; 2], padding: [0; 2], dilation: [1; 2] };
    let overlapping = Window { kernel: [3; 2], padding: [1; 2], ..halves };
    let cost = bytes(1, &IMAGES);
    let mut all = Vec::new();
    for (name, window) in [("2", halves), ("3s2", overlapping)] {
        let max = move || -> Result<Run> {
            let pooled = max_pool2d(&random(&IMAGES)?, &window)?;
            Ok(Box::new(move || max_pool2d_grad(&pooled.values, &pooled.places)))
        };
        let average = move || -> Result<Run> {
            let x = random(&IMAGES)?;
            Ok(Box::new(move || avg_pool2d(&x, &window, true)))
        };
        let average_gradient = move || -> Result<Run> {
            let x = random(&IMAGES)?;
            let dy = avg_pool2d(&x, &window, true)?;
            Ok(Box::new(move || avg_pool2d_grad(&dy, x.shape(), &window, true)))
        };
        all.extend([
            Kernel::new(format!("kernel/maxpool{name}-gradient"), cost, max),
            Kernel::new(format!("kernel/avgpool{name}"), cost, average),
            Kernel::new(format!("kernel/avgpool{name}-gradient"), cost, average_gradient),
        ]);
    }
    all
}

/// The parts of batch normalisation, and what is done with rows of scores.
fn normalisation() -> Vec<Kernel> {
    let (channels, scores) = (IMAGES[1], [512, 1000]);
    let statistics = || -> Result<Run> {
        let x = random(&IMAGES)?;
        Ok(Box::new(move || Ok(channel_statistics(&x)?.mean)))
    };
    let shift = move || -> Result<Run> {
        let (x, numbers) = (random(&IMAGES)?, random(&[channels])?);
        Ok(Box::new(move || scale_shift(&x, &numbers, &numbers)))
    };
    let gradients = move || -> Result<Run> {
        let (x, weight) = (random(&IMAGES)?, random(&[channels])?);
        let statistics = channel_statistics(&x)?;
        let dy = x.map(|x| x * x);
        Ok(Box::new(move || {
            let (weight, bias) = (&weight, &weight);
            let norm = BatchNorm { weight, bias, epsilon: 1e-5, relu: false };
            let [dx, ..] = norm.gradient(&dy, &x, &statistics)?;
            Ok(dx)
        }))
    };
    let softmax = move || -> Result<Run> {
        let x = random(&scores)?;
        Ok(Box::new(move || x.softmax(-1)))
    };
    let log_softmax = move || -> Result<Run> {
        let x = random(&scores)?;
        Ok(Box::new(move || x.log_softmax(-1)))
    };
    let variance = || -> Result<Run> {
        let x = random(&[4096, 512])?;
        Ok(Box::new(move || x.var_axes(&[1], 0)))
    };
    vec![
        Kernel::new("kernel/channel-statistics", bytes(1, &IMAGES), statistics),
        Kernel::new("kernel/channel-scale-shift", bytes(2, &IMAGES), shift),
        Kernel::new("kernel/batchnorm-gradients", bytes(3, &IMAGES), gradients),
        Kernel::new("kernel/softmax", bytes(2, &scores), softmax),
        Kernel::new("kernel/log-softmax", bytes(2, &scores), log_softmax),
        Kernel::new("kernel/variance-of-rows", bytes(1, &[4096, 512]), variance),
    ]
}

/// Element by element, along an axis, and copies in another order: 64 MiB, more than any cache.
fn elementwise() -> Vec<Kernel> {
    const MATRIX: [usize; 2] = [4096, 4096];
    fn of_matrix(kernel: fn(&Tensor) -> Result<Tensor>) -> impl Fn() -> Result<Run> {
        move || {
            let x = random(&MATRIX)?;
            Ok(Box::new(move || kernel(&x)))
        }
    }
    let row = || -> Result<Run> {
        let (x, row) = (random(&MATRIX)?, random(&MATRIX[1..])?);
        Ok(Box::new(move || x.add(&row)))
    };
    let in_place = || -> Result<Run> {
        let (mut sum, zeros) = (random(&MATRIX)?, Tensor::zeros(MATRIX));
        Ok(Box::new(move || {
            sum.add_assign(&zeros)?;
            sum.narrow(0, 0, 1)
        }))
    };
    let channels_last = || -> Result<Run> {
        let x = random(&IMAGES)?;
        Ok(Box::new(move || x.permute(&[0, 2, 3, 1])))
    };
    let [one, two, three] = [1, 2, 3].map(|tensors| bytes(tensors, &MATRIX));
    vec![
        Kernel::new("kernel/add-a-row", two, row),
        Kernel::new("kernel/add-in-place", three, in_place),
        Kernel::new("kernel/sigmoid", two, of_matrix(|x| Ok(x.map(Float::logistic)))),
        Kernel::new("kernel/ln", two, of_matrix(|x| Ok(x.map(|x| x * x + 1.0).ln()))),
        Kernel::new("kernel/sum-along-0", one, of_matrix(|x| x.sum_axes(&[0]))),
        Kernel::new("kernel/sum-along-1", one, of_matrix(|x| x.sum_axes(&[1]))),
        Kernel::new("kernel/channels-last", bytes(2, &IMAGES), channels_last),
    ]
}

/// Updates of 11.7 million parameters, as many as ResNet-18 has, and what goes with them.
fn updates() -> Vec<Kernel> {
    const SHAPE: [usize; 1] = [11_700_000];
    let momentum = || -> Result<Run> {
        let [mut x, mut v, g] = [random(&SHAPE)?, random(&SHAPE)?, random(&SHAPE)?];
        Ok(Box::new(move || {
            // A rate at which nothing grows beyond what floats hold, however often it runs.
            x.update([&mut v], &g, |x, [v], g| {
                *v = 0.9 * *v + (g + 1e-4 * *x);
                *x -= 1e-6 * *v;
            })?;
            Ok(g.clone())
        }))
    };
    let adam = || -> Result<Run> {
        let [x, m, v, g] = [0; 4].map(|_| random(&SHAPE).map(|x| x.map(f32::abs)));
        let (mut x, mut m, mut v, g) = (x?, m?, v?, g?);
        Ok(Box::new(move || {
            x.update([&mut m, &mut v], &g, |x, [m, v], g| {
                *m = 0.9 * *m + 0.1 * g;
                *v = 0.999 * *v + 0.001 * g * g;
                *x -= 1e-6 * *m / (v.sqrt() + 1e-8);
            })?;
            Ok(g.clone())
        }))
    };
    let norm = || -> Result<Run> {
        let g = random(&SHAPE)?;
        Ok(Box::new(move || Ok(Tensor::scalar(g.sum_of_squares()))))
    };
    let embedding = || -> Result<Run> {
        let words = random(&[1024])?.map(|x| ((x + 1.0) * 14_000.0) as u32);
        let dy = random(&[1024, 256])?;
        Ok(Box::new(move || {
            let mut dx = Tensor::zeros([30_000, 256]);
            dx.index_add(0, &words, &dy)?;
            Ok(dx)
        }))
    };
    let mask =
        || -> Result<Run> { Ok(Box::new(|| Ok(Rng::new(Seed(1)).bernoulli([1 << 20], 0.9)))) };
    vec![
        Kernel::new("kernel/update/momentum", bytes(5, &SHAPE), momentum),
        Kernel::new("kernel/update/adam", bytes(7, &SHAPE), adam),
        Kernel::new("kernel/sum-of-squares", bytes(1, &SHAPE), norm),
        Kernel::new("kernel/embedding-gradient", Cost::default(), embedding),
        Kernel::new("kernel/dropout-mask", bytes(1, &[1 << 20]), mask),
    ]
}
