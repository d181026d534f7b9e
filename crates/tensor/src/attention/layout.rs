//! Where queries, keys and values lie in the operands of an attention.

use crate::element::Float;
use crate::error::{Error, Result};
use crate::panels::{COLUMNS, Left, Panels, pack_columns, pack_rows};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// How the operands of an attention lie, and its result.
///
/// ```
/// use plywood_tensor::{Attention, AttentionOptions, Heads, Rng, Seed, Shape};
///
/// let of = |heads| {
///     let options = AttentionOptions::<f32>::default();
///     Attention { heads, options, rng: Rng::new(Seed(7)) }
/// };
/// let [q, k, v] = [[8, 5, 16], [8, 9, 16], [8, 9, 32]].map(Shape::from);
/// assert_eq!(of(Heads::Apart).shape(&[q, k, v])?.0, [8, 5, 32].into());
/// // Four heads of 16 numbers: their queries, keys and values side by side.
/// assert_eq!(of(Heads::Packed(4)).shape(&[[8, 5, 192].into()])?.0, [8, 5, 64].into());
/// assert_eq!(of(Heads::Crossed(4)).shape(&[[8, 5, 64].into(), [8, 9, 128].into()])?.0, [8, 5, 64].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// Queries `[…, L, E]`, keys `[…, S, E]` and values `[…, S, V]` give `[…, L, V]`.
    Apart,
    /// One operand `[B, L, 3 · H · E]` has the queries of all `H` heads side by side, then their
    /// keys, then their values, as one projection gives them; the result is `[B, L, H · E]`.
    Packed(usize),
    /// Queries `[B, L, H · E]`, and keys and values `[B, S, 2 · H · E]`, give `[B, L, H · E]`.
    Crossed(usize),
}

/// The rows of one of queries, keys, values or results.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Which operand they are in.
    pub(super) operand: usize,
    /// Where those of the first head of the first sample begin.
    first: usize,
    /// From one sample to the next, from one head to the next, from one row to the next.
    steps: [usize; 3],
    heads: usize,
}

impl Part {
    /// Where a row of a matrix begins.
    pub(super) fn at(&self, matrix: usize, row: usize) -> usize {
        let [sample, head, line] = self.steps;
        self.first + matrix / self.heads * sample + matrix % self.heads * head + row * line
    }
}

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// `[…, L, S]`
    pub(super) scores: Shape,
    pub(super) result: Shape,
    /// Samples times heads.
    pub(super) matrices: usize,
    pub(super) l: usize,
    pub(super) s: usize,
    pub(super) e: usize,
    /// The length of a value.
    pub(super) ev: usize,
    /// Queries, keys, values.
    pub(super) parts: [Part; 3],
    pub(super) y: Part,
}

impl Sizes {
    pub(super) fn new(heads: Heads, operands: &[Shape]) -> Result<Self> {
        match (heads, operands) {
            (Heads::Apart, &[q, k, v]) => Self::apart(q, k, v),
            (Heads::Packed(heads), &[x]) => {
                let [b, l, width] = three("qkv", x)?;
                let inner = divided("qkv", x, width, 3, heads)?;
                let part = |place| Part {
                    operand: 0,
                    first: place * inner,
                    steps: [l * width, inner / heads, width],
                    heads,
                };
                Self::packed([b, l, l, inner], heads, [part(0), part(1), part(2)])
            }
            (Heads::Crossed(heads), &[q, kv]) => {
                let ([b, l, inner], [samples, s, width]) = (three("q", q)?, three("kv", kv)?);
                divided("q", q, inner, 1, heads)?;
                if samples != b || width != 2 * inner {
                    return Err(Error::shape(format!(
                        "keys and values {kv} should be [{b}, S, {}], as the queries {q}",
                        2 * inner
                    )));
                }
                let part = |operand, first, rows, width| Part {
                    operand,
                    first,
                    steps: [rows * width, inner / heads, width],
                    heads,
                };
                let [k, v] = [0, inner].map(|first| part(1, first, s, width));
                Self::packed([b, l, s, inner], heads, [part(0, 0, l, inner), k, v])
            }
            _ => {
                Err(Error::value(format!("{heads:?} takes other than {} operands", operands.len())))
            }
        }
    }

