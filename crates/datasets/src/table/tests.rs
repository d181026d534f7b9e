//! Tests of tables: what is read, what is refused, and what is encoded.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use plywood_tensor::{Seed, Tensor};
use proptest::prelude::*;

use super::*;
use crate::dataset::Dataset;
use crate::draw::Draw;
use crate::embedded::Ames;

fn table(text: &str) -> Table {
    Table::read(text.as_bytes()).unwrap()
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    Table::read(text.as_ref()).unwrap_err().to_string()
}

#[test]
fn types_are_found_out() {
    let read = table(
        "\u{feff}\"id\", size ,kind,,mixed\n\
         1, 2.5 ,\"a, b\",x,7\n\
         \n\
         2,NA,c ,y,\n\
         10,-1e3,\"a, b\",x,8 rooms\n\
         3,,,x,old\n",
    );
    assert_eq!(read.names(), ["id", "size", "kind", "column 4", "mixed"]);
    let size = read.numbers("size").unwrap();
    assert_eq!((size[0], size[2]), (2.5, -1000.0));
    assert!(size[1].is_nan() && size[3].is_nan());
    assert_eq!(read.categories("kind").unwrap(), [Some("a, b"), Some("c"), Some("a, b"), None],);
    assert_eq!((read.missing("kind").unwrap(), read.missing("id").unwrap()), (1, 0));
    assert!(!read.is_numeric("mixed").unwrap());
    assert_eq!(read.line(3), "line 6");
    assert_eq!((read.len(), read.is_empty()), (4, false));
}

#[test]
fn settings() {
    let file = "7\t1\t-9\n10\t2\t5\n9\t3\t5\n";
    let read = Csv::new()
        .delimiter(b'\t')
        .names(["code", "x", "y"])
        .column("code", ColumnType::Category)
        .missing(["-9"])
        .read(file.as_bytes())
        .unwrap();
    // Numbers that are names are in the order of numbers.
    let Values::Categories { names, .. } = &read.columns[0].values else { panic!("{read:?}") };
    assert_eq!(names, &["7", "9", "10"]);
    assert_eq!(read.missing("y").unwrap(), 1);
    assert_eq!(
        Csv::new()
            .column("z", ColumnType::Number)
            .read("a,b\n1,2\n".as_bytes())
            .unwrap_err()
            .to_string(),
        "csv: there is no column `z`; the columns are a, b",
    );
    let error = Csv::new().limit(10).read("a,b\n1,2\n3,4\n".as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "csv: it has more than the limit of 10 bytes; raise it by Csv::limit",
    );
}

#[test]
fn broken_files_are_refused() {
    assert_eq!(refusal(""), "csv: the file is empty, not even a header is there");
    assert_eq!(refusal("a,b\n"), "csv: there are no rows");
    assert_eq!(
        refusal("a,b,c\n1,2,3\n4,5\n"),
        "line 3: csv: 2 values, there are 3 columns; \
         a value with the delimiter in it must be in quotes",
    );
    assert_eq!(
        refusal("a,price\n1,100\n2,cheap\n3,120\n"),
        "line 3: csv: column `price`: 2 of 3 values are numbers, but `cheap` (line 3) is not; mend it, or \
         declare `--column price=number`, which makes the rest missing, or `--column price=category`",
    );
    assert_eq!(
        refusal("a,b\n1,inf\n2,3\n"),
        "line 2: csv: column `b`: 1 of 2 values are numbers, but `inf` (line 2) is not; mend it, or \
         declare `--column b=number`, which makes the rest missing, or `--column b=category`",
    );
    assert_eq!(refusal("a,b,a\n1,2,3\n"), "csv: columns 1 and 3 are both named `a`");
    assert_eq!(
        refusal(b"a,b\n1,\xFF\xFE\n"),
        "line 2: csv: letter 3 is the byte 0xFF, which is not UTF-8; save the file as UTF-8, in Excel \
         as “CSV UTF-8”; `iconv -f WINDOWS-1252 -t UTF-8` converts files in Latin-1 or Windows-1252",
    );
    let mut zipped = GzEncoder::new(Vec::new(), Compression::default());
    writeln!(zipped, "x,y").unwrap();
    for row in 0..100 {
        writeln!(zipped, "{row},{}", row * row).unwrap();
    }
    let zipped = zipped.finish().unwrap();
    assert_eq!(refusal(&zipped[..zipped.len() / 2]), "csv: cut short: the gzip stream has no end",);
}

