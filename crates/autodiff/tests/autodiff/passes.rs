//! What a pass carries, what it refuses, and what its gradients are found by.

use plywood_autodiff::{Buffer, Param, Params, Pass, Var};
use plywood_tensor::{Rng, Seed, Tensor};

use crate::support::{Model, error_of, pass};

#[test]
fn gradients_come_in_the_models_order() {
    let model = Model::new(["z", "a", "m"]);
    let mut pass = model.train();
    // Used in another order than the model's.
    let [z, a, m] = model.params();
    let loss = pass.param(m).mul(&pass.param(a)).unwrap().mul(&pass.param(z)).unwrap().sum();
    let mut grads = pass.backward(&loss).unwrap();
    let names: Vec<_> = grads.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!((names, grads.len()), (vec!["z".to_owned(), "a".into(), "m".into()], 3));
    assert_eq!(grads.of(a), Some(&(z.value() * m.value())));
    for (_, gradient) in grads.iter_mut() {
        *gradient = &*gradient * 2.0;
    }
    assert_eq!(grads.get(z.id()), Some(&(&(a.value() * m.value()) * 2.0)));
}

#[test]
fn a_parameter_that_is_used_twice_has_one_gradient() {
    let model = Model::new(["weight"]);
    let [weight] = model.params();
    let mut pass = model.train();
    let (first, second) = (pass.param(weight), pass.param(weight));
    let loss = first.sub(&(second * 3.0)).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    assert_eq!((grads.len(), grads.of(weight)), (1, Some(&Tensor::from([-2.0, -2.0]))));
}

/// A parameter outside the model, such as one that is being fitted to it, has a gradient without a
/// name.
#[test]
fn a_parameter_of_no_model_has_a_gradient_too() {
    let (model, stranger) = (Model::new(["weight"]), Param::new(Tensor::from([2.0, 2.0])));
    let [weight] = model.params();
    let mut pass = model.train();
    let loss = pass.param(weight).mul(&pass.param(&stranger)).unwrap().sum();
    assert_eq!((pass.name_of(weight.id()), pass.name_of(stranger.id())), (Some("weight"), None));
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.of(&stranger), Some(weight.value()));
    assert_eq!(grads.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["weight", ""]);
}

#[test]
fn gradients_with_respect_to_inputs() {
    let model = Model::new(["weight"]);
    let [weight] = model.params();
    let mut pass = model.train();
    let x = pass.input(Tensor::from([1.0, 2.0]));
    let unused = pass.input(Tensor::from([1.0]));
    let w = pass.param(weight);
    let product = x.mul(&w).unwrap();
    let loss = product.sum();
    let constant = Var::constant(Tensor::from([1.0, 2.0]));
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.wrt(&x), Some(weight.value()));
    assert_eq!(grads.of(weight), Some(&Tensor::from([1.0, 2.0])));
    for other in [unused, product, w, constant, x.detach()] {
        assert_eq!(grads.wrt(&other), None);
    }
}

/// The same place on another tape is another value.
#[test]
fn inputs_of_another_pass_have_no_gradient_here() {
    let (mut one, mut other) = (pass::<f32>(), pass::<f32>());
    let (x, y) = (one.input(Tensor::from([1.0])), other.input(Tensor::from([2.0])));
    let grads = one.backward(&x.clone().square().sum()).unwrap();
    assert_eq!(grads.wrt(&x), Some(&Tensor::from([2.0])));
    assert_eq!(grads.wrt(&y), None);
}

#[test]
fn a_loss_is_one_number() {
    for (shape, fits) in [(vec![], true), (vec![1, 1], true), (vec![2], false), (vec![0], false)] {
        let mut pass = pass::<f32>();
        let x = pass.input(Tensor::ones(plywood_tensor::Shape::new(&shape).unwrap()));
        match fits {
            true => assert_eq!(pass.backward(&x).unwrap().wrt(&x), Some(x.value().unwrap())),
            false => assert_eq!(
                error_of(pass.backward(&x)),
                format!(
                    "backward: the loss {shape:?} is not a single number; \
                     `mean` or `sum` makes it one"
                ),
            ),
        }
    }
}

