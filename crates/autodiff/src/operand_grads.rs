//! Where an operation's gradient leaves what it computes.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::value::Node;

/// The gradients with respect to an operation's operands: see [`Operation::gradient`](crate::Operation::gradient).
pub struct OperandGrads<'s, T: Float> {
    operands: &'s [Option<Node>],
    shape_of: &'s dyn Fn(Node) -> Shape,
    /// The gradient of each value on the tape, as far as it is known.
    slots: &'s mut [Option<Tensor<T>>],
    /// How often each operand was given one.
    given: Vec<u32>,
}

impl<'s, T: Float> OperandGrads<'s, T> {
    pub(crate) fn new(
        operands: &'s [Option<Node>],
        shape_of: &'s dyn Fn(Node) -> Shape,
        slots: &'s mut [Option<Tensor<T>>],
    ) -> Self {
        Self { operands, shape_of, slots, given: vec![0; operands.len()] }
    }

    /// Whether an operand needs a gradient.
    pub fn needs(&self, operand: usize) -> bool {
        self.operands.get(operand).is_some_and(Option::is_some)
    }

    /// Computes the gradient with respect to an operand, if it needs one, and adds it to what other uses of
    /// the same value have given. Each operand is given one once.
    ///
    /// # Errors
    /// When there is no such operand, or its shape is another. What `gradient` returns is passed on.
    pub fn accumulate(
        &mut self,
        operand: usize,
        gradient: impl FnOnce() -> Result<Tensor<T>>,
    ) -> Result<()> {
        let Some(node) = self.operands.get(operand) else {
            return Err(Error::gradient(format!(
                "it gives operand {operand} a gradient, and has {} operands",
                self.operands.len()
            )));
        };
        let Some(node) = *node else { return Ok(()) };
        let gradient = gradient()?;
        let shape = (self.shape_of)(node);
        if gradient.shape() != shape {
            return Err(Error::gradient(format!(
                "it gives operand {operand} the gradient {}, the operand is {shape}",
                gradient.shape()
            )));
        }
        self.given[operand] += 1;
        match &mut self.slots[node] {
            Some(sum) => sum.add_assign(&gradient),
            slot => {
                *slot = Some(gradient);
                Ok(())
            }
        }
    }

    /// Refuses what was forgotten, and what was given twice.
    pub(crate) fn check_all_were_given(&self) -> Result<()> {
        for (operand, &given) in self.given.iter().enumerate() {
            if self.needs(operand) && given != 1 {
                let wrong = if given == 0 { "no gradient" } else { "more than one gradient" };
                return Err(Error::gradient(format!("it gives operand {operand} {wrong}"))
                    .hint("call `accumulate` once for each operand"));
            }
        }
        Ok(())
    }
}
