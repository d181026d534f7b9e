//! BLEU against sacreBLEU's numbers in `fixtures/bleu.json`, which `fixtures/bleu.py` computes.

use std::path::Path;

use plywood_training::Bleu;
use serde_json::Value;

#[test]
fn bleu_agrees_with_sacrebleu() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bytes = std::fs::read(root.join("fixtures/bleu.json")).unwrap();
    let numbers: Value = serde_json::from_slice(&bytes).unwrap();
    let corpora = numbers["corpora"].as_array().unwrap();
    assert!(corpora.len() > 30);
    for corpus in corpora {
        let mut bleu = Bleu::new();
        for pair in corpus["pairs"].as_array().unwrap() {
            bleu.update(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
        }
        let number = |value: &Value| value.as_f64().unwrap();
        let precisions = corpus["precisions"].as_array().unwrap().iter().map(number);
        let mut own = bleu.precisions().to_vec();
        let mut theirs: Vec<f64> = precisions.collect();
        own.extend([bleu.score(), bleu.brevity_penalty()]);
        theirs.extend([number(&corpus["score"]), number(&corpus["brevity_penalty"])]);
        // Of nothing beside nothing theirs is 0.
        own.iter_mut().filter(|number| number.is_nan()).for_each(|number| *number = 0.0);
        for (own, theirs) in own.into_iter().zip(theirs) {
            assert!(
                (own - theirs).abs() < 1e-9 * (1.0 + theirs),
                "{own} is not {theirs}: {corpus}"
            );
        }
    }
}

#[test]
fn of_no_translations_there_is_no_bleu() {
    assert!(Bleu::new().score().is_nan());
    let mut none = Bleu::new();
    none.update("", "");
    assert_eq!(none, Bleu::new());
}
