//! The inner loops: sums over taps for every place, and over places for every tap.

use crate::element::Float;
use crate::polyphase::LANES;
use crate::simd::add_lanes;
use crate::simd::vectorized;

/// For every place, the pixels under all taps times the filter. There is a whole number of [`LANES`]
/// of places.
pub(super) fn weighted_sums<T: Float>(parts: &[T], taps: &[usize], filter: &[T], sums: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if vectors::weighted_sums(parts, taps, filter, sums) {
        return;
    }
    weighted_sums_anywhere(parts, taps, filter, sums);
}

/// Adds to each tap's sum the products of the gradients and the pixels under it.
pub(super) fn add_dots<T: Float>(dy: &[T], parts: &[T], taps: &[usize], sums: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if vectors::add_dots(dy, parts, taps, sums) {
        return;
    }
    for (sum, &tap) in sums.iter_mut().zip(taps) {
        *sum += dot(dy, &parts[tap..]);
    }
}

vectorized! {
    fn weighted_sums_anywhere<T: Float>(
        parts: &[T],
        taps: &[usize],
        filter: &[T],
        sums: &mut [T],
    ) {
        let (blocks, _) = sums.as_chunks_mut::<LANES>();
        for (block, sums) in blocks.iter_mut().enumerate() {
            let mut total = [T::ZERO; LANES];
            for (&tap, &weight) in taps.iter().zip(filter) {
                let pixels = &parts[tap + block * LANES..][..LANES];
                for (sum, &pixel) in total.iter_mut().zip(pixels) {
                    *sum += pixel * weight;
                }
            }
            *sums = total;
        }
    }
}

vectorized! {
    /// The sum of the products, in lanes that are added by halves.
    fn dot<T: Float>(a: &[T], b: &[T]) -> T {
        let mut lanes = [T::ZERO; LANES];
        for (a, b) in a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0) {
            for (lane, (&a, &b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
                *lane += a * b;
            }
        }
        add_lanes(lanes)
    }
}

/// The same for `f32`, where there are vectors for it.
#[cfg(target_arch = "x86_64")]
mod vectors {
    #![allow(unsafe_code, reason = "vectors are loaded by address")]

    use crate::element::Float;
    use crate::simd::{Job, Wide, as_f32, as_f32_mut, each, with_vectors};

    /// Vectors of places whose sums are held at a time.
    const VECTORS: usize = 4;
    /// Taps whose sums are held at a time.
    const TAPS: usize = 9;

    /// Whether it was done.
    pub(super) fn weighted_sums<T: Float>(
        parts: &[T],
        taps: &[usize],
        filter: &[T],
        sums: &mut [T],
    ) -> bool {
        let (Some(parts), Some(filter), Some(sums)) =
            (as_f32(parts), as_f32(filter), as_f32_mut(sums))
        else {
            return false;
        };
        with_vectors(WeightedSums { parts, taps, filter: &filter[..taps.len()], sums });
        true
    }

    struct WeightedSums<'a> {
        parts: &'a [f32],
        taps: &'a [usize],
        filter: &'a [f32],
        sums: &'a mut [f32],
    }

    impl Job for WeightedSums<'_> {
        #[inline(always)]
        fn run<V: Wide>(mut self) {
            let furthest = self.taps.iter().copied().max().unwrap_or(0);
            assert!(self.sums.len().is_multiple_of(V::LANES));
            assert!(furthest + self.sums.len() <= self.parts.len());
            let whole = self.sums.len() / (VECTORS * V::LANES) * VECTORS * V::LANES;
            for at in (0..whole).step_by(VECTORS * V::LANES) {
                self.block::<V, VECTORS>(at);
            }
            for at in (whole..self.sums.len()).step_by(V::LANES) {
                self.block::<V, 1>(at);
            }
        }
    }

    impl WeightedSums<'_> {
        #[inline(always)]
        fn block<V: Wide, const N: usize>(&mut self, at: usize) {
            let mut sums = [V::splat(0.0); N];
            for (&tap, &weight) in self.taps.iter().zip(self.filter) {
                let weight = V::splat(weight);
                for (vector, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: `run` has checked the furthest tap of the last place.
                    let pixels = unsafe {
                        V::load_at(self.parts.as_ptr().add(tap + at + vector * V::LANES))
                    };
                    *sum = pixels.mul_add(weight, *sum);
                }
            }
            for (vector, sum) in sums.into_iter().enumerate() {
                // SAFETY: `run` goes in whole blocks.
                unsafe { sum.store_at(self.sums.as_mut_ptr().add(at + vector * V::LANES)) };
            }
        }
    }

    /// Whether it was done.
    pub(super) fn add_dots<T: Float>(
        dy: &[T],
        parts: &[T],
        taps: &[usize],
        sums: &mut [T],
    ) -> bool {
        let (Some(dy), Some(parts), Some(sums)) = (as_f32(dy), as_f32(parts), as_f32_mut(sums))
        else {
            return false;
        };
        for (taps, sums) in taps.chunks(TAPS).zip(sums.chunks_mut(TAPS)) {
            with_vectors(Dots { dy, parts, taps, sums });
        }
        true
    }

    struct Dots<'a> {
        dy: &'a [f32],
        parts: &'a [f32],
        taps: &'a [usize],
        sums: &'a mut [f32],
    }

    impl Job for Dots<'_> {
        #[inline(always)]
        fn run<V: Wide>(self) {
            let Self { dy, parts, taps, sums: totals } = self;
            // The last tap stands for those that are missing.
            let taps: [usize; TAPS] = each(|tap| taps[tap.min(taps.len() - 1)]);
            assert!(dy.len().is_multiple_of(V::LANES));
            assert!(taps.iter().all(|tap| tap + dy.len() <= parts.len()));
            let mut sums = [V::splat(0.0); TAPS];
            for at in (0..dy.len()).step_by(V::LANES) {
                // SAFETY: whole vectors, and at every tap, as was checked.
                let dy = unsafe { V::load_at(dy.as_ptr().add(at)) };
                for (sum, tap) in sums.iter_mut().zip(taps) {
                    // SAFETY: as above.
                    let pixels = unsafe { V::load_at(parts.as_ptr().add(tap + at)) };
                    *sum = pixels.mul_add(dy, *sum);
                }
            }
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += sum.sum();
            }
        }
    }
}
