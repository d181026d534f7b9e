//! Files and folders that hold anything, and folders that can't be written: what takes a path.

use std::fs;
use std::path::PathBuf;

use plywood::autodiff::{Params, Pass, Var};
use plywood::datasets::{
    Ames, BreastCancer, Cifar10, Cifar100, Csv, DataLoader, Dataset, DecodeLimits, Digits,
    Encoding, FashionMnist, Gtsrb, Image, ImageFolder, MedMnist, Mnist, Normalize, Npz, Split,
    Table, chelsea, idx, npy,
};
use plywood::layers::{
    Flatten, Linear, Module, Sequential, cross_entropy, load, save, save_as, state_dict,
    write_state_dict,
};
use plywood::look::{Lens, Page};
use plywood::optimizers::SGD;
use plywood::tensor::{Dtype, Error, Result, Rng, Seed, replace_file};
use plywood::training::Trainer;
use plywood::zoo::{Classifier, MODELS, Preprocess, Pretrained, SavedModel, TableModel, recipes};

use super::Call;
use super::damage::damaged;
use super::draw::Draw;
use super::image_files::{BMP, GIF, JPEG};

pub(super) const CALLS: &[Call] = &[
    ("folders of published sets", |draw| {
        let folder = Folder::of(draw, PUBLISHED)?;
        match draw.small("set", 4) {
            4 => MedMnist::open(folder.0.join("pneumoniamnist.npz")).map(drop),
            0 => Mnist::from_dir(&folder.0).map(drop),
            1 => FashionMnist::from_dir(&folder.0).map(drop),
            2 => Cifar10::from_dir(&folder.0).map(drop),
            _ => Cifar100::from_dir(&folder.0).map(drop),
        }
    }),
    ("Gtsrb", |draw| {
        let folder = Folder::of(draw, &[])?;
        write_signs(draw, &folder)?;
        let signs = Gtsrb::new(draw.size("side")).crop(draw.flag("crop"));
        signs.from_dir(&folder.0).map(drop)
    }),
    ("recipes of folders", |draw| {
        let folder = Folder::of(draw, PUBLISHED)?;
        let seed = Seed(draw.word("seed"));
        match draw.small("recipe", 11) {
            7 => recipes::xray(&folder.0, seed).map(drop),
            8 => {
                let folds = recipes::xray_folds(&folder.0, seed)?;
                folds.first().map_or(Ok(()), |fold| fold.summary().map(drop))
            }
            0 => recipes::mnist(&folder.0, seed).map(drop),
            1 => recipes::fashion(&folder.0, seed).map(drop),
            9 => recipes::vit_tiny(&folder.0, seed).map(drop),
            10 => recipes::latent(&folder.0, seed).map(drop),
            11 => {
                let text = draw.one_of("text", &["1.txt", "2.txt", "none.txt"]);
                plywood::datasets::read_text(folder.0.join("austen").join(text))?;
                recipes::writer(&folder.0, seed).map(drop)
            }
            2 => recipes::cifar10_resnet20(&folder.0, seed).map(drop),
            3 => recipes::cifar10_fast(&folder.0, seed).map(drop),
            4 => recipes::emoji_drawings(&folder.0, draw.size("side")).map(drop),
            5 => {
                write_signs(draw, &folder)?;
                recipes::signs(&folder.0, seed).map(drop)
            }
            _ => {
                let trained = classifier()?;
                recipes::emoji(&trained, &folder.0, seed).map(drop)
            }
        }
    }),
    ("ImageFolder", |draw| {
        let folder = Folder::of(draw, IMAGES)?;
        let images = ImageFolder::open(&folder.0, draw.sizes::<2>("size"))?;
        let index = draw.small("index", 8);
        if index < images.len() {
            let _ = images.image(index);
        }
        images.clone().transform(plywood::datasets::transforms::CenterCrop::new(1))?;
        let grey = Normalize::new([0.5; 3], [draw.number("deviation") as f32; 3])?;
        images.clone().normalize(&grey)?;
        images.grey()?.load_readable()?;
        images.load_readable()?;
        images.load().map(drop)
    }),
    ("tables in files", |draw| {
        let folder = Folder::of(draw, &[("table.csv", b"a,b,c\n1,x,2.5\n3,y,\n")])?;
        let path = folder.0.join("table.csv");
        let table = Table::read_file(&path)?;
        table.is_numeric(draw.one_of("column", &["a", "b", "", "no such"]))?;
        Csv::new().read_file(folder.0.join(name(draw))).map(drop)
    }),
    ("idx::read_file", |draw| {
        let folder = Folder::of(draw, PUBLISHED)?;
        let path = folder.0.join(name(draw));
        let _ = (npy::read_file(&path).is_ok(), Npz::open(&path).is_ok());
        idx::read_file(path).map(drop)
    }),
    ("Image in a file", |draw| {
        let folder = Folder::of(draw, IMAGES)?;
        let limits = DecodeLimits::new().max_pixels(draw.size("pixels"));
        let image = Image::read_within(folder.0.join("a/one.bmp"), limits)?;
        image.write_png(folder.0.join(name(draw)))
    }),
    ("weights in a file", |draw| {
        let mut model = Linear::new(3, 2, &mut Rng::new(Seed(1)))?;
        let folder = Folder::of(draw, &[])?;
        let path = folder.0.join(name(draw));
        match draw.flag("as stored") {
            true => save(&model, &path)?,
            false => save_as(&model, &path, draw.one_of("type", &[Dtype::BF16, Dtype::I32]))?,
        }
        let file = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        let file = damaged(draw, &file);
        replace_file(&path, &file)?;
        write_state_dict(&state_dict(&model), &mut Vec::new())?;
        load(&mut model, &path)
    }),
    ("Classifier in a folder", |draw| {
        let folder = Folder::of(draw, &[])?;
        classifier()?.save(&folder.0)?;
        let path = folder.0.join("classifier.json");
        let json = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        replace_file(&path, &damaged(draw, &json))?;
        let loaded = Classifier::load(&folder.0)?;
        loaded.preprocess().normalization().map(drop)
    }),
    ("TableModel in a folder", |draw| {
        let folder = Folder::of(draw, &[("table.csv", b"a,b\n1,x\n2,y\n3,x\n")])?;
        let path = folder.0.join("table.csv");
        let table = Table::read_file(&path)?;
        let encoding = Encoding::measured_on(&table, draw.one_of("target", &["a", "b"]))?;
        let model = TableModel::config("mlp", encoding).init(&mut Rng::new(Seed(1)))?;
        let model = model.read_as(&Csv::new(), &table);
        let named = folder.0.join(name(draw));
        if draw.once_in(2) {
            return model.save(&named).and_then(|()| TableModel::load(&named)).map(drop);
        }
        model.save(&folder.0)?;
        let json = folder.0.join("table.json");
        let text = fs::read(&json).map_err(|error| Error::io("read", &json, error))?;
        replace_file(&json, &damaged(draw, &text))?;
        let SavedModel::Table(loaded) = SavedModel::load(&folder.0)? else { return Ok(()) };
        for part in loaded.csv().stream_file(&path)? {
            loaded.predict(&part?.table)?;
        }
        loaded.csv().stream_file(folder.0.join(name(draw))).map(drop)
    }),
    ("Pretrained", |draw| {
        let folder = Folder::of(draw, &[("squeezenet_weights.pkl", b"\x80\x02}q\0.")])?;
        let name = draw.one_of("name", &["squeezenet1_1", "efficientnet_lite0", "", "no such"]);
        Pretrained::named(name)?.load(&folder.0).map(drop)
    }),
    ("Run::write", |draw| {
        let folder = Folder::of(draw, &[])?;
        let [train, test] = Digits::embedded()?.split([0.02, 0.98], Seed(draw.word("seed")))?;
        let mut model =
            Sequential::new().add(Flatten).add(Linear::new(64, 10, &mut Rng::new(Seed(1)))?);
        let trainer = Trainer::new(SGD::new(0.1)).loss(cross_entropy).epochs(1).quiet(true);
        let run = trainer.fit(&mut model, &train, None)?;
        let result = run.evaluate(&model, &test)?;
        run.report().evaluation(&result).write_html(folder.0.join(name(draw)))?;
        run.write(folder.0.join(name(draw)), &model, &result)
    }),
    ("Page::write", |draw| {
        let folder = Folder::of(draw, &[])?;
        let model = Sequential::new().add(Flatten).add(Linear::new(4, 2, &mut Rng::new(Seed(1)))?);
        let image = draw.tensor_of("image", &[1, 2, 2]).map(|x| x.clamp(0.0, 1.0));
        Page::new(&Lens::new(&model), &image).write(folder.0.join(name(draw)))
    }),
    ("embedded sets", |draw| match draw.small("set", 3) {
        0 => {
            let houses = Ames::embedded()?.take(draw.small("houses", 20))?;
            houses.column_type("no such").map(drop)
        }
        1 => {
            let table = BreastCancer::embedded()?;
            table.take(draw.size("rows")).map(drop)
        }
        2 => chelsea()?.fitted(draw.sizes::<2>("size")).map(drop),
        _ => {
            let digits = Digits::embedded()?;
            DataLoader::new(&digits).batch_size(draw.size("batch size")).batches().map(drop)
        }
    }),
    ("Entry::build", |draw| {
        let entry = &MODELS[draw.below(2)];
        let model = entry.build([1, 8, 8], draw.small("classes", 3), &mut Rng::new(Seed(1)))?;
        let images = Var::constant(draw.tensor("images", 4));
        let mut pass = Pass::eval(&model);
        model.forward_owned(images, &mut pass)?;
        let _ = model.settings();
        Ok(())
    }),
];

