//! Models of tables, saved and loaded.

use plywood_datasets::TableBatch;
use plywood_layers::{Params, mse_loss};
use plywood_training::Objective;

use super::*;
use crate::{Classifier, Preprocess, SavedModel};

const FILE: &str = "rooms;town;price\n2;Ames;1.000,5\n4;Gilbert;3.000\n?;Ames;2.000\n";

fn model(network: &str, target: &str) -> (TableModel, Table) {
    let csv = Csv::new().delimiter(b';').missing(["?"]);
    let table = csv.read(FILE.as_bytes()).unwrap();
    let encoding = Encoding::config(target);
    let encoding = if target == "price" { encoding.standard_target() } else { encoding };
    let encoding = encoding.measured_on(&table).unwrap();
    let model = TableModel::config(network, encoding).hidden([4]).init(&mut Rng::new(Seed(7)));
    (model.unwrap().read_as(&csv, &table), table)
}

#[test]
fn what_is_loaded_predicts_the_same() {
    for (network, target) in [("mlp", "price"), ("wide_and_deep", "town")] {
        let folder = tempfile::tempdir().unwrap();
        let (model, table) = model(network, target);
        model.save(folder.path()).unwrap();
        let SavedModel::Table(loaded) = SavedModel::load(folder.path()).unwrap() else {
            panic!("a model of tables was saved");
        };
        assert_eq!((loaded.name(), loaded.target()), (network, target));
        let bits = |model: &TableModel, table: &Table| {
            let predicted = model.predict(table).unwrap();
            let values = predicted.probabilities().map_or(vec![], |all| all.to_vec());
            let values = [&values, predicted.numbers().unwrap_or(&[])].concat();
            values.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(bits(&loaded, &table), bits(&model, &table));
        // Read as where it learnt, with the target and without.
        let again = loaded.csv_with_target().read(FILE.as_bytes()).unwrap();
        assert_eq!(bits(&loaded, &again), bits(&model, &table));
        assert!(
            again.names().contains(&target)
                && !loaded.csv().read(FILE.as_bytes()).unwrap().names().contains(&target)
        );
        // Rows of which none can be read.
        let mut parts = loaded.csv().stream(&b"rooms;town;price\n1;2\n"[..]).unwrap();
        let none = model.predict(&parts.next().unwrap().unwrap().table).unwrap();
        assert!(none.is_empty() && none.most_probable().is_empty());
    }
}

#[test]
fn a_model_that_wasnt_told_how_a_table_was_read_knows_its_columns() {
    let (model, _) = model("mlp", "town");
    let model = TableModel::config("mlp", model.encoding().clone()).init(&mut Rng::new(Seed(1)));
    let table = model.unwrap().csv_with_target().read(&b"town,rooms,price,more\nAmes,2,3.5,\n"[..]);
    let table = table.unwrap();
    assert_eq!(
        (table.names(), table.numbers("price").unwrap()),
        (vec!["town", "rooms", "price"], vec![3.5])
    );
    assert_eq!(table.column_type("town").unwrap(), ColumnType::Category);
}

/// With all weights 0, a member answers with its last bias: the mean is known, and the loss in training is that of
/// each by itself, (1² + 3²) / 2, where the mean's own is 2² = 4.
#[test]
fn an_ensemble_answers_with_the_mean_and_learns_each_by_itself() {
    let table = Table::read(&b"rooms,price\n1,0\n2,0\n3,0\n"[..]).unwrap();
    let encoding = Encoding::measured_on(&table, "price").unwrap();
    let config = TableModel::config("mlp", encoding).members(2).hidden([]).dropout(0.0);
    let mut model = config.init(&mut Rng::new(Seed(7))).unwrap();
    model.network.update_parameters(&mut |name, parameter| {
        let answer = match name {
            "members.0.deep.layers.0.bias" => 1.0,
            "members.1.deep.layers.0.bias" => 3.0,
            _ => 0.0,
        };
        let shape = parameter.shape();
        *parameter.value_mut() = Tensor::full(shape, answer);
    });
    let rows = model.values(&table).unwrap();
    let batch = TableBatch { input: rows.input().clone(), target: rows.target().clone() };
    let network = &model.network;
    let loss = |mut pass: Pass| {
        MemberLoss(mse_loss).forward(network, &batch, &mut pass).unwrap().loss.item().unwrap()
    };
    assert_eq!(loss(Pass::train(network, &mut Rng::new(Seed(1)))), 5.0);
    assert_eq!(loss(Pass::eval(network)), 4.0);
    assert_eq!(model.predict(&table).unwrap().numbers(), Some(&[2.0, 2.0, 2.0][..]));
}

#[test]
fn members_begin_with_other_weights() {
    let (model, _) = model("wide_and_deep", "price");
    let weights: Vec<_> = (0..4)
        .map(|member| {
            let name = format!("members.{member}.deep.layers.0.weight");
            let all = model.network.named_parameters();
            all.iter().find(|(own, _)| *own == name).unwrap().1.value().to_vec()
        })
        .collect();
    assert!((1..4).all(|member| weights[member] != weights[0]));
}

#[test]
fn what_is_no_model_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().display().to_string();
    let refusal = |path: &Path| match SavedModel::load(path) {
        Ok(_) => panic!("{} is loaded", path.display()),
        Err(error) => error.to_string(),
    };
    let hint = "a finished training run leaves `classifier.json`, `table.json`, `pixels.json` or `sound.json`";
    assert_eq!(refusal(folder.path()), format!("{at}: there is no model in this folder; {hint}"));
    let none = folder.path().join("none");
    assert_eq!(refusal(&none), format!("{at}/none: there is no such folder; {hint}"));

    let (model, _) = model("mlp", "price");
    model.save(folder.path()).unwrap();
    let path = folder.path().join(DESCRIPTION);
    let json = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &json[..100]).unwrap();
    let text = refusal(folder.path());
    assert!(
        text.starts_with(&format!("{at}/table.json: this describes no model of tables: ")),
        "{text}"
    );
    std::fs::write(&path, json.replace("\"mlp\"", "\"lenet\"")).unwrap();
    assert_eq!(
        refusal(folder.path()),
        format!("{at}/table.json: lenet doesn't learn from tables; `mlp` and `wide_and_deep` do"),
    );
    std::fs::write(&path, json).unwrap();
    std::fs::remove_file(folder.path().join(WEIGHTS)).unwrap();
    assert!(refusal(folder.path()).starts_with(&format!("{at}/model.safetensors: can't ")));

    let images = tempfile::tempdir().unwrap();
    let classifier =
        Classifier::new("resnet20", Preprocess::fitted(8), ["a", "b"], Seed(1)).unwrap();
    classifier.save(images.path()).unwrap();
    assert!(matches!(SavedModel::load(images.path()), Ok(SavedModel::Images(_))));
    assert!(model.network.parameter_count() > 0);
}
