//! The receptive field: the part of an image that a unit can see.

use std::ops::Range;

use plywood_autodiff::{Observation, Reach, Source};
use plywood_tensor::{Result, Window};

use crate::lens::{Lens, find};

/// Which pixels each unit of a feature map depends on. It follows from the windows that the
/// model's operations move over the image, and not from its weights.
///
/// Only what moves as a window, and what treats each pixel by itself, is followed; whatever else
/// lies between the image and the units is taken to see the whole image.
///
/// ```
/// use plywood_layers::{Conv2d, MaxPool2d, ReLU, Sequential};
/// use plywood_look::{Lens, ReceptiveField};
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let model = Sequential::new()
///     .add(Conv2d::config(3, 8, 3).stride(2).init(&mut rng)?)
///     .add(ReLU)
///     .add(MaxPool2d::new(3))
///     .add(Conv2d::config(8, 8, 3).padding(1).init(&mut rng)?);
/// let field = ReceptiveField::of(&Lens::new(&model), [3, 64, 64], "3")?;
/// assert_eq!(field.size(), [19, 19]); // 3, then 3 + 2 · 2, then 7 + 6 · 2
/// assert_eq!(field.window([0, 1]), [0..13, 0..19]); // rows, columns; the padding is cut off
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceptiveField {
    image: [usize; 2],
    sight: Sight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// Rows, and columns.
    Window([Axis; 2]),
    Whole,
}

/// Unit `i` sees the pixels from `start + i · stride` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Axis {
    start: isize,
    size: isize,
    stride: isize,
}

impl ReceptiveField {
    /// The receptive field of the units of a place in a model, for images `[C, H, W]`.
    ///
    /// # Errors
    /// When the model doesn't take such images, or computes nothing of this name.
    pub fn of(lens: &Lens<'_>, image: [usize; 3], place: &str) -> Result<Self> {
        let seen = lens.dry_run(image)?;
        find(&seen, place)?;
        let size = [image[1], image[2]];
        let mut sights: Vec<Sight> = Vec::new();
        for observation in &seen {
            sights.push(sight(observation, &seen, &sights, size));
            if observation.name == place {
                break;
            }
        }
        Ok(Self { image: size, sight: sights.pop().unwrap_or(Sight::Whole) })
    }

    /// Rows and columns that a unit sees, as far as there is an image around it.
    pub fn size(&self) -> [usize; 2] {
        match self.sight {
            Sight::Window(axes) => axes.map(|axis| axis.size.unsigned_abs()),
            Sight::Whole => self.image,
        }
    }

    /// Whether a unit may see the whole image.
    pub fn is_whole(&self) -> bool {
        let size = self.size();
        size[0] >= self.image[0] && size[1] >= self.image[1]
    }

    /// The rows and columns of the image that the unit at `[y, x]` of the feature map sees.
    pub fn window(&self, unit: [usize; 2]) -> [Range<usize>; 2] {
        std::array::from_fn(|axis| {
            let pixels = self.image[axis];
            let Sight::Window(axes) = self.sight else { return 0..pixels };
            let Axis { start, size, stride } = axes[axis];
            let first = start.saturating_add(stride.saturating_mul(signed(unit[axis])));
            let inside = |at: isize| at.clamp(0, pixels as isize) as usize;
            inside(first)..inside(first.saturating_add(size))
        })
    }
}

/// What an operation's result sees, from what its operands see.
fn sight(
    observation: &Observation,
    seen: &[Observation],
    sights: &[Sight],
    image: [usize; 2],
) -> Sight {
    const PIXEL: Sight = Sight::Window([Axis { start: 0, size: 1, stride: 1 }; 2]);
    let places = |of: &Observation| match of.value.shape()[..] {
        [_, _, height, width] => Some([height, width]),
        _ => None,
    };
    let own = places(observation);
    let operands = observation.sources.iter().filter_map(|source| match *source {
        Source::Fixed => None,
        Source::Before => Some((PIXEL, Some(image))),
        Source::Seen(place) => Some((sights[place], places(&seen[place]))),
    });
    let mut operands = operands.collect::<Vec<_>>().into_iter();
    let Some((first, size)) = operands.next() else { return Sight::Whole };
    match observation.reach {
        Reach::Window(window) if operands.len() == 0 => through(first, &window),
        Reach::Pointwise => {
            let all = operands.fold((first, size == own), |(sight, fits), (other, size)| {
                (union(sight, other), fits && size == own)
            });
            if all.1 && own.is_some() { all.0 } else { Sight::Whole }
        }
        _ => Sight::Whole,
    }
}

fn through(sight: Sight, window: &Window) -> Sight {
    let Sight::Window(axes) = sight else { return Sight::Whole };
    Sight::Window(std::array::from_fn(|at| {
        let Axis { start, size, stride } = axes[at];
        let [kernel, step, padding, dilation] =
            [window.kernel, window.stride, window.padding, window.dilation]
                .map(|of| signed(of[at]));
        Axis {
            start: start.saturating_sub(stride.saturating_mul(padding)),
            size: size.saturating_add(
                stride.saturating_mul(kernel.saturating_sub(1)).saturating_mul(dilation),
            ),
            stride: stride.saturating_mul(step),
        }
    }))
}

/// A number of pixels as a place, which may lie before the image; no window sees further than can be
/// counted.
fn signed(pixels: usize) -> isize {
    isize::try_from(pixels).unwrap_or(isize::MAX)
}

fn union(one: Sight, other: Sight) -> Sight {
    let (Sight::Window(one), Sight::Window(other)) = (one, other) else { return Sight::Whole };
    if (0..2).any(|axis| one[axis].stride != other[axis].stride) {
        return Sight::Whole;
    }
    Sight::Window(std::array::from_fn(|axis| {
        let (a, b) = (one[axis], other[axis]);
        let start = a.start.min(b.start);
        let end = a.start.saturating_add(a.size).max(b.start.saturating_add(b.size));
        Axis { start, size: end.saturating_sub(start), stride: a.stride }
    }))
}
