//! LSTM and GRU against PyTorch: one layer, several, both directions; names and errors.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{GRU, LSTM, Module, Params, RecurrentConfig};
use plywood_tensor::Tensor;
use plywood_testkit::fixtures;

use crate::support::{agrees_with_pytorch, error_of, eval, names, rng};

fn configs<L: std::fmt::Debug>(
    plain: impl Fn() -> RecurrentConfig<L>,
) -> [(&'static str, RecurrentConfig<L>); 3] {
    [
        ("plain", plain()),
        ("no_bias", plain().bias(false).batch_first(true)),
        ("deep", plain().layers(2).bidirectional(true).batch_first(true)),
    ]
}

#[test]
fn agrees_with_pytorch_from_any_state() {
    let fixture = fixtures::load("recurrent");
    for (name, config) in configs(|| LSTM::config(3, 5)) {
        let lstm = config.init(&mut rng()).unwrap();
        let case = format!("lstm_{name}");
        agrees_with_pytorch(&fixture, &case, lstm, &["x", "h0", "c0"], |lstm, x, pass| {
            let result = lstm.run(&x[0], Some([&x[1], &x[2]]), pass)?;
            Ok(vec![result.output, result.hidden, result.cells.unwrap()])
        });
    }
    for (name, config) in configs(|| GRU::config(3, 5)) {
        let gru = config.init(&mut rng()).unwrap();
        let case = format!("gru_{name}");
        agrees_with_pytorch(&fixture, &case, gru, &["x", "h0"], |gru, x, pass| {
            let result = gru.run(&x[0], Some(&x[1]), pass)?;
            assert!(result.cells.is_none());
            Ok(vec![result.output, result.hidden])
        });
    }
}

#[test]
fn names_and_first_values_are_pytorchs() {
    let lstm = LSTM::config(3, 5).layers(2).bidirectional(true).init(&mut rng()).unwrap();
    let own = names(&lstm);
    assert_eq!(own[..4], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]);
    assert_eq!(own[4], "weight_ih_l0_reverse");
    assert_eq!(own[15], "bias_hh_l1_reverse");
    let bound = 1.0 / 5_f32.sqrt();
    for (_, param) in lstm.named_parameters() {
        let largest = param.value().abs().max().unwrap();
        assert!((0.5 * bound..=bound).contains(&largest));
    }
    assert_eq!(GRU::config(3, 5).init(&mut rng()).unwrap().parameter_count(), 15 * (3 + 5 + 2));
}

#[test]
fn states_are_0_if_nothing_else_is_said() {
    let lstm = LSTM::config(3, 5).init(&mut rng()).unwrap();
    let x = Var::constant(rng().normal([4, 2, 3], 0.0, 1.0));
    let zeros = Var::constant(Tensor::zeros([1, 2, 5]));
    let given = lstm.run(&x, Some([&zeros, &zeros]), &mut Pass::eval(&lstm)).unwrap();
    let y = lstm.forward(&x, &mut Pass::eval(&lstm)).unwrap();
    assert_eq!(y.value().unwrap(), given.output.value().unwrap());
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |config: RecurrentConfig<LSTM>| error_of(config.init(&mut rng()));
    assert_eq!(refused(LSTM::config(3, 0)), "lstm: 1 layers of 0 units have nothing to remember",);
    assert_eq!(
        refused(LSTM::config(3, 5).dropout(1.5)),
        "lstm: the dropout is 1.5; it should be between 0 and 1",
    );
    let lstm = LSTM::config(3, 5).init(&mut rng()).unwrap();
    assert_eq!(
        error_of(eval(&lstm, &[4, 3])),
        "lstm: input [4, 3] should have axes (steps, batch, features)",
    );
    assert_eq!(
        error_of(eval(&lstm, &[4, 2, 6])),
        "linear: input [4, 2, 6] (…, K) has 6 features, the weight [20, 3] (N, K) expects 3; \
         the layer's input size must be the size of the input's last axis",
    );
}
