//! What an attention may not see.

use plywood_tensor::{Result, Tensor};

/// What the elements of one sequence see of another, or of their own. By default, everything.
///
/// ```
/// use plywood_layers::AttentionMask;
/// use plywood_tensor::Tensor;
///
/// // The first of two elements sees itself alone: as numbers that are added, and as a rule.
/// let hidden = AttentionMask::hiding(&Tensor::from([[false, true], [false, false]]));
/// assert_eq!(hidden.additive, Some(Tensor::from([[0.0, f32::NEG_INFINITY], [0.0, 0.0]])));
/// assert!(AttentionMask::causal().causal);
/// ```
#[derive(Clone, Debug, Default)]
pub struct AttentionMask {
    /// Whether an element sees those up to its own place only.
    pub causal: bool,
    /// What is added to the scores, −∞ where nothing is to be seen: `[L, S]`, or whatever of
    /// `[B, H, L, S]` and `[B, H, 1, S]` broadcasts.
    pub additive: Option<Tensor>,
}

impl AttentionMask {
    /// Each element sees those up to its own place only: a sequence that is being written.
    pub fn causal() -> Self {
        Self { causal: true, additive: None }
    }

    /// Hides elements wherever `hidden` `[L, S]`, or `[B, 1, L, S]`, is true: PyTorch's `attn_mask`.
    pub fn hiding(hidden: &Tensor<bool>) -> Self {
        let additive = hidden.map(|hidden| if hidden { f32::NEG_INFINITY } else { 0.0 });
        Self { causal: false, additive: Some(additive) }
    }

    /// Hides from all elements of sample `b` those at which `padding` `[B, S]` is true: PyTorch's
    /// `key_padding_mask`.
    ///
    /// ```
    /// use plywood_layers::AttentionMask;
    /// use plywood_tensor::Tensor;
    ///
    /// // Sentences of 3 words and of 2, filled up to the same length.
    /// let mask = AttentionMask::padding(&Tensor::from([[false, false, false], [false, false, true]]))?;
    /// assert_eq!(mask.additive.unwrap().shape(), [2, 1, 1, 3].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When `padding` hasn't two axes.
    pub fn padding(padding: &Tensor<bool>) -> Result<Self> {
        let &[b, s] = &padding.shape()[..] else {
            return Err(plywood_tensor::Error::shape(format!(
                "the padding {} should have two axes (batch, length)",
                padding.shape()
            ))
            .operation("attention_mask"));
        };
        Ok(Self::hiding(&padding.reshape([b, 1, 1, s])?))
    }

    /// What neither of two masks hides.
    ///
    /// # Errors
    /// When the shapes of what they add don't broadcast.
    pub fn and(&self, other: &Self) -> Result<Self> {
        let additive = match (&self.additive, &other.additive) {
            (Some(a), Some(b)) => Some(a.add(b)?),
            (one, other) => one.as_ref().or(other.as_ref()).cloned(),
        };
        Ok(Self { causal: self.causal || other.causal, additive })
    }
}
