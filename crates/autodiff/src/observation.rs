//! What one sees who looks on while a model computes.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use plywood_tensor::Float;

use crate::observe::{Seen, Shown, Source};
use crate::reach::Reach;
use crate::tape::Tape;
use crate::var::Var;

/// What an operation of a pass has given: see [`Pass::observe`](crate::Pass::observe).
///
/// ```
/// use plywood_autodiff::{Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// pass.observe();
/// let x = pass.input(Tensor::from([1.0, -2.0]));
/// x.relu().sum();
/// let seen = pass.observed();
/// assert_eq!((seen[0].name.as_str(), seen[1].name.as_str()), ("input.relu", "input.sum"));
/// assert_eq!(seen[0].value.value()?, &Tensor::from([1.0, 0.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Observation<T: Float = f32> {
    /// Its name, which no other observation of the pass has.
    pub name: String,
    /// The path of the layer whose parameters the operation takes; empty when it takes none, or
    /// when that layer is the model.
    pub layer: String,
    /// The operation.
    pub operation: &'static str,
    /// The result; in a dry run its shape.
    pub value: Var<T>,
    /// Where each operand comes from.
    pub sources: Vec<Source>,
    /// Which pixels of its operands a pixel of the result depends on.
    pub reach: Reach,
    /// The operation itself.
    value_of_operation: Rc<dyn Any>,
}

impl<T: Float> Observation<T> {
    /// What was seen, with its way back on the tape.
    pub(crate) fn of(seen: &Seen<T>, tape: &Tape<T>) -> Self {
        let Seen { name, layer, sources, shown } = seen.clone();
        let Shown { operation, reach, result } = shown;
        let value = Var::new(result.value, Some(tape.clone()), result.node);
        let (operation, value_of_operation) = (operation.name, operation.value);
        Self { name, layer, operation, value, sources, reach, value_of_operation }
    }

    /// The operation with its settings, if it is of this type.
    ///
    /// ```
    /// use plywood_autodiff::{Pass, ops};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut pass: Pass = Pass::without_model(&mut Rng::new(Seed(7)));
    /// pass.observe();
    /// let x = pass.input(Tensor::from([1.0, -2.0]));
    /// x.leaky_relu(0.1);
    /// let leaky = pass.observed()[0].downcast::<ops::LeakyRelu>().cloned();
    /// assert_eq!(leaky.unwrap().negative_slope, 0.1);
    /// ```
    pub fn downcast<O: 'static>(&self) -> Option<&O> {
        self.value_of_operation.downcast_ref()
    }
}

impl<T: Float> fmt::Debug for Observation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, layer, operation, value, sources, reach, .. } = self;
        f.debug_struct("Observation")
            .field("name", name)
            .field("layer", layer)
            .field("operation", operation)
            .field("value", value)
            .field("sources", sources)
            .field("reach", reach)
            .finish()
    }
}
