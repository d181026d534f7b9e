//! What a model learns (parameters) and what it keeps beside (buffers).

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

/// Tells one parameter from all others of this process. Gradients are found by it.
///
/// ```
/// use plywood_autodiff::Param;
/// use plywood_tensor::Tensor;
///
/// let weight = Param::new(Tensor::from([1.0]));
/// assert_eq!(weight.tie().id(), weight.id()); // the same parameter at a second place
/// assert_ne!(weight.clone().id(), weight.id()); // another one
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(u64);

impl ParamId {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A tensor that an optimizer changes.
///
/// A clone has an id of its own, because it is another parameter that happens to have the same
/// value. [`tie`](Self::tie) gives the same parameter a second place in a model.
///
/// ```
/// use plywood_autodiff::Param;
/// use plywood_tensor::Tensor;
///
/// let mut weight = Param::new(Tensor::from([1.0, 2.0]));
/// weight.set(Tensor::from([3.0, 4.0]))?;
/// assert_eq!(weight.value(), &Tensor::from([3.0, 4.0]));
/// let error = weight.set(Tensor::from([5.0])).unwrap_err();
/// assert_eq!(error.to_string(), "the value [1] should be [2], as the parameter");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Param<T: Float = f32> {
    id: ParamId,
    value: Tensor<T>,
    frozen: bool,
}

impl<T: Float> Param<T> {
    /// A parameter that begins with this value.
    pub fn new(value: Tensor<T>) -> Self {
        Self { id: ParamId::fresh(), value, frozen: false }
    }

    /// Its id.
    pub fn id(&self) -> ParamId {
        self.id
    }

    /// Its value.
    pub fn value(&self) -> &Tensor<T> {
        &self.value
    }

    /// Its value, to change it in place.
    pub fn value_mut(&mut self) -> &mut Tensor<T> {
        &mut self.value
    }

    /// The sizes of its axes.
    pub fn shape(&self) -> Shape {
        self.value.shape()
    }

    /// Gives it another value.
    ///
    /// # Errors
    /// When the value has another shape.
    pub fn set(&mut self, value: Tensor<T>) -> Result<()> {
        if value.shape() != self.shape() {
            return Err(Error::shape(format!(
                "the value {} should be {}, as the parameter",
                value.shape(),
                self.shape()
            )));
        }
        self.value = value;
        Ok(())
    }

    /// The same parameter for a second place in the same model: one id, one gradient, one value.
    #[must_use]
    pub fn tie(&self) -> Self {
        Self { id: self.id, value: self.value.clone(), frozen: self.frozen }
    }

    /// Keeps it as it is: it gets no gradient, and no optimizer changes it, also where it is
    /// [tied](Self::tie) to.
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Lets it be trained again.
    pub fn unfreeze(&mut self) {
        self.frozen = false;
    }

    /// Whether it is [frozen](Self::freeze).
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }
}

impl<T: Float> Clone for Param<T> {
    fn clone(&self) -> Self {
        Self { id: CloneScope::id_for(self.id), value: self.value.clone(), frozen: self.frozen }
    }
}

/// Its shape: a model's `Debug` text should not be its weights.
impl<T: Float> fmt::Debug for Param<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Param {}{}", self.shape(), if self.frozen { " (frozen)" } else { "" })
    }
}

/// While one is alive on this thread, clones of tied parameters stay tied to each other.
///
/// `#[derive(Params)]` writes the `Clone` of a model, and opens a scope in it, so that the
/// outermost struct that is cloned decides what belongs together.
#[doc(hidden)]
pub struct CloneScope(());

thread_local! {
    /// How many scopes are open, and the new id of each parameter that was cloned within.
    static CLONES: RefCell<(usize, HashMap<ParamId, ParamId>)> = RefCell::default();
}

impl CloneScope {
    /// Opens a scope.
    #[must_use]
    pub fn open() -> Self {
        CLONES.with_borrow_mut(|(depth, _)| *depth += 1);
        Self(())
    }

    fn id_for(original: ParamId) -> ParamId {
        CLONES.with_borrow_mut(|(depth, ids)| match depth {
            0 => ParamId::fresh(),
            _ => *ids.entry(original).or_insert_with(ParamId::fresh),
        })
    }
}

impl Drop for CloneScope {
    fn drop(&mut self) {
        CLONES.with_borrow_mut(|(depth, ids)| {
            *depth -= 1;
            if *depth == 0 {
                ids.clear();
            }
        });
    }
}

/// A tensor that a model keeps beside its parameters, such as running statistics: saved with
/// them, changed by the training passes themselves and not by an optimizer.
///
/// It is the one cell with interior mutability in a model. Only
/// [`Pass::update`](crate::Pass::update) and loading write it.
///
/// ```
/// use plywood_autodiff::{Buffer, Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let running_mean = Buffer::new(Tensor::from([0.0]));
/// Pass::eval(&running_mean).update(&running_mean, Tensor::from([1.0]))?;
/// assert_eq!(running_mean.value(), Tensor::from([0.0])); // written in training only
/// Pass::train(&running_mean, &mut Rng::new(Seed(7))).update(&running_mean, Tensor::from([1.0]))?;
/// assert_eq!(running_mean.value(), Tensor::from([1.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Buffer<T: Float = f32> {
    value: RwLock<Tensor<T>>,
}

impl<T: Float> Buffer<T> {
    /// A buffer that begins with this value.
    pub fn new(value: Tensor<T>) -> Self {
        Self { value: RwLock::new(value) }
    }

    /// Its value.
    pub fn value(&self) -> Tensor<T> {
        self.value.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives it another value.
    ///
    /// # Errors
    /// When the value has another shape.
    pub fn set(&mut self, value: Tensor<T>) -> Result<()> {
        self.write(value)
    }

    pub(crate) fn write(&self, value: Tensor<T>) -> Result<()> {
        let mut own = self.value.write().unwrap_or_else(PoisonError::into_inner);
        if value.shape() != own.shape() {
            return Err(Error::shape(format!(
                "the value {} should be {}, as the buffer",
                value.shape(),
                own.shape()
            )));
        }
        *own = value;
        Ok(())
    }
}

impl<T: Float> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self::new(self.value())
    }
}

/// Its shape.
impl<T: Float> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer {}", self.value().shape())
    }
}
