//! The tensor: a shape and shared storage.

use std::sync::Arc;

use crate::element::{Element, Float};
use crate::error::{Error, Result};
use crate::loops::{Map, MapInPlace};
use crate::memory;
use crate::or_panic::or_panic;
use crate::reshape::IntoReshape;
use crate::shape::{IntoShape, MAX_RANK, Shape};
use crate::storage::Storage;
use crate::threads;

/// An n-dimensional array: contiguous, row-major, shared until it is changed.
///
/// `clone` copies nothing; a tensor that others share too is copied when it is written to.
///
/// ```
/// use plywood_tensor::Tensor;
///
/// let images = Tensor::zeros([2, 3, 32, 32]); // N, C, H, W
/// let table = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
/// let column_means = table.mean_axes(&[0])?;
/// assert_eq!(column_means, Tensor::from([2.5, 3.5, 4.5]));
/// # let _ = images;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Tensor<T: Element = f32> {
    shape: Shape,
    storage: Arc<Storage<T>>,
}

/// Constructors without data are on `Tensor<f32>` alone, so that inference of types never asks.
impl Tensor {
    /// All 0.
    #[track_caller]
    pub fn zeros(shape: impl IntoShape) -> Self {
        Self::full(shape, 0.0)
    }

    /// All 1.
    #[track_caller]
    pub fn ones(shape: impl IntoShape) -> Self {
        Self::full(shape, 1.0)
    }

    /// The identity matrix of `n` rows and columns.
    #[doc(alias = "identity")]
    #[track_caller]
    pub fn eye(n: usize) -> Self {
        Self::from_fn([n, n], |index| if index[0] == index[1] { 1.0 } else { 0.0 })
    }

    /// 0, 1, …, `n` − 1.
    #[track_caller]
    pub fn arange(n: usize) -> Self {
        Self::from_fn([n], |index| index[0] as f32)
    }

    /// `n` numbers from `start` to `end`, both included, equally far apart.
    #[track_caller]
    pub fn linspace(start: f32, end: f32, n: usize) -> Self {
        let step = if n > 1 { (end - start) / (n - 1) as f32 } else { 0.0 };
        Self::from_fn([n], |index| {
            if index[0] + 1 == n && n > 1 { end } else { start + step * index[0] as f32 }
        })
    }
}

impl<T: Element> Tensor<T> {
    /// All `value`.
    ///
    /// # Panics
    /// With the text of [`try_full`](Self::try_full)'s error.
    #[track_caller]
    pub fn full(shape: impl IntoShape, value: T) -> Self {
        or_panic(Self::try_full(shape, value))
    }

    /// As [`full`](Self::full), for sizes that may be too large.
    ///
    /// # Errors
    /// When it is no shape, or there is not enough memory.
    pub fn try_full(shape: impl IntoShape, value: T) -> Result<Self> {
        Self::build(shape.into_shape()?, |out| {
            let cost = out.len();
            threads::chunks_mut(out, threads::CHUNK, cost, |_, out| out.fill(value));
        })
    }

    /// A tensor without axes: one number.
    #[track_caller]
    pub fn scalar(value: T) -> Self {
        Self::full(Shape::SCALAR, value)
    }

