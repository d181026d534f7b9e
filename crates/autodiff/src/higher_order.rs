//! Gradients that have gradients: the way back over a tape, in values on the same tape.

use plywood_tensor::{Error, Float, Result, Tensor, compiled_here};

use crate::ops::Identity;
use crate::pass::Pass;
use crate::record::record;
use crate::tape::{Maker, Tape};
use crate::value::Node;
use crate::var::{Var, VarGrads};

impl<T: Float> Pass<T> {
    /// This pass as one whose gradients have gradients: it keeps the operands and the result of each
    /// operation until it is over, which takes more memory. PyTorch's name for it is `create_graph`.
    ///
    /// ```
    /// use plywood_autodiff::Pass;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut pass = Pass::without_model(&mut Rng::new(Seed(7))).higher_order();
    /// let x = pass.input(Tensor::from([1.0, 2.0]));
    /// let y = x.clone().powi(3).sum();
    /// let slope = pass.gradients(&y, &[&x])?.remove(0); // 3x²
    /// let grads = pass.backward(&slope.sum())?;
    /// assert_eq!(grads.wrt(&x), Some(&Tensor::from([6.0, 12.0]))); // 6x
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[doc(alias = "create_graph")]
    #[must_use]
    pub fn higher_order(self) -> Self {
        if let Some(tape) = self.tape() {
            tape.keep_calls();
        }
        self
    }

    /// The gradient of a single number with respect to each of some values that it was computed from, as
    /// values of this pass: more can be computed from them, and differentiated again.
    ///
    /// # Errors
    /// When the pass isn't of [`higher_order`](Self::higher_order), `y` isn't a single number or doesn't
    /// depend on one of the values, or an operation on the way has no second derivative: the error says which,
    /// and where it is in the [graph](Self::graph).
    #[doc(alias = "grad")]
    pub fn gradients(&self, y: &Var<T>, inputs: &[&Var<T>]) -> Result<Vec<Var<T>>> {
        if y.shape().numel() != 1 {
            return Err(refusal(format!("the value {} is not a single number", y.shape()))
                .hint("`mean` or `sum` makes it one; `gradients_from` takes a gradient with respect to it"));
        }
        self.gradients_from(y, &Var::constant(Tensor::try_full(y.shape(), T::ONE)?), inputs)
    }

    /// As [`gradients`](Self::gradients), of a value of any shape, whose gradient is `dy`: the vector–Jacobian
    /// product.
    ///
    /// # Errors
    /// As for [`gradients`](Self::gradients), or when `dy` has another shape than `y`.
    pub fn gradients_from(
        &self,
        y: &Var<T>,
        dy: &Var<T>,
        inputs: &[&Var<T>],
    ) -> Result<Vec<Var<T>>> {
        let gradients = self.gradients_or_none(y, dy, inputs)?.into_iter().enumerate();
        let known = |(index, gradient): (usize, Option<Var<T>>)| {
            gradient.ok_or_else(|| {
                let shape = inputs[index].shape();
                refusal(format!("the value doesn't depend on input {index}, {shape}"))
                    .hint("leave that input out: its gradient is 0")
            })
        };
        gradients.map(known).collect()
    }

    /// As [`gradients_from`](Self::gradients_from), with nothing for a value that `y` doesn't depend on.
    pub(crate) fn gradients_or_none(
        &self,
        y: &Var<T>,
        dy: &Var<T>,
        inputs: &[&Var<T>],
    ) -> Result<Vec<Option<Var<T>>>> {
        let Some(tape) = self.tape().filter(|_| self.goes_back()) else {
            return Err(refusal("an evaluating pass or a dry run has no tape".into())
                .hint("`Pass::train` and `Pass::inspect` make passes with one"));
        };
        if !tape.keeps_calls() {
            return Err(refusal("this pass keeps no operands, which the gradient needs".into())
                .hint("make it with `Pass::higher_order`"));
        }
        if dy.shape() != y.shape() {
            let message = format!("the gradient is {}, the value {}", dy.shape(), y.shape());
            return Err(refusal(message));
        }
        for value in inputs.iter().copied().chain([y, dy]) {
            if value.tape().is_some_and(|own| !own.is(tape)) {
                return Err(refusal("a value is from another pass".into()));
            }
        }
        walk(tape, y, dy, inputs)
    }
}

