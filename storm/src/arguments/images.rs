//! Images: decoding damaged files of all formats, and what is made of an image.

use plywood::datasets::{DecodeLimits, Image};
use plywood::tensor::Tensor;
use plywood::training::EmbeddedImage;

use super::Call;
use super::damage::{begun, damaged};
use super::draw::shape;
use super::image_files::{
    BMP, GIF, JPEG, LOSSLESS_WEBP, LOSSY_WEBP, PGM, PLAIN_PPM, animated_webp,
};

pub(super) const CALLS: &[Call] = &[
    ("decode a PNG", |draw| {
        let channels = draw.one_of("channels", &[1, 3]);
        let image = Image::new(Tensor::full([channels, 3, 4], 90_u8))?;
        let file = damaged(draw, &image.encode_png()?);
        Image::decode(&file).map(drop)
    }),
    ("decode a JPEG", |draw| Image::decode(&damaged(draw, JPEG)).map(drop)),
    ("decode a BMP", |draw| Image::decode(&damaged(draw, BMP)).map(drop)),
    ("decode a PGM", |draw| Image::decode(&damaged(draw, PGM)).map(drop)),
    ("decode a plain PPM", |draw| Image::decode(&damaged(draw, PLAIN_PPM)).map(drop)),
    ("decode a GIF", |draw| Image::decode(&damaged(draw, GIF)).map(drop)),
    ("decode a lossless WebP", |draw| Image::decode(&damaged(draw, LOSSLESS_WEBP)).map(drop)),
    ("decode a lossy WebP", |draw| Image::decode(&damaged(draw, LOSSY_WEBP)).map(drop)),
    ("decode an animated WebP", |draw| Image::decode(&damaged(draw, &animated_webp())).map(drop)),
    ("Image::decode_within", |draw| {
        let files = [BMP, GIF, JPEG, LOSSLESS_WEBP, LOSSY_WEBP, PGM, PLAIN_PPM];
        let which = draw.below(files.len());
        let limits = match draw.flag("for a size") {
            true => DecodeLimits::for_size(draw.sizes::<2>("size")),
            false => DecodeLimits::new(),
        };
        let limits = limits.max_pixels(draw.size("pixels")).dense_pixels(draw.size("dense"));
        Image::decode_within(&damaged(draw, files[which]), limits).map(drop)
    }),
    ("decode random bytes behind magic numbers", |draw| {
        let beginnings: [&[u8]; 9] = [
            b"P1 3 3 ",
            b"P6 2 2 255 ",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            b"\xff\xd8\xff",
            b"GIF89a",
            b"BM",
            b"RIFF\x30\0\0\0WEBPVP8 ",
            b"RIFF\x30\0\0\0WEBPVP8L",
            b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0",
        ];
        let beginning = beginnings[draw.below(beginnings.len())];
        Image::decode(&begun(draw, beginning)).map(drop)
    }),
    ("Image::new", |draw| {
        let dims = draw.dims("pixels", 3);
        let image = Image::new(Tensor::full(shape(&dims), 9_u8))?;
        let _ = (image.to_rgb(), image.to_unit(), image.shape());
        image.encode_png()?;
        EmbeddedImage::new(&image, "an image").map(drop)
    }),
    ("Image::from_unit", |draw| {
        let image = Image::from_unit(&draw.tensor("numbers", 3))?;
        Image::decode(&image.encode_png()?).map(drop)
    }),
    ("Image::fitted", |draw| {
        let dims = draw.sizes::<2>("sides").map(|side| side.clamp(1, 33));
        let image = Image::new(Tensor::full([3, dims[0], dims[1]], 9_u8))?;
        match draw.flag("square") {
            true => image.fitted(draw.size("side")),
            false => image.fitted(draw.sizes::<2>("size")),
        }
        .map(drop)
    }),
];
