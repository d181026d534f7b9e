//! The report of a run: what it says, that it is one file, and that it is HTML.

use std::fs;

use plywood_datasets::{Image, RowBatch, Rows};
use plywood_layers::{Init, Linear, cross_entropy, mse_loss, profile, summary};
use plywood_optimizers::SGD;
use plywood_tensor::{Error, Rng, Seed, Tensor};
use plywood_training::{Baseline, Figure, MeanAbsoluteError, Objective, Run, Trainer, plots};

use crate::support::{data, net, trainer};

/// Elements that have no end.
const VOID: [&str; 3] = ["meta", "img", "!doctype"];

/// Refuses elements that aren't ended in the order in which they were begun.
fn check_balance(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in html.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap_or_else(|| panic!("no end of <{part}"));
        let name = tag.split([' ', '\n', '/']).find(|name| !name.is_empty()).unwrap_or("");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{tag}> among {open:?}");
        } else if !tag.trim_end().ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Whatever the page is made of, it is one file, and reads well aloud.
fn check_page(html: &str) {
    check_balance(html);
    for fetches in ["http:", "https:", "<script", "<link", "@import", "url(", "src=\"/"] {
        assert!(!html.contains(fetches), "{fetches}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
    assert_eq!(html.matches("<svg").count(), html.matches("role=\"img\" aria-label=\"").count());
    assert_eq!(html.matches("<table").count(), html.matches("<caption").count());
    assert_eq!(html.matches("<img").count(), html.matches(" alt=\"").count());
    assert!(!html.contains(" alt=\"\"") && !html.contains("NaN"));
}

/// What the page says, without its elements and its style.
fn words(html: &str) -> String {
    let (_, body) = html.split_once("<body>").unwrap();
    let texts =
        body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim());
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
}

fn headings(html: &str) -> Vec<&str> {
    let parts = html.split("<h2").skip(1).filter_map(|part| part.split_once('>'));
    parts.filter_map(|(_, rest)| rest.split_once('<')).map(|(text, _)| text).collect()
}

/// A line through two points that never learns, since its learning rate is tiny.
fn line() -> (Linear, Run<impl Objective<Linear, RowBatch<Tensor>> + use<>>, Rows<Tensor>) {
    let x = Tensor::from([[1.0], [2.0], [3.0], [4.0]]);
    let y = Tensor::from([[2.0], [4.0], [6.0], [18.0]]);
    let data = Rows::new(x, y).unwrap();
    let twice = Linear::config(1, 1).weight_init(Init::Constant(2.0)).bias(false);
    let mut model = twice.init(&mut Rng::new(Seed(7))).unwrap();
    let trainer = Trainer::new(SGD::new(1e-12)).loss(mse_loss).metric(MeanAbsoluteError::new());
    let run = trainer.epochs(2).batch_size(2).quiet(true).fit(&mut model, &data, None).unwrap();
    (model, run, data)
}

#[test]
fn training_alone_has_curves_and_settings() {
    let (_, run, _) = line();
    let html = run.report().html().unwrap();
    check_page(&html);
    assert_eq!(headings(&html), ["How it learnt", "What was trained on what"]);
    let words = words(&html);
    assert!(
        words.starts_with(
            "Skip to the report\nA training run\nThe loss of training went from 25.000 to 25.000; how good it is on \
             new samples isn&#x27;t known: it was not tested.\ntrained for\n2 epochs, the best was number "
        ),
        "{words}"
    );
    for said in ["Epoch by epoch", "Step by step", "seed", "training data", "vector instructions"] {
        assert!(words.contains(said), "{said}: {words}");
    }
}

#[test]
fn numbers_are_compared_with_their_mean() {
    let (model, run, data) = line();
    let (result, predictions) =
        (run.evaluate(&model, &data).unwrap(), run.predictions(&model, &data).unwrap());
    let html = run
        .report()
        .title("Twice")
        .data("four.csv", "4 rows")
        .command("plywood train mlp --csv 'four rows.csv'")
        .model(&model)
        .evaluation(&result)
        .predictions(&predictions)
        .columns(["town"], |sample| vec![format!("town {sample}")])
        .figure(Figure::bars(
            "Columns",
            "Longer is more.",
            ["column", "drop"],
            [("x", 0.5, "0.50")],
        ))
        .html()
        .unwrap();
    check_page(&html);
    assert_eq!(
        headings(&html),
        [
            "How good it is",
            "Where it is wrong",
            "How it learnt",
            "What it goes by",
            "The model",
            "What was trained on what",
        ],
    );
    let words = words(&html);
    assert!(
        words.starts_with(
            "Skip to the report\nTwice\nPredictions of value are off by 2.500 on average; always answering the mean \
             would be off by 5.250.\ntested on\n4 samples\ntrained for\n2 epochs"
        ),
        "{words}"
    );
    let rows = "sample\npredicted value\ntrue value\noff by\ntown\nsample 3\n8.000\n18.000\n−10.000\ntown 3\n";
    assert!(words.contains(rows), "{words}");
    assert!(words.contains("plywood train mlp --csv &#x27;four rows.csv&#x27;"), "{words}");
    assert!(
        words.contains("What is left over") && words.contains("weight\n[1, 1]\n1\n"),
        "{words}"
    );

    // The mean of what it learnt from, which isn't that of what it is tested on.
    let html = run.report().predictions(&predictions).baseline(Baseline::Mean(4.0)).html().unwrap();
    assert!(html.contains("always answering the mean would be off by 4.500"), "{html}");

    // In a unit of people's own.
    let (actual, predicted) = ([100.0, 200.0, 300.0, 900.0], [100.0, 250.0, 300.0, 800.0]);
    let report = run.report().predictions(&predictions).numbers("price in $", actual, predicted);
    let html = report.html().unwrap();
    assert!(html.contains("Predictions of price in $ are off by 37.500 on average"), "{html}");
    assert!(html.contains("predicted price in $"));
}

#[test]
fn classes_have_their_mistakes_with_images() {
    let (train, valid) = data();
    let mut model = net();
    let run = trainer().loss(cross_entropy).fit(&mut model, &train, &valid).unwrap();
    let (result, predictions) =
        (run.evaluate(&model, &valid).unwrap(), run.predictions(&model, &valid).unwrap());
    let wrong = result.confusion.as_ref().unwrap();
    let wrong = 12 - (0..3).map(|class| wrong.count(class, class)).sum::<u64>();
    let report = || run.report().model(&model).evaluation(&result).predictions(&predictions);
    let html = report()
        .summary(summary(&model, [1, 2, 8, 8]).unwrap())
        .profile(profile(&model, &Tensor::ones([4, 2, 8, 8])).unwrap())
        .images(|sample| Image::new(Tensor::full([1, 8, 8], sample as u8)))
        .html()
        .unwrap();
    check_page(&html);
    let text = words(&html);
    assert!(text.contains(&format!("Right about {} of 12; ", 12 - wrong)), "{text}");
    for said in [
        "What is taken for what",
        "Class by class",
        "ROC curve",
        "Precision and recall",
        "How sure it may be",
        "What the first layer looks for",
        "Layer by layer",
        "Time by layer",
    ] {
        assert!(text.contains(&format!("{said}\n")), "{said}: {text}");
    }
    for said in ["a forward pass of 4 samples takes ", "\nGFLOP&#x2f;s\n", "\nconv\n"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // The filters, and an image of each mistake.
    assert!(wrong > 0);
    assert_eq!(html.matches("<img").count() as u64, 1 + wrong);
    // Without images they are a table, and nothing is right in it.
    let html = report().html().unwrap();
    check_page(&html);
    assert_eq!(html.matches("<img").count(), 1);
    assert!(words(&html).contains("sample\nanswered\nhow sure\nis\nprobability of that\nsample "));
}

#[test]
fn what_is_put_in_is_text() {
    let (_, run, _) = line();
    let svg = plots::scatter(&[1.0], &[2.0], "<b>price</b>").unwrap();
    let html = run
        .report()
        .title("<b>\"Twice\" & more</b>")
        .command("<script>")
        .data("<i>", "</table>")
        .figure(Figure::svg("<u>\"&\"</u>", "<u>", svg))
        .figure(Figure::table("<u>", "<u>", ["<u>"], [["<u>"]]))
        .html()
        .unwrap();
    check_page(&html);
    for element in ["<b>", "<i>", "<u>"] {
        assert!(!html.contains(element), "{element}");
    }
}

#[test]
fn it_is_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("report.html");
    let (_, run, _) = line();
    run.report().write_html(&path).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), run.report().html().unwrap());
}

