//! Rotary positions: pairs of numbers are turned by an angle that grows with their place.

use crate::element::Float;
use crate::error::{Error, Result};
use crate::settings::check_setting;
use crate::shape::Shape;
use crate::simd::vectorized;
use crate::tensor::Tensor;
use crate::threads;

/// Where rows stand in a sequence, and which of their numbers are turned.
///
/// ```
/// use plywood_tensor::{RotaryOptions, Tensor};
///
/// // Rows of four numbers: a head of two that is turned, and two that are left alone.
/// let options = RotaryOptions { features: 2, ..RotaryOptions::new(2) };
/// let x = Tensor::from([[1.0_f64, 0.0, 5.0, 6.0], [1.0, 0.0, 7.0, 8.0]]);
/// let y = x.into_rotary(&options)?;
/// let [cos, sin] = [1.0_f64.cos(), 1.0_f64.sin()]; // the second row stands at place 1
/// assert_eq!(y, Tensor::from([[1.0, 0.0, 5.0, 6.0], [cos, sin, 7.0, 8.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotaryOptions {
    /// The numbers of a head, E: an even number.
    pub head: usize,
    /// The first numbers of a row that are turned, head by head; those behind them are left alone.
    pub features: usize,
    /// The place of the first row.
    pub first: usize,
    /// What the longest wave follows from: pair `i` is turned by `base^(−2i / E)` from place to place.
    pub base: f64,
    /// Whether they are turned back.
    pub inverse: bool,
}

impl RotaryOptions {
    /// All of a row that is one head of so many numbers, from place 0, with the paper's base of 10,000.
    pub fn new(head: usize) -> Self {
        Self { head, features: head, first: 0, base: 10_000.0, inverse: false }
    }

    /// The same turned the other way.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self { inverse: !self.inverse, ..self }
    }

    /// Refuses rows `[…, L, W]` that can't be turned so.
    ///
    /// # Errors
    /// When the head is odd or 0, doesn't divide the features, or there are fewer of them in a row; when the base is
    /// below 1, or places can't be counted.
    pub fn check(&self, x: Shape) -> Result<()> {
        let &Self { head, features, first, base, .. } = self;
        if head == 0 || !head.is_multiple_of(2) {
            return Err(Error::value(format!("a head of {head} numbers isn't made of pairs")));
        }
        if !features.is_multiple_of(head) {
            return Err(Error::value(format!(
                "{features} features aren't heads of {head} numbers"
            )));
        }
        let [.., length, width] = x[..] else {
            return Err(Error::shape(format!("input {x} should be (…, L, W)")));
        };
        if width < features {
            return Err(Error::shape(format!(
                "input {x} (…, L, W) has rows of {width} numbers, of which {features} are to be turned"
            )));
        }
        check_setting("base", base, 1.0..)?;
        match first.checked_add(length) {
            // Beyond it neighbouring places would be one number.
            Some(end) if end <= 1 << 32 => Ok(()),
            _ => Err(Error::value(format!("{length} places from {first} on are too many"))
                .hint("there can be 2³² at most")),
        }
    }

    /// The cosines and sines of each place, `[L, E / 2]` pairs of them.
    fn table<T: Float>(&self, length: usize) -> Result<Tensor<T>> {
        let half = self.head / 2;
        let sign = if self.inverse { -1.0 } else { 1.0 };
        Tensor::try_from_fn([length, half, 2], |at| {
            let slope = self.base.powf(-(2.0 * at[1] as f64) / self.head as f64);
            let angle = (self.first + at[0]) as f64 * slope;
            T::of(if at[2] == 0 { angle.cos() } else { sign * angle.sin() })
        })
    }
}

impl<T: Float> Tensor<T> {
    /// Turns each pair of neighbouring numbers of the rows `[…, L, W]` by an angle that grows with the place of the
    /// row: `y₂ᵢ = x₂ᵢ · cos θ − x₂ᵢ₊₁ · sin θ`, `y₂ᵢ₊₁ = x₂ᵢ · sin θ + x₂ᵢ₊₁ · cos θ`, θ = place · base^(−2i / E).
    /// Works in place if nobody else holds the numbers.
    ///
    /// Source: Su et al., "RoFormer: enhanced Transformer with rotary position embedding" (2021), section 3.2.2.
    ///
    /// # Errors
    /// As for [`RotaryOptions::check`].
    pub fn into_rotary(mut self, options: &RotaryOptions) -> Result<Self> {
        options.check(self.shape()).map_err(|error| error.operation("rotary"))?;
        let [.., length, width] = self.shape()[..] else { return Ok(self) };
        if self.numel() == 0 || options.features == 0 {
            return Ok(self);
        }
        let table: Self = options.table(length).map_err(|error| error.operation("rotary"))?;
        let row_of_table = options.head;
        let turns = table.as_slice();
        let rows = (threads::CHUNK / width).max(1);
        let numbers = self.as_mut_slice();
        let cost = numbers.len();
        threads::chunks_mut(numbers, rows * width, cost, |task, numbers| {
            for (row, numbers) in numbers.chunks_mut(width).enumerate() {
                let place = (task * rows + row) % length;
                let turns = &turns[place * row_of_table..][..row_of_table];
                turn(&mut numbers[..options.features], turns);
            }
        });
        Ok(self)
    }
}

vectorized! {
    /// Turns the pairs of each head by the cosines and sines of a place.
    fn turn<T: Float>(numbers: &mut [T], turns: &[T]) {
        for head in numbers.chunks_exact_mut(turns.len()) {
            let (pairs, _) = head.as_chunks_mut::<2>();
            let (turns, _) = turns.as_chunks::<2>();
            for (pair, &[cos, sin]) in pairs.iter_mut().zip(turns) {
                let [a, b] = *pair;
                *pair = [a * cos - b * sin, a * sin + b * cos];
            }
        }
    }
}

pub(crate) mod naive {
    use super::RotaryOptions;
    use crate::element::Float;
    use crate::tensor::Tensor;

    /// [`into_rotary`](Tensor::into_rotary) as its equation says, of rows that it takes.
    pub fn rotary<T: Float>(x: &Tensor<T>, options: &RotaryOptions) -> Tensor<T> {
        let rank = x.rank();
        Tensor::from_fn(x.shape(), |at| {
            let (place, feature) = (options.first + at[rank - 2], at[rank - 1]);
            let number = |feature: usize| {
                let mut at = at.to_vec();
                at[rank - 1] = feature;
                x.get(&at).expect("inside").to_f64()
            };
            if feature >= options.features {
                return T::of(number(feature));
            }
            let pair = (feature % options.head) / 2;
            let slope = options.base.powf(-2.0 * pair as f64 / options.head as f64);
            let angle = place as f64 * slope * if options.inverse { -1.0 } else { 1.0 };
            T::of(match feature % 2 {
                0 => number(feature) * angle.cos() - number(feature + 1) * angle.sin(),
                _ => number(feature - 1) * angle.sin() + number(feature) * angle.cos(),
            })
        })
    }
}
