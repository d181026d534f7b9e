//! Tests of images with masks.

use std::path::Path;

use plywood_tensor::Seed;

use super::*;
use crate::batch::Batch;
use crate::image::{Image, Mask};
use crate::transforms::{ColorJitter, Resize};

/// Two images of 4×6 whose red says row and column, and masks that say the same.
fn pairs() -> MaskedImages {
    let images = Tensor::from_fn([2, 3, 4, 6], |at| (10 * at[2] + at[3]) as u8 * 4);
    let masks = Tensor::from_fn([2, 4, 6], |at| (10 * at[1] + at[2]) as u8);
    MaskedImages::new(images, masks, (0..40).map(|n| n.to_string()), Some(99)).unwrap()
}

/// Where masks are known, they say what the image does.
#[track_caller]
fn agree(batch: &MaskedBatch, void: u32) {
    let plane = batch.masks.numel() / batch.len();
    for (image, mask) in
        batch.images.as_slice().chunks(3 * plane).zip(batch.masks.as_slice().chunks(plane))
    {
        for (x, &class) in image.iter().zip(mask) {
            let is = (x * 255.0 / 4.0).round() as u32;
            assert!(class == void || class == is, "{class} {is}");
        }
    }
}

#[test]
fn masks_move_as_their_images_do() {
    let crop = |scale| RandomScaleCrop::new([3, 4]).scale(scale);
    let plain = pairs().batch(&[1], &Draw::evaluation()).unwrap();
    assert_eq!(plain.masks.as_slice()[..7], [0, 1, 2, 3, 4, 5, 10]);
    agree(&plain, 99);
    // In evaluation the middle: half a row is left over, of which the nearest to the middle is taken.
    let middle = pairs().transform_together(crop([1.0, 1.0])).unwrap();
    assert_eq!(middle.shape(), [3, 3, 4]);
    let middle = middle.batch(&[0], &Draw::evaluation()).unwrap();
    assert_eq!(middle.masks.as_slice()[..5], [11, 12, 13, 14, 21]);

    // By whole pixels, mirrored or not, every pixel agrees.
    let whole = pairs().transform_together(RandomScaleCrop::new([4, 6])).unwrap();
    let mut rows = Vec::new();
    for epoch in 0..8 {
        let batch = whole.batch(&[0, 1], &Draw::training(Seed(3), epoch)).unwrap();
        agree(&batch, 99);
        rows.push(batch.masks.as_slice()[..6].to_vec());
    }
    assert!(rows.contains(&vec![0, 1, 2, 3, 4, 5]) && rows.contains(&vec![5, 4, 3, 2, 1, 0]));

    // Twice as large: values lie between those of pixels, and the class is that of the nearest.
    let twice = pairs().transform_together(crop([2.0, 2.0]).flip(0.0)).unwrap();
    let batch = twice.batch(&[0], &Draw::training(Seed(3), 0)).unwrap();
    for (x, &class) in batch.images.as_slice().iter().zip(batch.masks.as_slice()) {
        let is = f64::from(x * 255.0 / 4.0);
        let distance = (is - f64::from(class)).abs();
        assert!(distance <= 0.5 * 11.0 + 1e-3, "{is} {class}");
    }
    // Half as large: around the image all is void, and its edge goes on.
    let half = pairs().transform_together(RandomScaleCrop::new([4, 6]).scale([0.5, 0.5])).unwrap();
    let batch = half.batch(&[0], &Draw::training(Seed(3), 0)).unwrap();
    let void = batch.masks.as_slice().iter().filter(|&&class| class == 99).count();
    assert_eq!(void, 24 - 6);
    assert!(batch.images.as_slice().iter().all(|x| *x <= 35.0 * 4.0 / 255.0 + 1e-6));
}