/// The names of the files that published sets consist of, with the beginning of a sound one.
const PUBLISHED: &[(&str, &[u8])] = &[
    ("train-images-idx3-ubyte", b"\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x01ab"),
    ("train-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x01\x03"),
    ("t10k-images-idx3-ubyte.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    ("t10k-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x01\x03"),
    ("data_batch_1.bin", &[7; 3073]),
    ("test_batch.bin", &[1; 3073]),
    ("train.bin", &[1; 3074]),
    ("test.bin", &[200; 3074]),
    ("fine_label_names.txt", b"apple\nbear\n"),
    ("pneumoniamnist.npz", include_bytes!("../../../fixtures/arrays_stored.npz")),
    ("austen/1.txt", &[b'a'; 4000]),
    ("austen/2.txt", &[b'a'; 400]),
    ("chest_xray/train/NORMAL/IM-0115-0001.jpeg", JPEG),
    ("chest_xray/train/NORMAL/NORMAL2-IM-0501-0001.jpeg", JPEG),
    ("chest_xray/train/PNEUMONIA/person1_virus_6.jpeg", JPEG),
    ("chest_xray/train/PNEUMONIA/person2_virus_7.jpeg", JPEG),
    ("chest_xray/train/PNEUMONIA/scan.jpeg", JPEG),
];

/// A folder of images, each class one of its own.
const IMAGES: &[(&str, &[u8])] =
    &[("a/one.bmp", BMP), ("a/two.gif", GIF), ("b/three.jpg", JPEG), ("b/four.png", b"\x89PNG")];

/// Names of files that are there, aren't, or can't be.
pub(super) fn name(draw: &mut Draw) -> &'static str {
    draw.one_of("name", &["new", "", "..", "no/such", "train.bin", "a", "\0", "table.csv"])
}

