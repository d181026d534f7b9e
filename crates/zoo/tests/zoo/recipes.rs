//! The recipes: what they split, and what they leave behind.

use std::collections::BTreeSet;

use plywood_datasets::{Dataset, Digits, Image, Images};
use plywood_layers::{Params, write_safetensors};
use plywood_tensor::{Seed, Tensor};
use plywood_zoo::{Classifier, Preprocess, recipes};

/// How many images of each class there are.
fn counts(images: &Images) -> Vec<usize> {
    let labels = images.labels();
    (0..10).map(|class| labels.iter().filter(|&&label| label == class).count()).collect()
}

/// The bytes of each image.
fn bytes(images: &Images) -> BTreeSet<Vec<u8>> {
    (0..images.len()).map(|index| images.image(index).unwrap().to_vec()).collect()
}

#[test]
fn the_digits_are_split_by_class() {
    let recipe = recipes::digits(Seed(7)).unwrap();
    let all = counts(&Digits::embedded().unwrap());
    let parts = [(&recipe.train, 0.7), (&recipe.valid, 0.1), (&recipe.test, 0.2)];
    for (part, fraction) in parts {
        for (own, all) in counts(part).into_iter().zip(&all) {
            let share = fraction * *all as f64;
            assert!((own as f64 - share).abs() <= 1.0, "{own} of {all} should be {share}");
        }
    }
    assert_eq!(parts.map(|(part, _)| part.len()).iter().sum::<usize>(), 1797);
    let [train, valid, test] = parts.map(|(part, _)| bytes(part));
    assert!(train.is_disjoint(&test) && train.is_disjoint(&valid) && valid.is_disjoint(&test));
}

#[test]
fn the_split_is_fixed() {
    let [a, b, other] = [7, 7, 8].map(|seed| recipes::digits(Seed(seed)).unwrap());
    assert_eq!(a.test.fingerprint(), b.test.fingerprint());
    assert_eq!(a.train.fingerprint(), b.train.fingerprint());
    assert_ne!(a.test.fingerprint(), other.test.fingerprint());
}

#[test]
fn a_recipe_runs_and_is_loaded_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let mut recipe = recipes::digits(Seed(7)).unwrap();
        assert_eq!(recipe.summary().unwrap().rows.last().unwrap().output, [1, 10].into());
        recipe.trainer = recipe.trainer.epochs(1).quiet(true);
        let outcome = recipe.run(folder.path()).unwrap();
        let mut weights = Vec::new();
        write_safetensors(&outcome.model, &mut weights).unwrap();
        (weights, outcome.result.metric("accuracy").unwrap(), outcome.run.train_seconds())
    };
    let first = run();
    assert!(first.1 > 0.3, "{}", first.1);
    assert_eq!(run(), first);
    for file in ["metrics.json", "model.safetensors", "curves.svg", "confusion.svg", "filters.png"]
    {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_set_that_isnt_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = recipes::mnist(folder.path(), Seed(7)).err().unwrap().to_string();
    assert!(error.contains("train-images"), "{error}");
}