#[test]
fn augmentation_belongs_to_the_sample() {
    let images = pairs()
        .transform_together(RandomScaleCrop::new([2, 2]).scale([0.5, 2.0]))
        .unwrap()
        .transform(ColorJitter::new().brightness(0.3))
        .unwrap();
    let draw = Draw::training(Seed(1), 0);
    let both = images.batch(&[0, 1], &draw).unwrap();
    let alone = images.batch(&[1], &draw).unwrap();
    assert_eq!(both.images.narrow(0, 1, 1).unwrap(), alone.images);
    assert_eq!(both.masks.narrow(0, 1, 1).unwrap(), alone.masks);
    assert_ne!(images.fingerprint(), pairs().fingerprint());
    assert_ne!(pairs().take(1).unwrap().fingerprint(), pairs().fingerprint());
    let of_middle = RandomScaleCrop::new([2, 3]);
    let cut = pairs().transform_together(of_middle).unwrap();
    assert_eq!(cut.image(1).unwrap().1.shape(), [4, 6].into(), "as it is stored");
}

#[test]
fn what_doesnt_fit_is_refused() {
    let new = |images: [usize; 4], masks: [usize; 3], class: u8| {
        let images = Tensor::full(images, 0_u8);
        MaskedImages::new(images, Tensor::full(masks, class), ["a", "b"], Some(9))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        new([2, 3, 4, 5], [2, 5, 4], 0),
        "masked images: images [2, 3, 4, 5] (N, C, H, W) have masks [2, 5, 4], they should be [2, 4, 5] (N, H, W)",
    );
    assert_eq!(
        new([0, 3, 4, 5], [0, 4, 5], 0),
        "masked images: images [0, 3, 4, 5] (N, C, H, W) are empty",
    );
    assert_eq!(
        new([2, 3, 4, 5], [2, 4, 5], 3),
        "image 0: masked images: the pixel in row 0, column 0 is of class 3, there are 2 classes; classes go from 0 \
         to 1, and 9 for void; rows and columns count from 0",
    );
    assert_eq!(
        pairs().transform(Resize::new([2, 2])).unwrap_err().to_string(),
        "transform: images [3, 4, 6] (C, H, W) would become [3, 2, 2], and their masks would no longer lie over them; \
         `transform_together` changes both",
    );
    let refused = |crop: RandomScaleCrop| crop.shape([3, 4, 6]).unwrap_err().to_string();
    assert_eq!(
        refused(RandomScaleCrop::new([0, 4])),
        "random_scale_crop: a part of 0×4 pixels; it must be at least 1×1",
    );
    assert_eq!(
        refused(RandomScaleCrop::new(4).scale([2.0, 1.0])),
        "random_scale_crop: the scale is from 2 to 1; the smaller comes first",
    );
    let pair = (Tensor::zeros([3, 4, 6]), Tensor::full([6, 4], 0_u8));
    assert_eq!(
        RandomScaleCrop::new(2)
            .apply(pair, None, &mut Context::evaluation())
            .unwrap_err()
            .to_string(),
        "random_scale_crop: an image [3, 4, 6] (C, H, W) has a mask [6, 4], it should be [4, 6] (H, W)",
    );
    let mask = Mask::new(Tensor::from([[0_u8, 1]])).unwrap();
    let photo = Image::new(Tensor::full([3, 2, 2], 0_u8)).unwrap();
    assert_eq!(
        mask.over(&photo, &[], 0.5).unwrap_err().to_string(),
        "mask: a mask of 1×2 doesn't lie over an image of 2×2; `resized` brings it to another size",
    );
}

/// A folder of images of 2×3 and one of their masks.
fn folders(folder: &Path, masks: &[(&str, Vec<u8>)]) {
    for name in ["images", "masks"] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    for (name, file) in masks {
        let image = Image::new(Tensor::full([1, 2, 3], 51_u8)).unwrap();
        image.write_png(folder.join(format!("images/{name}.png"))).unwrap();
        if !file.is_empty() {
            std::fs::write(folder.join(format!("masks/{name}.png")), file).unwrap();
        }
    }
}