#[test]
fn a_loss_must_be_of_the_pass() {
    let constant = Var::constant(Tensor::scalar(1.0));
    let nothing = "backward: the loss depends on no parameter and no input of this pass";
    assert_eq!(error_of(pass::<f32>().backward(&constant)), nothing);
    let mut cut = pass::<f32>();
    let x = cut.input(Tensor::scalar(1.0)).detach();
    assert_eq!(error_of(cut.backward(&x)), nothing);

    let other = pass::<f32>().input(Tensor::scalar(1.0));
    assert_eq!(error_of(pass::<f32>().backward(&other)), "backward: the loss is from another pass");
}

#[test]
fn values_of_two_passes_do_not_mix() {
    let (mut one, mut other) = (pass::<f32>(), pass::<f32>());
    let (x, y) = (one.input(Tensor::scalar(1.0)), other.input(Tensor::scalar(2.0)));
    let hint = "`Var::constant(x.value()?.clone())` takes a value from one pass to another";
    assert_eq!(error_of(x.add(&y)), format!("add: the operands are from different passes; {hint}"),);
    // Detaching keeps a value in its pass; taking its number out doesn't.
    assert!(x.add(&y.detach()).is_err());
    assert!(x.add(&Var::constant(y.value().unwrap().clone())).is_ok());

    other.backward(&y).unwrap();
    assert_eq!(
        error_of(x.add(&y)),
        format!("add: one operand is from a pass that is over; {hint}"),
    );
}

#[test]
fn after_backward_values_go_on_without_gradients() {
    let mut one = pass::<f32>();
    let x = one.input(Tensor::scalar(3.0));
    one.backward(&x).unwrap();
    let y = -x.mul(&x).unwrap();
    assert_eq!((y.item().unwrap(), y.needs_gradient()), (-9.0, false));
    assert!(!x.detach().needs_gradient());
}

#[test]
fn an_evaluating_pass_has_no_tape() {
    let model = Model::new(["weight"]);
    let [weight] = model.params();
    let mut pass = Pass::eval(&model);
    assert!(!pass.is_training() && !pass.is_dry_run());
    let x = pass.input(Tensor::from([1.0, 2.0]));
    let loss = pass.param(weight).mul(&x).unwrap().sum();
    assert!(!loss.needs_gradient() && !x.needs_gradient());
    assert_eq!(loss.item().unwrap(), 0.5 + 1.5);
    let refused = "backward: an evaluating pass or a dry run has no tape; \
                   `Pass::train` and `Pass::inspect` make passes with one";
    assert_eq!(error_of(pass.backward(&loss)), refused);
    assert_eq!(error_of(Pass::dry_run(&model).backward(&loss)), refused);
    assert_eq!(error_of(Pass::eval(&model).backward_partial(&loss)), refused);
}

#[test]
fn a_dry_run_knows_shapes_only() {
    let model = Model::new(["weight"]);
    let [weight] = model.params();
    let mut pass = Pass::dry_run(&model);
    assert!(!pass.is_training() && pass.is_dry_run());
    let w = pass.param(weight);
    let x = pass.constant(Tensor::ones([3, 2]));
    let y = x.linear(&w.unsqueeze(0).unwrap(), None).unwrap().relu();
    assert_eq!(y.shape(), [3, 1].into());
    assert_eq!(format!("{y:?}"), "Var of shape [3, 1], in a dry run");
    let no_value = "this value [3, 1] has a shape only, because the pass is a dry run; \
                    `Pass::is_dry_run` tells";
    assert_eq!(error_of(y.value()), no_value);
    assert_eq!(error_of(y.item()), no_value);
    let rows: Vec<_> = pass
        .trace()
        .into_iter()
        .map(|row| (row.operation, row.shape.to_vec(), row.params, row.multiply_adds))
        .collect();
    assert_eq!(
        rows,
        [
            ("reshape", vec![1, 2], vec![weight.id()], 0),
            ("linear", vec![3, 1], vec![], 6),
            ("relu", vec![3, 1], vec![], 0),
        ],
    );
}

#[test]
fn a_shape_alone_is_for_dry_runs() {
    for mut pass in [pass::<f32>(), Pass::eval(&())] {
        assert_eq!(
            error_of(pass.shape([2])),
            "a shape without a value is for dry runs only; `Pass::dry_run` makes one",
        );
        assert!(pass.trace().is_empty());
    }
}

