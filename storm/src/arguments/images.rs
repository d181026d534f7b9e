//! Images: decoding damaged files of all formats, and what is made of an image.

use plywood::datasets::{DecodeLimits, Picture};
use plywood::tensor::Tensor;

use super::Call;
use super::damage::{begun, damaged};
use super::draw::shape;
use super::image_files::{BMP, GIF, JPEG, LOSSLESS_WEBP, LOSSY_WEBP, animated_webp};

pub(super) const CALLS: &[Call] = &[
    ("decode a PNG", |draw| {
        let channels = draw.one_of("channels", &[1, 3]);
        let image = Picture::new(Tensor::full([channels, 3, 4], 90_u8))?;
        let file = damaged(draw, &image.encode_png()?);
        Picture::decode(&file).map(drop)
    }),
    ("decode a JPEG", |draw| Picture::decode(&damaged(draw, JPEG)).map(drop)),
    ("decode a BMP", |draw| Picture::decode(&damaged(draw, BMP)).map(drop)),
    ("decode a GIF", |draw| Picture::decode(&damaged(draw, GIF)).map(drop)),
    ("decode a lossless WebP", |draw| Picture::decode(&damaged(draw, LOSSLESS_WEBP)).map(drop)),
    ("decode a lossy WebP", |draw| Picture::decode(&damaged(draw, LOSSY_WEBP)).map(drop)),
    ("decode an animated WebP", |draw| Picture::decode(&damaged(draw, &animated_webp())).map(drop)),
    ("Picture::decode_within", |draw| {
        let files = [BMP, GIF, JPEG, LOSSLESS_WEBP, LOSSY_WEBP];
        let which = draw.below(files.len());
        let limits = match draw.flag("for a size") {
            true => DecodeLimits::for_size(draw.sizes::<2>("size")),
            false => DecodeLimits::new(),
        };
        let limits = limits.max_pixels(draw.size("pixels")).dense_pixels(draw.size("dense"));
        Picture::decode_within(&damaged(draw, files[which]), limits).map(drop)
    }),
    ("decode random bytes behind magic numbers", |draw| {
        let beginnings: [&[u8]; 7] = [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"\xff\xd8\xff",
            b"GIF89a",
            b"BM",
            b"RIFF\x30\0\0\0WEBPVP8 ",
            b"RIFF\x30\0\0\0WEBPVP8L",
            b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0",
        ];
        let beginning = beginnings[draw.below(beginnings.len())];
        Picture::decode(&begun(draw, beginning)).map(drop)
    }),
    ("Picture::new", |draw| {
        let dims = draw.dims("pixels", 3);
        let picture = Picture::new(Tensor::full(shape(&dims), 9_u8))?;
        let _ = (picture.to_rgb(), picture.to_unit(), picture.shape());
        picture.encode_png().map(drop)
    }),
    ("Picture::from_unit", |draw| {
        let picture = Picture::from_unit(&draw.tensor("numbers", 3))?;
        Picture::decode(&picture.encode_png()?).map(drop)
    }),
    ("Picture::fitted", |draw| {
        let dims = draw.sizes::<2>("sides").map(|side| side.clamp(1, 33));
        let picture = Picture::new(Tensor::full([3, dims[0], dims[1]], 9_u8))?;
        match draw.flag("square") {
            true => picture.fitted(draw.size("side")),
            false => picture.fitted(draw.sizes::<2>("size")),
        }
        .map(drop)
    }),
];
