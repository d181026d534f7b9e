//! `train mlp --csv`: tables as people have them.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::{answer, plywood, refusal};

/// Houses with a constant column, dates, texts, missing values and names.
pub(crate) fn houses(folder: &Path) {
    let mut file = "name,country,sold,rooms,town,price,big\n".to_owned();
    for row in 0..200 {
        let (rooms, town) = (row % 7 + 1, ["Ames", "Gilbert", ""][row % 3]);
        let shown = if row % 10 == 3 { "NA".to_owned() } else { rooms.to_string() };
        let price = match row {
            150 => String::new(),
            _ => (100 * rooms + [50, 20, 0][row % 3] + row % 5).to_string(),
        };
        let (month, day, big) = (row % 12 + 1, row % 28 + 1, if rooms > 3 { "yes" } else { "no" });
        writeln!(file, "house {row},US,2021-{month:02}-{day:02},{shown},{town},{price},{big}")
            .unwrap();
    }
    std::fs::write(folder.join("houses.csv"), file).unwrap();
}

#[test]
fn a_price_is_learnt_whatever_else_the_table_has() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let looked = answer(folder.path(), &["data", "houses.csv"]);
    let expected = "200 rows, 7 columns
  name     200 categories: house 0 (1), house 1 (1), house 10 (1), …
  country  1 category: US (200)
  sold     dates from 2021-01-01 to 2021-12-28
  rooms    numbers from 1 to 7, mean 3.95, std 2.0035; 20 missing
  town     2 categories: Ames (67), Gilbert (67); 66 missing
  price    numbers from 100 to 754, mean 422.31, std 201.31; 1 missing
  big      2 categories: yes (113), no (87)
to look at:
  country: the same in every row
  name: nearly every row has its own text
";
    assert_eq!(looked, expected);
    let looked =
        answer(folder.path(), &["data", "houses.csv", "--target", "big", "--without", "name"]);
    let expected = "`big` has 2 classes to tell apart
140 rows to learn from, 20 to validate, 40 to test
     rows             learn  validate    test
      113   56.5 %       79        11      23  yes
       87   43.5 %       61         9      17  no
to look at:
  country: the same in every row
