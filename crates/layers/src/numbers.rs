//! Numbers as files hold them, to `f32`.

use plywood_tensor::{Error, Result};
use safetensors::Dtype;

/// Makes an `f32` of one number's little-endian bytes.
pub(crate) type Reader = fn(&[u8]) -> Result<f32>;

/// How numbers of a type are read.
///
/// # Errors
/// When they are no floating-point numbers. A reader fails when its number is finite, but not in
/// single precision.
pub(crate) fn reader(dtype: Dtype) -> Result<Reader> {
    match dtype {
        Dtype::F32 => Ok(|bytes| Ok(single(word(bytes)))),
        Dtype::F64 => Ok(|bytes| double(word(bytes))),
        Dtype::BF16 => Ok(|bytes| Ok(brain(word(bytes)))),
        Dtype::F16 => Ok(|bytes| Ok(half(word(bytes)))),
        _ => Err(Error::data(format!("it holds {dtype:?}, which is no floating-point number"))
            .hint("leave it out of what is saved, or save it as `tensor.float()`")),
    }
}

/// The numbers of little-endian bytes as `f32`. Bytes after the last whole number are passed over.
///
/// # Errors
/// As those of [`reader`].
pub(crate) fn floats(dtype: Dtype, data: &[u8]) -> Result<Vec<f32>> {
    fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
        data.chunks_exact(N).map(word)
    }
    match dtype {
        Dtype::F32 => Ok(words(data).map(single).collect()),
        Dtype::F64 => words(data).map(double).collect(),
        Dtype::BF16 => Ok(words(data).map(brain).collect()),
        Dtype::F16 => Ok(words(data).map(half).collect()),
        // Says why not.
        _ => reader(dtype).map(|_| Vec::new()),
    }
}

fn word<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("as many bytes as the number has")
}

fn single(bytes: [u8; 4]) -> f32 {
    f32::from_le_bytes(bytes)
}

fn double(bytes: [u8; 8]) -> Result<f32> {
    let number = f64::from_le_bytes(bytes);
    let nearest = number as f32;
    if nearest.is_infinite() && number.is_finite() {
        return Err(Error::data(format!("it holds {number:e}, too large for single precision"))
            .hint("numbers go up to 3.4e38 here"));
    }
    Ok(nearest)
}

/// The upper half of an `f32`.
fn brain([low, high]: [u8; 2]) -> f32 {
    f32::from_le_bytes([0, 0, low, high])
}

/// An IEEE half-precision number.
fn half(bytes: [u8; 2]) -> f32 {
    let bits = u16::from_le_bytes(bytes);
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF));
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2.0_f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision() {
        let cases = [
            (0x3C00_u16, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ];
        for (bits, number) in cases {
            assert_eq!(half(bits.to_le_bytes()), number);
        }
        let of = |bits: u16| half(bits.to_le_bytes());
        assert!(of(0x7C00).is_infinite() && of(0x7E00).is_nan());
    }

    #[test]
    fn double_precision_stays_finite() {
        let read = |number: f64| floats(Dtype::F64, &number.to_le_bytes());
        assert_eq!(read(0.1).unwrap(), [0.1]);
        assert_eq!(read(f64::NEG_INFINITY).unwrap(), [f32::NEG_INFINITY]);
        assert_eq!(
            read(-1e300).unwrap_err().to_string(),
            "it holds -1e300, too large for single precision; numbers go up to 3.4e38 here",
        );
    }
}
