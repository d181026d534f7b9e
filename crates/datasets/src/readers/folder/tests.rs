//! Tests of folders of files.

use super::*;
use crate::image::tests::jpeg_of_blocks;
use crate::loader::DataLoader;
use crate::transforms::RandomCrop;

/// Two classes: a wide red image and a grey one, and a JPEG of four blocks.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for class in ["a", "b"] {
        std::fs::create_dir(folder.path().join(class)).unwrap();
    }
    let write = |name: &str, image: Tensor<u8>| {
        let image = Image::new(image).unwrap();
        image.write_png(folder.path().join(name)).unwrap();
    };
    let wide = Tensor::from_fn([3, 4, 12], |at| if at[0] == 0 && at[2] / 4 == 1 { 255 } else { 0 });
    write("a/1.png", wide);
    write("b/2.PNG", Tensor::full([1, 2, 2], 51));
    let jpeg = jpeg_of_blocks(&Tensor::from([[[0_u8, 255], [255, 0]]]));
    std::fs::write(folder.path().join("b/1.jpg"), jpeg).unwrap();
    std::fs::write(folder.path().join("b/notes.txt"), "not an image").unwrap();
    std::fs::write(folder.path().join("README"), "not a class").unwrap();
    std::fs::create_dir(folder.path().join(".cache")).unwrap();
    folder
}

#[test]
fn classes_and_images_come_sorted_and_at_their_size() {
    let folder = folder();
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    assert_eq!(files.class_names(), ["a", "b"]);
    assert_eq!((files.labels(), files.shape()), (vec![0, 1, 1], [3, 4, 4]));
    let names: Vec<_> = files.paths().iter().map(|p| p.file_name().unwrap()).collect();
    assert_eq!(names, ["1.png", "1.jpg", "2.PNG"]);

    let batch = DataLoader::new(&files).epoch(0).next().unwrap().unwrap();
    let at = |index: [usize; 4]| batch.images.get(&index).unwrap();
    // The middle third of the wide image is red.
    assert!((0..16).all(|i| at([0, 0, i / 4, i % 4]) == 1.0 && at([0, 1, i / 4, i % 4]) == 0.0));
    assert_eq!([at([1, 2, 0, 0]), at([1, 2, 0, 3]), at([1, 2, 3, 0])], [0.0, 1.0, 1.0]);
    assert!((at([2, 1, 3, 3]) - 0.2).abs() < 1e-6);
}

#[test]
fn greys_have_one_channel_in_memory_and_from_files() {
    let folder = folder();
    let files = ImageFolder::open(folder.path(), 4).unwrap().grey().unwrap();
    let images = files.load().unwrap();
    assert_eq!((files.shape(), images.shape()), ([1, 4, 4], [1, 4, 4]));
    let batch =
        |set: &dyn Fn(&Draw) -> Result<ImageBatch>| set(&Draw::evaluation()).unwrap().images;
    let read = batch(&|draw| files.batch(&[0, 2], draw));
    assert_eq!(read, batch(&|draw| images.batch(&[0, 2], draw)));
    // Red is as bright as 76 of 255; the grey image is what it is.
    assert_eq!(read.get(&[0, 0, 0, 0]).unwrap(), 76.0 / 255.0);
    assert_eq!(read.get(&[1, 0, 0, 0]).unwrap(), 51.0 / 255.0);
    let coloured = Normalize::new([0.5; 3], [0.5; 3]).unwrap();
    let files = ImageFolder::open(folder.path(), 4).unwrap().normalize(&coloured).unwrap();
    assert_eq!(
        files.grey().unwrap_err().to_string(),
        "normalize: image [1, 4, 4] (C, H, W) has 1 channels, mean and std have 3",
    );
}

#[test]
fn a_sample_is_named_by_its_file() {
    let folder = folder();
    let files = ImageFolder::open(folder.path(), 4).unwrap().subset(&[2, 0]).unwrap();
    let paths = ["b/2.PNG", "a/1.png"].map(|file| folder.path().join(file).display().to_string());
    let images = files.load().unwrap();
    for (index, path) in paths.iter().enumerate() {
        assert_eq!(files.sample_name(index), *path);
        assert_eq!(images.sample_name(index), *path);
    }
}

