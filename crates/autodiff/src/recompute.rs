//! Computing activations again instead of keeping them.

use plywood_tensor::{Float, Result};

use crate::pass::Pass;

impl<T: Float> Pass<T> {
    /// Computes a part of a model of which nothing is kept for the way back but what goes in: the way back
    /// computes it again, once, when it gets there. It costs one more forward computation of the part, gives the
    /// same bits, and needs the memory of one part's activations at a time. PyTorch's name for it is
    /// checkpointing.
    ///
    /// What the part does besides, such as updating a [buffer](Self::update), is done once. A part inside of
    /// another belongs to that one. In a pass of [`higher_order`](Self::higher_order), which keeps everything,
    /// this only calls `part`.
    ///
    /// Source: Chen et al., "Training deep nets with sublinear memory cost" (2016).
    ///
    /// ```
    /// use plywood_autodiff::Pass;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
    /// let x = pass.input(Tensor::from([0.5, -1.0]));
    /// let y = pass.recompute(|_| Ok(x.clone().exp().square().tanh()))?;
    /// let grads = pass.backward(&y.sum())?;
    /// # let mut kept = Pass::without_model(&mut Rng::new(Seed(7)));
    /// # let again = kept.input(Tensor::from([0.5, -1.0]));
    /// # let same = kept.backward(&again.clone().exp().square().tanh().sum())?;
    /// # assert_eq!(grads.wrt(&x), same.wrt(&again));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When `part` fails. An operation that fails when it is computed again is an error of
    /// [`backward`](Self::backward).
    #[doc(alias = "checkpoint")]
    pub fn recompute<R>(&mut self, part: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let tape = self.tape().filter(|_| self.goes_back()).cloned();
        let begun = tape.filter(|tape| tape.begin_segment());
        let result = part(self);
        if let Some(tape) = begun {
            tape.end_segment();
        }
        result
    }
}
