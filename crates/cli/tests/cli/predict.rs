//! `predict`: answers for rows and images whose own aren't known.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

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
    let outcome = plywood(here, &["predict", "runs/houses-mlp", "unsold.csv"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.err,
        "note: unsold.csv: columns that aren't needed are ignored: name\n\
         note: unsold.csv: missing numbers, for which the mean of the training rows stands: `rooms` (6)\n",
    );
    assert!(outcome.out.starts_with("town,rooms,sold,name,prediction\n"), "{}", outcome.out);
    let predicted = values(&outcome.out);
    assert_eq!(predicted.len(), 59);
    assert_eq!(predicted[3][..4], [4, 3, 2, 0].map(|column| rows[3][column].as_str()));
    // As far from the truth as `eval` says.
    let errors = predicted.iter().zip(&rows).map(|(predicted, row)| {
        let [predicted, price] = [predicted[4], &row[5]].map(|text| text.parse::<f64>().unwrap());
        (predicted - price).abs()
    });
    let error = errors.sum::<f64>() / 59.0;
    some_columns(here, "some.csv", &[0, 1, 2, 3, 4, 5, 6]);
    let evaluated = answer(here, &["eval", "runs/houses-mlp", "--csv", "some.csv"]);
    let said = evaluated.split("`price`: mean error ").nth(1).unwrap();
    let said: f64 = said.split(',').next().unwrap().parse().unwrap();
    assert!((said - error).abs() < 1e-4 * error, "{error}: {evaluated}");

    // A blank line, columns in another order, a value with the delimiter in it, and rows that can't be read.
    std::fs::write(
        here.join("few.csv"),
        "town,note,rooms,sold\nAmes,\"a, b\",3,2021-03-14\n\nAmes,,3,2021-03-14\nAmes,,many,2021-03-14\n\
         Ames,2021\nAmes,,3,2021-03-14\n",
    )
    .unwrap();
    let outcome = plywood(here, &["predict", "runs/houses-mlp", "few.csv"]);
    assert_eq!(outcome.code, Some(3), "{outcome:?}");
    assert_eq!(
        outcome.err,
        "note: few.csv: columns that aren't needed are ignored: note\n\
         note: no answer: few.csv: line 5: csv: column `rooms`: `many` is not a number, which the column has \
         where it was learnt; mend it, or declare the text missing\n\
         note: no answer: few.csv: line 6: csv: 2 values, there are 4 columns; a value with the delimiter in \
         it must be in quotes\n",
    );
    let lines: Vec<&str> = outcome.out.lines().collect();
    let number = lines[1].strip_prefix("Ames,\"a, b\",3,2021-03-14,").unwrap();
    let same = format!("Ames,,3,2021-03-14,{number}");
    assert!(number.parse::<f64>().unwrap() > 0.0);
    assert_eq!(lines[2..], [&same, "Ames,,many,2021-03-14,", "Ames,2021,,,", &same]);

    let outcome = plywood(here, &["predict", "runs/houses-mlp", "few.csv", "--format", "json"]);
    let first = outcome.out.lines().next().unwrap();
    let start = "{\"town\":\"Ames\",\"note\":\"a, b\",\"rooms\":\"3\",\"sold\":\"2021-03-14\",\"prediction\":";
    assert!(first.starts_with(start), "{first}");
    assert!(
        outcome.out.lines().nth(2).unwrap().ends_with("\"prediction\":null}"),
        "{}",
        outcome.out
    );
    std::fs::write(here.join("few.csv"), "town,rooms\nAmes,3\n").unwrap();
    assert_eq!(
        refusal(here, &["predict", "runs/houses-mlp", "few.csv"]),
        "few.csv: csv: there is no column `sold`; the columns are town, rooms",
    );
    assert_eq!(
        refusal(here, &["predict", "runs/houses-mlp", "few.csv", "houses.csv"]),
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
    let text = answer(here, &["predict", "runs/houses-wide_and_deep", "unknown.csv"]);
    let names = "sold,rooms,town,price,prediction,probability_no,probability_yes\n";
    assert!(text.starts_with(names), "{text}");
    let predicted = values(&text);
    let right =
        predicted.iter().zip(&rows).filter(|(predicted, row)| predicted[4] == row[6]).count();
    assert!(right >= 55, "{text}");
    for row in predicted {
        let [no, yes] = [row[5], row[6]].map(|text| text.parse::<f64>().unwrap());
        assert!((no + yes - 1.0).abs() < 2e-6, "{text}");
        assert_eq!(row[4], if yes > no { "yes" } else { "no" });
    }
}

/// The command that is fed line by line, and what it says.
struct Pipe {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Pipe {
    fn new(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plywood"))
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn write(&mut self, text: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(text.as_bytes()).and_then(|()| input.flush()).unwrap();
    }

    /// What it says next; it waits until it does.
    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn end(mut self) -> Option<i32> {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code()
    }
}

#[test]
fn each_line_of_a_pipe_is_answered_at_once() {
    let folder = photos::folder();
    let here = folder.path();
    houses(here);
    let arguments = ["train", "mlp", "--csv", "houses.csv", "--target", "price", "--quiet"];
    answer(here, &[&arguments[..], &["--epochs", "1"]].concat());
    let mut pipe = Pipe::new(here, &["predict", "runs/houses-mlp"]);
    pipe.write("town,rooms,sold,big,name\n");
    assert_eq!(pipe.line(), "town,rooms,sold,big,name,prediction");
    for name in ["a", "b"] {
        pipe.write(&format!("Ames,3,2021-03-14,yes,{name}\n"));
        assert!(pipe.line().starts_with(&format!("Ames,3,2021-03-14,yes,{name},")));
    }
    assert_eq!(pipe.end(), Some(0));

    let mut pipe = Pipe::new(here, &["predict", "model", "-"]);
    for _ in 0..2 {
        pipe.write("cat.png\n");
    }
    assert!(pipe.line().starts_with("file,prediction,"));
    assert!(pipe.line().starts_with("cat.png,"));
    assert!(pipe.line().starts_with("cat.png,"));
    assert_eq!(pipe.end(), Some(0));
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
    let lines: Vec<&str> = text.lines().collect();
    let names =
        "file,prediction,\"probability_tabby, tabby cat\",probability_sports car,probability_lynx";
    assert_eq!(lines[0], names);
    let probabilities = lines[1].strip_prefix(&format!("cat.png,{class},")).unwrap();
    let probabilities = probabilities.split(',').map(|text| text.parse::<f64>().unwrap());
    let most = probabilities.fold(0.0, f64::max);
    assert_eq!(format!("{most:.4}"), probability);
    assert_eq!(lines[2], lines[1].replace("cat.png", "\"a, b.png\""));

    // One that isn't there leaves the others.
    let outcome = plywood(here, &["predict", "model", "dog.png", "cat.png"]);
    assert_eq!(outcome.code, Some(3));
    assert_eq!(outcome.out.lines().collect::<Vec<_>>(), [lines[0], "dog.png,,,,", lines[1]]);
    assert_eq!(
        outcome.err,
        "note: no answer: dog.png: can't read it: No such file or directory (os error 2)\n",
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
