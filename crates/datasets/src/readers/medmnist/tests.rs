//! Tests of MedMNIST's format on small archives.

use rawzip::ZipArchiveWriter;

use super::super::npy::tests::bytes;
use super::*;
use crate::dataset::Dataset;

/// An archive of these arrays, stored.
fn archive(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut zip = ZipArchiveWriter::new(&mut file);
    for (name, array) in arrays {
        let (mut entry, config) = zip.new_file(format!("{name}.npy")).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        std::io::Write::write_all(&mut writer, array).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap();
    file
}

/// Three parts of images of this shape behind (N), and their labels.
fn set(shape: &str, pixels: usize, labels: [&[u8]; 3]) -> Vec<u8> {
    let mut arrays = Vec::new();
    for (part, own) in ["train", "val", "test"].iter().zip(labels) {
        let n = own.len();
        let pixels: Vec<u8> = (0..n * pixels).map(|place| place as u8).collect();
        arrays.push((format!("{part}_images"), bytes(&format!("({n}, {shape})"), &pixels)));
        arrays.push((format!("{part}_labels"), bytes(&format!("({n}, 1)"), own)));
    }
    let arrays: Vec<(&str, Vec<u8>)> =
        arrays.iter().map(|(name, array)| (&**name, array.clone())).collect();
    archive(&arrays)
}

fn refusal(file: &[u8]) -> String {
    MedMnist::from_npz(&Npz::read(file).unwrap(), ["a", "b"]).unwrap_err().to_string()
}

#[test]
fn grey_and_coloured_sets() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pneumoniamnist.npz");
    std::fs::write(&path, set("2, 2", 4, [&[0, 1, 1], &[1], &[0, 0]])).unwrap();
    let sets = MedMnist::open(&path).unwrap();
    assert_eq!(sets.each_ref().map(Images::len), [3, 1, 2]);
    assert_eq!((sets[0].shape(), sets[0].labels()), ([1, 2, 2], vec![0, 1, 1]));
    assert_eq!(sets[2].class_names(), ["normal", "pneumonia"]);
    assert_eq!(sets[0].image(1).unwrap().to_vec(), [4, 5, 6, 7]);

    let path = folder.path().join("bloodmnist.npz");
    std::fs::write(&path, set("1, 2, 3", 6, [&[0, 2], &[1], &[0]])).unwrap();
    let [train, ..] = MedMnist::open(&path).unwrap();
    assert_eq!(
        (train.shape(), train.class_names()),
        ([3, 1, 2], &["0", "1", "2"].map(String::from)[..])
    );
    assert_eq!(train.image(0).unwrap().to_vec(), [0, 3, 1, 4, 2, 5]);
}

#[test]
fn what_is_no_such_set_is_refused() {
    assert_eq!(
        refusal(&set("2, 2, 2", 8, [&[0], &[0], &[0]])),
        "train_images: medmnist: images [1, 2, 2, 2], they should be (N, H, W) or (N, H, W, 3); sets \
         of volumes aren't read",
    );
    assert_eq!(
        refusal(&set("2, 2", 4, [&[0], &[2], &[0]])),
        "val_images: images: image 0 has label 2, there are 2 class names; labels count from 0",
    );
    let several = archive(&[("train_labels", bytes("(1, 14)", &[0; 14]))]);
    assert_eq!(
        refusal(&several),
        "train_labels: medmnist: labels [1, 14], there should be one an image: (N, 1); sets where an \
         image has several aren't read",
    );
    let missing = refusal(&archive(&[]));
    assert!(missing.contains("there is no array `train_labels`"), "{missing}");
}