";
    assert!(looked.starts_with("200 rows, 6 columns\n") && looked.ends_with(expected), "{looked}");
    let looked = answer(folder.path(), &["data", "houses.csv", "--target", "price"]);
    let expected =
        "\n`price` is a number to predict\n139 rows to learn from, 20 to validate, 40 to test\n";
    assert!(looked.contains(expected), "{looked}");
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "price"];
    let outcome = plywood(folder.path(), &[&arguments[..], &["--without", "big"]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let rows = "139 rows to learn from, 20 to validate, 40 to test; 2 columns of numbers, 1 of \
                categories\n";
    assert!(outcome.out.starts_with(rows), "{}", outcome.out);
    let notes = "note: houses.csv: numbers are in rooms, price; dates are in sold; categories are in name, \
                 country, town
note: houses.csv: 1 row is left out: `price` is missing in it
note: houses.csv: left out, because nearly every row has its own text: name
note: houses.csv: left out, because every row has the same: country
note: houses.csv: missing numbers, for which the mean of the training rows stands: `rooms` (20)
";
    assert!(outcome.err.starts_with(notes), "{}", outcome.err);
    let beside = outcome.out.lines().find(|line| line.starts_with("beside it: ")).unwrap();
    assert!(beside.starts_with("beside it: always the mean, error "), "{beside}");
    assert!(beside.contains("; ridge regression "), "{beside}");
    let svg = std::fs::read_to_string(folder.path().join("runs/houses-mlp/scatter.svg")).unwrap();
    assert!(svg.contains("price"));
    // Progress is told apart from the answer.
    assert!(outcome.err.lines().count() >= 60, "{}", outcome.err);
    let share = outcome.out.split("R² ").nth(1).and_then(|rest| rest.split_whitespace().next());
    assert!(share.unwrap().parse::<f64>().unwrap() > 0.6, "{}", outcome.out);
    let rows = std::fs::read_to_string(folder.path().join("houses.csv")).unwrap();
    let some: Vec<&str> = rows.lines().take(60).collect();
    std::fs::write(folder.path().join("some.csv"), some.join("\n")).unwrap();
    let text = answer(folder.path(), &["eval", "runs/houses-mlp", "--csv", "some.csv"]);
    assert!(text.starts_with("59 samples  ") && text.contains("`price`: mean error "), "{text}");
    let outcome = plywood(folder.path(), &["eval", "runs/houses-mlp", "--csv", "houses.csv"]);
    assert_eq!(outcome.code, Some(1));
    let error = "error: houses.csv: line 152: encoding: `price`, the target, is missing; leave out rows \
                 without a target\n";
    assert!(outcome.err.ends_with(error), "{}", outcome.err);
}

#[test]
fn categories_may_be_vectors_that_are_learnt() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let train = |target: &str, out: &str| {
        let arguments = ["train", "wide_and_deep", "--csv", "houses.csv", "--target", target];
        answer(folder.path(), &[&arguments[..], &["--quiet", "--out", out]].concat())
    };
    let text = train("price", "price");
    let share = text.split("R² ").nth(1).and_then(|rest| rest.split_whitespace().next());
    assert!(share.unwrap().parse::<f64>().unwrap() > 0.6, "{text}");
    let table = std::fs::read_to_string(folder.path().join("price/table.json")).unwrap();
    assert!(table.contains("\"model\": \"wide_and_deep\""), "{table}");
    let rows = std::fs::read_to_string(folder.path().join("houses.csv")).unwrap();
    let some: Vec<&str> = rows.lines().take(60).collect();
    std::fs::write(folder.path().join("some.csv"), some.join("\n")).unwrap();
    let text = answer(folder.path(), &["eval", "price", "--csv", "some.csv"]);
    assert!(text.starts_with("59 samples  ") && text.contains("`price`: mean error "), "{text}");

    assert!(train("big", "big").contains("accuracy"));
    let text = answer(folder.path(), &["eval", "big", "--csv", "houses.csv"]);
    assert!(text.contains("accuracy"), "{text}");
}

#[test]
fn a_category_is_learnt_as_one() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "big", "--quiet"];
    let outcome = plywood(folder.path(), &arguments);
    assert_eq!(outcome.code, Some(0));
    // No progress, but how the file was read.
    assert!(
        outcome.err.lines().all(|line| line.starts_with("note: houses.csv: ")),
        "{}",
        outcome.err
    );
    assert!(outcome.out.contains("accuracy"), "{}", outcome.out);
    assert!(outcome.out.contains("yes"), "{}", outcome.out);
    let text = outcome.out;
    let outcome = plywood(folder.path(), &["eval", "runs/houses-mlp", "--csv", "houses.csv"]);
    assert!(outcome.out.starts_with("200 samples  "), "{outcome:?}");
    let flattered = "note: houses.csv: the model learnt from 140 of these 200 rows, which flatters it; `--part \
                     test` looks at rows that it hasn't seen\n";
    assert!(outcome.err.contains(flattered), "{}", outcome.err);
    // The same figures as after training.
    let evaluate = ["eval", "runs/houses-mlp", "--csv", "houses.csv", "--part", "test"];
    let tested = answer(folder.path(), &evaluate);
    assert!(text.contains(tested.trim_end()), "{tested}\nis not in\n{text}");
    let beside = text.lines().find(|line| line.starts_with("beside it: ")).unwrap();
    assert!(beside.starts_with("beside it: always `yes` "), "{beside}");
    assert!(beside.contains("; logistic regression ") && beside.contains(", ROC AUC "), "{beside}");
    for said in ["  precision    recall  f1-score   support\n", "\nROC AUC "] {
        assert!(tested.contains(said), "{tested}");
    }
    let split = std::fs::read_to_string(folder.path().join("runs/houses-mlp/split.csv")).unwrap();
    assert_eq!(
        ["train", "validation", "test"].map(|part| split.matches(part).count()),
        [140, 20, 40]
    );
    let rows = std::fs::read_to_string(folder.path().join("houses.csv")).unwrap();
    std::fs::write(folder.path().join("other.csv"), rows.replace("house 7,", "house x,")).unwrap();
    let evaluate = ["eval", "runs/houses-mlp", "--csv", "other.csv", "--part", "test"];
    assert_eq!(
        plywood(folder.path(), &evaluate).err.lines().last().unwrap(),
        "error: other.csv: this isn't the file that the model learnt from; leave out `--part`: all its rows \
         are unknown to the model",
    );
    // The rooms are numbers that may be classes.
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "rooms", "--epochs", "1"];
    let outcome = plywood(folder.path(), &[&arguments[..], &["--quiet", "--out", "a"]].concat());
    let doubt = "note: houses.csv: `rooms` has few different numbers; if they are classes, declare \
                 `--column rooms=category`\n";
    assert!(outcome.err.contains(doubt), "{}", outcome.err);
    let more = ["--column", "rooms=category", "--quiet", "--out", "b"];
    let outcome = plywood(folder.path(), &[&arguments[..], &more].concat());
    assert!(outcome.out.contains("accuracy"), "{}", outcome.out);
    assert!(!outcome.err.contains("if they are classes"), "{}", outcome.err);
}

