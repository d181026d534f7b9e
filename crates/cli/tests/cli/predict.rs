//! `predict`: answers for rows and images whose own aren't known.

use std::path::Path;

use crate::photos;
use crate::tables::houses;
use crate::{answer, plywood, refusal};

/// A file with some columns of `houses.csv`, and its lines without the names.
fn some_columns(folder: &Path, file: &str, columns: &[usize]) -> Vec<Vec<String>> {
    let whole = std::fs::read_to_string(folder.join("houses.csv")).unwrap();
    let rows: Vec<Vec<String>> =
        whole.lines().take(60).map(|line| line.split(',').map(String::from).collect()).collect();
    let line = |row: &Vec<String>| {
        let values: Vec<&str> = columns.iter().map(|&column| row[column].as_str()).collect();
        values.join(",") + "\n"
    };
    std::fs::write(folder.join(file), rows.iter().map(line).collect::<String>()).unwrap();
    rows[1..].to_vec()
}

/// The values of each line but the first.
fn values(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn a_price_is_predicted_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    houses(here);
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "price", "--quiet"];
    answer(here, &[&arguments[..], &["--without", "big"]].concat());
    let rows = some_columns(here, "unsold.csv", &[4, 3, 2, 0]);
    let outcome = plywood(here, &["predict", "runs/houses", "unsold.csv"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.err,
        "note: unsold.csv: columns that aren't needed are ignored: name\n\
         note: unsold.csv: missing numbers, for which the mean of the training rows stands: `rooms` (6)\n",
    );
    assert!(outcome.out.starts_with("line,price\n2,"), "{}", outcome.out);
    let predicted = values(&outcome.out);
    assert_eq!((predicted.len(), predicted[58][0]), (59, "60"));
    // As far from the truth as `eval` says.
    let errors = predicted.iter().zip(&rows).map(|(predicted, row)| {
        let [predicted, price] = [predicted[1], &row[5]].map(|text| text.parse::<f64>().unwrap());
        (predicted - price).abs()
    });
    let error = errors.sum::<f64>() / 59.0;
    some_columns(here, "some.csv", &[0, 1, 2, 3, 4, 5, 6]);
    let evaluated = answer(here, &["eval", "runs/houses", "--csv", "some.csv"]);
    assert!(
        evaluated.contains(&format!("mean error of `price`: {error:.4}")),
        "{error}: {evaluated}"
    );

    // A blank line, and a column that isn't as it was.
    std::fs::write(
        here.join("few.csv"),
        "town,rooms,sold\nAmes,3,2021-03-14\n\nAmes,3,2021-03-14\n",
    )
    .unwrap();
    let few = answer(here, &["predict", "runs/houses", "few.csv"]);
    let few = values(&few);
    assert_eq!((few[0][0], few[1][0], few[0][1]), ("2", "4", few[1][1]));
    std::fs::write(here.join("few.csv"), "town,rooms,sold\nAmes,many,2021-03-14\n").unwrap();
    assert_eq!(
        refusal(here, &["predict", "runs/houses", "few.csv"]),
        "few.csv: line 2: csv: column `rooms`: `many` is not a number, which the column has where it was \
         learnt; mend it, or declare the text missing",
    );
    std::fs::write(here.join("few.csv"), "town,rooms\nAmes,3\n").unwrap();
    assert_eq!(
        refusal(here, &["predict", "runs/houses", "few.csv"]),
        "few.csv: csv: there is no column `sold`; the columns are town, rooms",
    );
    assert_eq!(
        refusal(here, &["predict", "runs/houses", "few.csv", "houses.csv"]),
        "a model of tables takes one file at a time, there are 2",
    );
}

#[test]
fn classes_are_predicted_with_their_probability() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    houses(here);
    let arguments = ["train", "wide_and_deep", "--csv", "houses.csv", "--target", "big", "--quiet"];
    answer(here, &arguments);
    let rows = some_columns(here, "unknown.csv", &[2, 3, 4, 5]);
    let text = answer(here, &["predict", "runs/houses", "unknown.csv"]);
    assert!(text.starts_with("line,big,probability\n2,"), "{text}");
    let predicted = values(&text);
    let right =
        predicted.iter().zip(&rows).filter(|(predicted, row)| predicted[1] == row[6]).count();
    assert!(right >= 55, "{text}");
    for row in predicted {
        let probability: f64 = row[2].parse().unwrap();
        assert!((0.5..=1.0).contains(&probability), "{text}");
    }
}

#[test]
fn images_have_a_line_each() {
    let folder = photos::folder();
    let here = folder.path();
    std::fs::copy(here.join("cat.png"), here.join("a, b.png")).unwrap();
    let text = answer(here, &["predict", "model", "cat.png", "a, b.png"]);
    let top = answer(here, &["classify", "cat.png", "--model", "model", "--top", "1"]);
    let (probability, class) = top.trim_end().split_once("  ").unwrap();
    let class = if class.contains(',') { format!("\"{class}\"") } else { class.to_owned() };
    assert_eq!(
        text,
        format!(
            "file,class,probability\ncat.png,{class},{probability}\n\"a, b.png\",{class},{probability}\n"
        ),
    );
    let refused = |more: &[&str]| refusal(here, &[&["predict", "model"], more].concat());
    assert_eq!(
        refused(&["cat.png", "model"]),
        "model: a folder is no image; name its images, such as model/*.png",
    );
    assert_eq!(
        refused(&["dog.png"]),
        "dog.png: can't read it: No such file or directory (os error 2)"
    );
    assert_eq!(
        refused(&["cat.png", "--delimiter", ";"]),
        "model: options of tables don't apply to images; give the folder of a model that `train --csv` has \
         made, or leave those options out",
    );
}
