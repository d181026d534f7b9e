//! Which pixels an operation's result depends on.

use plywood_tensor::{Shape, Window};

/// Which part of its operands each pixel of an operation's result depends on, where the pixels lie along the
/// last two axes.
///
/// ```
/// use plywood_autodiff::{Operation, Reach, ops};
/// use plywood_tensor::{Shape, Window};
///
/// let image = [Shape::from([1, 3, 8, 8])];
/// let window = Window::new([2, 2]);
/// assert_eq!(Operation::<f32>::reach(&ops::Relu, &image), Reach::Pointwise);
/// assert_eq!(Operation::<f32>::reach(&ops::MaxPool2d { window }, &image), Reach::Window(window));
/// assert_eq!(Operation::<f32>::reach(&ops::Linear, &image), Reach::Everything);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// On the operands at that pixel alone.
    Pointwise,
    /// On a window of the first operand: convolutions and poolings, and a border, which is a window of one
    /// pixel.
    Window(Window),
    /// On anything.
    Everything,
}

impl Reach {
    /// The reach of what works along one axis of `x`: it mixes no pixels, if that axis isn't one of the last two.
    pub(crate) fn along(axis: isize, x: Shape) -> Self {
        match x.axis(axis) {
            Ok(place) if place + 2 < x.rank() => Self::Pointwise,
            _ => Self::Everything,
        }
    }
}