#[test]
fn images_may_be_as_large_as_their_size_needs() {
    let folder = folder();
    // It claims 16,384×16,384 pixels, which its length allows.
    let mut png = Image::new(Tensor::full([1, 8, 8], 7)).unwrap().encode_png().unwrap();
    png[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let sum = crc32fast::hash(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png.resize(1 << 16, 0);
    let path = folder.path().join("b/2.PNG");
    std::fs::write(&path, png).unwrap();
    let refusal = |files: &ImageFolder| {
        files.batch(&[2], &Draw::evaluation()).map(|_| ()).unwrap_err().to_string()
    };
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    let expected = |limit: usize| {
        format!(
            "{}: png: its header says 16384×16384 pixels, the limit is {limit} pixels; \
             make it smaller, or raise the limit by DecodeLimits::max_pixels",
            path.display()
        )
    };
    assert_eq!(refusal(&files), expected(1 << 26));
    assert_eq!(refusal(&files.limits(DecodeLimits::new())), expected(1 << 27));
    let large = ImageFolder::open(folder.path(), [300, 400]).unwrap();
    assert_eq!(refusal(&large), expected(300 * 400 * 1024));
}

#[test]
fn in_memory_they_are_the_same() {
    let folder = folder();
    let normalize = Normalize::new([0.5; 3], [0.25; 3]).unwrap();
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    let files = files.transform(RandomCrop::new(2)).unwrap().normalize(&normalize).unwrap();
    let images = files.load().unwrap();
    assert_eq!((images.shape(), images.labels()), ([3, 2, 2], files.labels()));
    let draw = Draw::training(plywood_tensor::Seed(1), 0);
    let [a, b] =
        [files.batch(&[2, 0, 1], &draw).unwrap(), images.batch(&[2, 0, 1], &draw).unwrap()];
    assert_eq!(a, b);
    assert_ne!(files.fingerprint(), files.take(2).unwrap().fingerprint());
}

#[test]
fn an_unreadable_image_is_named() {
    let folder = folder();
    let path = folder.path().join("b/2.PNG");
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    std::fs::write(&path, "x").unwrap();
    let error = files.batch(&[0, 2], &Draw::evaluation()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&path.display().to_string()) && text.contains(": 1 bytes"), "{text}");
    assert_eq!(files.load().unwrap_err().to_string(), error.to_string());
    assert_eq!(
        files.batch(&[3], &Draw::evaluation()).unwrap_err().to_string(),
        "image folder: there is no sample 3 in a data set of 3",
    );
}

#[test]
fn all_unreadable_images_are_named_in_their_order() {
    let folder = folder();
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    assert!(files.broken().is_empty());
    let whole = files.load().unwrap();
    for (name, bytes) in [("b/1.jpg", "x"), ("b/2.PNG", "yz")] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let broken = files.broken();
    assert_eq!(broken.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1, 2]);
    let text = files.load().unwrap_err().to_string();
    assert_eq!(text, format!("2 of 3 images can't be read:\n  {}\n  {}", broken[0].1, broken[1].1));
    let (readable, left_out) = files.load_readable().unwrap();
    assert_eq!(left_out.len(), 2);
    let draw = Draw::evaluation();
    assert_eq!(readable.batch(&[0], &draw).unwrap(), whole.batch(&[0], &draw).unwrap());
    assert_eq!(readable.sample_name(0), files.sample_name(0));
    std::fs::write(folder.path().join("a/1.png"), "").unwrap();
    let text = files.load_readable().unwrap_err().to_string();
    assert!(text.starts_with("3 of 3 images can't be read:\n"), "{text}");
}

#[test]
fn an_error_names_twenty_images() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("a")).unwrap();
    for image in 0..150 {
        std::fs::write(folder.path().join(format!("a/{image:03}.png")), "x").unwrap();
    }
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    let text = files.load().unwrap_err().to_string();
    assert!(text.starts_with("150 of 150 images can't be read:\n"), "{text}");
    assert_eq!(text.lines().count(), 22);
    assert!(text.contains("019.png") && !text.contains("020.png"), "{text}");
    assert!(text.ends_with("\n  and 130 more"), "{text}");
    let places: Vec<usize> = files.broken().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, (0..150).collect::<Vec<_>>());
}