/// No size is too large for a dry run to count.
#[test]
fn a_dry_run_of_absurd_sizes_counts_as_far_as_it_can() {
    let mut pass: Pass = Pass::dry_run(&());
    let x = pass.shape([1 << 40, 1 << 19]).unwrap();
    let weight = pass.shape([1 << 19, 1 << 19]).unwrap();
    x.linear(&weight, None).unwrap();
    x.matmul(&weight).unwrap();
    let counts: Vec<_> = pass.trace().into_iter().map(|row| row.multiply_adds).collect();
    assert_eq!(counts, [u64::MAX; 2]);
}

#[test]
fn a_training_pass_draws_one_number() {
    let (mut rng, mut again) = (Rng::new(Seed(9)), Rng::new(Seed(9)));
    let _pass: Pass = Pass::train(&(), &mut rng);
    again.next_key();
    assert_eq!(rng, again);
}

#[test]
fn each_call_has_a_generator_of_its_own() {
    let (mut one, mut other) = (pass::<f32>(), pass::<f32>());
    let first = one.rng();
    assert_ne!(first, one.rng());
    assert_eq!(first, other.rng());
    assert_ne!(first, Pass::<f32>::without_model(&mut Rng::new(Seed(2))).rng());
}

#[test]
fn only_a_training_pass_writes_buffers() {
    let buffer = Buffer::new(Tensor::zeros([2]));
    let ones = Tensor::ones([2]);
    Pass::eval(&()).update(&buffer, ones.clone()).unwrap();
    Pass::dry_run(&()).update(&buffer, ones.clone()).unwrap();
    assert_eq!(buffer.value(), Tensor::zeros([2]));
    let mut pass = pass::<f32>();
    pass.update(&buffer, ones.clone()).unwrap();
    assert_eq!(buffer.value(), ones);
    assert_eq!(
        error_of(pass.update(&buffer, Tensor::ones([3]))),
        "the value [3] should be [2], as the buffer",
    );
    assert_eq!(buffer.value(), ones);
}

#[test]
fn a_parameter_keeps_its_shape() {
    let mut param = Param::new(Tensor::zeros([2]));
    assert_eq!(
        error_of(param.set(Tensor::ones([3]))),
        "the value [3] should be [2], as the parameter"
    );
    param.set(Tensor::ones([2])).unwrap();
    assert_eq!(param.value(), &Tensor::ones([2]));
    assert_eq!(param.parameter_count(), 2);
}

#[test]
fn errors_are_located_by_the_owner_of_a_parameter() {
    let model = Model::new(["layers.0.conv1.weight", "weight"]);
    let [inner, outer] = model.params();
    let pass = model.train();
    let error = || plywood_tensor::Error::shape("wrong").operation("conv2d");
    assert_eq!(pass.locate(error(), inner).to_string(), "layers.0.conv1: conv2d: wrong");
    // A layer that is the whole model has no path.
    assert_eq!(pass.locate(error(), outer).to_string(), "conv2d: wrong");
    // What was said closer to the error stays.
    assert_eq!(pass.locate(error().within("7"), inner).to_string(), "7: conv2d: wrong");
}

#[test]
fn a_gradient_of_any_shape_goes_back() {
    let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
    let mut rng = Rng::new(Seed(7));
    let mut pass = Pass::without_model(&mut rng);
    let input = pass.input(x.clone());
    let y = input.clone().square();
    let dy = Tensor::from([[1.0, 0.5], [0.0, -1.0]]);
    let grads = pass.backward_from(&y, dy.clone()).unwrap();
    assert_eq!(grads.wrt(&input), Some(&Tensor::from([[2.0, 2.0], [0.0, -8.0]])));

    let mut pass = Pass::without_model(&mut rng);
    let y = pass.input(x).square();
    let error = pass.backward_from(&y, Tensor::from([1.0, 1.0])).unwrap_err();
    assert_eq!(error.to_string(), "backward: the gradient is [2], the value [2, 2]");
    let error = Pass::eval(&()).backward_from(&y, dy).unwrap_err();
    assert!(error.to_string().contains("no tape"), "{error}");
}
