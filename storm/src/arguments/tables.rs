//! Tables: comma-separated texts of all kinds, and the numbers that networks learn from.

use plywood::autodiff::Pass;
use plywood::datasets::{ColumnType, Csv, Dataset, Draw as Draws, Encoding, Split, Table};
use plywood::layers::{cross_entropy, mse_loss};
use plywood::tensor::{Result, Rng, Seed};
use plywood::training::Objective;
use plywood::zoo::{LinearTableModel, MemberLoss, TableModel};

use super::Call;
use super::draw::Draw;

/// What fields are made of.
const FIELDS: [&str; 29] = [
    "",
    " ",
    "1",
    "-0",
    "1e999",
    "-1e-999",
    "NaN",
    "inf",
    "0x10",
    "1,5",
    "2020-01-01",
    "2020-13-45",
    "0000-00-00",
    "99999999999999999999-01-01",
    "31.12.1999",
    "1.234,5",
    "$1'000",
    "(12 %)",
    "# so",
    "2020-01-01T23:59:60+14:00",
    "a",
    "é",
    "NA",
    "\"",
    "\"a\nb\"",
    "\"a\"b",
    "true",
    "18446744073709551616",
    "\u{0}",
];

const TYPES: [ColumnType; 6] = [
    ColumnType::Number,
    ColumnType::Category,
    ColumnType::Date,
    ColumnType::DateDmy,
    ColumnType::DateMdy,
    ColumnType::Ignored,
];

pub(super) const CALLS: &[Call] = &[
    ("Csv::read", |draw| {
        let text = text(draw);
        let mut csv = Csv::new().limit(draw.word("limit"));
        if draw.once_in(2) {
            let delimiters = [b',', b';', b'\t', b'"', b'\n', b'a', 0, 255];
            csv = csv.delimiter(draw.one_of("delimiter", &delimiters));
        }
        if draw.once_in(3) {
            csv = csv.decimal(draw.one_of("decimal", &['.', ',', 'é']));
        }
        if draw.once_in(3) {
            csv = csv.names(names(draw));
        }
        if draw.once_in(3) {
            csv = csv.only(names(draw));
        }
        for name in names(draw) {
            csv = csv.column(name, draw.one_of("type", &TYPES));
        }
        if draw.once_in(3) {
            csv = csv.missing(["", "NA"]);
        }
        let table = csv.read(&text[..])?;
        let _ = csv.schema(&table.schema()).read(&text[..])?;
        looked_at(draw, &table)
    }),
    ("Csv::stream", |draw| {
        let text = text(draw);
        let mut csv = Csv::new().only(names(draw));
        if draw.once_in(2) {
            let sound = Table::read(&b"a,b,c\n1,x,2020-01-01\n2,y,2020-02-02\n"[..])?;
            csv = csv.schema(&sound.schema());
        }
        for name in names(draw) {
            csv = csv.column(name, draw.one_of("type", &TYPES));
        }
        let stream = csv.stream(&text[..])?;
        let columns = stream.names().len();
        for part in stream {
            let part = part?;
            let sound = part.rows.iter().filter(|row| row.error.is_none());
            assert_eq!(sound.clone().count(), part.table.len());
            assert!(sound.into_iter().all(|row| row.values.len() == columns));
        }
        Ok(())
    }),
    ("Table::read", |draw| {
        let text = text(draw);
        looked_at(draw, &Table::read(&text[..])?)
    }),
    ("Table::read of random bytes", |draw| {
        let bytes = draw.bytes(200);
        looked_at(draw, &Table::read(&bytes[..])?)
    }),
    ("Encoding of a sound table: TableSet", |draw| {
        let table = Table::read(&b"a,b,c\n1,x,2\n2,y,3\n3,x,5\n,y,7\n5,,9\n"[..])?;
        looked_at(draw, &table)
    }),
];

fn names(draw: &mut Draw) -> Vec<&'static str> {
    (0..draw.small("names", 4)).map(|_| draw.one_of("name", &["a", "b", "c", "", "é"])).collect()
}

