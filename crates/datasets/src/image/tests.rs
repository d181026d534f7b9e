//! Tests of images: what goes through a file comes back, and no file brings the reader down.

use proptest::prelude::*;

use super::*;

/// A JPEG file of 8×8 blocks of one colour each: baseline, with as many components as `blocks`
/// has channels (1 for grey, 3 for YCbCr), not subsampled.
///
/// Each block's only coefficient is its mean: F(0, 0) = 8 · (value − 128), with a quantiser of 8.
pub(crate) fn jpeg_of_blocks(blocks: &Tensor<u8>) -> Vec<u8> {
    let &[channels, rows, columns] = &blocks.shape()[..] else {
        panic!("{}", blocks.shape());
    };
    let (height, width) = (8 * rows as u16, 8 * columns as u16);
    let mut file = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, body: &[u8]| {
        file.extend([0xFF, marker]);
        file.extend((body.len() as u16 + 2).to_be_bytes());
        file.extend(body);
    };
    segment(0xDB, &[&[0][..], &[8; 64]].concat()); // quantisers
    let [h, w] = [height, width].map(u16::to_be_bytes);
    let mut frame = vec![8, h[0], h[1], w[0], w[1], channels as u8];
    let mut scan = vec![channels as u8];
    for channel in 0..channels as u8 {
        frame.extend([channel + 1, 0x11, 0]);
        scan.extend([channel + 1, 0]);
    }
    scan.extend([0, 63, 0]);
    segment(0xC0, &frame);
    // The 12 categories of means have codes of 4 bits, in order.
    let means: Vec<u8> = [0, 0, 0, 0, 12].into_iter().chain([0; 12]).chain(0..12).collect();
    segment(0xC4, &means);
    // The end of a block is the one other code: a bit 0.
    let ends: Vec<u8> = [0x10, 1].into_iter().chain([0; 15]).chain([0]).collect();
    segment(0xC4, &ends);
    segment(0xDA, &scan);

    let mut bits = Vec::new();
    let mut before = vec![0; channels];
    for row in 0..rows {
        for column in 0..columns {
            for (channel, before) in before.iter_mut().enumerate() {
                let mean = i32::from(blocks.get(&[channel, row, column]).unwrap()) - 128;
                let change = mean - *before;
                *before = mean;
                let category = 32 - change.unsigned_abs().leading_zeros();
                let low = if change < 0 { change - 1 } else { change };
                bits.extend((0..4).rev().map(|bit| category >> bit & 1 == 1));
                bits.extend((0..category).rev().map(|bit| low >> bit & 1 == 1));
                bits.push(false);
            }
        }
    }
    for byte in bits.chunks(8) {
        let byte = (0..8).fold(0, |all, bit| all << 1 | u8::from(*byte.get(bit).unwrap_or(&true)));
        file.push(byte);
        if byte == 0xFF {
            file.push(0);
        }
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn some_image() -> impl Strategy<Value = Image> {
    [1_usize..5, 1_usize..9, 1_usize..9].prop_flat_map(|shape| {
        let len = shape.iter().product::<usize>();
        proptest::collection::vec(any::<u8>(), len)
            .prop_map(move |bytes| Image::new(Tensor::from_vec(bytes, shape).unwrap()).unwrap())
    })
}

proptest! {
    #[test]
    fn prop_png_keeps_every_byte(image in some_image()) {
        let file = image.encode_png().unwrap();
        prop_assert_eq!(Image::decode(&file).unwrap(), image);
    }

    #[test]
    fn prop_jpeg_keeps_flat_blocks(
        [rows, columns] in [1_usize..4, 1_usize..4],
        bytes in proptest::collection::vec(any::<u8>(), 9),
    ) {
        let blocks = Tensor::from_fn([1, rows, columns], |at| bytes[3 * at[1] + at[2]]);
        let image = Image::decode(&jpeg_of_blocks(&blocks)).unwrap();
        let expected = Tensor::from_fn([1, 8 * rows, 8 * columns], |at| {
            bytes[3 * (at[1] / 8) + at[2] / 8]
        });
        prop_assert_eq!(image.pixels(), &expected);
    }

    #[test]
    fn prop_no_bytes_bring_the_reader_down(
        kind in 0_usize..3,
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let magic: [&[u8]; 3] = [b"", b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR", b"\xFF\xD8\xFF"];
        let _ = Image::decode(&[magic[kind], &bytes].concat());
    }

    #[test]
    fn prop_what_is_cut_short_is_refused(jpeg: bool, length in 0.0..1.0_f64) {
        let blocks = Tensor::from_fn([3, 3, 4], |at| (20 * at[1] + 7 * at[2] + at[0]) as u8);
        let whole = if jpeg {
            jpeg_of_blocks(&blocks)
        } else {
            Image::new(blocks).unwrap().encode_png().unwrap()
        };
        let length = (length * whole.len() as f64) as usize;
        let is_enough = !jpeg && length >= whole.len() - 12; // PNG's last chunk says only that it ends
        let decoded = Image::decode(&whole[..length]);
        prop_assert_eq!(decoded.is_ok(), is_enough);
        if let Ok(image) = decoded {
            prop_assert_eq!(image.notes(), [Note::WithoutEnd]);
        }
    }
}

#[test]
fn jpeg_colours() {
    // Y, Cb and Cr of a strong red.
    let blocks = Tensor::from([[[76_u8]], [[85]], [[255]]]);
    let image = Image::decode(&jpeg_of_blocks(&blocks)).unwrap();
    assert_eq!(image.shape(), [3, 8, 8]);
    let pixel = [0, 1, 2].map(|channel| i32::from(image.pixels().as_slice()[channel * 64]));
    for (value, expected) in pixel.into_iter().zip([254, 0, 0]) {
        assert!((value - expected).abs() <= 1, "{pixel:?}");
    }
}

#[test]
fn colours_and_opacity() {
    let grey = Image::new(Tensor::from([[[10_u8, 20]], [[255, 0]]])).unwrap();
    let rgb = Tensor::from([[[10_u8, 255]], [[10, 255]], [[10, 255]]]);
    assert_eq!(grey.to_rgb().pixels(), &rgb);
    let half = Image::new(Tensor::from([[[0_u8]], [[100]], [[255]], [[128]]])).unwrap();
    assert_eq!(half.to_rgb().pixels().as_slice(), [127, 177, 255]);
}

#[test]
fn numbers_and_bytes() {
    let numbers = Tensor::from([[[0.0, 0.5, 1.0], [-1.0, 2.0, f32::NAN]]]);
    let image = Image::from_unit(&numbers).unwrap();
    assert_eq!(image.pixels().as_slice(), [0, 128, 255, 0, 255, 0]);
    assert_eq!(image.to_unit().as_slice()[..3], [0.0, 128.0 / 255.0, 1.0]);
}

#[test]
fn broken_files_are_refused() {
    let refusal = |file: &[u8]| Image::decode(file).unwrap_err().to_string();
    let known = match cfg!(feature = "formats") {
        true => "none of PNG, JPEG, WebP, GIF, BMP and PNM",
        false => "none of PNG, JPEG and PNM",
    };
    let hint = "save it in one of these formats; what the name ends in doesn't matter";
    assert_eq!(refusal(b""), format!("{known}: 0 bytes that begin with []; {hint}"));
    assert_eq!(
        refusal(b"%PDF-1.7"),
        format!("{known}: 8 bytes that begin with [25, 50, 44, 46]; {hint}"),
    );
    assert_eq!(
        refusal(b"II\x2A\0\x08\0\0\0"),
        format!("it is TIFF, {known}; save it in one of these formats"),
    );
    assert_eq!(
        refusal(b"P7\nWIDTH 1"),
        format!("it is PAM, {known}; save it in one of these formats"),
    );
    let expected = match cfg!(feature = "formats") {
        true => {
            "gif: Unexpected End of File; the file is cut short, corrupted, or of a kind that isn't supported"
        }
        false => {
            "it is GIF, none of PNG, JPEG and PNM; the feature `formats` of plywood-datasets reads WebP, GIF \
             and BMP"
        }
    };
    assert_eq!(refusal(b"GIF89a"), expected);

    let image = Image::new(Tensor::full([3, 40, 40], 7)).unwrap();
    let png = image.encode_png().unwrap();
    assert_eq!(
        refusal(&png[..60]),
        "png: unexpected end of file; the file is cut short or corrupted",
    );
    let mut damaged = png.clone();
    damaged[50] ^= 0xFF;
    assert_eq!(
        refusal(&damaged),
        "png: Corrupt deflate stream. BadCodeLengthHuffmanTree; the file is cut short or corrupted",
    );

    let jpeg = jpeg_of_blocks(&Tensor::from_fn([1, 20, 20], |at| (5 * at[1] + at[2]) as u8));
    assert_eq!(refusal(&jpeg[..jpeg.len() / 2]), "jpeg: it has no end; the file is cut short",);
    assert_eq!(refusal(&jpeg[..jpeg.len() - 2]), "jpeg: it has no end; the file is cut short");
}

#[test]
fn false_sizes_allocate_nothing() {
    let mut png = Image::new(Tensor::full([1, 8, 8], 7)).unwrap().encode_png().unwrap();
    let patch = |png: &mut Vec<u8>, width: u32, height: u32| {
        png[16..20].copy_from_slice(&width.to_be_bytes());
        png[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32fast::hash(&png[12..29]);
        png[29..33].copy_from_slice(&sum.to_be_bytes());
    };
    patch(&mut png, 1 << 30, 1 << 30);
    assert_eq!(
        Image::decode(&png).unwrap_err().to_string(),
        format!(
            "png: its header says 1073741824×1073741824 pixels, which {} bytes can't hold; \
             the file is cut short or corrupted",
            png.len()
        ),
    );
    png.resize(1 << 20, 0);
    patch(&mut png, 1 << 14, 1 << 14);
    assert_eq!(
        Image::decode(&png).unwrap_err().to_string(),
        "png: its header says 16384×16384 pixels, the limit is 134217728 pixels; \
         make it smaller, or raise the limit by DecodeLimits::max_pixels",
    );

    let mut jpeg = jpeg_of_blocks(&Tensor::from([[[7_u8]]]));
    let frame = jpeg.windows(2).position(|m| m == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xFF);
    assert_eq!(
        Image::decode(&jpeg).unwrap_err().to_string(),
        format!(
            "jpeg: its header says 65535×65535 pixels, which {} bytes can't hold; \
             the file is cut short or corrupted",
            jpeg.len()
        ),
    );
}

/// Who has opened the old file reads it to its end: nothing is written into it.
#[test]
#[cfg(unix)]
fn a_file_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let [old, new] = [7, 200].map(|grey| Image::new(Tensor::full([3, 2, 2], grey)).unwrap());
    old.write_png(&path).unwrap();
    let mut held = std::fs::File::open(&path).unwrap();
    new.write_png(&path).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut held, &mut bytes).unwrap();
    assert_eq!(Image::decode(&bytes).unwrap(), old);
    assert_eq!(Image::read(&path).unwrap(), new);
}

#[test]
fn files_are_named_in_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let image = Image::new(Tensor::full([3, 2, 2], 7)).unwrap();
    image.write_png(&path).unwrap();
    assert_eq!(Image::read(&path).unwrap(), image);

    std::fs::write(&path, "text").unwrap();
    let text = Image::read(&path).unwrap_err().to_string();
    assert!(text.starts_with(&format!("{}: ", path.display())), "{text}");
    assert!(text.contains(": 4 bytes that begin with [74, 65, 78, 74]"), "{text}");
    let missing = folder.path().join("b.png");
    let error = Image::read(&missing).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: can't read it: ", missing.display())), "{error}");
    let error = image.write_png(folder.path()).unwrap_err().to_string();
    assert!(error.contains("can't write it: "), "{error}");
    assert_eq!(
        Image::new(Tensor::full([5, 2, 2], 7)).unwrap_err().to_string(),
        "image: [5, 2, 2] is not an image (C, H, W); \
         it should have 1 to 4 channels, and at least a pixel",
    );
}

#[test]
fn a_photo_stands_as_its_camera_was_held() {
    // Two blocks side by side, black and white, and a note that the right side is up.
    let mut jpeg = jpeg_of_blocks(&Tensor::from([[[0_u8, 255]]]));
    let lying = Image::decode(&jpeg).unwrap();
    assert_eq!(lying.shape(), [1, 8, 16]);
    let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0];
    let exif = [&b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    jpeg.splice(2..2, [&[0xFF, 0xE1][..], &length, &exif].concat());
    let standing = Image::decode(&jpeg).unwrap();
    assert_eq!(standing.shape(), [1, 16, 8]);
    assert_eq!(
        standing.notes()[0].to_string(),
        "turned left by 90°, as its Exif data say (orientation 8)",
    );
    let at = |row| standing.pixels().get(&[0, row, 4]).unwrap();
    assert!(at(0) > 250 && at(15) < 5, "{} {}", at(0), at(15));
}

#[test]
fn exif_data_turn_png_and_jpeg_of_any_program() {
    let turned = |file: &[u8]| Image::decode(file).unwrap();
    // It is the orientation 6 in both, as a number of 32 bits in the JPEG file.
    let png = turned(include_bytes!("fixtures/exif6.png"));
    let jpeg = turned(include_bytes!("fixtures/exif6_long.jpg"));
    for image in [&png, &jpeg] {
        assert_eq!(image.shape(), [3, 53, 37]);
        assert_eq!(image.notes(), [Note::Turned(6)]);
    }
    let lying = turned(include_bytes!("fixtures/exif6_long.expected.png"));
    let at = |image: &Image, row, column| image.pixels().get(&[1, row, column]).unwrap();
    for (row, column) in [(0, 0), (5, 52), (36, 7)] {
        assert_eq!(at(&jpeg, column, 36 - row), at(&lying, row, column));
    }
}