impl<T: Float> VarGrads<'_, T> {
    /// Gives the operands of an operation their gradients, where it is made of others: `composed` computes
    /// the same by operations that have a gradient themselves.
    ///
    /// # Errors
    /// When one of these has no second derivative either. What `composed` returns is passed on.
    pub fn through(
        &mut self,
        operands: &[Var<T>],
        dy: &Var<T>,
        composed: impl FnOnce(&[Var<T>]) -> Result<Var<T>>,
    ) -> Result<()> {
        let own = self.own_places(operands)?;
        let y = composed(&own)?;
        self.give_composed(&own, &y, dy)
    }

    /// The operands as values that no other is.
    fn own_places(&self, operands: &[Var<T>]) -> Result<Vec<Var<T>>> {
        // Each operand has a place of its own on the tape, also where two are the same value or one was
        // computed from another.
        (operands.iter().enumerate())
            .map(|(place, x)| match self.needs(place) {
                true => record(Identity, &[x]),
                false => Ok(x.clone()),
            })
            .collect()
    }

    /// Gives the operands the gradients of what was computed from their own places.
    fn give_composed(&mut self, own: &[Var<T>], y: &Var<T>, dy: &Var<T>) -> Result<()> {
        let needed: Vec<usize> = (0..own.len()).filter(|&place| self.needs(place)).collect();
        let inputs: Vec<&Var<T>> = needed.iter().map(|&place| &own[place]).collect();
        let Some(tape) = y.tape() else { return Ok(()) };
        let gradients = walk(tape, y, dy, &inputs)?;
        for (place, gradient) in needed.into_iter().zip(gradients) {
            self.accumulate(place, || match gradient {
                Some(gradient) => Ok(gradient),
                None => Var::zeros(own[place].shape()),
            })?;
        }
        Ok(())
    }
}

compiled_here! {
    /// Goes back from `y` to the inputs, through what depends on them.
    fn walk<'a, 'v: 'a, T>(
        tape: &'a Tape<T>,
        y: &'a Var<T>,
        dy: &'a Var<T>,
        inputs: &'a [&'v Var<T>],
    ) -> Result<Vec<Option<Var<T>>>> {
        let nodes: Vec<Option<Node>> = inputs.iter().map(|input| input.way_back()).collect();
        let mut found = vec![None; inputs.len()];
        let (Some(from), Some(&first)) = (y.way_back(), nodes.iter().flatten().min()) else {
            return Ok(found);
        };
        let leads_on = depending(tape, first, from, &nodes);
        let mut slots: Vec<Option<Var<T>>> = vec![None; (from + 1).saturating_sub(first)];
        if let Some(slot) = slots.last_mut() {
            *slot = Some(dy.clone());
        }
        let is_needed = |node: &Option<Node>| {
            node.and_then(|node| node.checked_sub(first)).is_some_and(|place| leads_on[place])
        };
        while let Some(slot) = slots.pop() {
            let node = first + slots.len();
            let Some(dy) = slot.filter(|_| leads_on[slots.len()]) else { continue };
            for (found, own) in found.iter_mut().zip(&nodes) {
                if *own == Some(node) {
                    *found = Some(dy.clone());
                }
            }
            let (made_by, operands) = tape.inspect(|inner| {
                let link = &inner.links[node];
                (link.made_by.clone(), link.inputs.clone())
            });
            let needed: Vec<bool> = operands.iter().map(is_needed).collect();
            let Maker::Operation(operation) = made_by else { continue };
            if !needed.contains(&true) {
                continue;
            }
            let located = |error: Error| {
                error.operation(operation.name()).within(&format!("node {node} of the graph"))
            };
            let call = tape.call(node).ok_or_else(|| {
                located(refusal("its operands weren't kept".into()))
                    .hint("make the pass with `Pass::higher_order` before anything is computed")
            })?;
            let gradients = operation.vjp(tape, &call, dy.placed(), &needed).map_err(located)?;
            for (operand, gradient) in operands.iter().zip(gradients) {
                let (Some(operand), Some(gradient)) = (operand, gradient) else { continue };
                let gradient = Var::new(gradient.value, Some(tape.clone()), gradient.node);
                let slot = &mut slots[operand - first];
                *slot = Some(match slot.take() {
                    Some(sum) => sum.add(&gradient)?,
                    None => gradient,
                });
            }
        }
        Ok(found)
    }
}

/// Whether each value from `first` to `last` is one of the inputs, or was computed from one.
fn depending<T: Float>(
    tape: &Tape<T>,
    first: Node,
    last: Node,
    inputs: &[Option<Node>],
) -> Vec<bool> {
    tape.inspect(|inner| {
        let mut depends: Vec<bool> = Vec::with_capacity((last + 1).saturating_sub(first));
        for node in first..=last {
            let operands = inner.links[node].inputs.iter().flatten();
            let follows = operands
                .filter_map(|operand| operand.checked_sub(first))
                .any(|place| depends[place]);
            depends.push(follows || inputs.contains(&Some(node)));
        }
        depends
    })
}

fn refusal(message: String) -> Error {
    Error::gradient(message).operation("gradients")
}
