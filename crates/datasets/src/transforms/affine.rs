//! Small turns, shifts, shears and changes of scale.

use plywood_tensor::{POSITIVE, Result, Tensor};

use super::{Transform, between, check_order, image_shape};
use crate::Settings;
use crate::draw::Context;

/// Turns an image about its centre, shears, shifts and scales it, each by a random amount. Values between
/// pixels are bilinear, and what comes from outside is black, or as the nearest [edge](Self::edge). In
/// evaluation nothing changes.
///
/// ```
/// use plywood_datasets::transforms::RandomAffine;
///
/// // What handwriting varies by: up to 10° either way, a tenth of the size, a tenth of the scale.
/// let handwriting = RandomAffine::new(10.0).translate([0.1, 0.1]).scale([0.9, 1.1]);
/// # let _ = handwriting;
/// ```
#[derive(Clone, Debug, Settings)]
pub struct RandomAffine {
    /// The largest turn, in degrees, either way.
    #[setting(range = 0.0.., called = "largest turn in degrees")]
    degrees: f64,
    /// The largest shifts, either way, in parts of the width and of the height.
    #[setting(default = [0.0, 0.0], range = 0.0..=1.0, called = "largest shift")]
    translate: [f64; 2],
    /// The least and the greatest factor of the size.
    #[setting(default = [1.0, 1.0], range = POSITIVE)]
    scale: [f64; 2],
    /// The largest shears, either way, in degrees: of the rows and of the columns.
    #[setting(default = [0.0, 0.0], range = 0.0..=80.0, called = "largest shear in degrees")]
    shear: [f64; 2],
    /// Whether what comes from outside is as the nearest pixel of the edge, and not black.
    #[setting(default = false)]
    edge: bool,
}

impl Transform for RandomAffine {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check()
            .and_then(|()| check_order("scale", self.scale))
            .map_err(|error| error.operation("random_affine"))?;
        Ok(input)
    }

    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor> {
        let shape @ [_, height, width] = self.shape(image_shape(&image)?)?;
        let Some(rng) = context.rng() else { return Ok(image) };
        let angle = between(rng, -self.degrees, self.degrees).to_radians();
        let scale = between(rng, self.scale[0], self.scale[1]);
        let [right, down] = self.translate.map(|part| between(rng, -part, part));
        let shift = [right * width as f64, down * height as f64];
        // Nothing is drawn for no shear.
        let shear = self.shear.map(|most| match most {
            0.0 => 0.0,
            most => between(rng, -most, most).to_radians().tan(),
        });
        warp(&image, shape, &Warp { angle, scale, shift, shear, edge: self.edge })
    }
}

/// What is drawn for an image.
#[derive(Clone, Copy)]
struct Warp {
    /// In radians, clockwise.
    angle: f64,
    scale: f64,
    /// To the right and down, in pixels.
    shift: [f64; 2],
    /// How far a row moves to the right for each pixel that it is lower, and a column down.
    shear: [f64; 2],
    edge: bool,
}

/// The image sheared, turned, scaled and shifted: each pixel of the result is looked up where it comes from.
///
/// With c the centre, R a turn and S = [1, a; b, 1] the shears: out(p) = in(S R(−angle) (p − c − shift) / scale + c),
/// where a is the negative shear of the rows and b that of the columns.
fn warp(image: &Tensor, [channels, height, width]: [usize; 3], warp: &Warp) -> Result<Tensor> {
    let &Warp { angle, scale, shift: [right, down], shear: [of_rows, of_columns], edge } = warp;
    let (sin, cos) = angle.sin_cos();
    // The rows of S R / scale.
    let across = [cos + of_rows * sin, sin - of_rows * cos].map(|x| (x / scale) as f32);
    let along = [-sin - of_columns * cos, cos - of_columns * sin].map(|x| (x / scale) as f32);
    let [right, down] = [right, down].map(|x| x as f32);
    let [middle_x, middle_y] = [width, height].map(|size| (size as f32 - 1.0) / 2.0);
    let size = height * width;
    let mut out = Tensor::try_full([channels, height, width], 0.0)?;
    let (elements, warped) = (image.as_slice(), out.as_mut_slice());
    for row in 0..height {
        let dy = row as f32 - middle_y - down;
        for column in 0..width {
            let dx = column as f32 - middle_x - right;
            let mut x = across[0] * dx + across[1] * dy + middle_x;
            let mut y = along[1] * dy + along[0] * dx + middle_y;
            if edge {
                x = x.clamp(0.0, width as f32 - 1.0);
                y = y.clamp(0.0, height as f32 - 1.0);
            }
            // Farther out than a pixel all is black.
            if x <= -1.0 || y <= -1.0 || x >= width as f32 || y >= height as f32 {
                continue;
            }
            let planes = elements.chunks(size).zip(warped.chunks_mut(size));
            for (plane, warped) in planes {
                warped[row * width + column] = bilinear(plane, width, x, y);
            }
        }
    }
    Ok(out)
}

