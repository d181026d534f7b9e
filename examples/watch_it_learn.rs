//! A tiny network that learns, step by step: every value, every gradient, every formula.
//!
//! Shows what happens in a step of training. Two hidden neurons learn "one of the two, but not
//! both" (XOR), which no single neuron can. The first step is printed in full: what is computed
//! forward, what the chain rule gives backward, each formula computed by hand beside what the tape
//! gives, and how that changes the parameters. The graph of it all is drawn as SVG.
//!
//! Run it with `cargo run --example watch_it_learn`.

use plywood::layers::replace_file;
use plywood::prelude::*;
use plywood::training::plots;
use plywood_examples::{finish, println};
use serde_json::json;

const FOLDER: &str = "runs/watch_it_learn";
const SEED: Seed = Seed(7);
const STEPS: usize = 500;
const LEARNING_RATE: f64 = 0.3;

/// Two numbers, two hidden neurons, one answer.
#[derive(Params)]
struct Tiny {
    hidden: Linear,
    output: Linear,
}

/// The values of a forward pass; each row is one of the four cases.
struct Forward {
    z: Var, // [4, 2]
    h: Var, // [4, 2]
    y: Var, // [4, 1]
}

impl Tiny {
    fn new() -> Result<Self> {
        let mut rng = Rng::new(SEED);
        let linear = |from, to, rng: &mut Rng| {
            Linear::config(from, to).weight_init(Init::XavierUniform).init(rng)
        };
        Ok(Self { hidden: linear(2, 2, &mut rng)?, output: linear(2, 1, &mut rng)? })
    }

    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Forward> {
        let z = self.hidden.forward(x, pass)?;
        let h = z.clone().tanh();
        let y = self.output.forward(&h, pass)?;
        Ok(Forward { z, h, y })
    }
}

