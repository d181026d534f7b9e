//! The values that parameters begin with.

use std::str::FromStr;

use plywood_autodiff::Param;
use plywood_tensor::{Error, Float, IntoShape, Result, Rng, Shape, Tensor};

/// A way of drawing the first values of a parameter.
///
/// The fans are the numbers of inputs and outputs that one unit is connected to: of a weight
/// `[O, I, …]` the fan-in is `I · …`, the fan-out `O · …`, the rest being the window.
///
/// ```
/// use plywood_layers::Init;
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut rng = Rng::new(Seed(7));
/// assert_eq!(Init::Constant(0.5).draw([2], &mut rng)?, Tensor::from([0.5, 0.5]));
/// let weight = Init::FanIn.draw([10, 4], &mut rng)?; // 4 inputs: within 1 / √4
/// assert!(weight.as_slice().iter().all(|w| w.abs() <= 0.5));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// All this.
    Constant(f64),
    /// Uniform between −bound and bound.
    Uniform {
        /// The largest absolute value.
        bound: f64,
    },
    /// Normal with mean 0.
    Normal {
        /// The standard deviation.
        std: f64,
    },
    /// Normal with mean 0, drawn again where it lies more than two standard deviations away.
    TruncatedNormal {
        /// The standard deviation before truncation.
        std: f64,
    },
    /// Uniform with bound √(6 / (fan-in + fan-out)): for tanh and sigmoid.
    ///
    /// Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward
    /// neural networks" (2010).
    XavierUniform,
    /// Normal with deviation √(2 / (fan-in + fan-out)).
    XavierNormal,
    /// Uniform with bound √(6 / fan-in): for ReLU.
    ///
    /// Source: He et al., "Delving deep into rectifiers" (2015).
    KaimingUniform,
    /// Normal with deviation √(2 / fan-in): what passes through ReLUs keeps its size on the way
    /// forward, as PyTorch's `kaiming_normal_` for ReLU.
    KaimingNormal,
    /// Normal with deviation √(2 / fan-out): gradients keep their size on the way back. Most of
    /// torchvision's networks begin so.
    KaimingNormalFanOut,
    /// Uniform with bound 1 / √fan-in: what PyTorch's layers begin with.
    #[default]
    FanIn,
    /// Orthonormal rows or columns, whichever are fewer, by nalgebra's QR decomposition.
    ///
    /// Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning
    /// in deep linear neural networks" (2013).
    Orthogonal,
}

impl Init {
    /// Draws the values of a parameter.
    ///
    /// # Errors
    /// When the shape has too few axes for this way, a number is not finite, or there is not enough
    /// memory.
    pub fn draw(self, shape: impl IntoShape, rng: &mut Rng) -> Result<Tensor> {
        self.draw_as(shape, rng)
    }

    /// As [`draw`](Self::draw), of numbers of any type: those of `f64` are those of `f32` before rounding, but where a
    /// number is drawn again.
    ///
    /// # Errors
    /// As for [`draw`](Self::draw).
    pub fn draw_as<T: Float>(self, shape: impl IntoShape, rng: &mut Rng) -> Result<Tensor<T>> {
        let shape = shape.into_shape().map_err(|error| error.operation("init"))?;
        let draw = match self {
            Self::Zeros => Tensor::try_full(shape, T::ZERO),
            Self::Ones => Tensor::try_full(shape, T::ONE),
            Self::Constant(value) => constant(shape, value),
            Self::Uniform { bound } => uniform(shape, bound, rng),
            Self::Normal { std } => normal(shape, std, rng),
            Self::TruncatedNormal { std } => truncated(shape, std, rng),
            Self::XavierUniform => {
                fans(shape).and_then(|[i, o]| uniform(shape, (6.0 / (i + o)).sqrt(), rng))
            }
            Self::XavierNormal => {
                fans(shape).and_then(|[i, o]| normal(shape, (2.0 / (i + o)).sqrt(), rng))
            }
            Self::KaimingUniform => {
                fans(shape).and_then(|[i, _]| uniform(shape, (6.0 / i).sqrt(), rng))
            }
            Self::KaimingNormal => {
                fans(shape).and_then(|[i, _]| normal(shape, (2.0 / i).sqrt(), rng))
            }
            Self::KaimingNormalFanOut => {
                fans(shape).and_then(|[_, o]| normal(shape, (2.0 / o).sqrt(), rng))
            }
            Self::FanIn => fans(shape).and_then(|[i, _]| uniform(shape, 1.0 / i.sqrt(), rng)),
            Self::Orthogonal => orthogonal(shape, rng),
        };
        draw.map_err(|error: Error| error.operation("init"))
    }
}