#[test]
fn tables_that_cant_be_learnt_from_are_named() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("dates.csv", "sold,price\n03/04/2021,1\n04/05/2021,2\n");
    write("word.csv", "rooms,price\n1,10\n2,20\nmany,30\n");
    write("short.csv", "rooms,price\n1,10\n2,20,3\n");
    write("empty.csv", "");
    write("same.csv", &format!("rooms,price\n{}", "1,10\n".repeat(30)));
    // The error alone, after what is said of the file.
    let error = |arguments: &[&str]| {
        let outcome = plywood(folder.path(), arguments);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let last = outcome.err.lines().last().and_then(|line| line.strip_prefix("error: "));
        last.expect("an error says so").to_owned()
    };
    let train = |file: &str, more: &[&str]| {
        let arguments = ["train", "mlp", "--csv", file, "--target", "price"];
        error(&[&arguments[..], more].concat())
    };
    assert_eq!(
        train("dates.csv", &[]),
        "dates.csv: line 2: csv: column `sold` has dates such as `03/04/2021`, which may begin with \
         the day or the month; write them as 2021-03-14, or declare `--column sold=date-dmy`, `--column \
         sold=date-mdy` or `--column sold=category`",
    );
    assert_eq!(
        train("word.csv", &[]),
        "word.csv: line 4: csv: column `rooms`: 2 of 3 values are numbers, but `many` (line 4) is not; mend \
         it, or declare `--column rooms=number`, which makes the rest missing, or `--column rooms=category`",
    );
    assert_eq!(
        train("short.csv", &[]),
        "short.csv: line 3: csv: 3 values, there are 2 columns; a value with the delimiter in it must \
         be in quotes",
    );
    assert_eq!(
        train("empty.csv", &[]),
        "empty.csv: csv: the file is empty, not even a header is there",
    );
    assert_eq!(
        train("same.csv", &[]),
        "same.csv: encoding: besides `price` no column has more than one value: there is nothing to \
         learn from",
    );
    assert_eq!(
        train("word.csv", &["--missing", "many"]),
        "word.csv: 3 rows are too few to learn from; 10 are the least, hundreds are better",
    );
    assert_eq!(
        train("none.csv", &[]),
        "none.csv: can't open it: No such file or directory (os error 2)",
    );
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "cost"];
    assert_eq!(
        error(&arguments),
        "houses.csv: there is no column `cost`; the columns are name, country, sold, rooms, town, \
         price, big",
    );
    let refused = |column: &str| {
        let outcome = plywood(folder.path(), &["data", "houses.csv", "--column", column]);
        assert_eq!(outcome.code, Some(1));
        outcome.err
    };
    assert_eq!(
        refused("cost=number"),
        "error: houses.csv: csv: there is no column `cost`; the columns are name, country, sold, rooms, \
         town, price, big\n",
    );
    assert_eq!(
        refused("price=money"),
        "error: --column price=money: there is no type of columns `money`; the types are number, category, \
         date, date-dmy, date-mdy, ignored\n",
    );
    assert_eq!(
        refused("price"),
        "error: `--column price` declares nothing; `--column price=number` declares that the column \
         `price` has numbers\n",
    );
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "prise"];
    assert!(error(&arguments).starts_with(
        "houses.csv: there is no column `prise`; did you mean `price`? the columns are name, "
    ));
    assert!(refused("prise=number").starts_with(
        "error: houses.csv: csv: there is no column `prise`; did you mean `price`? the columns are "
    ));
    assert!(refused("price=numbers").contains(
        "there is no type of columns `numbers`; did you mean `number`? the types are number, "
    ));
    assert_eq!(
        train("house.csv", &[]),
        "house.csv: can't open it: No such file or directory (os error 2); did you mean `houses.csv`?",
    );
    let arguments = ["train", "wide_deep", "--csv", "houses.csv", "--target", "price"];
    assert_eq!(
        error(&arguments),
        "wide_deep doesn't learn from tables; did you mean `wide_and_deep`? `mlp` and `wide_and_deep` do",
    );
    let arguments = ["train", "resnet20", "--csv", "houses.csv", "--target", "price"];
    assert_eq!(
        error(&arguments),
        "resnet20 doesn't learn from tables; `mlp` and `wide_and_deep` do",
    );
    assert_eq!(
        train("houses.csv", &["--learning-rate", "0"]),
        "a learning rate of 0; it must be above 0; 0.001 is common",
    );
    assert_eq!(
        train("houses.csv", &["--delimiter", "ab"]),
        "the delimiter `ab` is not one letter; `--delimiter ';'` and `--delimiter tab` are common",
    );
}