fn cases() -> (Tensor, Tensor) {
    let x = Tensor::from([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    (x, Tensor::from([[0.0], [1.0], [1.0], [0.0]]))
}

/// A value or a gradient with its name and how it is computed.
struct Formula {
    name: &'static str,
    formula: &'static str,
    by_hand: Tensor,
    by_plywood: Tensor,
}

/// A step of training, not yet taken.
struct Step {
    loss: f32,
    forward: Vec<Formula>,
    backward: Vec<Formula>,
    grads: Grads,
    graph: String,
}

/// Goes forward and backward, by the tape and by hand.
fn step(model: &Tiny) -> Result<Step> {
    let (inputs, t) = cases();
    let mut pass = Pass::train(model, &mut Rng::new(SEED));
    pass.observe(); // keeps the result of every operation, for the graph
    let x = pass.input(inputs.clone());
    let Forward { z, h, y } = model.forward(&x, &mut pass)?;
    let loss = mse_loss(&y, &t)?;
    let seen = pass.observed();
    seen.iter().for_each(|seen| seen.value.retain_grad());
    let graph = pass.graph();
    let params =
        [&model.hidden.weight, bias(&model.hidden), &model.output.weight, bias(&model.output)];
    let leaves = params.map(|param| pass.param(param));
    let grads = pass.backward(&loss)?;

    let (w1, b1) = (model.hidden.weight.value(), bias(&model.hidden).value());
    let (w2, b2) = (model.output.weight.value(), bias(&model.output).value());
    let line = |name, formula, by_hand, by_plywood: &Tensor| Formula {
        name,
        formula,
        by_hand,
        by_plywood: by_plywood.clone(),
    };
    let zs = &inputs.matmul(w1.t())? + b1;
    let hs = zs.map(f32::tanh);
    let ys = &hs.matmul(w2.t())? + b2;
    let errors = &ys - &t;
    let forward = vec![
        line("z", "x · W₁ᵀ + b₁", zs, z.value()?),
        line("h", "tanh(z)", hs.clone(), h.value()?),
        line("y", "h · W₂ᵀ + b₂", ys, y.value()?),
        line("loss", "mean (y − t)²", Tensor::scalar((&errors * &errors).mean()), loss.value()?),
    ];

    let of = |param: &Param| grads.of(param).cloned().unwrap_or_else(|| Tensor::zeros([0]));
    let wrt = |value: &Var| grads.wrt(value).cloned().unwrap_or_else(|| Tensor::zeros([0]));
    let dy = &errors * 0.5; // 2 / 4
    let dh = dy.matmul(w2)?;
    let dz = &dh * &hs.map(|h| 1.0 - h * h);
    let backward = vec![
        line("∂y", "2 (y − t) / 4", dy.clone(), &wrt(&y)),
        line("∂W₂", "∂yᵀ · h", dy.t().matmul(&hs)?, &of(&model.output.weight)),
        line("∂b₂", "Σ ∂y over the cases", dy.sum_axes(&[0])?, &of(bias(&model.output))),
        line("∂h", "∂y · W₂", dh, &wrt(&h)),
        line("∂z", "∂h ⊙ (1 − h²)", dz.clone(), &wrt(&z)),
        line("∂W₁", "∂zᵀ · x", dz.t().matmul(&inputs)?, &of(&model.hidden.weight)),
        line("∂b₁", "Σ ∂z over the cases", dz.sum_axes(&[0])?, &of(bias(&model.hidden))),
        line("∂x", "∂z · W₁", dz.matmul(w1)?, &wrt(&x)),
    ];

    let leaves = leaves.iter().zip(params).map(|(leaf, param)| (leaf, grads.of(param)));
    let results = seen.iter().map(|seen| &seen.value).chain([&x]);
    let known: Vec<_> = leaves.chain(results.map(|value| (value, grads.wrt(value)))).collect();
    let note = |place: usize| {
        let (value, gradient) =
            known.iter().find(|(value, _)| graph.place_of(value) == Some(place))?;
        Some(format!("{}\ngradient\n{}", rows(value.value().ok()?), rows((*gradient)?)))
    };
    let graph = plots::graph(&graph, note)?;
    Ok(Step { loss: loss.item()?, forward, backward, grads, graph })
}

fn bias(layer: &Linear) -> &Param {
    layer.bias.as_ref().expect("both layers have one")
}

/// The rows of a matrix with three digits, one on each line.
fn rows(tensor: &Tensor) -> String {
    let width = tensor.shape().last().copied().unwrap_or(1);
    let row = |row: &[f32]| row.iter().map(|x| format!("{x:.3}")).collect::<Vec<_>>().join(", ");
    tensor.as_slice().chunks(width.max(1)).map(row).collect::<Vec<_>>().join("\n")
}

/// One line of a table for each row of a matrix.
fn print(name: &str, formula: &str, value: &Tensor) {
    for (line, row) in rows(value).lines().enumerate() {
        let (name, formula) = if line == 0 { (name, formula) } else { ("", "") };
        let row: String = row.split(", ").map(|x| format!("{x:>9}")).collect();
        println!("  {name:<6}{formula:<22}{row}");
    }
}

fn main() -> Result<()> {
    let mut model = Tiny::new()?;
    let (x, t) = cases();
    println!("The cases x and the right answers t:\n");
    print("x", "", &x);
    print("t", "", &t);
    println!("\nThe parameters, drawn from seed {}:\n", SEED.0);
    let parameters = [("W₁", 0), ("b₁", 1), ("W₂", 2), ("b₂", 3)];
    let values = |model: &Tiny| {
        model.named_parameters().into_iter().map(|(_, p)| p.value().clone()).collect::<Vec<_>>()
    };
    let before = values(&model);
    for (name, place) in parameters {
        print(name, "", &before[place]);
    }

    let first = step(&model)?;
    println!("\nForward, from the cases to the loss:\n");
    first.forward.iter().for_each(|f| print(f.name, f.formula, &f.by_plywood));
    println!("\nBackward: ∂a is the derivative of the loss with respect to a.\n");
    first.backward.iter().for_each(|f| print(f.name, f.formula, &f.by_plywood));
    let difference = largest_difference(&first);
    println!("\nFormulas by hand and the tape differ by {difference:.0e} at most.");

    let mut optimizer = SGD::new(LEARNING_RATE);
    optimizer.step(&mut model, &first.grads)?;
    println!("\nThe step: each parameter less {LEARNING_RATE} times its derivative.\n");
    let after = values(&model);
    for (name, place) in parameters {
        print(name, &format!("{name} − {LEARNING_RATE} · ∂{name}"), &after[place]);
    }

    println!("\nAnd on:\n");
    let mut losses = vec![first.loss];
    println!("  step {:>4}  loss {:.4}", 0, first.loss);
    for number in 1..=STEPS {
        let Step { loss, grads, .. } = step(&model)?;
        losses.push(loss);
        if [1, 2, 3, 10, 30, 100, 300, STEPS].contains(&number) {
            println!("  step {number:>4}  loss {loss:.4}");
        }
        optimizer.step(&mut model, &grads)?;
    }
    let answers = model.forward(&Var::constant(x.clone()), &mut Pass::eval(&model))?.y;
    println!("\nWhat it answers now:\n");
    for (case, answer) in x.as_slice().chunks(2).zip(answers.value()?.as_slice()) {
        println!("  {} xor {}  {answer:>6.3}", case[0], case[1]);
    }

    replace_file(format!("{FOLDER}/graph.svg"), first.graph.as_bytes())?;
    println!("\nwritten to {FOLDER}: metrics.json  graph.svg, the graph of the first step");
    plywood_examples::write_metrics(
        FOLDER,
        &json!({
            "seed": SEED.0,
            "steps": STEPS,
            "loss_first": losses[0],
            "loss_last": losses[STEPS],
            "losses": losses,
            "answers": answers.value()?.to_vec(),
            "formula_difference": difference,
        }),
    )?;
    finish()
}

/// How far the formulas are from what the tape gives.
fn largest_difference(step: &Step) -> f32 {
    let difference = |f: &Formula| (&f.by_hand - &f.by_plywood).abs().max().unwrap_or(f32::NAN);
    step.forward.iter().chain(&step.backward).map(difference).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_agree_with_the_tape_at_every_step_until_xor_is_learnt() {
        let mut model = Tiny::new().unwrap();
        let mut optimizer = SGD::new(LEARNING_RATE);
        let mut losses = Vec::new();
        for _ in 0..STEPS {
            let step = step(&model).unwrap();
            for f in step.forward.iter().chain(&step.backward) {
                assert_eq!(f.by_hand.shape(), f.by_plywood.shape(), "{}", f.name);
            }
            assert!(largest_difference(&step) < 1e-5);
            losses.push(step.loss);
            optimizer.step(&mut model, &step.grads).unwrap();
        }
        assert!(losses[0] > 0.2 && losses[STEPS - 1] < 0.01, "{losses:?}");
        let (x, t) = cases();
        let answers = model.forward(&Var::constant(x), &mut Pass::eval(&model)).unwrap().y;
        assert!((answers.value().unwrap() - &t).abs().max().unwrap() < 0.2);
    }

    #[test]
    fn the_graph_shows_every_value_and_gradient() {
        let graph = step(&Tiny::new().unwrap()).unwrap().graph;
        let texts = ["hidden.weight", "output.bias", "linear", "tanh", "sub", "mean", "constant"];
        for text in texts {
            assert!(graph.contains(text), "no {text} in {graph}");
        }
        // The four parameters, x, and the operations from z to the loss.
        assert_eq!(graph.matches("gradient").count(), 5 + 6);
    }
}
