//! Comparisons, and choosing by them.

use crate::element::Element;
use crate::error::Result;
use crate::tensor::Tensor;

macro_rules! comparisons {
    ($($name:ident $operator:tt $meaning:literal),*) => {
        impl<T: Element> Tensor<T> { $(
            #[doc = concat!("Where `self ", stringify!($operator), " other` (", $meaning,
                "), elementwise, with broadcasting.")]
            ///
            /// # Errors
            /// When the shapes don't broadcast.
            pub fn $name(&self, other: &Self) -> Result<Tensor<bool>> {
                self.zip(other, |a, b| a $operator b)
                    .map_err(|error| error.operation(stringify!($name)))
            }
        )* }
    };
}

comparisons!(
    eq_elements == "equal",
    ne_elements != "not equal",
    gt > "greater",
    ge >= "greater or equal",
    lt < "less",
    le <= "less or equal"
);

impl Tensor<bool> {
    /// The element of `yes` where this mask is true, of `no` elsewhere; all three broadcast.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Tensor::from([-1.0, 2.0]);
    /// let zero = Tensor::scalar(0.0);
    /// assert_eq!(x.gt(&zero)?.choose(&x, &zero)?, Tensor::from([0.0, 2.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    #[doc(alias = "where")]
    pub fn choose<T: Element>(&self, yes: &Tensor<T>, no: &Tensor<T>) -> Result<Tensor<T>> {
        let shape = yes.shape().broadcast(&no.shape());
        let choose = || {
            let shape = self.shape().broadcast(&shape?)?;
            let from_yes = self
                .broadcast_to(shape)?
                .zip(yes, |mask, yes| if mask { yes } else { T::default() })?;
            let mask = self.broadcast_to(shape)?;
            let no = no.broadcast_to(shape)?;
            let mut out = from_yes;
            let parts = mask.as_slice().iter().zip(no.as_slice());
            for (out, (&mask, &no)) in out.as_mut_slice().iter_mut().zip(parts) {
                if !mask {
                    *out = no;
                }
            }
            Ok(out)
        };
        choose().map_err(|error: crate::Error| error.operation("choose"))
    }

    /// How many elements are true.
    #[doc(alias = "count_nonzero")]
    pub fn count(&self) -> usize {
        self.as_slice().iter().filter(|&&bit| bit).count()
    }
}
