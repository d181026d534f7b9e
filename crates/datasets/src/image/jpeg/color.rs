//! From a JPEG file's colours to red, green and blue, to the bits of libjpeg.

use super::frame::Frame;

/// What the components stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colors {
    Grey,
    /// Brightness, and how much bluer and redder than grey.
    YCbCr,
    Rgb,
    /// Cyan, magenta, yellow and black, as the ink that is left out.
    Cmyk,
    /// The same, its three colours as [`YCbCr`](Self::YCbCr).
    Ycck,
}

impl Colors {
    /// As libjpeg takes them: by what the segments of JFIF and of Adobe say, and without them by the
    /// components' names.
    pub(super) fn of(frame: &Frame, jfif: bool, adobe: Option<u8>) -> Self {
        let names: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        match (&names[..], adobe) {
            ([_], _) => Self::Grey,
            ([_, _, _], _) if jfif => Self::YCbCr,
            ([_, _, _], Some(0)) | (b"RGB", None) => Self::Rgb,
            ([_, _, _], _) => Self::YCbCr,
            (_, None | Some(0)) => Self::Cmyk,
            _ => Self::Ycck,
        }
    }

    /// The channels of the image.
    pub(super) fn channels(self) -> usize {
        if self == Self::Grey { 1 } else { 3 }
    }
}

/// A row of the image: red, green and blue, or grey, from a row of each component.
pub(super) fn convert(colors: Colors, from: &[&[u8]], to: &mut [&mut [u8]]) {
    match (colors, from, to) {
        (Colors::YCbCr, &[y, cb, cr], [red, green, blue]) => rgb([y, cb, cr], [red, green, blue]),
        (Colors::Cmyk, &[c, m, y, black], [red, green, blue]) => {
            for (to, from) in [(red, c), (green, m), (blue, y)] {
                to.copy_from_slice(from);
                darken(to, black);
            }
        }
        (Colors::Ycck, &[y, cb, cr, black], [red, green, blue]) => {
            rgb([y, cb, cr], [&mut **red, green, blue]);
            for to in [red, green, blue] {
                to.iter_mut().for_each(|value| *value = 255 - *value);
                darken(to, black);
            }
        }
        (_, from, to) => {
            for (to, from) in to.iter_mut().zip(from) {
                to.copy_from_slice(from);
            }
        }
    }
}

/// Ink of this colour with black, both as what is left out.
fn darken(color: &mut [u8], black: &[u8]) {
    for (color, &black) in color.iter_mut().zip(black) {
        let product = u32::from(*color) * u32::from(black) + 127;
        *color = (product / 255) as u8;
    }
}

/// ITU-T T.871, in 16 bits after the point.
fn rgb([y, cb, cr]: [&[u8]; 3], [red, green, blue]: [&mut [u8]; 3]) {
    let out = red.iter_mut().zip(green).zip(blue);
    for (((red, green), blue), ((&y, &cb), &cr)) in out.zip(y.iter().zip(cb).zip(cr)) {
        let [y, cb, cr] = [i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128];
        *red = byte(y + ((91_881 * cr + 32_768) >> 16)); // 1.402
        *green = byte(y + ((-22_554 * cb - 46_802 * cr + 32_768) >> 16)); // 0.344136, 0.714136
        *blue = byte(y + ((116_130 * cb + 32_768) >> 16)); // 1.772
    }
}

fn byte(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}
