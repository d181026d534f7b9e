//! The Fourier transform of real numbers, by one of half as many complex ones.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

/// A transform of so many real numbers, planned once.
#[derive(Clone)]
pub(super) struct RealFft {
    transform: Arc<dyn Fft<f32>>,
    /// e^(−2πik/n) for the frequencies k from 0 to n / 2; none for an odd n, whose numbers are transformed as complex
    /// ones.
    turns: Vec<Complex<f32>>,
    bins: usize,
}

/// A transform with its scratch memory.
pub(super) struct Transform<'f> {
    of: &'f RealFft,
    values: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    bins: Vec<Complex<f32>>,
}

const ZERO: Complex<f32> = Complex::new(0.0, 0.0);

impl RealFft {
    pub(super) fn new(len: usize) -> Self {
        let bins = len / 2 + 1;
        let even = len.is_multiple_of(2);
        let transform = FftPlannerScalar::new().plan_fft_forward(if even { len / 2 } else { len });
        let turn = |bin: usize| {
            let angle = -2.0 * PI * bin as f64 / len as f64;
            Complex::new(libm::cos(angle) as f32, libm::sin(angle) as f32)
        };
        let turns = if even { (0..bins).map(turn).collect() } else { Vec::new() };
        Self { transform, turns, bins }
    }

    pub(super) fn begin(&self) -> Transform<'_> {
        Transform {
            of: self,
            values: vec![ZERO; self.transform.len()],
            scratch: vec![ZERO; self.transform.get_inplace_scratch_len()],
            bins: vec![ZERO; self.bins],
        }
    }
}

impl Transform<'_> {
    /// The frequencies from 0 to n / 2 of n numbers.
    pub(super) fn of(&mut self, numbers: &[f32]) -> &[Complex<f32>] {
        let RealFft { transform, turns, bins } = self.of;
        if turns.is_empty() {
            for (value, &number) in self.values.iter_mut().zip(numbers) {
                *value = Complex::new(number, 0.0);
            }
            transform.process_with_scratch(&mut self.values, &mut self.scratch);
            self.bins.copy_from_slice(&self.values[..*bins]);
            return &self.bins;
        }
        for (value, pair) in self.values.iter_mut().zip(numbers.chunks_exact(2)) {
            *value = Complex::new(pair[0], pair[1]);
        }
        transform.process_with_scratch(&mut self.values, &mut self.scratch);
        let Self { values, bins, .. } = self;
        // The numbers at even places, whose transform is `even`, and those at odd ones lie in one another's
        // imaginary part.
        let apart = |value: Complex<f32>, mirror: Complex<f32>, turn: &Complex<f32>| {
            let other = mirror.conj();
            let (even, odd) = ((value + other) * 0.5, (value - other) * 0.5);
            even + Complex::new(odd.im, -odd.re) * turn
        };
        // The first and the last are their own mirrors.
        let half = values.len();
        bins[0] = apart(values[0], values[0], &turns[0]);
        bins[half] = apart(values[0], values[0], &turns[half]);
        let mirrors = values[1..].iter().zip(values[1..].iter().rev());
        for ((out, turn), (value, mirror)) in bins[1..].iter_mut().zip(&turns[1..]).zip(mirrors) {
            *out = apart(*value, *mirror, turn);
        }
        &self.bins
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn prop_as_the_sum_says(numbers in prop::collection::vec(-1.0_f32..1.0, 1..40)) {
            let transform = RealFft::new(numbers.len());
            let mut begun = transform.begin();
            let bins = begun.of(&numbers);
            prop_assert_eq!(bins.len(), numbers.len() / 2 + 1);
            for (bin, value) in bins.iter().enumerate() {
                let mut sum = [0.0; 2];
                for (place, &x) in numbers.iter().enumerate() {
                    let angle = -2.0 * PI * (bin * place) as f64 / numbers.len() as f64;
                    sum[0] += f64::from(x) * angle.cos();
                    sum[1] += f64::from(x) * angle.sin();
                }
                prop_assert!((f64::from(value.re) - sum[0]).abs() < 1e-5, "{} of {:?}", bin, numbers);
                prop_assert!((f64::from(value.im) - sum[1]).abs() < 1e-5, "{} of {:?}", bin, numbers);
            }
        }
    }
}