#[test]
fn folders_are_read_and_each_broken_mask_is_named() {
    let palette = [[0, 0, 0], [255, 0, 0], [0, 255, 0]];
    let mask = |classes: Tensor<u8>| Mask::new(classes).unwrap().encode_png(&palette).unwrap();
    let good = mask(Tensor::from([[0_u8, 1, 1], [1, 1, 2]]));
    // The same in greys.
    let grey = Image::new(Tensor::from([[[0_u8, 1, 1], [1, 1, 2]]])).unwrap().encode_png().unwrap();
    let folder = tempfile::tempdir().unwrap();
    folders(folder.path(), &[("a", good.clone()), ("b", grey)]);
    let open = |folder: &Path, size: [usize; 2]| {
        MaskedImages::open(folder.join("images"), folder.join("masks"), ["x", "y"], Some(2), size)
    };
    let set = open(folder.path(), [2, 3]).unwrap();
    let batch = set.batch(&[0, 1], &Draw::evaluation()).unwrap();
    assert_eq!(batch.masks.as_slice(), [0, 1, 1, 1, 1, 2].repeat(2));
    assert_eq!(batch.images, Tensor::full([2, 3, 2, 3], 0.2));
    assert_eq!((set.pixels_by_class(), set.void()), (vec![2, 8], Some(2)));
    assert!(set.sample_name(1).ends_with("b.png"));
    let large = open(folder.path(), [4, 6]).unwrap().image(0).unwrap().1;
    assert_eq!(large.as_slice()[..12], [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1]);

    let broken = tempfile::tempdir().unwrap();
    let colour = Image::new(Tensor::full([3, 2, 3], 1_u8)).unwrap().encode_png().unwrap();
    folders(
        broken.path(),
        &[
            ("a", mask(Tensor::from([[0_u8, 1]]))),
            ("b", mask(Tensor::from([[0_u8, 0, 0], [0, 0, 1]]))),
            ("c", colour),
            ("d", Vec::new()),
            ("e", good[..40].to_vec()),
            ("f", good),
        ],
    );
    let text = MaskedImages::open(
        broken.path().join("images"),
        broken.path().join("masks"),
        ["x"],
        None,
        [2, 3],
    )
    .unwrap_err()
    .to_string()
    .replace(&format!("{}/", broken.path().display()), "");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(
        lines[..4],
        [
            "6 of 6 images can't be read:",
            "masks/a.png: the mask is 1×2, its image images/a.png is 2×3; each pixel of an image has one in its mask",
            "masks/b.png: the pixel in row 1, column 2 is of class 1, there are 1 classes; classes go from 0 to 0; rows \
         and columns count from 0",
            "masks/c.png: mask: its pixels are colours, not classes; a mask has a palette, or is grey, with the number \
         of a class in each pixel",
        ]
    );
    assert!(lines[4].starts_with("masks/d.png: can't read it: "), "{}", lines[4]);
    assert!(lines[5].starts_with("masks/e.png: mask: "), "{}", lines[5]);
    assert!(lines[6].starts_with("masks/f.png: the pixel in row 0, column 1"), "{}", lines[6]);
}

#[test]
fn masks_of_few_bits_are_unpacked() {
    // 3×1 pixels of 2 bits with the indices 2, 0, 3: a PNG by the crate that reads it, too.
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 3, 2);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Two);
    encoder.set_palette(vec![0; 12]);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0b10_00_11_00, 0b01_01_00_00]).unwrap();
    writer.finish().unwrap();
    assert_eq!(Mask::decode(&file).unwrap().classes(), &Tensor::from([[2_u8, 0, 3], [1, 1, 0]]));
    assert_eq!(
        Mask::decode(b"GIF89a").unwrap_err().to_string(),
        "mask: it is no PNG file; save the mask as one",
    );
    let mask = Mask::new(Tensor::from([[0_u8, 3]])).unwrap();
    assert_eq!(
        mask.encode_png(&[[0; 3]; 3]).unwrap_err().to_string(),
        "mask: class 3 has no colour in a palette of 3",
    );
    assert!(mask.resized(0, 4).is_err() && mask.resized(usize::MAX, 4).is_err());
}
