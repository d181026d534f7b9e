//! A shape and its numbers, as plain as can be.

/// Numbers in row-major order. Integers and `f32` are held as the `f64` they are exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The sizes of the axes, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// As many as the product of the sizes.
    pub values: Vec<f64>,
}

impl Array {
    /// The numbers rounded to `f32`.
    pub fn f32s(&self) -> Vec<f32> {
        self.values.iter().map(|&value| value as f32).collect()
    }

    /// The numbers as indices.
    ///
    /// # Panics
    /// When one is negative, has a fraction, or is too large.
    #[track_caller]
    pub fn indices(&self) -> Vec<u32> {
        let index = |&value: &f64| {
            let index = value as u32;
            assert!(f64::from(index) == value, "{value} is not an index");
            index
        };
        self.values.iter().map(index).collect()
    }

    /// The numbers as sizes.
    ///
    /// # Panics
    /// As [`indices`](Self::indices).
    #[track_caller]
    pub fn sizes(&self) -> Vec<usize> {
        self.indices().into_iter().map(|x| x as usize).collect()
    }

    /// The only number.
    ///
    /// # Panics
    /// When there are more or fewer.
    #[track_caller]
    pub fn item(&self) -> f64 {
        match self.values[..] {
            [item] => item,
            _ => panic!("{:?} is not the shape of a single number", self.shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        let array = Array { shape: vec![2], values: vec![0.0, 3.0] };
        assert_eq!(array.indices(), [0, 3]);
        assert_eq!(array.sizes(), [0, 3]);
        assert_eq!(array.f32s(), [0.0, 3.0]);
    }

    #[test]
    #[should_panic(expected = "-100 is not an index")]
    fn negative_labels_are_no_indices() {
        Array { shape: vec![], values: vec![-100.0] }.indices();
    }
}
