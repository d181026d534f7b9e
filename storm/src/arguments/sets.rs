//! Data sets in memory, the parts that they are cut into, and the loader.

use plywood::datasets::{
    Batch, DataLoader, Dataset, Draw as Epochs, Images, Normalize, Rows, Split, TableInput,
    check_groups_apart,
};
use plywood::tensor::{Error, Result, Row, Seed, Tensor};

use super::Call;
use super::draw::{Draw, shape};

pub(super) const CALLS: &[Call] = &[
    ("Images::new", |draw| {
        let dims = draw.dims("pixels", 4);
        let pixels = Tensor::full(shape(&dims), 7_u8);
        let count =
            if draw.flag("fitting") { dims.first().copied().unwrap_or(1) } else { draw.below(5) };
        let labels = draw.indices("labels", &[count], 3).to_vec();
        let classes = draw.small("classes", 4);
        let images = Images::new(pixels, labels, (0..classes).map(|class| class.to_string()))?;
        let _ = (images.fingerprint(), images.labels(), images.shape(), images.class_names().len());
        let normalized = images.normalize(&Normalize::measured_on(&images));
        images.image(draw.size("image"))?;
        normalized?;
        let names = draw.size("names").min(images.len() + 1);
        images.with_sample_names((0..names).map(|name| name.to_string()))?;
        uses(draw, &images)
    }),
    ("Rows of values", |draw| {
        let rows = Rows::new(draw.tensor("input", 2), draw.tensor("target", 2))?;
        uses(draw, &rows)
    }),
    ("Rows of classes", |draw| {
        let input = draw.tensor("input", 2);
        let dims = match draw.flag("fitting") {
            true => vec![input.shape().first().copied().unwrap_or(1)],
            false => draw.dims("shape of the labels", 1),
        };
        let rows = Rows::new(input, draw.indices("labels", &dims, 3))?;
        let names = draw.small("names", 4);
        let rows = match draw.flag("named samples") {
            true => rows.with_sample_names(&vec!["row"; names])?,
            false => rows,
        };
        let rows = rows.with_class_names((0..names).map(|name| name.to_string()))?;
        uses(draw, &rows)
    }),
    ("Split::subset", |draw| {
        let indices: Vec<usize> = (0..draw.small("count", 5)).map(|_| draw.size("index")).collect();
        five(draw).subset(&indices).map(drop)
    }),
    ("Split::take", |draw| five(draw).take(draw.size("n")).map(drop)),
    ("Split::k_folds", |draw| {
        five(draw).k_folds(draw.size("k"), Seed(draw.word("seed"))).map(drop)
    }),
    ("Split by group", |draw| {
        let (rows, seed) = (five(draw), Seed(draw.word("seed")));
        let names = if draw.once_in(4) { draw.small("names", 7) } else { 5 };
        let groups: Vec<&str> =
            (0..names).map(|_| draw.one_of("group", &["a", "b", "c", ""])).collect();
        let apart = check_groups_apart(
            "person",
            &[("a part", &groups), ("another", &groups[..1.min(names)])],
        );
        let share = draw.number("share");
        let split = rows.split_by_group(&groups, [share, 1.0 - share], seed);
        let _ = rows.split_by_group(&groups, [0.3, 0.7], seed)?;
        rows.k_folds_by_group(&groups, draw.size("k"), seed)?;
        apart.and(split.map(drop))
    }),
    ("Split::split", |draw| {
        let (rows, seed) = (five(draw), Seed(draw.word("seed")));
        let [a, b, c] = ["a", "b", "c"].map(|name| draw.number(name));
        match draw.small("which", 4) {
            0 => rows.split([0.0; 0], seed).map(drop),
            1 => rows.split([a], seed).map(drop),
            2 => rows.split([a, b, c], seed).map(drop),
            3 => rows.split([a, 1.0 - a], seed).map(drop),
            _ => rows.split([0.2, a * 0.8, 0.8 - a * 0.8], seed).map(drop),
        }
    }),
    ("Dataset::batch", |draw| {
        let indices: Vec<usize> = (0..draw.small("count", 5)).map(|_| draw.size("index")).collect();
        let epoch = Epochs::training(Seed(draw.word("seed")), draw.size("epoch"));
        let _ = (epoch.sample(draw.size("sample")), epoch.context(draw.size("shown")).sample());
        five(draw).batch(&indices, &epoch).map(drop)
    }),
    ("TableInput::one_hot", |draw| {
        let places = draw.dims("shape of the categories", 2);
        let categories = draw.indices("categories", &places, 3);
        let input = TableInput { numbers: draw.tensor("numbers", 2), categories };
        let vocabularies: Vec<usize> =
            (0..draw.small("columns", 4)).map(|_| draw.size("vocabulary")).collect();
        input.one_hot(&vocabularies).map(drop)
    }),
];

/// Five rows of three numbers, each of one of two classes.
fn five(draw: &mut Draw) -> Rows<Tensor<u32>> {
    let input = draw.tensor_of("input", &[5, 3]);
    Rows::new(input, Tensor::from([0_u32, 1, 0, 1, 1])).expect("they fit")
}

/// The loader over a data set, some parts of it, and its fingerprint.
fn uses<D: Dataset + Split>(draw: &mut Draw, data: &D) -> Result<()> {
    data.fingerprint();
    data.sample_name(draw.size("sample"));
    let mut loader = DataLoader::new(data)
        .batch_size(draw.size("batch size"))
        .threads(draw.size("threads"))
        .drop_last(draw.flag("drop last"));
    if draw.flag("shuffled") {
        loader = loader.shuffle(Seed(draw.word("seed")));
    }
    if draw.flag("augmented") {
        loader = loader.augment(Seed(draw.word("seed of augmentation")));
    }
    let (epoch, first) = (draw.size("epoch"), draw.small("first", 6));
    let batches = loader.epoch_from(epoch, first);
    let row = Row { place: draw.size("row"), rows: draw.size("rows") };
    let _ = loader.locate(Error::index("a row").in_row(row), epoch, draw.size("batch"));
    let promised = batches.len();
    let batches = batches.collect::<Result<Vec<_>>>()?;
    assert_eq!(batches.len(), promised, "the batches of an epoch");
    let samples: usize = batches.iter().map(Batch::len).sum();
    assert!(samples <= data.len(), "{samples} samples of {}", data.len());
    let _ = loader.epoch_from(draw.size("epoch"), draw.size("first")).next();
    let (fraction, seed) = (draw.number("fraction"), Seed(draw.word("seed")));
    let folds = data.k_folds(draw.size("k"), seed);
    data.split([fraction, 1.0 - fraction], seed)?;
    folds.map(drop)
}