/// Rows of `a`, `b` and `y` as a German spreadsheet writes them.
fn german(folder: &Path, file: &str, note: &str) {
    let mut text = format!("Umsatz 2021\n\na;b;{note}y\n");
    for row in 0..40 {
        let (whole, note) = (row % 7, if note.is_empty() { "" } else { "-;" });
        writeln!(text, "{whole},5;{};{note}1.{:03},25 €", ["x", "y"][row % 2], 100 + 10 * whole)
            .unwrap();
    }
    std::fs::write(folder.join(file), text).unwrap();
}

#[test]
fn what_is_found_out_is_said_and_learnt() {
    let folder = tempfile::tempdir().unwrap();
    german(folder.path(), "sales.csv", "");
    german(folder.path(), "more.csv", "note;");
    let arguments =
        ["train", "mlp", "--csv", "sales.csv", "--target", "y", "--epochs", "1", "--quiet"];
    let outcome = plywood(folder.path(), &arguments);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let notes = "note: sales.csv: the delimiter is `;`
note: sales.csv: line 1 is skipped, which comes before the columns' names: `Umsatz 2021`
note: sales.csv: column `a`: numbers with a decimal comma: `0,5` is 0.5
note: sales.csv: column `y`: numbers with `.` between thousands, a decimal comma and `€`: `1.100,25 €` is \
                 1100.25
note: sales.csv: numbers are in a, y; categories are in b
";
    assert!(outcome.err.starts_with(notes), "{}", outcome.err);
    // A file with one column more.
    let outcome = plywood(folder.path(), &["eval", "runs/sales-mlp", "--csv", "more.csv"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.out.contains("40 samples"), "{}", outcome.out);
    let ignored = "note: more.csv: columns that aren't needed are ignored: note\n";
    assert!(outcome.err.contains(ignored), "{}", outcome.err);
    // Files that aren't as what was learnt from.
    let refused = |text: &str| {
        std::fs::write(folder.path().join("other.csv"), text).unwrap();
        let outcome = plywood(folder.path(), &["eval", "runs/sales-mlp", "--csv", "other.csv"]);
        assert_eq!((outcome.code, &*outcome.out), (Some(1), ""));
        outcome.err.lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(
        refused("a;y\n1;2\n"),
        "error: other.csv: csv: there is no column `b`; the columns are a, y",
    );
    assert_eq!(
        refused("a;b;y\n1;x;2\nlots;x;3\n"),
        "error: other.csv: line 3: csv: column `a`: `lots` is not a number, which the column has where it \
         was learnt; mend it, or declare the text missing",
    );
    assert_eq!(
        refused("a;b;y\n1;x;$2\n"),
        "error: other.csv: line 2: csv: column `y` has `$`, and had `€` where it was learnt; convert the \
         numbers",
    );
}

#[test]
fn a_column_that_was_left_out_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = include_str!("fixtures/eval_without_note.csv");
    std::fs::write(folder.path().join("notes.csv"), file).unwrap();
    let arguments =
        ["train", "mlp", "--csv", "notes.csv", "--target", "y", "--epochs", "1", "--quiet"];
    let asked = plywood(folder.path(), &arguments).err;
    assert!(asked.starts_with("error: notes.csv: line 2: csv: column `note`: "), "{asked}");
    assert!(
        asked.contains("but `n/a?` (line 2) is not; mend it, or declare `--column note=number`")
    );
    let target = plywood(folder.path(), &[&arguments[..], &["--without", "y"]].concat()).err;
    assert_eq!(
        target,
        "error: `y` is the target, which can't be left out; `--without` names what the network isn't given\n"
    );
    answer(folder.path(), &[&arguments[..], &["--without", "note"]].concat());
    let outcome = plywood(folder.path(), &["eval", "runs/notes-mlp", "--csv", "notes.csv"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let ignored = "note: notes.csv: columns that aren't needed are ignored: note\n";
    assert!(outcome.err.starts_with(ignored), "{}", outcome.err);
}

#[test]
fn rows_beyond_the_memory_budget_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40_000).map(|row| format!("{row},1,2\n")).collect();
    std::fs::write(folder.path().join("rows.csv"), format!("a,b,c\n{rows}")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_plywood"))
        .args(["data", "rows.csv"])
        .current_dir(folder.path())
        .env("PLYWOOD_MEMORY_BUDGET", "3M")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("error: rows.csv: line 1"), "{text}");
    assert!(text.contains(": csv: 3.") && text.contains(" MiB of memory asked for, "), "{text}");
}

#[test]
fn names_of_columns_are_shown_and_not_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "\u{1b}[2Jb;\"c\nd\"\n1;2\n").unwrap();
    let outcome = plywood(folder.path(), &["data", "a.csv"]);
    assert_eq!(
        outcome.out,
        "1 row, 2 columns\n  \\u{1b}[2Jb  numbers from 1 to 1, mean 1, std 0\n  c\\nd        numbers from 2 to \
         2, mean 2, std 0\nto look at:\n  \\u{1b}[2Jb: the same in every row\n  c\\nd: the same in every row\n",
    );
    let outcome = plywood(folder.path(), &["data", "a.csv", "--column", "\u{7}=number"]);
    assert_eq!(
        outcome.err,
        "error: a.csv: csv: there is no column `\\u{7}`; the columns are \\u{1b}[2Jb, c\\nd\n",
    );
}

