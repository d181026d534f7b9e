//! Real handwritten digits, 8×8.

use std::io::Read;

use flate2::read::GzDecoder;
use plywood_tensor::{Error, Result, Tensor};

use crate::images::Images;

static FILE: &[u8] = include_bytes!("../../data/digits.csv.gz");

/// 1,797 real handwritten digits in 8×8 pixels of 17 greys, about 180 of each.
///
/// Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
/// Learning Repository (1998), its test part, as in scikit-learn; CC BY 4.0.
///
/// ```
/// use plywood_datasets::{Dataset, Digits};
///
/// let digits = Digits::embedded()?;
/// assert_eq!((digits.len(), digits.shape(), digits.classes()), (1797, [1, 8, 8], 10));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Digits;

impl Digits {
    /// The images `[1797, 1, 8, 8]`, with classes `"0"` to `"9"`.
    ///
    /// # Errors
    /// Never, unless the crate's own file was changed.
    pub fn embedded() -> Result<Images> {
        read(FILE).map_err(|e| e.at("the embedded digits"))
    }
}

/// Reads gzipped rows of 64 greys from 0 to 16 and a label.
fn read(file: &[u8]) -> Result<Images> {
    let mut text = String::new();
    GzDecoder::new(file)
        .read_to_string(&mut text)
        .map_err(|error| Error::data(format!("not gzipped text: {error}")))?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (line, row) in text.lines().enumerate() {
        let broken = || Error::data("not 65 whole numbers").at(format!("line {}", line + 1));
        let row: Vec<u8> = row
            .split(',')
            .map(|field| field.parse().map_err(|_| broken()))
            .collect::<Result<_>>()?;
        let [greys @ .., label] = row.as_slice() else {
            return Err(broken());
        };
        if greys.len() != 64 {
            return Err(broken());
        }
        pixels.extend(greys);
        labels.push(u32::from(*label));
    }
    let pixels = Tensor::from_vec(pixels, [labels.len(), 1, 8, 8])?;
    let names = (0..10).map(|digit| digit.to_string()).collect();
    Images::with_full(pixels, labels, names, 16)
}
