//! Softmax and cross-entropy in one: the loss of a classifier, and its gradient.

use crate::element::Float;
use crate::error::{Error, Result, Row};
use crate::reduce::sum_slice;
use crate::settings::check_setting;
use crate::shape::Shape;
use crate::simd::vectorized;
use crate::softmax::{divide, exponentials, subtract};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;

/// The targets of a cross-entropy.
///
/// ```
/// use plywood_tensor::{Targets, Tensor, cross_entropy};
///
/// let scores = Tensor::from([[0.0_f64, 0.0], [1000.0, 0.0]]); // [N, C]
/// let targets = Targets { labels: Tensor::from([0, 0]), smoothing: 0.0 };
/// let (losses, probabilities) = cross_entropy(&scores, &targets)?;
/// assert!((losses.get(&[0])? - 2.0_f64.ln()).abs() < 1e-12); // −ln ½
/// assert_eq!(losses.get(&[1])?, 0.0);
/// assert_eq!(probabilities, Tensor::from([[0.5, 0.5], [1.0, 0.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Targets {
    /// The class of each sample, `[N]`.
    pub labels: Tensor<u32>,
    /// How much of the labels' probabilities is shared by all classes, from 0 to 1.
    pub smoothing: f64,
}

/// Refuses a label that is no class.
///
/// # Errors
/// When there is one. The error names its [row](Error::row).
pub fn check_labels(labels: &Tensor<u32>, classes: usize) -> Result<()> {
    let rows = labels.numel();
    match labels.as_slice().iter().position(|&label| label as usize >= classes) {
        None => Ok(()),
        Some(place) => Err(Error::index(format!(
            "label {} is not a class: there are {classes} classes",
            labels.as_slice()[place]
        ))
        .in_row(Row { place, rows })
        .hint(format!("labels go from 0 to {}", classes as i128 - 1))),
    }
}

impl Targets {
    /// The shape of the losses, `[N]`.
    ///
    /// # Errors
    /// When the scores have not two axes, the labels don't fit, or a label is no class.
    pub fn losses_shape(&self, scores: Shape) -> Result<Shape> {
        let &[n, classes] = &scores[..] else {
            return Err(Error::shape(format!("the scores {scores} should have two axes (N, C)")));
        };
        let labels = &self.labels;
        if labels.shape()[..] != [n] {
            return Err(Error::shape(format!(
                "the scores {scores} (N, C) have N = {n}, the labels are {}",
                labels.shape()
            )));
        }
        check_labels(labels, classes)?;
        check_setting("label smoothing", self.smoothing, 0.0..=1.0)?;
        Shape::new(&[n])
    }

    /// The loss of a sample with these scores, and the sum of their exponentials, which `y` has
    /// afterwards if there is no smoothing.
    fn loss<T: Float>(&self, sample: usize, x: &[T], y: &mut [T]) -> (T, T) {
        let [hit, everywhere] = self.probabilities::<T>(x.len());
        let largest = exponentials(x, y);
        let sum = sum_slice(y);
        let logarithm = sum.ln();
        // Not the sum of both first: see `subtract`.
        let mut loss = hit * (logarithm - (x[self.labels.as_slice()[sample] as usize] - largest));
        if self.smoothing > 0.0 {
            subtract(x, [largest, logarithm], y);
            loss -= everywhere * sum_slice(y);
        }
        (loss, sum)
    }

    /// The target probability of a sample's own class beyond that of each other, and the latter.
    fn probabilities<T: Float>(&self, classes: usize) -> [T; 2] {
        [T::of(1.0 - self.smoothing), T::of(self.smoothing / classes as f64)]
    }
}

/// The cross-entropy of scores `[N, C]` for each sample, `[N]`, and the softmax of the scores,
/// which the gradient is made of: `y = −Σ q · log_softmax(x)` with the target probabilities
/// `q = (1 − ε) · one-hot(label) + ε / C`.
///
/// # Errors
/// When the scores have not two axes, the labels don't fit, or a label is no class.
pub fn cross_entropy<T: Float>(
    scores: &Tensor<T>,
    targets: &Targets,
) -> Result<(Tensor<T>, Tensor<T>)> {
    let shape = targets.losses_shape(scores.shape()).map_err(|e| e.operation("cross_entropy"))?;
    let classes = scores.shape()[1];
    let mut losses = Tensor::try_full(shape, T::ZERO)?;
    let probabilities = Tensor::build(scores.shape(), |out| {
        let lines = lines_of_a_task(classes);
        let chunks = [lines * classes, lines];
        let cost = out.len() * 8;
        let losses = losses.as_mut_slice();
        threads::chunks_of_two_mut(out, losses, chunks, cost, |task, out, losses| {
            for (line, (loss, y)) in losses.iter_mut().zip(out.chunks_mut(classes)).enumerate() {
                let line = task * lines + line;
                let x = &scores.as_slice()[line * classes..][..classes];
                let sum;
                (*loss, sum) = targets.loss(line, x, y);
                if targets.smoothing > 0.0 {
                    exponentials(x, y);
                }
                divide(y, sum);
            }
        });
    })?;
    Ok((losses, probabilities))
}

/// The losses alone, as [`cross_entropy`] gives them: for when there is no gradient to compute.
///
/// # Errors
/// As there.
pub fn cross_entropy_losses<T: Float>(scores: &Tensor<T>, targets: &Targets) -> Result<Tensor<T>> {
    let shape = targets.losses_shape(scores.shape()).map_err(|e| e.operation("cross_entropy"))?;
    let classes = scores.shape()[1];
    let lines = lines_of_a_task(classes);
    Tensor::build(shape, |losses| {
        threads::chunks_mut(losses, lines, scores.numel() * 8, |task, losses| {
            let mut y = Storage::stale(classes);
            for (line, loss) in (task * lines..).zip(losses) {
                let x = &scores.as_slice()[line * classes..][..classes];
                *loss = targets.loss(line, x, &mut y).0;
            }
        });
    })
}

/// The gradient of [`cross_entropy`] with respect to the scores, in the place of the
/// probabilities: `dx = dy · (softmax(x) − q)`.
///
/// # Errors
/// When the shapes don't fit.
pub fn cross_entropy_grad<T: Float>(
    mut probabilities: Tensor<T>,
    targets: &Targets,
    dy: &Tensor<T>,
) -> Result<Tensor<T>> {
    let shape = targets
        .losses_shape(probabilities.shape())
        .map_err(|e| e.operation("cross_entropy_grad"))?;
    if dy.shape() != shape {
        return Err(Error::shape(format!("dy {} should be {shape}", dy.shape()))
            .operation("cross_entropy_grad"));
    }
    let classes = probabilities.shape()[1];
    let [hit, everywhere] = targets.probabilities::<T>(classes);
    let (dy, labels) = (dy.as_slice(), targets.labels.as_slice());
    let cost = probabilities.numel();
    let lines = lines_of_a_task(classes);
    threads::chunks_mut(probabilities.as_mut_slice(), lines * classes, cost, |task, dx| {
        for (line, dx) in (task * lines..).zip(dx.chunks_mut(classes)) {
            dx[labels[line] as usize] -= hit;
            shift_and_scale(dx, everywhere, dy[line]);
        }
    });
    Ok(probabilities)
}

fn lines_of_a_task(classes: usize) -> usize {
    (threads::CHUNK / 4 / classes.max(1)).max(1)
}

vectorized! {
    /// `x = (x − shift) · factor`
    fn shift_and_scale<T: Float>(x: &mut [T], shift: T, factor: T) {
        x.iter_mut().for_each(|x| *x = (*x - shift) * factor);
    }
}