fn classifier() -> Result<Classifier> {
    Classifier::new("lenet", Preprocess::fitted(8), ["a", "b"], Seed(1))
}

/// A folder of this process's own, which is gone afterwards.
pub(super) struct Folder(pub(super) PathBuf);

/// Writes traffic signs as GTSRB has them, of which a file is damaged or missing once in a while.
fn write_signs(draw: &mut Draw, folder: &Folder) -> Result<()> {
    const HEADER: &str = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n";
    let ppm = b"P6 2 1 255\nabcdef";
    let line = |name: &str, class| format!("{name};2;1;0;0;0;0;{class}\n");
    let mut files = Vec::new();
    for class in 0..43 {
        let own = format!("Final_Training/Images/{class:05}");
        let names = ["00000_00000.ppm", "00001_00000.ppm"];
        files.extend(names.map(|name| (format!("{own}/{name}"), ppm.to_vec())));
        let lines = names.map(|name| line(name, class)).concat();
        files.push((format!("{own}/GT-{class:05}.csv"), format!("{HEADER}{lines}").into_bytes()));
    }
    files.push(("Final_Test/Images/00000.ppm".to_owned(), ppm.to_vec()));
    let table = format!("{HEADER}{}", line("00000.ppm", 14));
    files.push(("Final_Test/Images/GT-final_test.csv".to_owned(), table.into_bytes()));
    for (name, bytes) in files {
        let bytes = if draw.once_in(64) { damaged(draw, &bytes) } else { bytes };
        if !draw.once_in(256) {
            replace_file(folder.0.join(name), &bytes)?;
        }
    }
    Ok(())
}

impl Folder {
    /// With these files, each damaged, or missing once in a while.
    pub(super) fn of(draw: &mut Draw, files: &[(&str, &[u8])]) -> Result<Self> {
        let name = format!("plywood-storm-{}-{:016x}", std::process::id(), draw.rng().next_key());
        let folder = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).map_err(|error| Error::io("make", &folder.0, error))?;
        for (name, bytes) in files {
            if draw.once_in(8) {
                continue;
            }
            let path = folder.0.join(name);
            let parent = path.parent().unwrap_or(&folder.0);
            fs::create_dir_all(parent).map_err(|error| Error::io("make", parent, error))?;
            let bytes = damaged(draw, bytes);
            fs::write(&path, bytes).map_err(|error| Error::io("write", &path, error))?;
        }
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
