//! From an image's bytes to the numbers in a batch.

use std::sync::Arc;

use plywood_tensor::{Error, Result, Tensor};

use crate::draw::Context;
use crate::transforms::{Normalize, Transform, image_shape};

/// Scaling to 0…1, then the transforms, then normalisation.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    input: [usize; 3],
    output: [usize; 3],
    /// The byte that stands for 1.
    full: u8,
    transforms: Vec<Arc<dyn Transform>>,
    normalize: Option<Normalize>,
}

impl Pipeline {
    pub(crate) fn new(input: [usize; 3], full: u8) -> Self {
        Self { input, output: input, full, transforms: Vec::new(), normalize: None }
    }

    pub(crate) fn push(&mut self, transform: Arc<dyn Transform>) -> Result<()> {
        let output = transform.shape(self.output)?;
        if output.contains(&0) {
            return Err(Error::shape(format!(
                "an image {:?} (C, H, W) would become {output:?}",
                self.output
            ))
            .operation("transform"));
        }
        if let Some(normalize) = &self.normalize {
            normalize.shape(output)?;
        }
        self.output = output;
        self.transforms.push(transform);
        Ok(())
    }

    pub(crate) fn normalize(&mut self, normalize: &Normalize) -> Result<()> {
        normalize.shape(self.output)?;
        self.normalize = Some(normalize.clone());
        Ok(())
    }

    /// The same for images that come in with another shape.
    pub(crate) fn with_input(&self, input: [usize; 3]) -> Result<Self> {
        let mut other = Self::new(input, self.full);
        for transform in &self.transforms {
            other.push(Arc::clone(transform))?;
        }
        if let Some(normalize) = &self.normalize {
            other.normalize(normalize)?;
        }
        Ok(other)
    }

    /// The shape `[C, H, W]` that images come in with.
    pub(crate) fn input(&self) -> [usize; 3] {
        self.input
    }

    /// The shape `[C, H, W]` that images come out with.
    pub(crate) fn shape(&self) -> [usize; 3] {
        self.output
    }

    /// Writes the finished image into `out`.
    pub(crate) fn run(&self, bytes: &[u8], mut context: Context, out: &mut [f32]) -> Result<()> {
        if self.transforms.is_empty() {
            self.convert(bytes, self.normalize.as_ref(), out);
            return Ok(());
        }
        let mut image = Tensor::try_full(self.input, 0.0)?;
        self.convert(bytes, None, image.as_mut_slice());
        self.finish(image, &mut context, out)
    }

    /// Writes an image of numbers into `out`, after the transforms and normalisation.
    pub(crate) fn finish(
        &self,
        mut image: Tensor,
        context: &mut Context,
        out: &mut [f32],
    ) -> Result<()> {
        for transform in &self.transforms {
            image = transform.apply(image, context)?;
        }
        if image_shape(&image)? != self.output {
            return Err(Error::shape(format!(
                "{:?} made an image {}, it should be {:?}",
                self.transforms,
                image.shape(),
                self.output
            ))
            .operation("transform"));
        }
        if let Some(normalize) = &self.normalize {
            image = normalize.apply(image, context)?;
        }
        out.copy_from_slice(image.as_slice());
        Ok(())
    }

    /// A byte has 256 values: each channel's numbers are looked up, not computed.
    fn convert(&self, bytes: &[u8], normalize: Option<&Normalize>, out: &mut [f32]) {
        let plane = self.input[1] * self.input[2];
        let planes = bytes.chunks(plane).zip(out.chunks_mut(plane));
        for (channel, (bytes, out)) in planes.enumerate() {
            let number = |byte: usize| {
                let x = byte as f32 / f32::from(self.full);
                normalize.map_or(x, |normalize| normalize.value(channel, x))
            };
            if plane < 256 {
                for (out, &byte) in out.iter_mut().zip(bytes) {
                    *out = number(usize::from(byte));
                }
                continue;
            }
            let table: [f32; 256] = std::array::from_fn(number);
            for (out, &byte) in out.iter_mut().zip(bytes) {
                *out = table[usize::from(byte)];
            }
        }
    }
}
