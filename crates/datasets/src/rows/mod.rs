//! Tensors as a data set: one sample in each row.

use crc32fast::Hasher;
use plywood_tensor::{Element, Error, Result, Shape, Tensor};

use crate::batch::{Batch, Target};
use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::Draw;
use crate::sample_names::SampleNames;
use crate::split::{Split, Strata};

/// Samples that are the rows of one tensor, `[N, …]`, and of another with their targets: values
/// `[N, …]`, or classes `[N]`.
///
/// ```
/// use plywood_datasets::{DataLoader, Rows};
/// use plywood_tensor::Tensor;
///
/// let input = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
/// let xor = Rows::new(input, Tensor::from([0_u32, 1, 1, 0]))?;
/// for batch in DataLoader::new(&xor).batch_size(2).epoch(0) {
///     let batch = batch?;
///     assert_eq!(batch.input.shape(), [2, 2].into());
///     assert_eq!(batch.target.shape(), [2].into());
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rows<T> {
    input: Tensor,
    target: T,
    class_names: Vec<String>,
    samples: SampleNames,
}

/// Some rows and their targets.
///
/// ```
/// use plywood_datasets::{DataLoader, RowBatch, Rows};
/// use plywood_tensor::Tensor;
///
/// let rows = Rows::new(Tensor::from([[1.0], [2.0], [3.0]]), Tensor::from([[2.0], [4.0], [6.0]]))?;
/// let RowBatch { input, target } = DataLoader::new(&rows).batch_size(2).epoch(0).next().unwrap()?;
/// assert_eq!(input, Tensor::from([[1.0], [2.0]]));
/// assert_eq!(target, Tensor::from([[2.0], [4.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RowBatch<T> {
    /// What the model is given, `[N, …]`.
    pub input: Tensor,
    /// What the model should answer.
    pub target: T,
}

/// A target of many samples, of which any can be had.
///
/// ```
/// use plywood_datasets::{RowTarget, Strata};
/// use plywood_tensor::Tensor;
///
/// let classes = Tensor::from([1_u32, 0, 2]);
/// assert_eq!(classes.samples(), Some(3));
/// assert_eq!(classes.rows(&[2, 0])?, Tensor::from([2_u32, 1]));
/// assert_eq!(RowTarget::strata(&classes), Strata::Classes(vec![1, 0, 2]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait RowTarget: Target + Clone + Sync {
    /// The number of samples, `None` when there is no axis for them.
    fn samples(&self) -> Option<usize>;
    /// The targets at `indices`, in that order.
    ///
    /// # Errors
    /// When an index is out of range.
    fn rows(&self, indices: &[usize]) -> Result<Self>;
    /// What splits keep in proportion.
    fn strata(&self) -> Strata;
    /// Adds the targets to a checksum.
    fn hash(&self, hasher: &mut Hasher);
}

impl RowTarget for Tensor {
    fn samples(&self) -> Option<usize> {
        self.shape().first().copied()
    }

    fn rows(&self, indices: &[usize]) -> Result<Self> {
        gather(self, indices)
    }

    fn strata(&self) -> Strata {
        Strata::None(self.samples().unwrap_or(0))
    }

    fn hash(&self, hasher: &mut Hasher) {
        hash(hasher, self, |x| x.to_bits().to_le_bytes());
    }
}

impl RowTarget for Tensor<u32> {
    fn samples(&self) -> Option<usize> {
        self.shape().first().copied()
    }

    fn rows(&self, indices: &[usize]) -> Result<Self> {
        gather(self, indices)
    }

    fn strata(&self) -> Strata {
        match self.shape()[..] {
            [_] => Strata::Classes(self.to_vec()),
            _ => Strata::None(self.samples().unwrap_or(0)),
        }
    }

    fn hash(&self, hasher: &mut Hasher) {
        hash(hasher, self, u32::to_le_bytes);
    }
}

impl<T: RowTarget> Rows<T> {
    /// Samples from their inputs and targets, one of each in each row.
    ///
    /// # Errors
    /// When there are no rows, or not as many of one as of the other.
    pub fn new(input: Tensor, target: T) -> Result<Self> {
        let rows = |samples: Option<usize>| {
            samples.ok_or_else(|| Error::shape("a tensor without axes has no rows"))
        };
        let check = || {
            let inputs = rows(input.shape().first().copied())?;
            let targets = rows(target.samples())?;
            if inputs != targets {
                return Err(Error::shape(format!(
                    "inputs {} have {inputs} rows, their targets {targets}",
                    input.shape()
                )));
            }
            if inputs == 0 {
                return Err(Error::data(format!("inputs {} are empty", input.shape())));
            }
            Ok(())
        };
        check().map_err(|e: Error| e.operation("rows"))?;
        Ok(Self { input, target, class_names: Vec::new(), samples: SampleNames::default() })
    }

