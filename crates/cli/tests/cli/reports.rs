//! What training leaves to look at, and runs side by side.

use std::fs::read_to_string;
use std::path::Path;

use crate::tables::houses;
use crate::{answer, colours, refusal};

fn train(folder: &Path, target: &str, more: &[&str]) -> String {
    let begin = ["train", "mlp", "--csv", "houses.csv", "--target", target, "--quiet"];
    answer(folder, &[&begin[..], more].concat())
}

#[test]
fn a_table_has_a_report_with_its_columns_and_its_worst_rows() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    houses(here);
    let more = ["--epochs", "30", "--out", "my runs/big", "--without", "price"];
    let said = train(here, "big", &more);
    let last = "written to my runs/big: look at my runs/big/report.html, or try `plywood eval my runs/big --csv \
                FILE`\n";
    assert!(said.ends_with(last), "{said}");
    let page = read_to_string(here.join("my runs/big/report.html")).unwrap();
    for said in [
        "<h1>mlp predicts big</h1>",
        "always answering the most frequent class, ",
        "<h3>Which columns matter</h3>",
        "plywood train mlp --csv houses.csv --target big --quiet --epochs 30 --out &#x27;my runs&#x2f;big&#x27; --without price",
        "140 rows to learn from, 20 to validate, 40 to test",
        "<h3>The worst mistakes</h3>",
        "<h3>ROC curve</h3>",
    ] {
        assert!(page.contains(said), "{said}");
    }
    // The rooms are what decides.
    let (_, columns) = page.split_once("<h3>Which columns matter</h3>").unwrap();
    let (_, first) = columns.split_once("<th scope=\"row\">").unwrap();
    assert!(first.starts_with("rooms<"), "{}", &first[..80]);

    train(here, "price", &["--epochs", "5", "--out", "price"]);
    let page = read_to_string(here.join("price/report.html")).unwrap();
    for said in [
        "Predictions of price are off by ",
        "predicted price",
        "<h3>What is left over</h3>",
        "houses.csv: line ",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn images_have_a_report_with_what_decided() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    colours(&here.join("warm"), &[("red", [255, 0, 0]), ("yellow", [255, 255, 0])]);
    let train = ["train", "lenet", "--images", "warm", "--size", "16", "--epochs", "2"];
    answer(here, &[&train[..], &["--batch-size", "8", "--quiet"]].concat());
    let page = read_to_string(here.join("runs/warm-lenet/report.html")).unwrap();
    for said in [
        "<h1>lenet tells red and yellow</h1>",
        "<h3>What decided</h3>",
        "<h3>What the first layer looks for</h3>",
        "<h3>Layer by layer</h3>",
        "28 to learn from, 4 to validate, 8 to test",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.matches("<img").count() > 6);
    let finetune =
        ["finetune", "warm", "--model", "runs/warm-lenet", "--epochs", "1", "--out", "again"];
    answer(here, &finetune);
    let page = read_to_string(here.join("again/report.html")).unwrap();
    assert!(page.contains("<h3>What decided</h3>"));
}

/// Of a table with so many rows that each pass over it takes long, in a few epochs: the report is written right after
/// the metrics.
#[test]
fn a_report_takes_a_small_part_of_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut file = "a,b,c,kind\n".to_owned();
    for row in 0..50_000_u32 {
        let [a, b, c] = [7, 11, 13].map(|prime| row.wrapping_mul(2_654_435_761) % prime);
        file += &format!(
            "{a},{b},{},{}\n",
            ["x", "y", "z"][c as usize % 3],
            ["no", "yes"][(a > b) as usize]
        );
    }
    std::fs::write(here.join("large.csv"), file).unwrap();
    let train = ["train", "mlp", "--csv", "large.csv", "--target", "kind", "--epochs", "2"];
    let more = ["--batch-size", "128", "--quiet", "--out", "run", "--skewed", "values"];
    answer(here, &[&train[..], &more].concat());
    let metrics = read_to_string(here.join("run/metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
    let training = metrics["train_seconds"].as_f64().unwrap();
    let written = |file: &str| here.join(file).metadata().unwrap().modified().unwrap();
    let report = written("run/report.html").duration_since(written("run/metrics.json")).unwrap();
    // Without optimisation, beside other tests.
    let most = 3.0 + 0.1 * training;
    assert!(
        report.as_secs_f64() < most,
        "{report:?} for the report, {training} s for the training"
    );
}

#[test]
fn runs_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    houses(here);
    train(here, "price", &["--epochs", "1", "--out", "runs/small", "--batch-size", "64"]);
    train(here, "price", &["--epochs", "2", "--out", "runs/large", "--batch-size", "16"]);
    let text = answer(here, &["compare", "runs/small", "runs/large"]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["runs/small", "runs/large"]);
    for row in [["batch", "size", "64", "16"], ["test", "samples", "40", "40"]] {
        assert!(rows.iter().any(|own| own[..] == row), "{row:?}: {text}");
    }
    assert!(rows.iter().any(|row| row[..] == ["epochs", "1", "2"]), "{text}");
    assert!(
        text.contains("epochs done") && text.contains("test R²") && text.contains("train seconds"),
        "{text}"
    );
    assert!(
        !text.contains("shuffling") && text.contains(" other settings are the same\n"),
        "{text}"
    );

    let error = refusal(here, &["compare", "runs/small", "runs/none"]);
    assert!(
        error.contains("runs/none/metrics.json")
            && error.ends_with("the folder of a finished run has one"),
        "{error}"
    );
    std::fs::write(here.join("metrics.json"), "[1]").unwrap();
    assert_eq!(
        refusal(here, &["compare", "runs/small", "."]),
        "./metrics.json: these are no metrics of a run",
    );
}