#[test]
fn senseless_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let open = || ImageFolder::open(folder.path(), 4).unwrap_err().to_string();
    assert_eq!(
        open(),
        format!(
            "{}: it has no sub-folders; each class has its images in a sub-folder with its name",
            folder.path().display()
        ),
    );
    let class = folder.path().join("cats");
    std::fs::create_dir(&class).unwrap();
    assert_eq!(
        open(),
        format!(
            "{}: no image is in this folder of a class; \
             images are files that end in .{}",
            class.display(),
            EXTENSIONS.join(", .")
        ),
    );
    let error = ImageFolder::open("no/such/folder", 4).unwrap_err().to_string();
    assert!(error.starts_with("no/such/folder: can't list it: "), "{error}");
    assert!(ImageFolder::open(self::folder().path(), 0).is_err());
}

#[test]
fn a_class_may_have_folders_in_its_folder() {
    let folder = folder();
    let deep = folder.path().join("a/0/more");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::copy(folder.path().join("a/1.png"), deep.join("2.png")).unwrap();
    let files = ImageFolder::open(folder.path(), 4).unwrap();
    assert_eq!(files.labels(), [0, 0, 1, 1]);
    assert!(files.paths()[0].ends_with("a/0/more/2.png"));

    // What is above train and test is no folder of classes.
    let above = tempfile::tempdir().unwrap();
    for part in ["Train", "test"] {
        let class = above.path().join(part).join("cats");
        std::fs::create_dir_all(&class).unwrap();
        std::fs::copy(folder.path().join("a/1.png"), class.join("1.png")).unwrap();
    }
    assert_eq!(
        ImageFolder::open(above.path(), 4).unwrap_err().to_string(),
        format!(
            "{}: its sub-folders Train, test are parts of a data set, and no classes; open one of \
             them: each class has its images in a sub-folder with its name",
            above.path().display()
        ),
    );
    assert_eq!(ImageFolder::open(above.path().join("test"), 4).unwrap().class_names(), ["cats"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_up_are_no_trap() {
    let folder = folder();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
    assert_eq!(ImageFolder::open(folder.path(), 4).unwrap().labels(), [0, 1, 1]);
}

#[test]
fn what_differs_from_the_folder_is_said() {
    let folder = folder();
    let root = folder.path();
    let line = format!(
        "{}: files that aren't read were passed over: 1 .txt (b/notes.txt), 1 without \
         an ending (README)",
        root.display()
    );
    let open = || ImageFolder::open(root, 4).unwrap();
    assert_eq!(open().notes(), [line]);
    for name in ["a/1.TIF", "b/2.tif", "b/scan"] {
        std::fs::write(root.join(name), "II").unwrap();
    }
    let turned = include_bytes!("../../image/fixtures/exif6.png");
    for name in ["a/0.png", "a/2.png", "b/3.png"] {
        std::fs::write(root.join(name), turned).unwrap();
    }
    let files = open();
    files.batch(&[2, 0, 1, 2], &Draw::evaluation()).unwrap();
    assert_eq!(
        files.notes(),
        [
            format!(
                "{}: files that aren't read were passed over: 2 .tif (such as a/1.TIF), 2 without an \
                 ending (such as README), 1 .txt (b/notes.txt)",
                root.display()
            ),
            format!(
                "{}: turned right by 90°, as its Exif data say (orientation 6); another image like it",
                root.join("a/0.png").display()
            ),
        ],
    );
    for name in ["0.png", "1.png", "2.png"] {
        std::fs::remove_file(root.join("a").join(name)).unwrap();
    }
    assert_eq!(
        ImageFolder::open(root, 4).unwrap_err().to_string(),
        format!(
            "{}: no image is in this folder of a class, of other files 1 .tif (1.TIF); \
             images are files that end in .{}",
            root.join("a").display(),
            EXTENSIONS.join(", .")
        ),
    );
}
