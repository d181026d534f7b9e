//! Colours as fields of bits in a pixel of 16 or 32.

use plywood_tensor::{Error, Result};

/// Some neighbouring bits of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    shift: u32,
    most: u32,
}

impl Field {
    /// The bits that a mask has. One without bits is 0 in every pixel.
    fn of_mask(mask: u32) -> Option<Self> {
        let shift = if mask == 0 { 0 } else { mask.trailing_zeros() };
        let most = mask >> shift;
        // One more than all ones is a power of two.
        (u64::from(most) + 1).is_power_of_two().then_some(Self { shift, most })
    }

    /// What it says, from 0 to 255.
    pub(super) fn of(self, pixel: u32) -> u8 {
        if self.most == 0 {
            return 0;
        }
        let (value, most) = (u64::from(pixel >> self.shift & self.most), u64::from(self.most));
        ((value * 255 + most / 2) / most) as u8
    }
}

/// Where the colours are if the header doesn't say. What is left over means nothing.
pub(super) fn usual(bits: usize) -> Vec<Field> {
    let (shifts, most) = if bits == 16 { ([10, 5, 0], 31) } else { ([16, 8, 0], 255) };
    shifts.map(|shift| Field { shift, most }).to_vec()
}

/// Those of red, green and blue, and of opacity unless it has no bits.
pub(super) fn fields(masks: &[u32], bits: usize) -> Result<Vec<Field>> {
    let masks = match masks {
        [colors @ .., 0] if colors.len() == 3 => colors,
        _ => masks,
    };
    let beyond = |mask: u32| bits < 32 && mask >> bits != 0;
    // As if nothing was said; the last byte is opacity.
    if bits == 32 && masks.iter().all(|&mask| mask == 0) {
        let mut fields = usual(bits);
        fields.push(Field { shift: 24, most: 255 });
        return Ok(fields);
    }
    let distinct = masks
        .iter()
        .enumerate()
        .all(|(place, &mask)| mask != 0 && masks[..place].iter().all(|&other| other & mask == 0));
    let fields: Option<Vec<Field>> =
        masks.iter().map(|&mask| if beyond(mask) { None } else { Field::of_mask(mask) }).collect();
    fields.filter(|_| distinct).ok_or_else(|| {
        Error::data(format!("its masks {masks:08x?} are no colours of {bits} bits"))
            .hint("the file is corrupted")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fill_a_byte() {
        let [red, green, blue] = fields(&[0xF800, 0x07E0, 0x001F], 16).unwrap()[..] else {
            panic!("not three")
        };
        let all = |pixel| [red, green, blue].map(|field| field.of(pixel));
        assert_eq!(all(0xFFFF), [255; 3]);
        assert_eq!(all(0x8410), [132, 130, 132]);
        assert_eq!(fields(&[1, 2, 4, 0], 16).unwrap().len(), 3);
        assert_eq!(fields(&[1, 2, 4, 0], 16).unwrap()[2].of(4), 255);
        let most = fields(&[0xFFFF_0000, 0xF00, 0xF, 0xF0], 32).unwrap();
        assert_eq!((most[0].of(u32::MAX), most[1].of(7), most[3].of(0x50)), (255, 0, 85));
        let silent = fields(&[0; 4], 32).unwrap();
        assert_eq!([0, 1, 2, 3].map(|place| silent[place].of(0x0403_0201)), [3, 2, 1, 4]);
    }

    #[test]
    fn masks_with_gaps_are_refused() {
        assert_eq!(
            fields(&[0x5, 0, 0], 16).unwrap_err().to_string(),
            "its masks [00000005, 00000000, 00000000] are no colours of 16 bits; \
             the file is corrupted",
        );
        assert!(fields(&[0xFF00_0000, 0, 0], 16).is_err());
    }
}
