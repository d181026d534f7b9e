//! Printing tensors as NumPy does: aligned columns, and only the corners of large ones.

use std::fmt;

use crate::conversion::Wide;
use crate::element::Element;
use crate::tensor::Tensor;

/// Tensors with more elements show the first and last few of each axis.
const WHOLE: usize = 1000;
/// How many of each end of an axis are shown then.
const EDGE: usize = 3;
/// Digits after the point.
const PRECISION: usize = 4;

impl<T: Element> fmt::Display for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.shown();
        let numbers: Vec<f64> = shown.iter().filter_map(|&x| float(x)).collect();
        let style = Style::of(&numbers);
        let cells: Vec<String> = shown.iter().map(|&x| style.cell(x)).collect();
        let width = cells.iter().map(String::len).max().unwrap_or(0);
        let mut cells = cells.into_iter();
        let text = self.block(0, &mut || format!("{:>width$}", cells.next().unwrap_or_default()));
        f.write_str(&text)
    }
}

/// The type and shape, then the elements.
impl<T: Element> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Tensor<{}> {}", T::DTYPE, self.shape())?;
        fmt::Display::fmt(self, f)
    }
}

/// The elements that are printed with a decimal point.
fn float<T: Element>(x: T) -> Option<f64> {
    match x.widen() {
        Wide::Real(x) => Some(x),
        Wide::Whole(_) => None,
    }
}

/// How the numbers of one tensor are written, so that their points stand below each other.
enum Style {
    Fixed(usize),
    Scientific,
}

impl Style {
    fn of(numbers: &[f64]) -> Self {
        let finite = || numbers.iter().map(|x| x.abs()).filter(|x| x.is_finite() && *x > 0.0);
        let (largest, smallest) = (finite().fold(0.0, f64::max), finite().fold(f64::MAX, f64::min));
        if largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1e6 {
            return Self::Scientific;
        }
        let digits = |x: f64| {
            let text = format!("{x:.PRECISION$}");
            let fraction =
                text.trim_end_matches('0').split_once('.').map_or(0, |(_, part)| part.len());
            fraction.min(PRECISION)
        };
        Self::Fixed(finite().map(digits).max().unwrap_or(0))
    }

    fn cell<T: Element>(&self, x: T) -> String {
        match (float(x), self) {
            (None, _) => x.to_string(),
            (Some(x), _) if x.is_nan() => "nan".to_owned(),
            (Some(x), _) if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.to_owned(),
            (Some(x), Self::Scientific) => format!("{x:.PRECISION$e}"),
            // NumPy pads with blanks where a number needs fewer digits than its neighbours.
            (Some(x), Self::Fixed(digits)) => {
                let text = format!("{x:.digits$}");
                if *digits == 0 {
                    return format!("{text}.");
                }
                let trimmed = text.trim_end_matches('0');
                format!("{trimmed:<width$}", width = text.len())
            }
        }
    }
}

impl<T: Element> Tensor<T> {
    /// The indices of an axis that are shown.
    fn places(&self, axis: usize) -> Vec<usize> {
        let size = self.shape()[axis];
        // Without elements, an axis can be of any size.
        let few = (1..=WHOLE).contains(&self.numel()) || size <= 2 * EDGE;
        if few { (0..size).collect() } else { (0..EDGE).chain(size - EDGE..size).collect() }
    }

    /// The elements that are shown, in order.
    fn shown(&self) -> Vec<T> {
        if self.numel() == 0 {
            return Vec::new();
        }
        let mut offsets = vec![0];
        for (axis, stride) in self.shape().strides().into_iter().enumerate().take(self.rank()) {
            let places = self.places(axis);
            offsets = offsets
                .iter()
                .flat_map(|offset| places.iter().map(move |place| offset + place * stride))
                .collect();
        }
        offsets.into_iter().map(|offset| self.as_slice()[offset]).collect()
    }

    /// The text of what lies below `axis`, its cells taken from `next` in order.
    fn block(&self, axis: usize, next: &mut dyn FnMut() -> String) -> String {
        if axis == self.rank() {
            return next();
        }
        let depth_left = self.rank() - axis - 1;
        let separator = match depth_left {
            0 => " ".to_owned(),
            _ => format!("{}{}", "\n".repeat(depth_left), " ".repeat(axis + 1)),
        };
        let places = self.places(axis);
        let mut parts = Vec::with_capacity(places.len() + 1);
        for (index, &place) in places.iter().enumerate() {
            if index > 0 && place > places[index - 1] + 1 {
                parts.push("...".to_owned());
            }
            parts.push(self.block(axis + 1, next));
        }
        format!("[{}]", parts.join(&separator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_as_numpy_aligns_them() {
        let x = Tensor::from([[1.0, -2.5], [30.0, 0.125]]);
        assert_eq!(x.to_string(), "[[ 1.    -2.5  ]\n [30.     0.125]]");
        assert_eq!(Tensor::arange(4).to_string(), "[0. 1. 2. 3.]");
        assert_eq!(Tensor::from([1_u32, 20]).to_string(), "[ 1 20]");
        assert_eq!(Tensor::scalar(0.5).to_string(), "0.5");
        assert_eq!(Tensor::zeros([2, 0]).to_string(), "[[]\n []]");
        assert_eq!(
            Tensor::from([1e-9, f32::NAN, f32::NEG_INFINITY]).to_string(),
            "[1.0000e-9       nan      -inf]",
        );
    }

    #[test]
    fn planes_are_set_apart() {
        let x = Tensor::from([[[1.0], [2.0]], [[3.0], [4.0]]]);
        assert_eq!(x.to_string(), "[[[1.]\n  [2.]]\n\n [[3.]\n  [4.]]]");
    }

    #[test]
    fn large_tensors_show_their_corners() {
        let text = Tensor::arange(2000).reshape([2, 1000]).unwrap().to_string();
        assert_eq!(
            text,
            "[[   0.    1.    2. ...  997.  998.  999.]\n [1000. 1001. 1002. ... 1997. 1998. 1999.]]",
        );
    }
}