#[test]
fn files_are_named_in_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.csv");
    std::fs::write(&path, "a,b\n1,2\n3\n").unwrap();
    assert_eq!(
        Table::read_file(&path).unwrap_err().to_string(),
        format!(
            "{}: line 3: csv: 1 value, there are 2 columns; \
             a value with the delimiter in it must be in quotes",
            path.display()
        ),
    );
    let error = Table::read_file("no/such.csv").unwrap_err().to_string();
    assert!(error.starts_with("no/such.csv: can't open it: "), "{error}");
}

#[test]
fn columns_by_name_and_type() {
    let read = table("x,kind\n1,a\n2,b\n");
    assert_eq!(
        read.numbers("y").unwrap_err().to_string(),
        "there is no column `y`; the columns are x, kind",
    );
    assert_eq!(
        read.numbers("kind").unwrap_err().to_string(),
        "column `kind` has categories, numbers are expected",
    );
    assert_eq!(
        read.stratified_by("x").unwrap_err().to_string(),
        "stratified_by: column `x` has numbers, categories are expected; \
         declare it: Csv::column(\"x\", ColumnType::Category)",
    );
}

#[test]
fn splits_keep_a_column_in_proportion() {
    let rows: String =
        (0..50).map(|row| format!("{row},{}\n", ["a", "b"][usize::from(row < 10)])).collect();
    let read = table(&format!("x,kind\n{rows}")).stratified_by("kind").unwrap();
    let [train, test] = read.split([0.8, 0.2], Seed(1)).unwrap();
    let count = |table: &Table| {
        let kinds = table.categories("kind").unwrap();
        kinds.iter().filter(|kind| **kind == Some("b")).count()
    };
    assert_eq!((train.len(), count(&train), test.len(), count(&test)), (40, 8, 10, 2));
}

#[test]
fn encoding_is_measured_on_the_training_rows() {
    let houses = table(
        "rooms,town,age,flat,price\n\
         2,Ames,10,yes,100\n\
         4,Gilbert,,yes,200\n\
         6,Ames,30,yes,300\n\
         9,Nevada,20,no,1000\n\
         ,,50,yes,50\n",
    );
    let train = houses.take(3).unwrap();
    let encoding = Encoding::config("price").standard_target().measured_on(&train).unwrap();
    assert_eq!(encoding.number_names(), ["rooms", "age"]);
    assert_eq!(encoding.vocabularies(), [("town", 3)]);
    // It has another value, but not in the training rows.
    assert_eq!(encoding.left_out(), ["flat"]);

    let all = encoding.values(&houses).unwrap();
    let TableInput { numbers, categories } = all.input();
    let std = (8.0_f32 / 3.0).sqrt();
    let rooms = [-2.0 / std, 0.0, 2.0 / std, 5.0 / std, 0.0];
    let age = [-1.0, 0.0, 1.0, 0.0, 3.0];
    for row in 0..5 {
        assert!((numbers.get(&[row, 0]).unwrap() - rooms[row]).abs() < 1e-6);
        assert!((numbers.get(&[row, 1]).unwrap() - age[row]).abs() < 1e-6);
    }
    // Nevada isn't in the training rows, and the last town is missing.
    assert_eq!(categories, &Tensor::from([[1_u32], [2], [1], [0], [0]]));
    let prices = encoding.restore(all.target());
    for (price, expected) in prices.as_slice().iter().zip([100.0, 200.0, 300.0, 1000.0, 50.0]) {
        assert!((price - expected).abs() < 1e-3);
    }
    let plain = Encoding::measured_on(&train, "price").unwrap();
    assert_eq!(plain.values(&train).unwrap().target(), &Tensor::from([[100.0], [200.0], [300.0]]));

    let rows = all.one_hot(&encoding).unwrap();
    assert_eq!(rows.input().shape(), [5, 5].into());
    assert_eq!(rows.input().as_slice()[2..5], [0.0, 1.0, 0.0]);
    assert_eq!(rows.input().as_slice()[22..25], [1.0, 0.0, 0.0]);
    assert_eq!(
        all.one_hot(&Encoding::config("price").without(["town"]).measured_on(&train).unwrap())
            .unwrap_err()
            .to_string(),
        "one_hot: the encoding is another than the one that made these rows",
    );
}

