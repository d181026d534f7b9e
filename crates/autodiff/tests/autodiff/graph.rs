//! The graph of a pass: values, what they were computed from, and what is left out.

use plywood_autodiff::{NodeKind, Pass, Var};
use plywood_tensor::{Shape, Tensor};

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
