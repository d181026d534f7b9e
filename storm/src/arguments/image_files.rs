//! The smallest sound files of the formats that only programs of others write: an image of one or
//! four pixels each.

/// One pixel, progressive.
pub(super) const JPEG: &[u8] =
    b"\xff\xd8\xff\xe0\x00\x10\x4a\x46\x49\x46\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00\xff\xdb\
      \x00\x43\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
      \xff\xff\xc2\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00\xff\xc4\x00\x14\x10\x01\x00\x00\
      \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xda\x00\x08\x01\x01\x00\x01\
      \x3f\x10";

/// Two rows of two pixels, 24 bits each.
pub(super) const BMP: &[u8] =
    b"\x42\x4d\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x02\x00\x00\x00\
      \x02\x00\x00\x00\x01\x00\x18\x00\x00\x00\x00\x00\x10\x00\x00\x00\x13\x0b\x00\x00\x13\x0b\
      \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x00\x00\x01\x02\x03\x04\
      \x05\x06\x00\x00";

/// One red pixel.
pub(super) const GIF: &[u8] =
    b"\x47\x49\x46\x38\x39\x61\x01\x00\x01\x00\xf0\x00\x00\xff\x00\x00\x00\x00\x00\x21\xf9\x04\
      \x00\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// One pixel.
pub(super) const LOSSLESS_WEBP: &[u8] =
    b"\x52\x49\x46\x46\x1a\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x4c\x0d\x00\x00\x00\x2f\x00\
      \x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00";

/// One pixel.
pub(super) const LOSSY_WEBP: &[u8] =
    b"\x52\x49\x46\x46\x24\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x20\x18\x00\x00\x00\x30\x01\
      \x00\x9d\x01\x2a\x01\x00\x01\x00\x03\x00\x34\x25\xa4\x00\x03\x70\x00\xfe\xfb\x94\x00\x00";

/// Two frames of one pixel: one with transparency beside a lossy image, one lossless.
pub(super) fn animated_webp() -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let mut chunk = [&name[..], &(data.len() as u32).to_le_bytes(), data].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    };
    // Behind `RIFF`, its length and `WEBP` comes the chunk that holds the image.
    let image = |file: &[u8]| file[12..].to_vec();
    let frame = |parts: &[u8]| {
        // At (0, 0), of 1 × 1 pixels, for 100 ms, without blending.
        let header = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 2];
        chunk(b"ANMF", &[&header, parts].concat())
    };
    let alpha = chunk(b"ALPH", &[0, 200]);
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &[0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        chunk(b"ANIM", &[0, 0, 0, 0, 0, 0]),
        frame(&[alpha, image(LOSSY_WEBP)].concat()),
        frame(&image(LOSSLESS_WEBP)),
    ]
    .concat();
    chunk(b"RIFF", &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plywood::datasets::Picture;

    #[test]
    fn the_files_are_sound() {
        let animated = animated_webp();
        let files = [JPEG, BMP, GIF, LOSSLESS_WEBP, LOSSY_WEBP, &animated];
        let sides = files.map(|file| Picture::decode(file).unwrap().shape()[1]);
        assert_eq!(sides, [1, 2, 1, 1, 1, 1]);
    }
}