#[test]
fn what_cant_be_shown() {
    let (model, run, data) = line();
    let predictions = run.predictions(&model, &data).unwrap();
    let text = |figure| run.report().figure(figure).html().unwrap_err().to_string();
    assert_eq!(
        text(Figure::svg("Prices", "", "<p>")),
        "report: the drawing of `Prices` is no SVG; it should begin with `<svg` and have a width and a height, as \
         `plots` make it",
    );
    assert_eq!(
        text(Figure::table("Prices", "", ["a", "b"], [vec!["1"]])),
        "report: a row of the table `Prices` has 1 cells for 2 columns",
    );
    let numbers = |actual: &[f64], predicted: &[f64]| {
        let report = run.report().predictions(&predictions).numbers("price", actual, predicted);
        report.html().unwrap_err().to_string()
    };
    assert_eq!(
        numbers(&[1.0], &[]),
        "report: 0 predictions for 1 true numbers: there should be as many, and at least one",
    );
    assert_eq!(
        numbers(&[1.0], &[2.0]),
        "report: the numbers are of 1 samples, the predictions of 4",
    );
    let (train, valid) = crate::support::data();
    let mut model = crate::support::linear();
    let run = trainer().loss(cross_entropy).epochs(1).fit(&mut model, &train, &valid).unwrap();
    let predictions = run.predictions(&model, &valid).unwrap();
    let report = run.report().predictions(&predictions);
    let report = report.images(|_| Err(Error::value("the camera is broken")));
    assert_eq!(report.html().unwrap_err().to_string(), "the camera is broken");
}
