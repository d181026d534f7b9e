//! Updating a tensor and what goes with it in one pass, as optimizers do.

use crate::element::Float;
use crate::error::{Error, Result};
use crate::simd::vectorized;
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

impl<T: Float> Tensor<T> {
    /// Calls `update(x, slots, g)` for each element `x` of this tensor, the elements of `slots` at
    /// the same place, and that of `gradient`: everything is read and written once.
    ///
    /// # Errors
    /// When a shape differs from this tensor's.
    pub fn update<const N: usize>(
        &mut self,
        slots: [&mut Self; N],
        gradient: &Self,
        update: impl Fn(&mut T, [&mut T; N], T) + Sync,
    ) -> Result<()> {
        let shape = self.shape();
        let others = slots.iter().map(|slot| slot.shape()).chain([gradient.shape()]);
        for other in others {
            if other != shape {
                return Err(Error::shape(format!("{other} should be {shape}, as what is updated"))
                    .operation("update"));
            }
        }
        let cost = self.numel() * (N + 1);
        let mut slots = slots.map(|slot| slot.as_mut_slice().chunks_mut(CHUNK));
        let mut parts: Vec<_> = self
            .as_mut_slice()
            .chunks_mut(CHUNK)
            .zip(gradient.as_slice().chunks(CHUNK))
            .map(|(x, g)| (x, slots.each_mut().map(|slot| slot.next().unwrap_or_default()), g))
            .collect();
        threads::chunks_mut(&mut parts, 1, cost, |_, part| {
            for (x, slots, g) in part {
                update_all(&update, x, slots, g);
            }
        });
        Ok(())
    }
}

vectorized! {
    fn update_all<T: Float, F: Fn(&mut T, [&mut T; N], T); const N>(
        update: &F,
        x: &mut [T],
        slots: &mut [&mut [T]; N],
        gradient: &[T],
    ) {
        // Cut to one length, so that no index needs a check.
        let mut slots = slots.each_mut().map(|slot| &mut slot[..x.len()]);
        let gradient = &gradient[..x.len()];
        for place in 0..x.len() {
            let slots = slots.each_mut().map(|slot| &mut slot[place]);
            update(&mut x[place], slots, gradient[place]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_updated_in_one_pass() {
        let n = 5 * CHUNK + 7;
        let (mut x, mut momentum) = (Tensor::ones([n]), Tensor::arange(n));
        let gradient = Tensor::full([n], 2.0);
        x.update([&mut momentum], &gradient, |x, [m], g| {
            *m += g;
            *x -= *m;
        })
        .unwrap();
        assert_eq!(momentum, Tensor::arange(n) + 2.0);
        assert_eq!(x, Tensor::from_fn([n], |i| -1.0 - i[0] as f32));
        assert_eq!(
            x.update([], &Tensor::zeros([3]), |_, [], _| {}).unwrap_err().to_string(),
            "update: [3] should be [81927], as what is updated",
        );
    }
}