/// Lines of fields, mostly of one length.
fn text(draw: &mut Draw) -> Vec<u8> {
    let columns = 1 + draw.below(4);
    let mut text = match draw.below(4) {
        0 => String::new(),
        1 => "\u{feff}a,b,c\n".to_owned(),
        _ => ["a", "b", "c", "d"][..columns].join(",") + "\n",
    };
    let fields = if draw.once_in(2) { &FIELDS[..] } else { &["1", "2.5", "a", "b", ""] };
    for _ in 0..draw.below(10) {
        let ragged = usize::from(draw.once_in(12));
        let row = (0..columns + ragged).map(|_| fields[draw.below(fields.len())]);
        text += &row.collect::<Vec<_>>().join(",");
        text += ["\n", "\r\n", "\r", "\n\n"][if draw.once_in(6) { draw.below(4) } else { 0 }];
    }
    draw.note("text", text).into_bytes()
}

/// The questions that a table answers, and its encodings.
fn looked_at(draw: &mut Draw, table: &Table) -> Result<()> {
    let column = draw.one_of("column", &["a", "b", "c", "", "no such"]);
    let _ = (table.len(), table.names().len(), table.column_type(column).is_ok());
    let _ = (
        table.numbers(column).is_ok(),
        table.categories(column).is_ok(),
        table.missing(column).is_ok(),
    );
    let _ = table.stratified_by(column).and_then(|table| table.k_folds(2, Seed(1)));
    let _ = table
        .with_numbers(draw.one_of("new column", &["z", "a", ""]), draw.numbers("new numbers", 6));
    let [train, valid] = table.split([0.5, 0.5], Seed(draw.word("seed")))?;
    let mut config = Encoding::config(column);
    if draw.flag("log target") {
        config = config.log_target();
    }
    if draw.flag("standard target") {
        config = config.standard_target();
    }
    if draw.once_in(3) {
        config = config.without(names(draw));
    }
    if draw.once_in(3) {
        config = config.by_rank(names(draw)).calendar(draw.flag("calendar"));
    }
    let encoding = config.measured_on(&train)?;
    let _ = encoding.restore(&draw.tensor("learned", 2));
    let _ = (encoding.vocabularies(), encoding.class_names().len(), encoding.left_out().len());
    if draw.once_in(3) {
        learnt(draw, &encoding, &train, &valid)?;
    }
    for table in [&train, &valid] {
        let _ = (encoding.gaps(table).is_ok(), encoding.input(table).is_ok());
        let _ = encoding.classes(table);
        if draw.once_in(4) {
            let model = TableModel::config("mlp", encoding.clone()).hidden([2]);
            let model = model.init(&mut Rng::new(Seed(1)))?;
            let _ = model.importance(table, Seed(1));
        }
        let values = encoding.values(table).and_then(|values| values.one_hot(&encoding));
        if draw.flag("values wanted") {
            values?;
        }
    }
    let other = Table::read(&b"a,b\n1,x\n2,y\n"[..])?;
    let _ = encoding.values(&other);
    Ok(())
}

/// Models of an encoded table.
fn learnt(draw: &mut Draw, encoding: &Encoding, train: &Table, valid: &Table) -> Result<()> {
    let linear = LinearTableModel::fit(encoding, train)?;
    let _ = linear.predict(valid).map(|predicted| predicted.most_probable().len());
    let name = draw.one_of("network", &["mlp", "wide_and_deep", "lenet", ""]);
    let _ = TableModel::check_name(name);
    let config = TableModel::config(name, encoding.clone()).hidden([draw.small("hidden", 5)]);
    let config = config.members(draw.small("members", 3)).dropout(draw.number("dropout"));
    let model = config.init(&mut Rng::new(Seed(1)))?.read_as(&Csv::new(), train);
    let _ = (model.csv_with_target(), model.predict(valid).map(|predicted| predicted.len()));
    let pass = &mut Pass::eval(&model.network);
    if let Ok(rows) = model.classes(train) {
        let batch = rows.batch(&[0], &Draws::evaluation())?;
        MemberLoss(cross_entropy).forward(&model.network, &batch, pass)?;
    }
    if let Ok(rows) = model.values(train) {
        let batch = rows.batch(&[0], &Draws::evaluation())?;
        MemberLoss(mse_loss).forward(&model.network, &batch, pass)?;
    }
    Ok(())
}