/// Draws a weight and, if there is to be one, a bias of so many numbers. If nothing else is asked
/// for, the bias begins uniform within 1 / √fan-in, as PyTorch's.
pub(crate) fn weight_and_bias<T: Float>(
    (shape, init): (Shape, Init),
    bias: Option<(usize, Option<Init>)>,
    rng: &mut Rng,
) -> Result<(Param<T>, Option<Param<T>>)> {
    let weight = Param::new(init.draw_as(shape, rng)?);
    let Some((outputs, init)) = bias else { return Ok((weight, None)) };
    let fan_in = shape[1..].iter().product::<usize>().max(1);
    let init = init.unwrap_or(Init::Uniform { bound: 1.0 / (fan_in as f64).sqrt() });
    Ok((weight, Some(Param::new(init.draw_as([outputs], rng)?))))
}

/// A tensor of one value, for a layer that draws nothing.
pub(crate) fn filled<T: Float>(
    operation: &'static str,
    shape: Shape,
    value: f64,
) -> Result<Tensor<T>> {
    Tensor::try_full(shape, T::of(value)).map_err(|error| error.operation(operation))
}

/// The fan-in and fan-out of a weight.
fn fans(shape: Shape) -> Result<[f64; 2]> {
    let [outputs, inputs, window @ ..] = &shape[..] else {
        return Err(Error::shape(format!(
            "{shape} has no fan-in: it should have two axes at least"
        ))
        .hint("`Init::Uniform` or `Init::Normal` fit any shape"));
    };
    let window: usize = window.iter().product();
    // A layer without inputs has no weights to draw: any bound will do.
    Ok([*inputs, *outputs].map(|count| (count * window).max(1) as f64))
}

/// Whether a number is finite in the precision of parameters.
fn fits<T: Float>(number: f64) -> bool {
    T::of(number).finite()
}

fn finite<T: Float>(what: &str, number: f64) -> Result<()> {
    if fits::<T>(number) && number >= 0.0 {
        return Ok(());
    }
    Err(Error::value(format!("the {what} {number} should be finite and not negative")))
}

fn constant<T: Float>(shape: Shape, value: f64) -> Result<Tensor<T>> {
    match fits::<T>(value) {
        true => Tensor::try_full(shape, T::of(value)),
        false => Err(Error::value(format!("the constant {value} should be finite"))),
    }
}

fn uniform<T: Float>(shape: Shape, bound: f64, rng: &mut Rng) -> Result<Tensor<T>> {
    finite::<T>("bound", bound)?;
    rng.try_uniform(shape, -bound, bound)
}

fn normal<T: Float>(shape: Shape, std: f64, rng: &mut Rng) -> Result<Tensor<T>> {
    finite::<T>("standard deviation", std)?;
    rng.try_normal(shape, 0.0, std)
}

fn truncated<T: Float>(shape: Shape, std: f64, rng: &mut Rng) -> Result<Tensor<T>> {
    let mut values: Tensor<T> = normal(shape, std, rng)?;
    let is_outside = |x: T| x.abs().to_f64() > 2.0 * std;
    loop {
        let outside = values.as_slice().iter().filter(|x| is_outside(**x)).count();
        if outside == 0 {
            return Ok(values);
        }
        let again: Tensor<T> = rng.try_normal([outside], 0.0, std)?;
        let outside = values.as_mut_slice().iter_mut().filter(|x| is_outside(**x));
        outside.zip(again.as_slice()).for_each(|(old, &new)| *old = new);
    }
}

fn orthogonal<T: Float>(shape: Shape, rng: &mut Rng) -> Result<Tensor<T>> {
    fans(shape)?;
    let rows = shape[0];
    let columns = shape.numel().checked_div(rows).unwrap_or(0);
    let (long, short) = (rows.max(columns), rows.min(columns));
    // No number on R's diagonal is negative, or the distribution would not be uniform.
    let (q, _) = rng.try_normal::<T>([long, short], 0.0, 1.0)?.qr()?;
    if rows >= columns { q.reshape(shape) } else { q.transpose(0, 1)?.reshape(shape) }
}

