//! Cutting an axis into parts, and stacking values along a new one.

use plywood_tensor::{Error, Float, Result, memory};

use crate::var::Var;

impl<T: Float> Var<T> {
    /// Places values of one shape one after another along a new axis before `axis` (−1 puts it last).
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let (a, b) = (Tensor::from([1.0, 2.0]).into(), Tensor::from([3.0, 4.0]).into());
    /// let rows = Var::stack(&[&a, &b], 0)?;
    /// assert_eq!(rows.value()?, &Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// let columns = Var::stack(&[&a, &b], -1)?;
    /// assert_eq!(columns.value()?, &Tensor::from([[1.0, 3.0], [2.0, 4.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are none, their shapes differ, or there is no such place.
    pub fn stack(values: &[&Self], axis: isize) -> Result<Self> {
        let stack = || {
            let first = values.first().ok_or_else(|| Error::shape("there are no values"))?;
            if let Some(place) = values.iter().position(|value| value.shape() != first.shape()) {
                return Err(Error::shape(format!(
                    "value {place} is {}, the first is {}: they should be of one shape",
                    values[place].shape(),
                    first.shape()
                )));
            }
            let parts: Result<Vec<Self>> = values.iter().map(|x| x.unsqueeze(axis)).collect();
            Self::concat(&parts?.iter().collect::<Vec<_>>(), axis)
        };
        stack().map_err(|error: Error| error.operation("stack"))
    }

    /// Parts of `axis` that are `size` long; the last one is shorter where that doesn't divide the axis.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::arange(5));
    /// let parts = x.split(2, 0)?;
    /// assert_eq!(parts.len(), 3);
    /// assert_eq!(parts[2].value()?, &Tensor::from([4.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, or `size` is 0.
    pub fn split(&self, size: usize, axis: isize) -> Result<Vec<Self>> {
        let whole = self.axis_size("split", axis)?;
        if size == 0 {
            return Err(Error::shape(format!(
                "parts of axis {axis} of {} can't be 0 long",
                self.shape()
            ))
            .operation("split"));
        }
        self.parts_of(whole, size, axis)
    }

    /// Parts of `axis` that are as long as `sizes` say.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::arange(5));
    /// let [head, tail] = &x.split_sizes(&[1, 4], 0)?[..] else { unreachable!("two sizes") };
    /// assert_eq!((head.shape(), tail.shape()), ([1].into(), [4].into()));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, or the sizes don't add up to it.
    #[doc(alias("split", "split_with_sizes"))]
    pub fn split_sizes(&self, sizes: &[usize], axis: isize) -> Result<Vec<Self>> {
        let whole = self.axis_size("split_sizes", axis)?;
        let sum = sizes.iter().fold(0_usize, |sum, &size| sum.saturating_add(size));
        if sum != whole {
            return Err(Error::shape(format!(
                "{sizes:?} add up to {sum}, axis {axis} of {} is {whole} long",
                self.shape()
            ))
            .operation("split_sizes"));
        }
        let mut start = 0;
        let part = |&size: &usize| {
            start += size;
            self.narrow(axis, start - size, size)
        };
        sizes.iter().map(part).collect()
    }

    /// At most `chunks` parts of `axis`, equally long but for the last one: as PyTorch does, fewer where the axis is
    /// used up before, and one where it is empty.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let gates = Var::constant(Tensor::zeros([8, 12]));
    /// assert!(gates.chunk(3, -1)?.iter().all(|gate| gate.shape() == [8, 4].into()));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, or `chunks` is 0.
    pub fn chunk(&self, chunks: usize, axis: isize) -> Result<Vec<Self>> {
        let whole = self.axis_size("chunk", axis)?;
        if chunks == 0 {
            return Err(Error::shape(format!(
                "axis {axis} of {} can't be cut into 0 parts",
                self.shape()
            ))
            .operation("chunk"));
        }
        self.parts_of(whole, whole.div_ceil(chunks), axis)
    }

    fn axis_size(&self, operation: &str, axis: isize) -> Result<usize> {
        let place = self.shape().axis(axis).map_err(|error| error.operation(operation))?;
        Ok(self.shape()[place])
    }

    /// Parts of the axis, which is `whole` long, that are `size` long.
    fn parts_of(&self, whole: usize, size: usize, axis: isize) -> Result<Vec<Self>> {
        if whole == 0 {
            return Ok(vec![self.narrow(axis, 0, 0)?]);
        }
        let starts = (0..whole).step_by(size);
        // Of values without elements an axis may be of any size.
        let mut parts = memory::vec_with_capacity(starts.len())?;
        for start in starts {
            parts.push(self.narrow(axis, start, size.min(whole - start))?);
        }
        Ok(parts)
    }
}
