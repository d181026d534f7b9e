//! The bytes and labels that all views of an image set share.

use std::fmt;

use plywood_tensor::{Error, Result, Tensor};

/// Checked images: as many labels as images, each with a name.
pub(super) struct Store {
    /// `[N, C, H, W]`
    pixels: Tensor<u8>,
    pub(super) labels: Vec<u32>,
    pub(super) class_names: Vec<String>,
    /// The byte that stands for 1.
    pub(super) full: u8,
}

impl Store {
    pub(super) fn new(
        pixels: Tensor<u8>,
        labels: Vec<u32>,
        class_names: Vec<String>,
        full: u8,
    ) -> Result<Self> {
        let shape = pixels.shape();
        if shape.rank() != 4 {
            return Err(Error::shape(format!(
                "images {shape} have {} axes, they should have 4 (N, C, H, W)",
                shape.rank()
            )));
        }
        if pixels.numel() == 0 {
            return Err(Error::data(format!("images {shape} (N, C, H, W) are empty")));
        }
        if labels.len() != shape[0] {
            return Err(Error::data(format!(
                "{} images {shape} (N, C, H, W) have {} labels",
                shape[0],
                labels.len()
            ))
            .hint("check that both belong to the same part of the data"));
        }
        let classes = class_names.len();
        let wrong = labels.iter().position(|&label| label as usize >= classes);
        if let Some(index) = wrong {
            return Err(Error::data(format!(
                "image {index} has label {}, there are {classes} class names",
                labels[index]
            ))
            .hint("labels count from 0"));
        }
        Ok(Self { pixels, labels, class_names, full: full.max(1) })
    }

    /// The shape of an image, `[C, H, W]`.
    pub(super) fn shape(&self) -> [usize; 3] {
        let shape = self.pixels.shape();
        [shape[1], shape[2], shape[3]]
    }

    /// The bytes of an image, channel by channel.
    pub(super) fn image(&self, index: usize) -> &[u8] {
        let size: usize = self.shape().iter().product();
        &self.pixels.as_slice()[index * size..][..size]
    }

    /// The mean and standard deviation of each channel over the images at `indices`, on the scale
    /// from 0 to 1. Sums are whole numbers, so that their order doesn't matter.
    pub(super) fn channel_moments(&self, indices: &[usize]) -> Vec<(f32, f32)> {
        let [channels, height, width] = self.shape();
        let plane = height * width;
        let mut sums = vec![(0_u64, 0_u128); channels];
        for &index in indices {
            let planes = self.image(index).chunks(plane);
            for ((sum, squares), plane) in sums.iter_mut().zip(planes) {
                let (s, q) = plane.iter().fold((0_u64, 0_u64), |(s, q), &x| {
                    let x = u64::from(x);
                    (s + x, q + x * x)
                });
                *sum += s;
                *squares += u128::from(q);
            }
        }
        let (n, full) = ((indices.len() * plane) as f64, f64::from(self.full));
        sums.into_iter()
            .map(|(sum, squares)| {
                let mean = sum as f64 / n;
                let variance = squares as f64 / n - mean * mean;
                let std = variance.max(0.0).sqrt() / full;
                ((mean / full) as f32, if std > 1e-7 { std as f32 } else { 1.0 })
            })
            .collect()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "images {} (N, C, H, W)", self.pixels.shape())
    }
}
