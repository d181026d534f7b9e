//! Where the arguments of a case come from: each is drawn by the case's own generator, and noted
//! under its name, so that a failure can say what the function was given.

use std::fmt::{Debug, Write};

use plywood::tensor::{Rng, Seed, Shape, Tensor};

/// Sizes that no memory holds, or whose sums and products with others wrap around. Those between
/// these and the small ones are left out: they ask for hours of honest work.
const HUGE: [usize; 13] = [
    usize::MAX,
    usize::MAX - 1,
    usize::MAX / 2,
    usize::MAX / 2 + 1,
    usize::MAX / 3 + 1,
    usize::MAX / 4 + 1,
    usize::MAX / 6 + 1,
    usize::MAX / 8,
    1 << 60,
    1 << 40,
    1 << 33,
    1 << 32,
    1 << 31,
];

const NUMBERS: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    1e300,
    1e39,
    1e-45,
    -1.0,
    -0.0,
    0.0,
    1.0,
    2.0,
];

/// The arguments of one case.
pub(super) struct Draw {
    rng: Rng,
    noted: String,
    aloud: bool,
    /// An argument in so many is absurd: few in some cases, so that what comes behind the checks is
    /// reached, many in others.
    absurd_in: usize,
    /// What most sizes are in this case, so that some shapes fit each other.
    usual: usize,
}

impl Draw {
    /// The generator of a case: the same whatever ran before. `aloud` writes each argument to
    /// standard error at once, for a case that won't live to tell.
    pub(super) fn new(seed: u64, area: &str, case: u64, aloud: bool) -> Self {
        let label = area.bytes().fold(0, |label: u64, byte| label.rotate_left(7) ^ u64::from(byte));
        let rng = Rng::new(Seed(seed)).fork(label).fork(case);
        let mut draw = Self { rng, noted: String::new(), aloud, absurd_in: 0, usual: 0 };
        draw.absurd_in = [4, 16, 64, 1000][draw.below(4)];
        draw.usual = 1 + draw.below(4);
        draw
    }

    fn absurd(&mut self) -> bool {
        self.once_in(self.absurd_in)
    }

    /// What has been drawn so far: `x = [2, 0], axis = -7`.
    pub(super) fn noted(&self) -> &str {
        &self.noted
    }

    /// Notes an argument under its name.
    pub(super) fn note<T: Debug>(&mut self, name: &str, value: T) -> T {
        if self.aloud {
            eprintln!("{name} = {value:?}");
        }
        let comma = if self.noted.is_empty() { "" } else { ", " };
        let _ = write!(self.noted, "{comma}{name} = {value:?}");
        value
    }