#[test]
fn classes_are_targets_too() {
    let animals = table("legs,kind\n2,bird\n4,cat\n8,spider\n2,bird\n4,\n");
    let known = animals.take(4).unwrap();
    let encoding = Encoding::measured_on(&known, "kind").unwrap();
    assert_eq!(encoding.class_names(), ["bird", "cat", "spider"]);
    let set = encoding.classes(&known).unwrap();
    let batch = set.batch(&[2, 0], &Draw::evaluation()).unwrap();
    assert_eq!(batch.target, Tensor::from([2_u32, 0]));
    assert_eq!(batch.input.numbers.shape(), [2, 1].into());
    assert_eq!(set.fingerprint().split(',').next(), Some("4 rows of 1 numbers and 0 categories"));
    assert_eq!(set.subset(&[1]).unwrap().target(), &Tensor::from([1_u32]));

    assert_eq!(
        encoding.classes(&animals).unwrap_err().to_string(),
        "line 6: encoding: `kind`, the target, is missing; leave out rows without a target",
    );
    assert_eq!(
        encoding.classes(&table("legs,kind\n2,fish\n3,cat\n")).unwrap_err().to_string(),
        "line 2: encoding: `kind` has the unknown class `fish`; the classes are bird, cat, spider",
    );
    assert_eq!(
        encoding.values(&known).unwrap_err().to_string(),
        "encoding: column `kind` has categories, numbers are expected",
    );
}

#[test]
fn what_cant_be_encoded_is_refused() {
    let houses = table("rooms,price\n1,10\n2,\n3,-5\n");
    let refusal = |config: EncodingConfig, rows: &[usize]| {
        let train = houses.subset(rows).unwrap();
        let values = config.measured_on(&train).and_then(|encoding| encoding.values(&train));
        values.unwrap_err().to_string()
    };
    assert_eq!(
        refusal(Encoding::config("cost"), &[0, 1]),
        "encoding: there is no column `cost`; the columns are rooms, price",
    );
    assert_eq!(
        refusal(Encoding::config("price").without(["cellar"]), &[0, 1]),
        "encoding: there is no column `cellar`; the columns are rooms, price",
    );
    assert_eq!(
        refusal(Encoding::config("price"), &[0, 1]),
        "line 3: encoding: `price`, the target, is missing; leave out rows without a target",
    );
    assert_eq!(
        refusal(Encoding::config("price").log_target(), &[0, 2]),
        "line 4: encoding: `price` is -5, which has no logarithm",
    );
    assert_eq!(
        refusal(Encoding::config("price"), &[0]),
        "encoding: besides `price` no column has more than one value: \
         there is nothing to learn from",
    );
}

#[test]
fn the_houses_can_be_encoded() {
    let houses = Ames::embedded().unwrap();
    let [train, test] = houses.split([0.8, 0.2], Seed(1)).unwrap();
    let config = Encoding::config("Sale_Price").log_target().standard_target();
    let encoding = config.measured_on(&train).unwrap();
    let train = encoding.values(&train).unwrap();
    let numbers = &train.input().numbers;
    for column in 0..numbers.shape()[1] {
        let values = (0..train.len()).map(|row| f64::from(numbers.get(&[row, column]).unwrap()));
        let n = train.len() as f64;
        let (sum, squares) = values.fold((0.0, 0.0), |(s, q), x| (s + x, q + x * x));
        assert!((sum / n).abs() < 1e-4 && (squares / n - 1.0).abs() < 1e-3);
    }
    let prices = test.numbers("Sale_Price").unwrap();
    let restored = encoding.restore(encoding.values(&test).unwrap().target());
    for (restored, price) in restored.as_slice().iter().zip(prices) {
        assert!((f64::from(*restored) / price - 1.0).abs() < 1e-5);
    }
}

