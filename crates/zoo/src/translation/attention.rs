//! What a decoder has looked at, from what was seen of its operations.

use plywood_autodiff::{Observation, Source, ops};
use plywood_tensor::{Error, Heads, Result, Tensor};

/// The mean `[L, S]` over the heads and layers of all attentions of one sentence to another that were seen.
pub(super) fn mean_weights(seen: &[Observation]) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    let mut count = 0;
    for observation in seen {
        let Some(operation) = observation.downcast::<ops::CrossAttention>() else { continue };
        let attention = &operation.0;
        let (Heads::Crossed(heads), [Source::Seen(q), Source::Seen(kv)]) =
            (attention.heads, &observation.sources[..])
        else {
            continue;
        };
        let [q, kv] = [seen[*q].value.value()?, seen[*kv].value.value()?];
        for head in 0..heads {
            let weights = weights(q, kv, head, heads)?;
            sum = Some(match sum {
                Some(sum) => sum.add(&weights)?,
                None => weights,
            });
            count += 1;
        }
    }
    let sum = sum.ok_or_else(|| Error::value("no attention to a sentence was seen"))?;
    Ok(sum.into_map(|weight| weight / count as f32))
}

/// `softmax(Q · Kᵀ / √E)` of a head, from queries `[1, L, D]` and keys beside values `[1, S, 2 · D]`.
fn weights(q: &Tensor, kv: &Tensor, head: usize, heads: usize) -> Result<Tensor> {
    let width = q.shape()[2] / heads.max(1);
    let part = |x: &Tensor| x.narrow(2, head * width, width)?.squeeze(0);
    let [q, k] = [part(q)?, part(kv)?];
    let scale = 1.0 / (width as f32).sqrt();
    q.matmul(k.t())?.into_map(|score| score * scale).softmax(-1)
}