    /// A whole number below `count`, not noted.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.rng.unit() * count as f64) as usize
    }

    /// True once in `count` times, not noted.
    pub(super) fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of some values.
    pub(super) fn one_of<T: Copy + Debug>(&mut self, name: &str, values: &[T]) -> T {
        let index = self.below(values.len());
        self.note(name, values[index])
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.one_of(name, &[false, true])
    }

    fn any_size(&mut self) -> usize {
        if self.absurd() {
            return if self.once_in(4) { 0 } else { HUGE[self.below(HUGE.len())] };
        }
        match self.below(16) {
            0..=6 => 1,
            7..=11 => self.usual,
            12..=14 => self.below(5),
            _ => [7, 8, 16, 17, 33][self.below(5)],
        }
    }

    /// A size or setting: mostly small, sometimes 0, sometimes absurd.
    pub(super) fn size(&mut self, name: &str) -> usize {
        let size = self.any_size();
        self.note(name, size)
    }

    /// As [`size`](Self::size), several of them.
    pub(super) fn sizes<const N: usize>(&mut self, name: &str) -> [usize; N] {
        let sizes = [(); N].map(|()| self.any_size());
        self.note(name, sizes)
    }

    /// From 0 to `most`, both included.
    pub(super) fn small(&mut self, name: &str, most: usize) -> usize {
        let small = self.below(most + 1);
        self.note(name, small)
    }

    fn any_number(&mut self) -> f64 {
        if self.absurd() || self.once_in(8) {
            return NUMBERS[self.below(NUMBERS.len())];
        }
        self.rng.unit()
    }

    /// A setting: mostly between 0 and 1, else negative, huge, infinite or no number.
    pub(super) fn number(&mut self, name: &str) -> f64 {
        let number = self.any_number();
        self.note(name, number)
    }

    /// As [`number`](Self::number), several of them.
    pub(super) fn numbers(&mut self, name: &str, most: usize) -> Vec<f64> {
        let numbers = (0..self.below(most + 1)).map(|_| self.any_number()).collect();
        self.note(name, numbers)
    }

    /// An axis: mostly one that a small tensor has.
    pub(super) fn axis(&mut self, name: &str) -> isize {
        let axis = self.any_axis();
        self.note(name, axis)
    }

    fn any_axis(&mut self) -> isize {
        if self.absurd() {
            return [isize::MIN, isize::MAX, -9, 9][self.below(4)];
        }
        self.below(4) as isize - 2
    }

    /// Up to five axes.
    pub(super) fn axes(&mut self, name: &str) -> Vec<isize> {
        let axes = (0..self.below(6)).map(|_| self.any_axis()).collect();
        self.note(name, axes)
    }

    /// A 64-bit word, such as a seed or a count of steps: small, huge, or any.
    pub(super) fn word(&mut self, name: &str) -> u64 {
        let word = match self.below(3) {
            0 => self.below(4) as u64,
            1 => self.rng.next_key(),
            _ => HUGE[self.below(HUGE.len())] as u64,
        };
        self.note(name, word)
    }

    /// Sizes of axes that fit into memory, mostly of `rank` axes, few of size 0.
    pub(super) fn dims(&mut self, name: &str, rank: usize) -> Vec<usize> {
        let rank = if self.absurd() { self.below(7) } else { rank };
        let dims = (0..rank).map(|_| self.side()).collect();
        self.note(name, dims)
    }

    fn side(&mut self) -> usize {
        match self.below(4) {
            0 if self.absurd() => 0,
            0 => 1 + self.below(5),
            _ => self.usual,
        }
    }

    /// Sizes of axes as a caller may get them wrong: also too many, or absurd.
    pub(super) fn any_dims(&mut self, name: &str) -> Vec<usize> {
        let rank = if self.absurd() { 9 } else { self.below(6) };
        let dims = (0..rank).map(|_| self.any_size()).collect();
        self.note(name, dims)
    }

    /// A shape of mostly `rank` small axes.
    pub(super) fn shape(&mut self, name: &str, rank: usize) -> Shape {
        let dims = self.dims(name, rank);
        shape(&dims)
    }

    /// A tensor of mostly `rank` small axes, with numbers of both signs, and sometimes one that is
    /// infinite or none.
    pub(super) fn tensor(&mut self, name: &str, rank: usize) -> Tensor {
        let dims = self.dims(name, rank);
        self.filled(&dims)
    }

    /// A tensor of these sizes, which are noted.
    pub(super) fn tensor_of(&mut self, name: &str, dims: &[usize]) -> Tensor {
        let dims = self.note(name, dims.to_vec());
        self.filled(&dims)
    }

    fn filled(&mut self, dims: &[usize]) -> Tensor {
        let mut tensor: Tensor = self.rng.normal(shape(dims), 0.0, 1.0);
        if tensor.numel() > 0 && self.absurd() {
            let (place, number) = (self.below(tensor.numel()), self.any_number() as f32);
            tensor.as_mut_slice()[place] = self.note("one element", number);
        }
        tensor
    }

    /// Indices or labels: mostly below `count`, sometimes one beyond or absurd.
    pub(super) fn indices(&mut self, name: &str, dims: &[usize], count: usize) -> Tensor<u32> {
        let numel = dims.iter().product();
        let mut indices: Vec<u32> = (0..numel).map(|_| self.below(count.max(1)) as u32).collect();
        if numel > 0 && self.absurd() {
            indices[self.below(numel)] = [count as u32, u32::MAX, 1 << 31][self.below(3)];
        }
        let indices = self.note(name, indices);
        Tensor::from_vec(indices, shape(dims)).expect("as many as the shape has")
    }

    /// Random bytes, not noted: a case's number gives them again.
    pub(super) fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.below(256) as u8).collect()
    }

    /// A generator for the function that is called.
    pub(super) fn rng(&mut self) -> Rng {
        self.rng.fork(1)
    }
}

/// A shape of sizes that are known to fit.
pub(super) fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).expect("small")
}
