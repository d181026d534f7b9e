//! Averages of weights, against a loop over the numbers.

use plywood_autodiff::{Buffer, Param, Params};
use plywood_optimizers::{Average, OptimizerState, Slots};
use plywood_tensor::{Rng, Seed, Tensor};
use plywood_testkit::assert_close;

/// One of its two weights is in two places.
struct Model {
    weight: Param,
    again: Param,
    norm: Param,
    mean: Buffer,
}

impl Params for Model {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        let Self { weight, again, norm, mean } = self;
        let fields: [(&str, &dyn Params); 4] =
            [("weight", weight), ("again", again), ("norm", norm), ("mean", mean)];
        fields.map(|(name, field)| (name.to_owned(), field)).into()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        let Self { weight, again, norm, mean } = self;
        let fields: [(&str, &mut dyn Params); 4] =
            [("weight", weight), ("again", again), ("norm", norm), ("mean", mean)];
        fields.map(|(name, field)| (name.to_owned(), field)).into()
    }
}

const SHAPES: [&[usize]; 3] = [&[3, 2], &[3], &[3]];

/// The values of weight, norm and mean of some models.
fn values(models: usize) -> Vec<[Tensor; 3]> {
    let mut rng = Rng::new(Seed(7));
    (0..models).map(|_| SHAPES.map(|shape| rng.normal(shape, 0.0, 1.0))).collect()
}

fn model(values: &[Tensor; 3]) -> Model {
    let [weight, norm, mean] = values.clone();
    let weight = Param::new(weight);
    Model { again: weight.tie(), weight, norm: Param::new(norm), mean: Buffer::new(mean) }
}

fn set(model: &mut Model, values: &[Tensor; 3]) {
    let [weight, norm, mean] = values.clone();
    model.again.set(weight.clone()).expect("the same shape");
    model.weight.set(weight).expect("the same shape");
    model.norm.set(norm).expect("the same shape");
    model.mean.set(mean).expect("the same shape");
}

fn numbers(model: &Model) -> [Vec<f64>; 3] {
    assert_eq!(model.weight.value(), model.again.value());
    let all = [model.weight.value().clone(), model.norm.value().clone(), model.mean.value()];
    all.map(|tensor| tensor.as_slice().iter().map(|&x| x.into()).collect())
}

/// Each number's average, in double precision.
fn reference(values: &[[Tensor; 3]], part: impl Fn(usize) -> f64) -> [Vec<f64>; 3] {
    [0, 1, 2].map(|tensor| {
        (0..values[0][tensor].numel())
            .map(|place| {
                let number = |model: usize| f64::from(values[model][tensor].as_slice()[place]);
                (1..values.len())
                    .fold(number(0), |average, n| average + part(n) * (number(n) - average))
            })
            .collect()
    })
}

#[test]
fn they_are_those_of_a_loop() {
    let values = values(9);
    let last = values.last().expect("nine models");
    let mean = |n: usize| 1.0 / (n as f64 + 1.0);
    let cases = [
        (Average::ema(0.9), reference(&values, |_| 0.1)),
        (Average::ema(0.0), reference(&values, |_| 1.0)),
        (Average::swa(), reference(&values, mean)),
    ];
    for (new, expected) in cases {
        for use_buffers in [false, true] {
            let mut average = new.clone().use_buffers(use_buffers);
            let mut model = model(&values[0]);
            for (n, values) in values.iter().enumerate() {
                set(&mut model, values);
                average.update(&model).unwrap();
                assert_eq!(average.models(), n as u64 + 1);
            }
            let [weight, norm, mean] = average.during(&mut model, numbers).unwrap();
            assert_close(&weight, &expected[0], 1e-6);
            assert_close(&norm, &expected[1], 1e-6);
            match use_buffers {
                true => assert_close(&mean, &expected[2], 1e-6),
                false => assert_eq!(mean, numbers(&self::model(last))[2]),
            }
            // Its own again; and for good.
            assert_eq!(numbers(&model), numbers(&self::model(last)));
            average.apply_to(&mut model).unwrap();
            assert_eq!(numbers(&model), [weight, norm, mean]);
        }
    }
}