/// The names that [`FromStr`] knows.
const NAMES: [(&str, Init); 10] = [
    ("zeros", Init::Zeros),
    ("ones", Init::Ones),
    ("xavier_uniform", Init::XavierUniform),
    ("xavier_normal", Init::XavierNormal),
    ("kaiming_uniform", Init::KaimingUniform),
    ("kaiming_normal", Init::KaimingNormal),
    ("kaiming_normal_fan_out", Init::KaimingNormalFanOut),
    ("fan_in", Init::FanIn),
    ("orthogonal", Init::Orthogonal),
    ("truncated_normal", Init::TruncatedNormal { std: 0.02 }),
];

/// From a name, such as `kaiming_normal` or `orthogonal`; `truncated_normal` has deviation 0.02.
impl FromStr for Init {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        NAMES.iter().find(|(own, _)| *own == name).map(|(_, init)| *init).ok_or_else(|| {
            let known: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
            Error::value(format!("there is no initialisation `{name}`"))
                .operation("init")
                .hint(format!("there are {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;

    fn deviation(x: &Tensor) -> f64 {
        f64::from(x.map(|x| x * x).mean()).sqrt()
    }

    #[test]
    fn deviations_follow_the_fans() {
        let mut rng = Rng::new(Seed(3));
        let shape = [256, 64, 3, 3];
        let (fan_in, fan_out): (f64, f64) = (64.0 * 9.0, 256.0 * 9.0);
        let cases = [
            (Init::XavierUniform, 2.0 / (fan_in + fan_out)),
            (Init::XavierNormal, 2.0 / (fan_in + fan_out)),
            (Init::KaimingUniform, 2.0 / fan_in),
            (Init::KaimingNormal, 2.0 / fan_in),
            (Init::KaimingNormalFanOut, 2.0 / fan_out),
            (Init::FanIn, 1.0 / (3.0 * fan_in)),
        ];
        for (init, variance) in cases {
            let ratio = deviation(&init.draw(shape, &mut rng).unwrap()) / f64::sqrt(variance);
            assert!((ratio - 1.0).abs() < 0.01, "{init:?}: {ratio}");
        }
    }

    #[test]
    fn orthogonal_rows_and_columns() {
        let mut rng = Rng::new(Seed(4));
        for (shape, tall) in [([8, 3, 1, 1], true), ([3, 2, 2, 2], false)] {
            let flat = Init::Orthogonal.draw(shape, &mut rng).unwrap().flatten(1).unwrap();
            let product =
                if tall { flat.t().matmul(&flat) } else { flat.matmul(flat.t()) }.unwrap();
            let error = (&product - &Tensor::eye(3)).abs().max().unwrap();
            assert!(error < 1e-5, "{product}");
        }
    }

    #[test]
    fn truncation_holds() {
        let x = Init::TruncatedNormal { std: 0.5 }.draw([10_000], &mut Rng::new(Seed(5))).unwrap();
        assert!(x.abs().max().unwrap() <= 1.0);
    }

    #[test]
    fn names_and_refusals() {
        assert_eq!("orthogonal".parse::<Init>().unwrap(), Init::Orthogonal);
        assert_eq!(
            "he".parse::<Init>().unwrap_err().to_string(),
            "init: there is no initialisation `he`; there are zeros, ones, xavier_uniform, \
             xavier_normal, kaiming_uniform, kaiming_normal, kaiming_normal_fan_out, fan_in, \
             orthogonal, truncated_normal",
        );
        assert_eq!(
            Init::FanIn.draw([3], &mut Rng::new(Seed(0))).unwrap_err().to_string(),
            "init: [3] has no fan-in: it should have two axes at least; \
             `Init::Uniform` or `Init::Normal` fit any shape",
        );
        assert_eq!(
            Init::Normal { std: f64::NAN }
                .draw([3], &mut Rng::new(Seed(0)))
                .unwrap_err()
                .to_string(),
            "init: the standard deviation NaN should be finite and not negative",
        );
    }
}
