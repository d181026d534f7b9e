//! Where in a sequence an element stands, told by waves of many lengths.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Error, Float, Result, Tensor};

use crate::Params;
use crate::Settings;
use crate::module::Module;

/// Adds to each element of `[B, L, D]` a vector that tells its place: sines and cosines whose
/// lengths grow from 2π to 10,000 · 2π.
///
/// `p[place, 2i] = sin(place / 10000^(2i / D))`, `p[place, 2i + 1] = cos(…)`.
///
/// Source: Vaswani et al., "Attention is all you need" (2017), section 3.5.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Module, PositionalEncoding};
/// use plywood_tensor::Tensor;
///
/// let places = PositionalEncoding::new(2)?;
/// let x = Var::constant(Tensor::zeros([1, 2, 2]));
/// let y = places.forward(&x, &mut Pass::eval(&places))?;
/// assert_eq!(y.value()?, &Tensor::from([[[0.0, 1.0], [1.0_f64.sin() as f32, 1.0_f64.cos() as f32]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct PositionalEncoding<T: Float = f32> {
    /// `[places, D]`
    #[params(skip)]
    table: Tensor<T>,
    dropout: f64,
}

/// The settings of a [`PositionalEncoding`], by default as in PyTorch's tutorials.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Module, PositionalEncoding};
/// use plywood_tensor::Tensor;
///
/// let places = PositionalEncoding::config(4).places(50).dropout(0.0).init()?;
/// let x = Var::constant(Tensor::zeros([1, 51, 4]));
/// let error = places.forward(&x, &mut Pass::eval(&places)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "positional_encoding: input [1, 51, 4] should be (…, L, 4) with at most 50 places L"
/// );
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = PositionalEncoding, operation = "positional_encoding", shortcut, any_element, constant)]
pub struct PositionalEncodingConfig {
    /// The numbers of each vector of a sequence.
    dim: usize,
    /// The length of the longest sequence.
    #[setting(default = 5000)]
    places: usize,
    /// The probability with which a training pass sets a number of the sum to 0.
    #[setting(default = 0.1, range = 0.0..=1.0)]
    dropout: f64,
}

impl PositionalEncodingConfig {
    fn build<T: Float>(&self) -> Result<PositionalEncoding<T>> {
        let &Self { dim, places, dropout } = self;
        let shape = plywood_tensor::Shape::new(&[places, dim])
            .map_err(|error| error.operation("positional_encoding"))?;
        let table = Tensor::try_from_fn(shape, |index| {
            let (place, feature) = (index[0] as f64, index[1]);
            let pair = (feature - feature % 2) as f64;
            let angle = place / 10_000_f64.powf(pair / dim as f64);
            T::of(if feature % 2 == 0 { angle.sin() } else { angle.cos() })
        })
        .map_err(|error| error.operation("positional_encoding"))?;
        Ok(PositionalEncoding { table, dropout })
    }
}

impl<T: Float> PositionalEncoding<T> {
    /// As [`forward`](Module::forward) of what follows on `first` elements: the first of `x` is at that place, counted
    /// from 0.
    ///
    /// # Errors
    /// When `x` isn't `[…, L, D]`, or has more elements than there are places.
    pub fn forward_from(&self, x: &Var<T>, first: usize, pass: &mut Pass<T>) -> Result<Var<T>> {
        let [places, dim] = [self.table.shape()[0], self.table.shape()[1]];
        let left = places.saturating_sub(first);
        match &x.shape()[..] {
            [.., length, own] if *own == dim && *length <= left => {
                let table = pass.constant(self.table.narrow(0, first, *length)?);
                x.add(&table)?.dropout(self.dropout, pass)
            }
            _ => {
                let after =
                    if first > 0 { format!(", after {first} of {places}") } else { String::new() };
                Err(Error::shape(format!(
                    "input {} should be (…, L, {dim}) with at most {left} places L{after}",
                    x.shape()
                ))
                .operation("positional_encoding"))
            }
        }
    }
}

impl<T: Float> Module<Var<T>, T> for PositionalEncoding<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.forward_from(x, 0, pass)
    }
}