#[test]
fn a_folder_has_one_run_until_it_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let train = |more: &[&str]| {
        let arguments =
            ["train", "mlp", "--csv", "houses.csv", "--target", "big", "--epochs", "2", "--quiet"];
        plywood(folder.path(), &[&arguments[..], more].concat())
    };
    assert_eq!(train(&[]).code, Some(0));
    let refused = |more: &[&str]| {
        let outcome = train(more);
        assert_eq!(outcome.code, Some(1));
        outcome.err.lines().last().unwrap().to_owned()
    };
    assert_eq!(
        refused(&["--batch-size", "16"]),
        "error: runs/houses-mlp/checkpoint.bin: this is the run of other settings: batch size was 32, is 16; \
         give the new run another folder, or begin anew in this one: `overwrite(true)`, in the command \
         `--overwrite`",
    );
    // The same rows with other numbers.
    let file = folder.path().join("houses.csv");
    let rows = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, rows.replace("2021-03", "2021-04")).unwrap();
    let text = refused(&[]);
    assert!(text.contains("training data differ in their contents (140 rows of "), "{text}");
    assert!(!text.contains("crc"), "{text}");
    assert_eq!(train(&["--batch-size", "16", "--overwrite"]).code, Some(0));
    assert_eq!(train(&["--batch-size", "16"]).code, Some(0));
}

