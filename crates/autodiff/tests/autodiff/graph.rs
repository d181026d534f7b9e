//! The graph of a pass: values, what they were computed from, and what is left out.

use plywood_autodiff::{Attribute, NodeKind, Pass, Pool2d, Var};
use plywood_tensor::{Conv2dOptions, Shape, Tensor};

use crate::support::Model;

#[test]
fn it_has_parameters_by_name_and_operands_in_order() {
    let model = Model::new(["weight", "bias"]);
    let [weight, bias] = model.params();
    let mut pass = model.train();
    let x = Var::constant(Tensor::from([1.0, 2.0]));
    let (w, b) = (pass.param(weight), pass.param(bias));
    let y = x.mul(&w).unwrap().add(&b).unwrap();
    let loss = y.detach().mul(&y).unwrap().sum();

    let graph = pass.graph();
    let nodes: Vec<_> =
        graph.nodes.iter().map(|n| (n.operation, n.name.as_str(), n.operands.as_slice())).collect();
    assert_eq!(
        nodes,
        [
            ("parameter", "weight", &[][..]),
            ("parameter", "bias", &[]),
            ("mul", "", &[None, Some(0)]),
            ("add", "", &[Some(2), Some(1)]),
            ("detach", "", &[Some(3)]),
            ("mul", "", &[None, Some(3)]),
            ("sum", "", &[Some(5)]),
        ]
    );
    assert_eq!(graph.nodes[4].kind, NodeKind::Cut);
    assert_eq!((graph.nodes[3].shape, graph.nodes[6].shape), (Shape::from([2]), loss.shape()));
    assert_eq!([&w, &y, &loss, &x].map(|v| graph.place_of(v)), [Some(0), Some(3), Some(6), None]);

    let other = model.train();
    assert_eq!(other.graph().place_of(&loss), None);
}

#[test]
fn a_dry_run_has_one_and_an_evaluation_none() {
    let model = Model::new(["weight"]);
    let [weight] = model.params();
    let walk = |mut pass: Pass| {
        let w = pass.param(weight);
        let _ = w.sigmoid().sum();
        pass.graph().nodes.iter().map(|node| node.operation).collect::<Vec<_>>()
    };
    assert_eq!(walk(Pass::dry_run(&model)), ["parameter", "sigmoid", "sum"]);
    assert_eq!(walk(Pass::eval(&model)), [""; 0]);
}

#[test]
fn operations_have_their_settings_by_name() {
    let mut dry: Pass = Pass::dry_run_without_model();
    let (x, w) = (dry.shape([1, 2, 8, 8]).unwrap(), dry.shape([4, 1, 3, 3]).unwrap());
    let options = Conv2dOptions { stride: [2, 1], groups: 2, ..Conv2dOptions::default() };
    let y = x.conv2d(&w, None, &options).unwrap().leaky_relu(0.1);
    let y = y.avg_pool2d(Pool2d::new(2).count_include_pad(false)).unwrap();
    let _ = y.index_select(1, &Tensor::from([3_u32, 0])).unwrap();
    let graph = dry.graph();
    let of = |operation: &str| {
        let node = graph.nodes.iter().find(|node| node.operation == operation).unwrap();
        node.attributes.clone()
    };
    let ints = |of: &[i64]| Attribute::Ints(of.to_vec());
    assert_eq!(
        of("conv2d"),
        [
            ("stride", ints(&[2, 1])),
            ("padding", ints(&[0, 0])),
            ("dilation", ints(&[1, 1])),
            ("groups", Attribute::Int(2)),
            ("direct", Attribute::Bool(false)),
        ]
    );
    assert_eq!(of("leaky_relu"), [("negative_slope", Attribute::Float(0.1))]);
    assert_eq!(of("avg_pool2d")[4], ("count_include_pad", Attribute::Bool(false)));
    assert_eq!(
        of("index_select"),
        [("axis", Attribute::Int(1)), ("indices", Attribute::Indices(Tensor::from([3_u32, 0]))),]
    );
    assert_eq!(of("input"), []);
}
