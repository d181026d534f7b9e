//! The way back over a tape, in tensors.

use std::collections::HashMap;

use plywood_tensor::{Float, Result, Tensor};

use crate::operand_grads::OperandGrads;
use crate::operands::{Held, Operands};
use crate::tape::{Inner, Link, Maker, Origin, Step, Tape, Way};
use crate::value::Node;

impl<T: Float> Tape<T> {
    /// Goes back from `from`, whose gradient is given, and gives the gradient of each value that
    /// was not made by an operation, or is retained. What each step has saved is freed as soon as it is
    /// done, unless the tape is kept.
    pub(crate) fn backward(
        &self,
        from: Node,
        gradient: Tensor<T>,
        keep: bool,
    ) -> Result<HashMap<Node, Tensor<T>>> {
        let mut taken = if keep { Vec::new() } else { self.finish() };
        self.inspect(|inner| {
            let mut slots: Vec<Option<Tensor<T>>> = vec![None; from + 1];
            slots[from] = Some(gradient);
            let mut leaves = HashMap::new();
            let mut recomputed = Vec::new();
            // A loop, and ways dropped one by one: a recursive walk or drop of a long chain would
            // overflow the stack.
            for node in (0..=from).rev() {
                taken.truncate(node + 1);
                let Some(dy) = slots[node].take() else { continue };
                let ways = if keep { &inner.ways } else { &taken };
                let Some(way) = &ways[node] else {
                    leaves.insert(node, dy);
                    continue;
                };
                if inner.retained.contains(&node) {
                    leaves.insert(node, dy.clone());
                }
                let link = &inner.links[node];
                let has_step = matches!(recomputed.get(node), Some(Some(_)));
                if matches!(way, Way::Recompute(_)) && !has_step {
                    recomputed = recompute(inner, ways, node)?;
                }
                let shape_of = |node: Node| inner.links[node].shape;
                let mut grads = OperandGrads::new(&link.inputs, &shape_of, &mut slots);
                let gone = match (recomputed.get_mut(node).and_then(Option::take), keep) {
                    (Some(step), _) => step.go(dy, &mut grads),
                    (None, true) => match &inner.ways[node] {
                        Some(Way::Saved(step)) => step.copy().go(dy, &mut grads),
                        _ => unreachable!("computed again above"),
                    },
                    (None, false) => match taken[node].take() {
                        Some(Way::Saved(step)) => step.go(dy, &mut grads),
                        _ => unreachable!("computed again above"),
                    },
                };
                gone.and_then(|()| grads.check_all_were_given()).map_err(|error| {
                    error.operation(format!("gradient of {}", link.made_by.name()))
                })?;
                recomputed.truncate(node);
            }
            Ok(leaves)
        })
    }
}

/// Computes the segment that `last` is in again, as far as to `last`: the step of each value, by its node.
fn recompute<T: Float>(
    inner: &Inner<T>,
    ways: &[Option<Way<T>>],
    last: Node,
) -> Result<Vec<Option<Box<dyn Step<T>>>>> {
    let segment = inner.segments.iter().find(|segment| segment.contains(&last));
    let start = segment.map_or(last, |segment| segment.start);
    let origins = |node: Node| match &ways[node] {
        Some(Way::Recompute(origins)) => &origins[..],
        _ => &[],
    };
    let mut uses = vec![0; last + 1];
    for node in (start..=last).flat_map(origins).filter_map(recomputed) {
        uses[node] += 1;
    }
    let mut steps: Vec<Option<Box<dyn Step<T>>>> = Vec::new();
    steps.resize_with(last + 1, || None);
    let mut values: Vec<Option<Tensor<T>>> = vec![None; last + 1];
    for node in start..=last {
        let origins = origins(node);
        let Link { made_by: Maker::Operation(operation), inputs, .. } = &inner.links[node] else {
            continue;
        };
        if origins.is_empty() {
            continue;
        }
        for node in origins.iter().filter_map(recomputed) {
            uses[node] -= 1;
        }
        // What is used here for the last time may be worked on in place.
        let is_last = |node: Node| {
            uses[node] == 0 && origins[1..].iter().all(|o| recomputed(o) != Some(node))
        };
        let first = recomputed(&origins[0]).filter(|&node| is_last(node));
        let mut first = first.and_then(|node| values[node].take());
        let mut held = Vec::with_capacity(origins.len());
        for (origin, input) in origins.iter().zip(inputs) {
            let value = match origin {
                Origin::Value(value) => Held::Borrowed(value),
                Origin::Recomputed(node) => match &values[*node] {
                    Some(value) => Held::Borrowed(value),
                    None => Held::Owned(first.take().expect("computed before its use")),
                },
            };
            held.push((value, input.is_some()));
        }
        let mut operands = Operands::new(held.into_iter());
        let (result, step) = operation
            .clone()
            .forward(&mut operands)
            .map_err(|error| error.operation(operation.name()))?;
        steps[node] = Some(step);
        values[node] = (uses[node] > 0).then_some(result);
        for node in origins.iter().filter_map(recomputed) {
            if uses[node] == 0 {
                values[node] = None;
            }
        }
    }
    Ok(steps)
}

fn recomputed<T: Float>(origin: &Origin<T>) -> Option<Node> {
    match origin {
        Origin::Recomputed(node) => Some(*node),
        Origin::Value(_) => None,
    }
}