/// The value at a point more than −1, between the four pixels around it, black outside.
fn bilinear(plane: &[f32], width: usize, x: f32, y: f32) -> f32 {
    // Rounds down without a call of `floor`, which the oldest processors have no instruction for.
    let floor = |x: f32| (x + 1.0) as isize - 1;
    let (left, top) = (floor(x), floor(y));
    let (from_left, from_top) = (x - left as f32, y - top as f32);
    let height = plane.len() / width;
    let mut corners = [0.0; 4];
    if left >= 0 && top >= 0 && left + 1 < width as isize && top + 1 < height as isize {
        let place = top as usize * width + left as usize;
        corners = [plane[place], plane[place + 1], plane[place + width], plane[place + width + 1]];
    } else {
        for (corner, (down, right)) in corners.iter_mut().zip([(0, 0), (0, 1), (1, 0), (1, 1)]) {
            let (row, column) = (top + down, left + right);
            if (0..height as isize).contains(&row) && (0..width as isize).contains(&column) {
                *corner = plane[row as usize * width + column as usize];
            }
        }
    }
    let [a, b, c, d] = corners;
    let (above, below) = (a + (b - a) * from_left, c + (d - c) * from_left);
    above + (below - above) * from_top
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;
    use crate::draw::Draw;

    fn close(a: &Tensor, b: &Tensor) -> bool {
        let mut pairs = a.as_slice().iter().zip(b.as_slice());
        a.shape() == b.shape() && pairs.all(|(a, b)| (a - b).abs() < 1e-6)
    }

    #[test]
    fn exact_turns_shifts_and_scales() {
        let shape = [1, 3, 3];
        let image = Tensor::from([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]);
        let quarter = std::f64::consts::FRAC_PI_2;
        let turned = Tensor::from([[[7.0, 4.0, 1.0], [8.0, 5.0, 2.0], [9.0, 6.0, 3.0]]]);
        let still = Warp { angle: 0.0, scale: 1.0, shift: [0.0; 2], shear: [0.0; 2], edge: false };
        let by = |own: Warp| warp(&image, shape, &own).unwrap();
        assert!(close(&by(Warp { angle: quarter, ..still }), &turned));
        let shifted = Tensor::from([[[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 4.0, 5.0]]]);
        assert!(close(&by(Warp { shift: [1.0, 1.0], ..still }), &shifted));
        // Half of the first column comes from outside.
        let halfway = Tensor::from([[[0.5, 1.5, 2.5], [2.0, 4.5, 5.5], [3.5, 7.5, 8.5]]]);
        assert!(close(&by(Warp { shift: [0.5, 0.0], ..still }), &halfway));
        // At the edge the same goes on.
        let edged = Tensor::from([[[1.0, 1.0, 2.0], [4.0, 4.0, 5.0], [7.0, 7.0, 8.0]]]);
        assert!(close(&by(Warp { shift: [1.0, 0.0], edge: true, ..still }), &edged));
        let sheared = Tensor::from([[[2.0, 3.0, 0.0], [4.0, 5.0, 6.0], [0.0, 7.0, 8.0]]]);
        assert!(close(&by(Warp { shear: [1.0, 0.0], ..still }), &sheared));
        let sheared = Tensor::from([[[4.0, 2.0, 0.0], [7.0, 5.0, 3.0], [0.0, 8.0, 6.0]]]);
        assert!(close(&by(Warp { shear: [0.0, 1.0], ..still }), &sheared));
        let doubled = by(Warp { scale: 2.0, ..still });
        let expected = Tensor::from([[[3.0, 3.5, 4.0], [4.5, 5.0, 5.5], [6.0, 6.5, 7.0]]]);
        assert!(close(&doubled, &expected));
    }

    #[test]
    fn nothing_to_do_changes_nothing() {
        let image = Tensor::arange(2 * 5 * 4).reshape([2, 5, 4]).unwrap();
        let still = RandomAffine::new(0.0);
        let mut context = Draw::training(Seed(1), 0).context(0);
        assert!(close(&still.apply(image.clone(), &mut context).unwrap(), &image));
        let moving = RandomAffine::new(10.0).translate([0.1, 0.1]).scale([0.9, 1.1]);
        assert_eq!(moving.apply(image.clone(), &mut Context::evaluation()).unwrap(), image);
        assert!(!close(&moving.apply(image.clone(), &mut context).unwrap(), &image));
    }

    #[test]
    fn senseless_settings_are_refused() {
        let refusal = |affine: RandomAffine| affine.shape([1, 8, 8]).unwrap_err().to_string();
        assert_eq!(
            refusal(RandomAffine::new(-1.0)),
            "random_affine: the largest turn in degrees is -1; it should be 0 or more",
        );
        assert_eq!(
            refusal(RandomAffine::new(0.0).translate([0.0, 2.0])),
            "random_affine: the largest shift is [0, 2]; each should be between 0 and 1",
        );
        assert_eq!(
            refusal(RandomAffine::new(0.0).scale([0.0, f64::NAN])),
            "random_affine: the scale is [0, NaN]; each should be more than 0",
        );
        assert_eq!(
            refusal(RandomAffine::new(0.0).scale([1.1, 0.9])),
            "random_affine: the scale is from 1.1 to 0.9; the smaller comes first",
        );
        assert_eq!(
            refusal(RandomAffine::new(0.0).shear([0.0, 90.0])),
            "random_affine: the largest shear in degrees is [0, 90]; each should be between 0 and 80",
        );
    }
}
