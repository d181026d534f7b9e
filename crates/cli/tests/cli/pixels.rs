//! Images with masks: train, draw masks into images, and what is refused.

use std::path::Path;

use plywood::datasets::{Image, Mask};
use plywood::tensor::Tensor;

use crate::{answer, plywood, refusal};

/// Images that are red from some column on, and masks that say so; their first row is void.
pub(crate) fn halves(folder: &Path, [images, masks]: [&str; 2], count: usize) {
    for name in [images, masks] {
        std::fs::create_dir(folder.join(name)).unwrap();
    }
    for place in 0..count {
        let edge = 8 + place * 7 % 24;
        let image = Tensor::from_fn([3, 32, 40], |at| {
            let red = at[0] == 0 && at[2] >= edge;
            (at[1] * 31 + at[2] * 17 + place) as u8 % 60 + if red { 150 } else { 0 }
        });
        let mask =
            Tensor::from_fn([32, 40], |at| if at[0] == 0 { 255 } else { u8::from(at[1] >= edge) });
        let (image, mask) = (Image::new(image).unwrap(), Mask::new(mask).unwrap());
        image.write_png(folder.join(format!("{images}/{place}.png"))).unwrap();
        let palette = [[0; 3]; 256];
        mask.write_png(folder.join(format!("{masks}/{place}.png")), &palette).unwrap();
    }
}

const TRAIN: [&str; 6] = ["train", "unet", "--images", "photos", "--masks", "masks"];

#[test]
fn from_masks_to_masks() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    halves(here, ["photos", "masks"], 10);
    let options = ["--classes", "grey,red", "--epochs", "1", "--batch-size", "4", "--quiet"];
    let outcome = plywood(here, &[&TRAIN[..], &options].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.err,
        "note: 255 counts as void in the masks; `--void` names another number\n"
    );
    let begins = "10 images of 40×32, pixels of 2 classes; unet has 4374554 parameters\n\
                  7 to learn from, 1 to validate, 2 to test\n2 samples  loss ";
    assert!(outcome.out.starts_with(begins), "{}", outcome.out);
    let report = std::fs::read_to_string(here.join("runs/photos-unet/report.html")).unwrap();
    assert!(report.contains("What is there, and what was answered") && report.contains("grey"));

    let outcome =
        plywood(here, &["predict", "runs/photos-unet", "photos/3.png", "--format", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let start = r#"{"file":"photos/3.png","prediction":""#;
    assert!(outcome.out.starts_with(start) && outcome.out.contains(r#""parts":{"grey":"#));
    assert_eq!(
        outcome.err,
        "note: each image's mask is in runs/photos-unet/predictions as `NAME-mask.png`, and drawn into it as \
         `NAME-drawn.png`\n",
    );
    let mask = Mask::read(here.join("runs/photos-unet/predictions/3-mask.png")).unwrap();
    assert_eq!(mask.shape(), [32, 40]);
    let drawn = Image::read(here.join("runs/photos-unet/predictions/3-drawn.png")).unwrap();
    assert_eq!(drawn.shape(), [3, 32, 40]);
    let text = answer(here, &["summary", "runs/photos-unet"]);
    assert!(text.contains("[1, 2, 32, 40]"), "{text}");
    assert_eq!(
        refusal(here, &["eval", "runs/photos-unet", "--images", "photos"]),
        "runs/photos-unet: it is a model of pixels, and not of whole images; `plywood predict` draws the class of each \
         pixel",
    );
}

#[test]
fn masks_that_dont_fit_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    halves(here, ["photos", "masks"], 12);
    assert_eq!(
        refusal(here, &["train", "unet", "--images", "photos"]),
        "`unet` learns the class of each pixel, not of images; `--masks FOLDER` gives it the masks of the images",
    );
    assert_eq!(
        refusal(here, &["train", "lenet", "--images", "photos", "--masks", "masks"]),
        "`lenet` doesn't learn from masks; `unet` does",
    );
    let small = Mask::new(Tensor::full([16, 40], 0_u8)).unwrap();
    small.write_png(here.join("masks/7.png"), &[[0; 3]]).unwrap();
    let told = [&TRAIN[..], &["--classes", "a,b", "--void", "255"]].concat();
    assert_eq!(
        refusal(here, &told),
        "masks/7.png: the mask is 16×40, its image photos/7.png is 32×40; each pixel of an image has one in its mask",
    );
    let other = Mask::new(Tensor::full([32, 40], 4_u8)).unwrap();
    other.write_png(here.join("masks/7.png"), &[[0; 3]; 5]).unwrap();
    assert_eq!(
        refusal(here, &told),
        "masks/7.png: the pixel in row 0, column 0 is of class 4, there are 2 classes; classes go from 0 to 1, and 255 \
         for void; rows and columns count from 0",
    );
}