    fn apart(q: Shape, k: Shape, v: Shape) -> Result<Self> {
        let fits = q.rank() >= 2 && [k, v].iter().all(|of| of.rank() == q.rank()) && {
            let front = q.rank() - 2;
            q[front + 1] == k[front + 1]
                && k[front] == v[front]
                && [k, v].iter().all(|of| of[..front] == q[..front])
        };
        if !fits {
            return Err(Error::shape(format!(
                "queries {q} (…, L, E), keys {k} (…, S, E) and values {v} (…, S, V) don't fit"
            )));
        }
        let front = q.rank() - 2;
        let ([l, e], [s, ev]) = ([q[front], q[front + 1]], [v[front], v[front + 1]]);
        let part = |operand, rows, width| Part {
            operand,
            first: 0,
            steps: [rows * width, 0, width],
            heads: 1,
        };
        Ok(Self {
            scores: Shape::new(&[&q[..front], &[l, s]].concat())?,
            result: Shape::new(&[&q[..front], &[l, ev]].concat())?,
            matrices: q[..front].iter().product(),
            l,
            s,
            e,
            ev,
            parts: [part(0, l, e), part(1, s, e), part(2, s, ev)],
            y: part(0, l, ev),
        })
    }

    fn packed([b, l, s, inner]: [usize; 4], heads: usize, parts: [Part; 3]) -> Result<Self> {
        let e = inner / heads;
        Ok(Self {
            scores: Shape::new(&[b, heads, l, s])?,
            result: Shape::new(&[b, l, inner])?,
            matrices: b * heads,
            l,
            s,
            e,
            ev: e,
            parts,
            y: Part { operand: 0, first: 0, steps: [l * inner, e, inner], heads },
        })
    }

    pub(super) fn multiply_adds(&self) -> u64 {
        (self.scores.numel() as u64).saturating_mul((self.e + self.ev) as u64)
    }

    /// The queries, keys and values of one matrix.
    pub(super) fn of_matrix<'a, T: Float>(
        &self,
        operands: &[&'a Tensor<T>],
        matrix: usize,
    ) -> [Rows<'a, T>; 3] {
        self.parts.map(|part| Rows::new(operands[part.operand], &part, matrix))
    }
}

fn three(name: &str, shape: Shape) -> Result<[usize; 3]> {
    shape[..].try_into().map_err(|_| {
        Error::shape(format!("{name} {shape} should have three axes (batch, length, features)"))
    })
}

/// A `parts`-th of a row, which so many heads must divide.
fn divided(name: &str, shape: Shape, width: usize, parts: usize, heads: usize) -> Result<usize> {
    let shares = parts.checked_mul(heads).filter(|&shares| shares > 0);
    if !shares.is_some_and(|shares| width.is_multiple_of(shares)) {
        let times = if parts > 1 { format!("{parts} · ") } else { String::new() };
        return Err(Error::shape(format!(
            "the rows of {name} {shape} can't be shared by {times}{heads} heads"
        )));
    }
    Ok(width / parts)
}

/// Rows that lie a step apart.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    elements: &'a [T],
    step: usize,
}

impl<'a, T: Float> Rows<'a, T> {
    pub(super) fn new(operand: &'a Tensor<T>, part: &Part, matrix: usize) -> Self {
        let elements = operand.as_slice();
        let first = part.at(matrix, 0).min(elements.len());
        Self { elements: &elements[first..], step: part.steps[2] }
    }

    /// As a left operand, from a row on.
    pub(super) fn from(&self, row: usize) -> Left<'a, T> {
        let first = (row * self.step).min(self.elements.len());
        Left { elements: &self.elements[first..], row: self.step, depth: 1 }
    }

    /// So many rows of so many elements as the columns of a right operand.
    pub(super) fn as_columns(&self, rows: usize, width: usize) -> Panels<T> {
        pack_columns(self.elements, self.step, [rows, width])
    }

    /// So many rows of so many elements as the rows of a right operand.
    pub(super) fn as_rows(&self, rows: usize, width: usize) -> Panels<T> {
        pack_rows(self.elements, self.step, [rows, width])
    }

    /// As [`as_rows`](Self::as_rows), from row `first` on.
    pub(super) fn rows_from(&self, first: usize, rows: usize, width: usize) -> Panels<T> {
        let start = (first * self.step).min(self.elements.len());
        pack_rows(&self.elements[start..], self.step, [rows, width])
    }
}

/// The columns of whole panels.
pub(super) fn padded(width: usize) -> usize {
    width.next_multiple_of(COLUMNS)
}