#[test]
fn emoji_that_arent_there_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let small = Preprocess::fitted(32);
    let trained = Classifier::new("efficientnet_lite0", small.clone(), ["a"], Seed(7)).unwrap();
    let error = recipes::emoji(&trained, folder.path(), Seed(7)).err().unwrap().to_string();
    assert!(error.contains("emoji-google/emoji.json: can't read it: "), "{error}");
    let data = folder.path().display();
    let hint = format!("; `plywood fetch emoji-google --data {data}` brings it");
    assert!(error.ends_with(&hint), "{error}");

    for set in ["emoji-google", "emoji-twitter"] {
        let set = folder.path().join(set);
        std::fs::create_dir_all(set.join("64")).unwrap();
        let entry = |number: usize, category: &str| {
            let image = Image::new(Tensor::full([3, 4, 4], number as u8)).unwrap();
            image.write_png(set.join(format!("64/{number}.png"))).unwrap();
            format!("{{\"category\":\"{category}\",\"image\":\"{number}.png\",\"more\":1}}")
        };
        let entries: Vec<String> = (0..42)
            .map(|number| entry(number, ["Flags", "Animals", "Component"][number / 20]))
            .collect();
        std::fs::write(set.join("emoji.json"), format!("[{}]", entries.join(","))).unwrap();
    }
    let recipe = recipes::emoji(&trained, folder.path(), Seed(7)).unwrap();
    assert_eq!([recipe.train.len(), recipe.valid.len(), recipe.test.len()], [36, 4, 40]);
    assert_eq!(recipe.test.class_names(), ["Animals", "Flags"]);
    let parameters = recipe.model.named_parameters();
    let frozen = |name: &str| parameters.iter().find(|(own, _)| own == name).unwrap().1.is_frozen();
    assert!(frozen("_conv_stem.weight") && frozen("_blocks.7._bn2.bias"));
    assert!(!frozen("_blocks.8._bn2.bias") && !frozen("_fc.weight"));

    let other = Classifier::new("resnet20", small, ["a"], Seed(7)).unwrap();
    assert_eq!(
        recipes::emoji(&other, folder.path(), Seed(7)).err().unwrap().to_string(),
        "emoji: resnet20 has no layer _blocks.8; the recipe is for efficientnet_lite0",
    );
}

/// A folder of CIFAR-10's binary files: records of a label and three planes of 32×32 pixels. What an
/// image shows follows from its label, so that there is something to learn.
fn small_cifar() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let record = |index: usize| {
        let label = (index % 10) as u8;
        let pixel = |place: usize| ((place / 37 * (1 + index % 10) + index) % 256) as u8;
        std::iter::once(label).chain((0..3072).map(pixel)).collect::<Vec<u8>>()
    };
    let files = (1..=5).map(|part| format!("data_batch_{part}.bin"));
    for (file, name) in files.chain(["test_batch.bin".to_owned()]).enumerate() {
        let records: Vec<u8> = (10 * file..10 * (file + 1)).flat_map(record).collect();
        std::fs::write(folder.path().join(name), records).unwrap();
    }
    folder
}

#[test]
fn cifar10_recipes_run_on_files_in_the_real_format() {
    let folder = small_cifar();
    for make in [recipes::cifar10_resnet20, recipes::cifar10_fast] {
        let mut recipe = make(folder.path(), Seed(7)).unwrap();
        let sizes = [&recipe.train, &recipe.valid, &recipe.test].map(Images::len);
        assert_eq!(sizes, [40, 10, 10]);
        assert!(bytes(&recipe.train).is_disjoint(&bytes(&recipe.valid)));
        recipe.trainer = recipe.trainer.epochs(3).batch_size(20).quiet(true);
        let runs = tempfile::tempdir().unwrap();
        let outcome = recipe.run(runs.path()).unwrap();
        assert!(outcome.model.named_parameters().iter().all(|(name, param)| {
            // The fast one's first layer is computed, its bias soon learnt; what normalises has no scales.
            !param.is_frozen() || name.starts_with("whiten.") || name.contains("norm")
        }));
        let losses: Vec<f64> = outcome.run.history().iter().map(|epoch| epoch.train.loss).collect();
        assert!(losses[2] < losses[0], "{losses:?}");
        assert_eq!(outcome.result.samples, 10);
        assert!(runs.path().join("metrics.json").exists());
    }
}

#[test]
fn a_cifar10_file_that_isnt_there_is_named() {
    let folder = small_cifar();
    std::fs::remove_file(folder.path().join("data_batch_4.bin")).unwrap();
    let error = recipes::cifar10_resnet20(folder.path(), Seed(7)).err().unwrap().to_string();
    assert!(error.contains("data_batch_4.bin"), "{error}");
}