    /// The same samples with the names that errors call them by.
    pub(crate) fn with_samples(self, samples: SampleNames) -> Self {
        Self { samples, ..self }
    }

    /// Gives each row the name that errors and reports call it by, such as the file that it was made of. Without, that
    /// is its place in the set that this one was split from.
    ///
    /// # Errors
    /// When there are not as many names as rows.
    pub fn with_sample_names<Name: Into<String> + Clone>(self, names: &[Name]) -> Result<Self> {
        if names.len() != self.len() {
            return Err(Error::data(format!("{} rows have {} names", self.len(), names.len()))
                .operation("rows"));
        }
        let names = names.iter().cloned().map(Into::into).collect();
        Ok(self.with_samples(SampleNames::new(names)))
    }

    /// Gives the classes names, that of class 0 first.
    ///
    /// # Errors
    /// When a target is of a class that has no name.
    pub fn with_class_names<Name: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = Name>,
    ) -> Result<Self> {
        self.class_names = names.into_iter().map(Into::into).collect();
        let classes = self.target.classes().map_or(&[][..], Tensor::as_slice);
        let names = self.class_names.len();
        match classes.iter().position(|&class| class as usize >= names) {
            None => Ok(self),
            Some(row) => Err(Error::data(format!(
                "row {row} is of class {}, there are {names} class names",
                classes[row]
            ))
            .operation("rows")
            .hint("classes count from 0")),
        }
    }

    /// All inputs, `[N, …]`.
    pub fn input(&self) -> &Tensor {
        &self.input
    }

    /// All targets.
    pub fn target(&self) -> &T {
        &self.target
    }
}

impl<T: Target> Batch for RowBatch<T> {
    type Input = Tensor;
    type Target = T;

    fn len(&self) -> usize {
        self.input.shape().first().copied().unwrap_or(0)
    }

    fn input(&self) -> &Tensor {
        &self.input
    }

    fn target(&self) -> &T {
        &self.target
    }
}

impl<T: RowTarget> Dataset for Rows<T> {
    type Batch = RowBatch<T>;

    fn len(&self) -> usize {
        self.input.shape()[0]
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<RowBatch<T>> {
        check_indices(indices, self.len()).map_err(|e| e.operation("rows"))?;
        Ok(RowBatch { input: gather(&self.input, indices)?, target: self.target.rows(indices)? })
    }

    fn fingerprint(&self) -> String {
        let mut hasher = Hasher::new();
        hash(&mut hasher, &self.input, |x| x.to_bits().to_le_bytes());
        self.target.hash(&mut hasher);
        let shape = self.input.shape();
        format!("rows {shape}, crc32 {:08x}", hasher.finalize())
    }

    /// The row's line in its file, or its place in the set that this one was split from.
    fn sample_name(&self, index: usize) -> String {
        self.samples.of(index)
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }
}

impl<T: RowTarget> Split for Rows<T> {
    fn strata(&self) -> Strata {
        self.target.strata()
    }

    fn subset(&self, indices: &[usize]) -> Result<Self> {
        check_subset(indices, self.len())?;
        let RowBatch { input, target } = self.batch(indices, &Draw::evaluation())?;
        let samples = self.samples.subset(indices);
        Ok(Self { input, target, class_names: self.class_names.clone(), samples })
    }
}

/// The rows at `indices`. A plain loop, so that loader threads never wait for the thread pool.
pub(crate) fn gather<T: Element>(tensor: &Tensor<T>, indices: &[usize]) -> Result<Tensor<T>> {
    let mut sizes = tensor.shape().to_vec();
    let rows = sizes.first().copied().unwrap_or(0);
    check_indices(indices, rows)?;
    let size: usize = sizes.iter().skip(1).product();
    let mut out = Vec::with_capacity(indices.len() * size);
    for &index in indices {
        out.extend_from_slice(&tensor.as_slice()[index * size..][..size]);
    }
    if let Some(first) = sizes.first_mut() {
        *first = indices.len();
    }
    Tensor::from_vec(out, Shape::new(&sizes)?)
}

/// Adds a tensor's shape and elements to a checksum.
pub(crate) fn hash<T: Element, const N: usize>(
    hasher: &mut Hasher,
    tensor: &Tensor<T>,
    bytes: impl Fn(T) -> [u8; N],
) {
    hasher.update(tensor.shape().to_string().as_bytes());
    for &x in tensor.as_slice() {
        hasher.update(&bytes(x));
    }
}

#[cfg(test)]
mod tests;