#[test]
fn columns_are_added() {
    let rooms = table("rooms\n3\n5\n4\n");
    let some = rooms.subset(&[2, 0]).unwrap();
    let doubled = some.with_numbers("doubled", vec![8.0, 6.0]).unwrap();
    assert_eq!(doubled.numbers("doubled").unwrap(), [8.0, 6.0]);
    assert_eq!(doubled.numbers("rooms").unwrap(), [4.0, 3.0]);
    assert_eq!(doubled.subset(&[1]).unwrap().numbers("doubled").unwrap(), [6.0]);
    let refusal = |name, numbers| some.with_numbers(name, numbers).unwrap_err().to_string();
    assert_eq!(refusal("rooms", vec![]), "with_numbers: there is a column `rooms` already");
    assert_eq!(refusal("x", vec![1.0]), "with_numbers: 1 numbers for 2 rows");
}

mod files;
mod types;

proptest! {
    #[test]
    fn prop_no_bytes_bring_the_reader_down(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        header: bool,
    ) {
        let start: &[u8] = if header { b"a,b\n" } else { b"" };
        let _ = Table::read(&[start, &bytes].concat()[..]);
    }

    #[test]
    fn prop_no_text_brings_the_reader_down(text in "[a1.,\"\n \r-]{0,60}") {
        if let Ok(table) = Table::read(text.as_bytes()) {
            for name in table.names() {
                let _ = Encoding::measured_on(&table, name).and_then(|e| e.values(&table));
            }
        }
    }

    #[test]
    fn prop_values_come_back(
        rows in proptest::collection::vec((any::<i32>(), "[a-z]{1,3}"), 1..30),
    ) {
        let body: String = rows.iter().map(|(x, name)| format!("{x},{name}!\n")).collect();
        let table = table(&format!("x,name\n{body}"));
        let (numbers, names) = (table.numbers("x").unwrap(), table.categories("name").unwrap());
        for (row, (x, name)) in rows.iter().enumerate() {
            prop_assert_eq!(numbers[row], f64::from(*x));
            prop_assert!(names[row].is_some_and(|text| text.strip_suffix("!") == Some(name)));
        }
    }
}

#[test]
fn dates_become_days() {
    let table =
        Table::read("sold,price\n2021-03-14,1\n,2\n2021-03-16 12:00,3\n".as_bytes()).unwrap();
    let days = table.numbers("sold").unwrap();
    assert_eq!((days[0], days[2]), (18_700.0, 18_702.5));
    assert!(days[1].is_nan());
    let refusal = |file: &str| Table::read(file.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        refusal("sold\n2021-03-14\n2021-03-15\nsoon\n"),
        "line 4: csv: column `sold`: 2 of 3 values are dates, but `soon` (line 4) is not; mend it, or \
         declare `--column sold=date`, which makes the rest missing, or `--column sold=category`",
    );
    assert_eq!(
        refusal("sold\n03/03/2021\n03/04/2021\n12/04/2021\n"),
        "line 3: csv: column `sold` has dates such as `03/04/2021`, which may begin with the day or \
         the month; write them as 2021-03-14, or declare `--column sold=date-dmy`, `--column \
         sold=date-mdy` or `--column sold=category`",
    );
    let declared = Csv::new()
        .column("sold", ColumnType::Category)
        .read("sold\n2021-03-14\n".as_bytes())
        .unwrap();
    assert_eq!(declared.categories("sold").unwrap(), [Some("2021-03-14")]);
}

#[test]
fn one_hot_refuses_what_fits_no_table() {
    let numbers = Tensor::zeros([2, 1]);
    let input = |numbers: &Tensor, categories: Tensor<u32>| TableInput {
        numbers: numbers.clone(),
        categories,
    };
    let refused =
        |input: TableInput, sizes: &[usize]| input.one_hot(sizes).unwrap_err().to_string();
    let words = Tensor::from([[0_u32], [1]]);
    assert_eq!(
        refused(input(&Tensor::zeros([2]), words.clone()), &[2]),
        "one_hot: numbers [2] and categories [2, 1] should be two matrices (N, F) and (N, K)",
    );
    assert_eq!(
        refused(input(&numbers, Tensor::from([[0_u32]])), &[2]),
        "one_hot: numbers [2, 1] and categories [1, 1] should be two matrices (N, F) and (N, K)",
    );
    let huge = refused(input(&numbers, words), &[usize::MAX]);
    assert_eq!(
        huge,
        "one_hot: [2, 18446744073709551615] has more elements than memory can address",
    );
}