#[test]
fn signs_are_validated_on_other_signs() {
    let folder = tempfile::tempdir().unwrap();
    let header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";
    let mut tested = header.to_owned();
    for class in 0..43_u8 {
        let own = folder.path().join(format!("GTSRB/Final_Training/Images/{class:05}"));
        std::fs::create_dir_all(&own).unwrap();
        let mut table = header.to_owned();
        for track in 0..3_u8 {
            let name = format!("{track:05}_00000.ppm");
            let ppm = [&b"P6 6 6 255\n"[..], &[5 * class, 80 * track, 90].repeat(36)].concat();
            std::fs::write(own.join(&name), ppm).unwrap();
            table += &format!("{name};6;6;1;1;4;4;{class}\n");
        }
        std::fs::write(own.join(format!("GT-{class:05}.csv")), table).unwrap();
    }
    let test = folder.path().join("GTSRB/Final_Test/Images");
    std::fs::create_dir_all(&test).unwrap();
    std::fs::write(test.join("00000.ppm"), [&b"P6 6 6 255\n"[..], &[9; 108]].concat()).unwrap();
    tested += "00000.ppm;6;6;1;1;4;4;14\n";
    std::fs::write(test.join("GT-final_test.csv"), tested).unwrap();

    let mut recipe = recipes::signs(folder.path(), Seed(7)).unwrap();
    let sizes = [&recipe.train, &recipe.valid, &recipe.test].map(Images::len);
    assert_eq!(sizes, [86, 43, 1]);
    assert_eq!(recipe.valid.labels(), (0..43).collect::<Vec<_>>());
    recipe.trainer = recipe.trainer.epochs(1).batch_size(43).quiet(true);
    let runs = tempfile::tempdir().unwrap();
    let outcome = recipe.run(runs.path()).unwrap();
    assert!(outcome.result.scores.loss.is_finite());
    assert_eq!(outcome.result.samples, 1);
}

#[test]
fn no_patient_is_in_two_parts_of_a_fold() {
    let folder = tempfile::tempdir().unwrap();
    let train = folder.path().join("chest_xray/train");
    let write = |name: &str, grey: usize| {
        let path = train.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        Image::new(Tensor::full([1, 8, 8], grey as u8)).unwrap().write_png(path).unwrap();
    };
    for number in 0..60 {
        let patient = number / 4;
        match number % 2 {
            0 => write(&format!("NORMAL/NORMAL2-IM-{patient:04}-{number:04}.jpeg"), number),
            _ => write(&format!("PNEUMONIA/person{patient}_virus_{number}.jpeg"), number),
        }
    }
    let folds = recipes::xray_folds(folder.path(), Seed(7)).unwrap();
    assert_eq!(folds.iter().map(|fold| fold.test.len()).collect::<Vec<_>>(), [12; 5]);
    for fold in &folds {
        assert_eq!((fold.train.shape(), fold.train.classes()), ([1, 64, 64], 2));
        // Two neighbours in twos are of one patient.
        let patients = [&fold.train, &fold.valid, &fold.test].map(|part| {
            let greys = bytes(part).into_iter().map(|image| (image[0] / 4, image[0] % 2));
            greys.collect::<BTreeSet<_>>()
        });
        assert_eq!(patients.iter().map(BTreeSet::len).sum::<usize>(), 30, "{patients:?}");
    }
    write("NORMAL/scan.jpeg", 0);
    let error = recipes::xray_folds(folder.path(), Seed(7)).err().unwrap().to_string();
    assert!(error.contains("scan.jpeg: xray_folds: no patient is in the file's name; "), "{error}");
    let error = recipes::xray(folder.path(), Seed(7)).err().unwrap().to_string();
    assert!(error.contains("pneumoniamnist.npz: can't open it: "), "{error}");
    assert!(
        error.ends_with(
            "; MedMNIST's site has `pneumoniamnist.npz`; put it there, or name its folder"
        )
    );
}