#[test]
fn a_saved_state_goes_on_to_the_same_bits() {
    let values = values(8);
    for new in [|| Average::ema(0.99), Average::swa as fn() -> Average] {
        let (mut whole, mut resumed) = (new(), new());
        for values in &values[..4] {
            whole.update(&model(values)).unwrap();
        }
        resumed.load_state(whole.state()).unwrap();
        for values in &values[4..] {
            whole.update(&model(values)).unwrap();
            resumed.update(&model(values)).unwrap();
        }
        assert_eq!(whole.state(), resumed.state());
        assert_eq!((resumed.models(), resumed.state().slots.len()), (8, 3));
    }
}

#[test]
fn neither_it_nor_the_model_copies_the_others_memory() {
    let mut param = Param::new(Tensor::arange(1000));
    let mut average = Average::ema(0.5);
    let address = param.value().address();
    let mut averages = Vec::new();
    for _ in 0..3 {
        average.update(&param).unwrap();
        param.value_mut().as_mut_slice()[0] += 1.0;
        assert_eq!(param.value().address(), address);
        averages.push(average.state().slots[""].tensors[0].address());
    }
    assert!(averages.iter().all(|&average| average == averages[0] && average != address));
    average.during(&mut param, |param| assert_eq!(param.value().address(), averages[0])).unwrap();
    assert_eq!(param.value().address(), address);
}

#[test]
fn another_model_is_refused_and_nothing_changes() {
    let mut average = Average::swa();
    let mut pair = vec![Param::new(Tensor::arange(3)), Param::new(Tensor::arange(2))];
    assert_eq!(
        average.apply_to(&mut pair).unwrap_err().to_string(),
        "Average: there is no average yet; call `update` with the model after each step",
    );
    average.update(&pair).unwrap();
    let state = average.state();
    let mut cases = [
        (
            vec![Param::new(Tensor::ones([3])), Param::new(Tensor::ones([4]))],
            "1: Average: the average is [2], the model's value [4]",
        ),
        (
            vec![Param::new(Tensor::ones([3]))],
            "Average: the average has 2 parameters and buffers, the model 1; it follows one model, \
             from its first update on",
        ),
        (
            [3, 2, 1].map(|size| Param::new(Tensor::ones([size]))).into(),
            "2: Average: the average knows no such parameter or buffer; it follows one model, from \
             its first update on",
        ),
    ];
    for (model, text) in &mut cases {
        assert_eq!(average.update(model).unwrap_err().to_string(), *text);
        assert_eq!(average.apply_to(model).unwrap_err().to_string(), *text);
        assert!(model.iter().all(|param| *param.value() == Tensor::ones(param.shape())));
    }
    assert_eq!(average.state(), state);
    assert_eq!(
        Average::ema(1.5).update(&pair).unwrap_err().to_string(),
        "Average: the decay is 1.5; it should be between 0 and 1",
    );
}

#[test]
fn a_state_of_something_else_is_refused() {
    let slots = |steps, tensors| Slots { steps, tensors: vec![Tensor::arange(2); tensors] };
    let state = |a, b| OptimizerState { slots: [("a".to_owned(), a), ("b".to_owned(), b)].into() };
    let mut average = Average::swa();
    let mut text = |state| average.load_state(state).unwrap_err().to_string();
    assert_eq!(
        text(state(slots(3, 1), slots(3, 2))),
        "b: Average: the state has 2 tensors, not 1; it is no state of an `Average`",
    );
    assert_eq!(
        text(state(slots(3, 1), slots(4, 1))),
        "b: Average: the state is of 4 models, others of 3; it is no state of an `Average`",
    );
    assert_eq!(
        text(state(slots(0, 1), slots(0, 1))),
        "a: Average: the state is of no model; it is no state of an `Average`",
    );
    assert_eq!(average.models(), 0);
}
