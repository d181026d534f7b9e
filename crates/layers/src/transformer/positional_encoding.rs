//! Where in a sequence an element stands, told by waves of many lengths.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Error, Float, Result, Tensor};

use crate::Params;
use crate::module::Module;

/// Adds to each element of `[B, L, D]` a vector that tells its place: sines and cosines whose
/// lengths grow from 2π to 10,000 · 2π.
///
/// `p[place, 2i] = sin(place / 10000^(2i / D))`, `p[place, 2i + 1] = cos(…)`.
///
/// Source: Vaswani et al., "Attention is all you need" (2017), section 3.5.
#[derive(Debug, Params)]
pub struct PositionalEncoding<T: Float = f32> {
    /// `[places, D]`
    #[params(skip)]
    table: Tensor<T>,
    dropout: f64,
}

/// The settings of a [`PositionalEncoding`]: up to 5,000 places and dropout 0.1, as in PyTorch's
/// tutorials.
#[derive(Clone, Debug)]
pub struct PositionalEncodingConfig {
    dim: usize,
    places: usize,
    dropout: f64,
}

impl PositionalEncoding {
    /// For vectors of `dim` numbers.
    pub fn config(dim: usize) -> PositionalEncodingConfig {
        PositionalEncodingConfig { dim, places: 5000, dropout: 0.1 }
    }
}

impl PositionalEncodingConfig {
    /// The length of the longest sequence.
    #[must_use]
    pub fn places(mut self, places: usize) -> Self {
        self.places = places;
        self
    }

    /// The probability with which a training pass sets a number of the sum to 0.
    #[must_use]
    pub fn dropout(mut self, dropout: f64) -> Self {
        self.dropout = dropout;
        self
    }

    /// Makes the layer.
    ///
    /// # Errors
    /// When the table is larger than memory.
    pub fn init(&self) -> Result<PositionalEncoding> {
        self.init_as()
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: the same ones.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self) -> Result<PositionalEncoding<T>> {
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

impl<T: Float> Module<Var<T>, T> for PositionalEncoding<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        let [places, dim] = [self.table.shape()[0], self.table.shape()[1]];
        match &x.shape()[..] {
            [.., length, own] if *own == dim && *length <= places => {
                let table = pass.constant(self.table.narrow(0, 0, *length)?);
                x.add(&table)?.dropout(self.dropout, pass)
            }
            _ => Err(Error::shape(format!(
                "input {} should be (…, L, {dim}) with at most {places} places L",
                x.shape()
            ))
            .operation("positional_encoding")),
        }
    }
}
