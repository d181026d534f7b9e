//! Windows of a text: what a model that writes learns from.

use crc32fast::Hasher;
use plywood_tensor::{Error, Result, Tensor};

use crate::batch::Batch;
use crate::dataset::{Dataset, check_indices};
use crate::draw::Draw;

/// Parts of a text, each of one length, whose target is the same part one letter on.
///
/// By default they lie side by side, and every letter but the first is asked for once. With a
/// [`context`](Self::context) they overlap: so many letters of each window are only read, and every other one is asked
/// for with at least so many before it. In training, with augmentation, each window is moved by less than its length,
/// so that every epoch cuts the text elsewhere.
///
/// ```
/// use plywood_datasets::{Dataset, Draw, TextWindows};
/// use plywood_tensor::Tensor;
///
/// let text = Tensor::from([1_u32, 2, 3, 4, 5, 6, 7]);
/// let windows = TextWindows::new(text.clone(), 3)?;
/// let batch = windows.batch(&[0, 1], &Draw::evaluation())?;
/// assert_eq!(batch.input, Tensor::from([[1_u32, 2, 3], [4, 5, 6]]));
/// assert_eq!(batch.target, Tensor::from([2_u32, 3, 4, 5, 6, 7]));
///
/// let windows = TextWindows::new(text, 3)?.context(2)?; // the last letter of each window has two before it
/// let batch = windows.batch(&[0, 3], &Draw::evaluation())?;
/// assert_eq!(batch.input, Tensor::from([[1_u32, 2, 3], [4, 5, 6]]));
/// assert_eq!(batch.target, Tensor::from([4_u32, 7]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextWindows {
    text: Tensor<u32>,
    length: usize,
    context: usize,
}

/// Some windows of a text.
///
/// ```
/// use plywood_datasets::{Batch, TextBatch};
/// use plywood_tensor::Tensor;
///
/// let batch = TextBatch { input: Tensor::from([[5_u32, 6]]), target: Tensor::from([6_u32, 7]) };
/// assert_eq!(batch.len(), 1); // window
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TextBatch {
    /// The letters that are read, `[B, L]`.
    pub input: Tensor<u32>,
    /// The letters that come next, `[B · S]`: those after the last S letters of each window.
    pub target: Tensor<u32>,
}

impl TextWindows {
    /// Windows of so many letters of a text `[N]`. What is left over at its end isn't looked at.
    ///
    /// # Errors
    /// When the text isn't a single row, the windows have no letters, or the text is no longer than one.
    pub fn new(text: Tensor<u32>, length: usize) -> Result<Self> {
        let refuse = |error: Error| Err(error.operation("text windows"));
        let &[letters] = &text.shape()[..] else {
            return refuse(Error::shape(format!("the text {} should be (N)", text.shape())));
        };
        if length == 0 {
            return refuse(Error::value("windows of 0 letters"));
        }
        if letters <= length {
            return refuse(
                Error::data(format!(
                    "a text of {letters} letters has no window of {length} and one more"
                ))
                .hint("take shorter windows, or a longer text"),
            );
        }
        Ok(Self { text, length, context: 0 })
    }

    /// The first so many letters of each window are read and not asked for.
    ///
    /// # Errors
    /// When no letter of a window is left to ask for.
    pub fn context(self, context: usize) -> Result<Self> {
        if context >= self.length {
            return Err(Error::value(format!(
                "a context of {context} letters leaves none of a window of {} to ask for",
                self.length
            ))
            .operation("text windows"));
        }
        Ok(Self { context, ..self })
    }

    /// The whole text, `[N]`.
    pub fn text(&self) -> &Tensor<u32> {
        &self.text
    }

    /// The letters from one window to the next: as many as are asked for of each.
    fn step(&self) -> usize {
        self.length - self.context
    }
}

impl Dataset for TextWindows {
    type Batch = TextBatch;

