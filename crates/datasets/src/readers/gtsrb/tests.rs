//! Tests of GTSRB's reader, on small folders in its format.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::dataset::Dataset;

const HEADER: &str = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";

/// An image of 4×3 pixels, whose grey is the column's number times 10, with `value` in its red.
fn ppm(value: u8) -> Vec<u8> {
    let pixels = (0..12).flat_map(|place| [value, 10 * (place % 4), 10 * (place % 4)]);
    b"P6 4 3 255\n".iter().copied().chain(pixels).collect()
}

/// Each class with a frame of each of two tracks, and a test image of class 14.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("GTSRB/Final_Training/Images");
    for class in 0..43 {
        let own = images.join(format!("{class:05}"));
        fs::create_dir_all(&own).unwrap();
        let names = ["00000_00000.ppm", "00007_00029.ppm"];
        for name in names {
            fs::write(own.join(name), ppm(class)).unwrap();
        }
        let line = |name: &str| format!("{name};4;3;1;0;2;1;{class}\r\n");
        let table = [HEADER, &line(names[0]), &line(names[1])].concat();
        fs::write(own.join(format!("GT-{class:05}.csv")), table).unwrap();
    }
    let test = folder.path().join("GTSRB/Final_Test/Images");
    fs::create_dir_all(&test).unwrap();
    fs::write(test.join("00000.ppm"), ppm(99)).unwrap();
    fs::write(test.join("GT-final_test.csv"), format!("{HEADER}00000.ppm;4;3;1;0;2;1;14\n"))
        .unwrap();
    folder
}

fn refusal(folder: &Path) -> String {
    let text = Gtsrb::new(4).from_dir(folder).unwrap_err().to_string();
    text.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn images_come_with_class_and_track() {
    let folder = folder();
    let signs = Gtsrb::new(4).from_dir(folder.path()).unwrap();
    assert_eq!((signs.train.len(), signs.test.len()), (86, 1));
    assert_eq!(signs.tracks[..3], [[0, 0], [0, 7], [1, 0]]);
    assert_eq!((signs.train.labels()[85], signs.test.labels()[0]), (42, 14));
    assert_eq!(signs.test.class_names()[14], "stop");
    assert!(signs.train.sample_name(1).ends_with("00000/00007_00029.ppm"));
    assert_eq!(signs.train.image(2).unwrap().as_slice()[..16], [1; 16]);
    // The folder inside does as well, and the table of the test beside the folders.
    let inside = folder.path().join("GTSRB");
    fs::rename(
        inside.join("Final_Test/Images/GT-final_test.csv"),
        inside.join("GT-final_test.csv"),
    )
    .unwrap();
    assert_eq!(Gtsrb::new(4).from_dir(inside).unwrap().test.len(), 1);
}

#[test]
fn the_region_is_cut_out() {
    let folder = folder();
    let signs = Gtsrb::new(2).crop(true).from_dir(folder.path()).unwrap();
    let image = signs.test.image(0).unwrap();
    assert_eq!(image.as_slice(), [99, 99, 99, 99, 10, 20, 10, 20, 10, 20, 10, 20]);
}

#[test]
fn what_is_broken_is_named_with_file_and_line() {
    let folder = folder();
    let of_class = folder.path().join("GTSRB/Final_Training/Images/00005");
    let table = of_class.join("GT-00005.csv");
    let place = "GTSRB/Final_Training/Images/00005/GT-00005.csv: line 2";
    let with = |line: &str| {
        fs::write(&table, format!("{HEADER}{line}\n")).unwrap();
        refusal(folder.path())
    };
    assert_eq!(
        with("00000_00000.ppm;4;3;1;0;2;1;43"),
        format!("{place}: there is no class 43; there are 43, counted from 0"),
    );
    assert_eq!(
        with("00000_00000.ppm;4;3;1;0;2;1;4"),
        format!("{place}: class 4 in the folder of class 5"),
    );
    let broken = "it should have a name and seven whole numbers \
                  (Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId)";
    for line in ["00000_00000.ppm;4;3;1;0;2;1", "00000_00000.ppm;4;3;1;0;2;1;-1", "x"] {
        assert_eq!(with(line), format!("{place}: {broken}"));
    }
    assert_eq!(
        with("../00004/00000_00000.ppm;4;3;1;0;2;1;5"),
        format!("{place}: `../00004/00000_00000.ppm` is no name of a file"),
    );
    assert_eq!(
        with("00000_00000.ppm;4;3;1;0;4;1;5"),
        format!("{place}: the region from (1, 0) to (4, 1) isn't in an image of 4×3"),
    );
    assert_eq!(
        with("00000_00000.ppm;4;4;1;0;2;1;5"),
        format!(
            "GTSRB/Final_Training/Images/00005/00000_00000.ppm: it has 4×3 pixels, {place} says 4×4"
        ),
    );
    fs::rename(of_class.join("00000_00000.ppm"), of_class.join("first.ppm")).unwrap();
    assert_eq!(
        with("first.ppm;4;3;1;0;2;1;5"),
        format!("{place}: `first.ppm` doesn't begin with the number of a track and `_`"),
    );
    assert!(
        with("00000_00000.ppm;4;3;1;0;2;1;5")
            .starts_with("GTSRB/Final_Training/Images/00005/00000_00000.ppm: can't read it: ")
    );
    fs::write(&table, "").unwrap();
    assert_eq!(
        refusal(folder.path()),
        "GTSRB/Final_Training/Images/00005/GT-00005.csv: line 1 should be \
         `Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId`",
    );
    fs::remove_file(&table).unwrap();
    assert_eq!(
        refusal(folder.path()),
        format!("GTSRB/Final_Training/Images/00005/GT-00005.csv: there is no such file; {HINT}"),
    );
    assert_eq!(
        Gtsrb::new(0).from_dir(folder.path()).unwrap_err().to_string(),
        "gtsrb: the side is 0; it should be between 1 and 65536",
    );
}