#[test]
fn the_shares_and_the_rows_to_test_on_may_be_told() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let rows = std::fs::read_to_string(folder.path().join("houses.csv")).unwrap();
    let some: Vec<&str> = rows.lines().take(60).collect();
    std::fs::write(folder.path().join("some.csv"), some.join("\n")).unwrap();
    let train = |more: &[&str]| {
        let arguments =
            ["train", "mlp", "--csv", "houses.csv", "--target", "big", "--epochs", "1", "--quiet"];
        plywood(folder.path(), &[&arguments[..], more].concat())
    };
    let begin = |more: &[&str]| train(more).out.lines().next().unwrap_or_default().to_owned();
    let parts = begin(&["--split", "0.5,0.25,0.25", "--out", "a"]);
    assert!(parts.starts_with("100 rows to learn from, 50 to validate, 50 to test;"), "{parts}");
    let parts = begin(&["--test", "some.csv", "--out", "b"]);
    assert!(parts.starts_with("180 rows to learn from, 20 to validate, 59 to test;"), "{parts}");
    let text = answer(folder.path(), &["eval", "b", "--csv", "some.csv"]);
    assert!(text.starts_with("59 samples  "), "{text}");
    let refused = |more: &[&str]| train(more).err.lines().last().unwrap().to_owned();
    assert_eq!(
        refused(&["--split", "0.5,0.5"]),
        "error: houses.csv: `--split` has 2 shares, it should have 3; `--split 0.7,0.1,0.2` is the default; \
         `--test` gives other data to test on",
    );
    assert_eq!(
        refused(&["--split", "0.5,0.1,0.4", "--test", "some.csv"]),
        "error: houses.csv: `--split` has 3 shares, it should have 2; with `--test` there are two, such as \
         `--split 0.9,0.1`",
    );
    assert!(refused(&["--split", "0.5,0.1,0.1"]).starts_with("error: houses.csv: split: "));
    assert!(
        refused(&["--dropout", "1.5"])
            .starts_with("error: table model: the dropout is 1.5; it should be")
    );
    assert_eq!(
        refused(&["--members", "0"]),
        "error: table model: an ensemble of 0 networks; 1 is a single network, 4 are the default",
    );
    train(&["--hidden", "7,5,3", "--members", "2", "--out", "c"]);
    let json = std::fs::read_to_string(folder.path().join("c/table.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["hidden"], &json["members"]), (&serde_json::json!([7, 5, 3]), &2.into()));
}

#[test]
fn what_training_is_told_can_be_looked_at_before() {
    let folder = tempfile::tempdir().unwrap();
    houses(folder.path());
    let file = std::fs::read_to_string(folder.path().join("houses.csv")).unwrap();
    let some: Vec<&str> = file.lines().take(60).collect();
    std::fs::write(folder.path().join("some.csv"), some.join("\n")).unwrap();
    let look = |more: &[&str]| plywood(folder.path(), &[&["data", "houses.csv"], more].concat());
    let has = |more: &[&str], text: &str| {
        let outcome = look(more);
        assert!(outcome.out.contains(text), "{outcome:?}");
    };
    let refused = |more: &[&str]| look(more).err.lines().last().unwrap_or_default().to_owned();

    let parts = "\n99 rows to learn from, 50 to validate, 50 to test\n";
    has(&["--target", "price", "--split", "0.5,0.25,0.25"], parts);
    let parts = "\n179 rows to learn from, 20 to validate, 59 to test\n";
    has(&["--target", "price", "--test", "some.csv"], parts);
    let logs = "\nits logarithm: numbers from 4.6052 to 6.6254, mean ";
    has(&["--target", "price", "--log"], logs);
    assert_eq!(
        refused(&["--target", "big", "--log"]),
        "error: `big` has categories, which have no logarithm; `--log` is for numbers above 0, such as prices",
    );
    assert_eq!(
        refused(&["--split", "0.5,0.25,0.25"]),
        "error: houses.csv: `--split` and `--test` need to know what is learnt; `--target COLUMN` says it: each \
         part gets its share of every class",
    );
    assert_eq!(
        refusal(folder.path(), &["data", "--split", "0.5,0.25,0.25"]),
        "`--split` and `--test` are about a file or folder; name it: `plywood data FILE --split \
         0.7,0.1,0.2`",
    );
    std::fs::write(folder.path().join("zero.csv"), "x,y\n1,0\n2,3\n").unwrap();
    let text = answer(folder.path(), &["data", "zero.csv", "--target", "y", "--log"]);
    let expected = "`y` is a number to predict
1 number of it has no logarithm, being 0 or below: leave `--log` out
fewer than 10 rows are too few to learn from
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn what_is_odd_about_a_table_is_said_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = "id,x,kind,only\n".to_owned();
    for row in 0..400 {
        let kind = if row % 150 == 149 { "fraud" } else { "fine" };
        writeln!(file, "{},{},{kind},yes", row + 1, row % 13).unwrap();
    }
    std::fs::write(folder.path().join("a.csv"), file).unwrap();
    let rare = "of 400 rows 2 have `fraud` as `kind`: always `fine` is right in 99.50 %, so look at recall and \
                ROC AUC, not at accuracy; in training, `--class-weights balanced` makes both count alike\n";
    let looked = answer(folder.path(), &["data", "a.csv", "--target", "kind"]);
    assert!(looked.contains("  id: counts the rows\n"), "{looked}");
    assert!(looked.replace("\n  ", " ").contains(rare.trim_end()), "{looked}");
    assert!(looked.lines().all(|line| line.chars().count() <= 80), "{looked}");
    let train = |target: &str| {
        let arguments = ["train", "mlp", "--csv", "a.csv", "--epochs", "1", "--quiet", "--target"];
        plywood(folder.path(), &[&arguments[..], &[target]].concat())
    };
    let err = train("kind").err;
    assert!(err.contains(&format!("note: a.csv: {rare}")), "{err}");
    let counts = "note: a.csv: to leave out by `--without`, since it counts the rows: id\n";
    assert!(err.contains(counts), "{err}");
    let outcome = train("only");
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.err.ends_with(
            "error: a.csv: `only`, the target, is `yes` in every row; there is nothing to tell apart\n"
        ),
        "{}",
        outcome.err
    );
}

#[test]
fn a_finished_run_has_decided_about_skewed_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = "income,y\n".to_owned();
    for row in 0..200 {
        let logarithm = f64::from(row * 37 % 200) / 20.0;
        writeln!(file, "{},{logarithm}", logarithm.exp()).unwrap();
    }
    std::fs::write(folder.path().join("a.csv"), file).unwrap();
    let note = |more: &[&str]| {
        let arguments = ["train", "mlp", "--csv", "a.csv", "--target", "y", "--epochs", "15"];
        let outcome = plywood(folder.path(), &[&arguments[..], &["--quiet"], more].concat());
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.err.lines().find(|line| line.contains("skewed")).unwrap_or_default().to_owned()
    };
    let tried = note(&[]);
    let begin = "note: a.csv: skewed columns are taken by their ranks, which did better on the validation rows (loss ";
    assert!(tried.starts_with(begin) && tried.ends_with(": income"), "{tried}");
    // Nothing is trained again, and nothing tried.
    let read = "note: a.csv: skewed columns are taken by their ranks, as runs/a-mlp has it: income";
    assert_eq!(note(&[]), read);
    assert_eq!(note(&["--overwrite"]), tried);
    assert_eq!(note(&["--skewed", "values", "--overwrite"]), "");
}