    fn len(&self) -> usize {
        (self.text.numel() - 1 - self.length) / self.step() + 1
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<TextBatch> {
        check_indices(indices, self.len()).map_err(|error| error.operation("text windows"))?;
        let text = self.text.as_slice();
        let last = text.len() - 1 - self.length;
        let starts = indices.iter().map(|&index| {
            let moved =
                draw.sample(index).map_or(0, |mut rng| (rng.unit() * self.step() as f64) as usize);
            (index * self.step() + moved).min(last)
        });
        let (mut input, mut target) = (Vec::new(), Vec::new());
        for start in starts {
            input.extend_from_slice(&text[start..start + self.length]);
            target.extend_from_slice(&text[start + 1 + self.context..start + 1 + self.length]);
        }
        Ok(TextBatch {
            input: Tensor::from_vec(input, [indices.len(), self.length])?,
            target: target.into(),
        })
    }

    fn fingerprint(&self) -> String {
        let mut hasher = Hasher::new();
        self.text.as_slice().iter().for_each(|letter| hasher.update(&letter.to_le_bytes()));
        format!(
            "{} letters {:08x} in windows of {}, of which {} are context",
            self.text.numel(),
            hasher.finalize(),
            self.length,
            self.context
        )
    }

    fn sample_name(&self, index: usize) -> String {
        format!("the window from letter {} on", (index * self.step()).saturating_add(1))
    }
}

impl Batch for TextBatch {
    type Input = Tensor<u32>;
    type Target = Tensor<u32>;

    fn len(&self) -> usize {
        self.input.shape()[0]
    }

    fn input(&self) -> &Tensor<u32> {
        &self.input
    }

    fn target(&self) -> &Tensor<u32> {
        &self.target
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;

    fn text(letters: u32) -> Tensor<u32> {
        (0..letters).collect::<Vec<_>>().into()
    }

    #[test]
    fn every_letter_is_asked_for_once() {
        for (length, context) in [(4, 0), (4, 1), (5, 4), (7, 3)] {
            let windows = TextWindows::new(text(50), length).unwrap().context(context).unwrap();
            let all: Vec<usize> = (0..windows.len()).collect();
            let batch = windows.batch(&all, &Draw::evaluation()).unwrap();
            let first = context as u32 + 1;
            let expected: Vec<u32> = (first..).take(windows.len() * (length - context)).collect();
            assert_eq!(batch.target.as_slice(), expected);
            // No window more would fit.
            assert!(expected.last().unwrap() + (length - context) as u32 > 49);
            for (window, input) in batch.input.as_slice().chunks(length).enumerate() {
                assert_eq!(input[0] as usize, window * (length - context));
            }
        }
    }

    #[test]
    fn training_cuts_the_text_elsewhere_in_each_epoch() {
        let windows = TextWindows::new(text(101), 10).unwrap();
        assert_eq!(windows.len(), 10);
        let epoch = |epoch| {
            let all: Vec<usize> = (0..10).collect();
            windows.batch(&all, &Draw::training(Seed(1), epoch)).unwrap()
        };
        let (first, second) = (epoch(0), epoch(1));
        assert_ne!(first, second);
        for (window, input) in first.input.as_slice().chunks(10).enumerate() {
            assert_eq!(
                first.target.as_slice()[10 * window..][..10],
                (input[0] + 1..).take(10).collect::<Vec<_>>()
            );
            let moved = input[0] as usize - 10 * window;
            assert!(moved < 10 && (window < 9 || moved == 0), "{window} {moved}");
        }
    }

    #[test]
    fn texts_without_a_window_are_refused() {
        let error = |windows: Result<TextWindows>| windows.unwrap_err().to_string();
        assert_eq!(
            error(TextWindows::new(text(10), 10)),
            "text windows: a text of 10 letters has no window of 10 and one more; take shorter windows, or a longer text"
        );
        assert_eq!(error(TextWindows::new(text(10), 0)), "text windows: windows of 0 letters");
        assert_eq!(
            error(TextWindows::new(Tensor::from([[1_u32, 2]]), 1)),
            "text windows: the text [1, 2] should be (N)"
        );
        assert_eq!(
            error(TextWindows::new(text(10), 3).unwrap().context(3)),
            "text windows: a context of 3 letters leaves none of a window of 3 to ask for"
        );
    }
}
