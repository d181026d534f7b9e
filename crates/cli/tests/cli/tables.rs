//! `train mlp --csv`: tables as people have them.

use std::fmt::Write;
use std::path::Path;

use crate::{answer, plywood, refusal};

/// Houses with a constant column, dates, texts, missing values and names.
fn houses(folder: &Path) {
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
  name     200 categories
  country  1 categories
  sold     numbers from 18628 to 18989
  rooms    numbers from 1 to 7, 20 missing
  town     2 categories, 66 missing
  price    numbers from 100 to 754, 1 missing
  big      2 categories
";
    assert_eq!(looked, expected);
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "price"];
    let outcome = plywood(folder.path(), &[&arguments[..], &["--without", "big"]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let notes = "1 rows are left out: `price` is missing in them
left out, because nearly every row has its own text: name
left out, because every row has the same: country
139 rows to learn from, 20 to validate, 40 to test; 2 columns of numbers, 1 of categories
";
    assert!(outcome.out.starts_with(notes), "{}", outcome.out);
    // Progress is told apart from the answer.
    assert!(outcome.err.lines().count() >= 60, "{}", outcome.err);
    let share = outcome.out.split("R² ").nth(1).and_then(|rest| rest.split_whitespace().next());
    assert!(share.unwrap().parse::<f64>().unwrap() > 0.6, "{}", outcome.out);
    let rows = std::fs::read_to_string(folder.path().join("houses.csv")).unwrap();
    let some: Vec<&str> = rows.lines().take(60).collect();
    std::fs::write(folder.path().join("some.csv"), some.join("\n")).unwrap();
    let text = answer(folder.path(), &["eval", "runs/houses", "--csv", "some.csv"]);
    assert!(text.starts_with("59 samples  ") && text.contains("mean error of `price`: "), "{text}");
    let text = refusal(folder.path(), &["eval", "runs/houses", "--csv", "houses.csv"]);
    assert!(
        text.ends_with("`price`, the target, is missing; leave out rows without a target"),
        "{text}"
    );
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
    assert!(text.starts_with("59 samples  ") && text.contains("mean error of `price`: "), "{text}");

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
    assert_eq!((outcome.code, &*outcome.err), (Some(0), ""));
    assert!(outcome.out.contains("accuracy"), "{}", outcome.out);
    assert!(outcome.out.contains("yes"), "{}", outcome.out);
    let text = answer(folder.path(), &["eval", "runs/houses", "--csv", "houses.csv"]);
    assert!(text.starts_with("200 samples  "), "{text}");
    // The rooms are numbers that may be classes.
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "rooms", "--epochs", "1"];
    let text = answer(folder.path(), &[&arguments[..], &["--quiet", "--out", "a"]].concat());
    assert!(text.contains("if they are classes, say `--categorical rooms`\n"), "{text}");
    let more = ["--categorical", "rooms", "--quiet", "--out", "b"];
    let text = answer(folder.path(), &[&arguments[..], &more].concat());
    assert!(text.contains("accuracy") && !text.contains("if they are classes"), "{text}");
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
    let train = |file: &str, more: &[&str]| {
        let arguments = ["train", "mlp", "--csv", file, "--target", "price"];
        refusal(folder.path(), &[&arguments[..], more].concat())
    };
    assert_eq!(
        train("dates.csv", &[]),
        "dates.csv: line 2: csv: column `sold` has dates such as `03/04/2021`, which may begin with \
         the day or the month; write them as 2021-03-14, or declare the column `categorical`",
    );
    assert_eq!(
        train("word.csv", &[]),
        "word.csv: line 4: csv: column `rooms`: `many` is not a number; mend it, or declare the text `missing` or the column `categorical`",
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
        refusal(folder.path(), &arguments),
        "houses.csv: there is no column `cost`; the columns are name, country, sold, rooms, town, \
         price, big",
    );
    let arguments = ["train", "resnet20", "--csv", "houses.csv", "--target", "price"];
    assert_eq!(
        refusal(folder.path(), &arguments),
        "resnet20 doesn't learn from tables; `mlp` and `wide_and_deep` do",
    );
    assert_eq!(
        train("houses.csv", &["--learning-rate", "0"]),
        "a learning rate of 0; it must be above 0; 0.001 is common",
    );
    assert_eq!(
        train("houses.csv", &["--delimiter", "ab"]),
        "the delimiter `ab` is not one letter; `--delimiter ';'` and `--delimiter '\\t'` are common",
    );
}
