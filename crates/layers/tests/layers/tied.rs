//! Tied parameters: one parameter in two places of a model.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Embedding, Linear, Module, Params, load_state_dict, state_dict};
use plywood_tensor::{Result, Tensor};

use crate::support::{error_of, names, rng};

#[derive(Params)]
struct Words {
    embedding: Embedding,
    head: Linear,
}

impl Words {
    fn new() -> Self {
        let embedding = Embedding::config(5, 3).init(&mut rng()).unwrap();
        let head = Linear { weight: embedding.weight.tie(), bias: None };
        Self { embedding, head }
    }

    fn is_tied(&self) -> bool {
        self.embedding.weight.value().address() == self.head.weight.value().address()
    }
}

impl Module<Tensor<u32>> for Words {
    fn forward(&self, x: &Tensor<u32>, pass: &mut Pass) -> Result<Var> {
        let x = self.embedding.forward(x, pass)?;
        self.head.forward(&x, pass)
    }
}

#[test]
fn counts_and_names() {
    let model = Words::new();
    assert_eq!(model.parameter_count(), 15);
    assert_eq!(names(&model), ["embedding.weight", "head.weight"]);
    let parameters: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(parameters, ["embedding.weight"]);
}

/// With `W` the table, `Σ W · W[1]ᵀ` has the gradient `W[1]` in each row, and in row 1 the sum of
/// all rows besides.
#[test]
fn one_gradient_for_both_places() {
    let model = Words::new();
    let mut pass = Pass::train(&model, &mut rng());
    let loss = model.forward(&Tensor::from([1_u32]), &mut pass).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.len(), 1);
    assert_eq!(grads.of(&model.embedding.weight), grads.of(&model.head.weight));
    let table = model.embedding.weight.value();
    let sums = table.sum_axes(&[0]).unwrap();
    let expected = Tensor::from_fn([5, 3], |i| {
        let own = table.get(&[1, i[1]]).unwrap();
        if i[0] == 1 { own + sums.as_slice()[i[1]] } else { own }
    });
    plywood_testkit::assert_close(
        grads.of(&model.head.weight).unwrap().as_slice(),
        expected.as_slice(),
        1e-6,
    );
}

#[test]
fn an_update_sees_it_once_unshared_and_reaches_both() {
    let mut model = Words::new();
    let address = model.embedding.weight.value().address();
    let mut seen = Vec::new();
    model.update_parameters(&mut |name, param| {
        assert!(!param.value().is_shared(), "writing it would copy it");
        param.value_mut().as_mut_slice().fill(3.0);
        seen.push(name.to_owned());
    });
    assert_eq!(seen, ["embedding.weight"]);
    assert!(model.is_tied());
    assert_eq!(model.head.weight.value(), &Tensor::full([5, 3], 3.0));
    assert_eq!(model.head.weight.value().address(), address, "changed in place");
}

#[test]
fn a_state_dictionary_has_both_names_and_loading_keeps_them_tied() {
    let mut model = Words::new();
    let mut state = state_dict(&model);
    assert_eq!(state["embedding.weight"], state["head.weight"]);
    // The same numbers from a file are two tensors.
    for tensor in state.values_mut() {
        *tensor = Tensor::full([5, 3], 2.0_f32).into();
    }
    load_state_dict(&mut model, &state).unwrap();
    assert_eq!(model.head.weight.value(), &Tensor::full([5, 3], 2.0));
    assert!(model.is_tied());
}

/// Files often hold a tied weight once, under either name.
#[test]
fn one_of_its_names_is_enough() {
    for missing in ["embedding.weight", "head.weight"] {
        let mut model = Words::new();
        let mut state = state_dict(&model);
        state.remove(missing);
        state.values_mut().for_each(|tensor| *tensor = Tensor::full([5, 3], 2.0_f32).into());
        load_state_dict(&mut model, &state).unwrap();
        assert_eq!(model.embedding.weight.value(), &Tensor::full([5, 3], 2.0));
        assert!(model.is_tied());
    }
    let mut model = Words::new();
    assert_eq!(
        error_of(load_state_dict(&mut model, &Default::default())),
        "load: the weights don't fit the model: embedding.weight [5, 3] is missing",
    );
}

#[test]
fn values_that_differ_are_refused() {
    let mut model = Words::new();
    let before = model.embedding.weight.value().clone();
    let mut state = state_dict(&model);
    state.insert("head.weight".into(), Tensor::zeros([5, 3]).into());
    assert_eq!(
        error_of(load_state_dict(&mut model, &state)),
        "load: the weights don't fit the model: \
         head.weight differs from embedding.weight, which it is tied to",
    );
    assert_eq!(model.embedding.weight.value(), &before);
    assert!(model.is_tied());
}
