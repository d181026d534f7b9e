//! Tests of images in memory.

use plywood_tensor::Seed;

use super::*;
use crate::transforms::{RandomAffine, RandomCrop, Resize};

fn ramp() -> Images {
    let pixels = Tensor::from_fn([4, 2, 20, 20], |at| (at[0] * 50 + at[1] * 5 + at[3]) as u8);
    Images::new(pixels, vec![0, 1, 0, 1], ["even", "odd"]).unwrap()
}

#[test]
fn batches_are_scaled_transformed_and_normalised() {
    let images = ramp();
    let plain = images.batch(&[3, 1], &Draw::evaluation()).unwrap();
    assert_eq!(plain.images.get(&[0, 1, 7, 9]).unwrap(), 164.0 / 255.0);
    assert_eq!(plain.labels, Tensor::from([1, 1]));

    // With a transform the numbers go another way, and come to the same.
    let normalize = Normalize::new([0.1, 0.2], [0.5, 0.25]).unwrap();
    let normalized = images.normalize(&normalize).unwrap();
    let still = normalized.transform(RandomCrop::new(20)).unwrap();
    let [a, b] = [&normalized, &still].map(|i| i.batch(&[0, 2], &Draw::evaluation()).unwrap());
    assert_eq!(a, b);
    let x = 114.0_f32 / 255.0;
    assert_eq!(a.images.get(&[1, 1, 7, 9]).unwrap(), (x - 0.2) / 0.25);
}

#[test]
fn augmentation_belongs_to_the_sample() {
    let images = ramp().transform(RandomAffine::new(20.0)).unwrap();
    let draw = Draw::training(Seed(1), 0);
    let pair = images.batch(&[2, 3], &draw).unwrap();
    let alone = images.batch(&[3], &draw).unwrap();
    assert_eq!(pair.images.narrow(0, 1, 1).unwrap(), alone.images);
    let next = images.batch(&[3], &Draw::training(Seed(1), 1)).unwrap();
    assert_ne!(next.images, alone.images);
}

#[test]
fn shapes_follow_the_transforms() {
    let images = ramp().transform(Resize::new([10, 30])).unwrap();
    assert_eq!(images.shape(), [2, 10, 30]);
    assert_eq!(
        images.transform(RandomCrop::new(12)).unwrap_err().to_string(),
        "random_crop: a crop of 12×12 from an image [2, 10, 30] (C, H, W) with padding 0; \
         crops must be at least 1×1, and not larger than the padded image",
    );
    let batch = images.batch(&[0], &Draw::evaluation()).unwrap();
    assert_eq!(batch.images.shape(), [1, 2, 10, 30].into());
}

#[test]
fn a_transform_that_breaks_its_word_is_refused() {
    #[derive(Debug)]
    struct Liar;

    impl Transform for Liar {
        fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
            Ok(input)
        }

        fn apply(&self, _: Tensor, _: &mut crate::draw::Context) -> Result<Tensor> {
            Ok(Tensor::zeros([1, 1, 1]))
        }
    }

    let images = ramp().transform(Liar).unwrap();
    assert_eq!(
        images.batch(&[0], &Draw::evaluation()).unwrap_err().to_string(),
        "transform: [Liar] made an image [1, 1, 1], it should be [2, 20, 20]",
    );
}

#[test]
fn the_fingerprint_tells_data_apart() {
    let images = ramp();
    assert_eq!(images.fingerprint(), ramp().fingerprint());
    let normalize = Normalize::measured_on(&images);
    let others = [
        images.take(3).unwrap(),
        images.subset(&[1, 0, 2, 3]).unwrap(),
        images.normalize(&normalize).unwrap(),
        images.transform(RandomAffine::new(1.0)).unwrap(),
        images.transform(RandomAffine::new(2.0)).unwrap(),
    ];
    let mut lines: Vec<String> = others.iter().map(Dataset::fingerprint).collect();
    lines.push(images.fingerprint());
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 6);
    let line = images.fingerprint();
    let start = "4 images [2, 20, 20] in 2 classes, crc32 ";
    assert!(line.starts_with(start) && line.len() == start.len() + 8, "{line}");
}

#[test]
fn images_are_as_stored() {
    let image = ramp().subset(&[2]).unwrap().image(0).unwrap();
    assert_eq!(image.get(&[1, 0, 19]).unwrap(), 124);
    let digit = crate::embedded::Digits::embedded().unwrap().image(0).unwrap();
    assert_eq!(digit.as_slice().iter().max(), Some(&239)); // 15 of 16
    assert_eq!(
        ramp().image(4).unwrap_err().to_string(),
        "image: there is no sample 4 in a data set of 4",
    );
}

#[test]
fn what_doesnt_belong_together_is_refused() {
    let new = |shape: &[usize], labels: &[u32]| {
        let pixels = Tensor::full(plywood_tensor::Shape::new(shape).unwrap(), 0_u8);
        let error = Images::new(pixels, labels.to_vec(), ["a", "b"]).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        new(&[2, 3, 3], &[0, 0]),
        "images: images [2, 3, 3] have 3 axes, they should have 4 (N, C, H, W)",
    );
    assert_eq!(
        new(&[2, 1, 3, 3], &[0]),
        "images: 2 images [2, 1, 3, 3] (N, C, H, W) have 1 labels; \
         check that both belong to the same part of the data",
    );
    assert_eq!(
        new(&[2, 1, 3, 3], &[0, 2]),
        "images: image 1 has label 2, there are 2 class names; labels count from 0",
    );
    assert_eq!(new(&[0, 1, 3, 3], &[]), "images: images [0, 1, 3, 3] (N, C, H, W) are empty");
}

#[test]
fn a_sample_keeps_its_name_through_splits() {
    let pixels = Tensor::from_fn([6, 1, 2, 2], |_| 0_u8);
    let images = Images::new(pixels, vec![0; 6], ["all"]).unwrap();
    let part = images.subset(&[5, 3, 1]).unwrap();
    let names = |images: &Images| -> Vec<String> {
        (0..images.len()).map(|index| images.sample_name(index)).collect()
    };
    assert_eq!(names(&part), ["sample 5", "sample 3", "sample 1"]);
    let named = part.with_sample_names(["f.png", "d.png", "b.png"]).unwrap();
    assert_eq!(names(&named.subset(&[2, 0]).unwrap()), ["b.png", "f.png"]);
    assert_eq!(
        images.with_sample_names(["a.png"]).unwrap_err().to_string(),
        "images: 6 images have 1 names",
    );
    // Names are no part of the data: a checkpoint goes on with or without them.
    assert_eq!(named.fingerprint(), images.subset(&[5, 3, 1]).unwrap().fingerprint());
}