    /// Takes over a vector of the elements in row-major order, without a copy.
    ///
    /// # Errors
    /// When there are not as many elements as the shape has.
    #[doc(alias = "tensor")]
    pub fn from_vec(elements: Vec<T>, shape: impl IntoShape) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("from_vec"))?;
        if elements.len() != shape.numel() {
            return Err(wrong_count(elements.len(), shape));
        }
        Ok(Self { shape, storage: Arc::new(Storage::from_vec(elements)) })
    }

    /// Copies the elements, given in row-major order.
    ///
    /// # Errors
    /// When there are not as many elements as the shape has, or not enough memory.
    #[doc(alias = "from_numpy")]
    pub fn from_slice(elements: &[T], shape: impl IntoShape) -> Result<Self> {
        let mut copy = memory::vec_with_capacity(elements.len())?;
        copy.extend_from_slice(elements);
        Self::from_vec(copy, shape)
    }

    /// The element at each index is what `element` says.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let times = Tensor::from_fn([2, 3], |index| (index[0] * index[1]) as u32);
    /// assert_eq!(times, Tensor::from([[0, 0, 0], [0, 1, 2]]));
    /// ```
    ///
    /// # Panics
    /// With the text of [`try_from_fn`](Self::try_from_fn)'s error.
    #[track_caller]
    pub fn from_fn(shape: impl IntoShape, element: impl FnMut(&[usize]) -> T) -> Self {
        or_panic(Self::try_from_fn(shape, element))
    }

    /// As [`from_fn`](Self::from_fn), for sizes that may be too large.
    ///
    /// # Errors
    /// When it is no shape, or there is not enough memory.
    pub fn try_from_fn(
        shape: impl IntoShape,
        mut element: impl FnMut(&[usize]) -> T,
    ) -> Result<Self> {
        let shape = shape.into_shape()?;
        let mut index = [0; MAX_RANK];
        let index = &mut index[..shape.rank()];
        Self::build(shape, |out| {
            for out in out {
                *out = element(index);
                for axis in (0..shape.rank()).rev() {
                    index[axis] += 1;
                    if index[axis] < shape[axis] {
                        break;
                    }
                    index[axis] = 0;
                }
            }
        })
    }

    /// A tensor whose elements `fill` writes, every one of them: what it finds there is
    /// unspecified. It may take [scratch](Storage::stale) memory.
    ///
    /// # Errors
    /// When there is not enough memory for it, or for the scratch.
    pub(crate) fn build(shape: Shape, fill: impl FnOnce(&mut [T])) -> Result<Self> {
        Self::build_by(shape, &mut Some(fill))
    }

    /// What [`build`](Self::build) does around a kernel, compiled once for a type of elements.
    fn build_by(shape: Shape, kernel: &mut dyn Fill<T>) -> Result<Self> {
        let mut storage = Storage::try_stale(shape.numel())?;
        memory::guard(|| {
            kernel.fill(&mut storage);
            Ok(())
        })?;
        Ok(Self { shape, storage: Arc::new(storage) })
    }

    /// As [`build`](Self::build), within a [guard](memory::guard).
    pub(crate) fn build_or_raise(shape: Shape, fill: impl FnOnce(&mut [T])) -> Self {
        Self::build(shape, fill).unwrap_or_else(|error| memory::raise(error))
    }

    /// The tensor of these elements.
    pub(crate) fn own(storage: Storage<T>, shape: impl Into<Shape>) -> Self {
        let shape = shape.into();
        assert_eq!(storage.len(), shape.numel());
        Self { shape, storage: Arc::new(storage) }
    }

    /// Two tensors of one shape, as [`build`](Self::build) makes one.
    pub(crate) fn build_two<U: Element>(
        shape: Shape,
        fill: impl FnOnce(&mut [T], &mut [U]),
    ) -> Result<(Self, Tensor<U>)> {
        let mut second = Storage::try_stale(shape.numel())?;
        let first = Self::build(shape, |first| fill(first, &mut second))?;
        Ok((first, Tensor { shape, storage: Arc::new(second) }))
    }

    /// The sizes of the axes.
    #[doc(alias = "size")]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The number of axes.
    #[doc(alias("dim", "ndim", "ndimension"))]
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }

    /// The number of elements.
    #[doc(alias("nelement", "len"))]
    pub fn numel(&self) -> usize {
        self.storage.len()
    }

    /// The elements in row-major order.
    #[doc(alias = "data")]
    pub fn as_slice(&self) -> &[T] {
        &self.storage
    }

    /// The elements in row-major order, to change them. If other tensors share them, this one
    /// gets a copy of its own first.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if Arc::get_mut(&mut self.storage).is_none() {
            self.storage = Arc::new(Storage::clone(&self.storage));
        }
        Arc::get_mut(&mut self.storage).expect("just made unique")
    }

    /// The elements in row-major order.
    #[doc(alias = "tolist")]
    pub fn to_vec(&self) -> Vec<T> {
        self.as_slice().to_vec()
    }

    /// The elements in row-major order, without a copy if the tensor came from a vector and
    /// nobody shares it.
    pub fn into_vec(self) -> Vec<T> {
        match Arc::try_unwrap(self.storage) {
            Ok(storage) => storage.into_vec(),
            Err(shared) => shared.to_vec(),
        }
    }

    /// Whether another tensor shares this one's elements, so that writing would copy them.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.storage) > 1
    }

    /// Where the elements are in memory: tells whether two tensors share them.
    #[doc(alias = "data_ptr")]
    pub fn address(&self) -> usize {
        self.as_slice().as_ptr() as usize
    }

    /// The element at an index, one number for each axis.
    ///
    /// # Errors
    /// When the index has not as many numbers as the tensor has axes, or one is out of range.
    pub fn get(&self, index: &[usize]) -> Result<T> {
        let inside = index.len() == self.rank()
            && index.iter().zip(self.shape.iter()).all(|(index, size)| index < size);
        if !inside {
            return Err(Error::index(format!("{index:?} is not an index into {}", self.shape))
                .operation("get"));
        }
        let strides = self.shape.strides();
        let offset: usize = index.iter().zip(strides).map(|(index, stride)| index * stride).sum();
        Ok(self.as_slice()[offset])
    }

    /// The only element.
    ///
    /// # Errors
    /// When the tensor has more or fewer elements than one.
    #[doc(alias = "to_scalar")]
    pub fn item(&self) -> Result<T> {
        match self.as_slice() {
            [item] => Ok(*item),
            _ => Err(Error::shape(format!(
                "{} has {} elements, a single number was asked for",
                self.shape,
                self.numel()
            ))
            .operation("item")),
        }
    }

    /// The same elements in another shape, without a copy. One size may be −1: it follows from the others.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Tensor::arange(6);
    /// assert_eq!(x.reshape([2, -1])?.shape(), [2, 3].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes have different numbers of elements, or no size can follow.
    #[doc(alias("view", "resize"))]
    pub fn reshape(&self, shape: impl IntoReshape) -> Result<Self> {
        let shape = shape.into_reshape(self.shape).map_err(|error| error.operation("reshape"))?;
        Ok(Self { shape, storage: Arc::clone(&self.storage) })
    }

    /// As [`reshape`](Self::reshape), where the caller knows that it fits.
    pub(crate) fn with_shape(self, shape: Shape) -> Self {
        debug_assert_eq!(shape.numel(), self.numel());
        Self { shape, storage: self.storage }
    }

    /// A new axis of size 1 before `axis` (−1 puts it last), without a copy.
    ///
    /// # Errors
    /// When there is no such place, or the rank would pass the limit.
    #[doc(alias = "expand_dims")]
    pub fn unsqueeze(&self, axis: isize) -> Result<Self> {
        let rank = self.rank() as isize;
        let place = if axis < 0 { axis + rank + 1 } else { axis };
        if !(0..=rank).contains(&place) {
            return Err(Error::shape(format!("{} has no place {axis} for a new axis", self.shape))
                .operation("unsqueeze"));
        }
        let mut dims = self.shape.to_vec();
        dims.insert(place as usize, 1);
        Ok(self.clone().with_shape(Shape::new(&dims).map_err(|e| e.operation("unsqueeze"))?))
    }

    /// Without an axis of size 1, without a copy.
    ///
    /// # Errors
    /// When there is no such axis, or its size is not 1.
    pub fn squeeze(&self, axis: isize) -> Result<Self> {
        let index = self.shape.axis(axis).map_err(|e| e.operation("squeeze"))?;
        if self.shape[index] != 1 {
            return Err(Error::shape(format!("axis {axis} of {} is not of size 1", self.shape))
                .operation("squeeze"));
        }
        Ok(self.clone().with_shape(self.shape.without(index)))
    }

    /// All axes from `start` on as one, without a copy: `[N, C, H, W]` becomes `[N, C·H·W]` from
    /// axis 1.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn flatten(&self, start: isize) -> Result<Self> {
        let start = self.shape.axis(start).map_err(|e| e.operation("flatten"))?;
        let mut dims = self.shape[..start].to_vec();
        dims.push(self.shape[start..].iter().product());
        Ok(self.clone().with_shape(Shape::new(&dims)?))
    }

    /// Applies a function to each element.
    #[doc(alias = "apply")]
    #[track_caller]
    pub fn map<U: Element>(&self, f: impl Fn(T) -> U + Sync) -> Tensor<U> {
        or_panic(self.map_by(&f))
    }

    fn map_by<U: Element>(&self, f: &dyn Map<T, U>) -> Result<Tensor<U>> {
        let elements = self.as_slice();
        Tensor::build(self.shape, |out| {
            threads::chunks_mut(out, threads::CHUNK, elements.len(), |index, out| {
                f.map(&elements[index * threads::CHUNK..], out);
            });
        })
    }

    /// Applies a function to each element, in place if nobody shares them.
    #[doc(alias = "apply_")]
    #[must_use]
    pub fn into_map(self, f: impl Fn(T) -> T + Sync) -> Self {
        if self.is_shared() { self.map(f) } else { self.into_map_by(&f) }
    }

    fn into_map_by(mut self, f: &dyn MapInPlace<T>) -> Self {
        let elements = self.as_mut_slice();
        let cost = elements.len();
        threads::chunks_mut(elements, threads::CHUNK, cost, |_, chunk| f.map_in_place(chunk));
        self
    }
}

fn wrong_count(elements: usize, shape: Shape) -> Error {
    let numel = shape.numel();
    Error::shape(format!("{elements} elements can't fill {shape}, which has {numel}"))
        .operation("from_vec")
}

/// A kernel that fills a tensor, once, as a trait object without a box.
trait Fill<T> {
    fn fill(&mut self, out: &mut [T]);
}

impl<T, F: FnOnce(&mut [T])> Fill<T> for Option<F> {
    fn fill(&mut self, out: &mut [T]) {
        if let Some(fill) = self.take() {
            fill(out);
        }
    }
}

impl<T: Float> Tensor<T> {
    /// Whether no element is infinite or NaN.
    #[doc(alias = "isfinite")]
    pub fn all_finite(&self) -> bool {
        self.as_slice().iter().all(|x| x.finite())
    }
}

/// Equal shapes and equal elements. As for numbers, NaN equals nothing, and −0 equals 0.
impl<T: Element> PartialEq for Tensor<T> {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.as_slice() == other.as_slice()
    }
}
