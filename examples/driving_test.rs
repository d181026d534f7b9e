//! A network with its blanks filled in: who passes the driving test.
//!
//! Shows that a network is arithmetic, and nothing else. Three numbers about a learner go in; two
//! neurons with ReLU judge how well they park and how well they drive on the road; a third, with a
//! sigmoid, turns that into the probability to pass. The weights are chosen by hand, and every
//! multiplication is printed; `neuron` shows how such numbers are learnt.
//!
//! Run it with `cargo run --example driving_test`.

use plywood::prelude::*;
use plywood_examples::{finish, println};
use serde_json::json;

const FOLDER: &str = "runs/driving_test";

/// What is known of a learner: age in years, 1 for a woman and 0 for a man, lessons taken.
const LEARNERS: [(&str, [f32; 3]); 2] = [
    ("A, a man of 20 with 10 lessons", [20.0, 0.0, 10.0]),
    ("B, a woman of 50 with 20 lessons", [50.0, 1.0, 20.0]),
];
const INPUTS: [&str; 3] = ["age", "female", "lessons"];
const SKILLS: [&str; 2] = ["parking", "road"];

/// Three inputs, two skills, one probability.
#[derive(Params)]
struct DrivingTest {
    skills: Linear,
    pass: Linear,
}

/// What the network computes on its way: each row is a learner.
struct Steps {
    skills: Var,      // [N, 2], after ReLU
    score: Var,       // [N, 1]
    probability: Var, // [N, 1]
}

impl DrivingTest {
    /// With the blanks filled in.
    fn by_hand() -> Self {
        let linear = |weight: Tensor, bias: Tensor| Linear {
            weight: Param::new(weight),
            bias: Some(Param::new(bias)),
        };
        Self {
            skills: linear(
                Tensor::from([[2.0, 0.5, 10.0], [1.0, 0.5, 16.0]]),
                Tensor::from([-150.0, -191.0]),
            ),
            pass: linear(Tensor::from([[0.01, 0.025]]), Tensor::from([-3.0])),
        }
    }

    fn steps(&self, learners: &Var, pass: &mut Pass) -> Result<Steps> {
        let skills = self.skills.forward(learners, pass)?.relu();
        let score = self.pass.forward(&skills, pass)?;
        Ok(Steps { skills, probability: score.clone().sigmoid(), score })
    }
}

impl Module for DrivingTest {
    fn forward(&self, learners: &Var, pass: &mut Pass) -> Result<Var> {
        Ok(self.steps(learners, pass)?.probability)
    }
}

fn main() -> Result<()> {
    let model = DrivingTest::by_hand();
    println!("{}", summary(&model, [1, 3])?);

    let mut metrics = serde_json::Map::new();
    for (name, learner) in LEARNERS {
        let x = Var::constant(Tensor::from([learner]));
        let Steps { skills, score, probability } = model.steps(&x, &mut Pass::eval(&model))?;
        let (skills, score, probability) =
            (skills.value()?.to_vec(), score.item()?, probability.item()?);

        println!("\n{name}:");
        for (neuron, skill) in SKILLS.iter().enumerate() {
            let sum = explain(&model.skills, neuron, &INPUTS, &learner);
            println!("  {skill:<8}= ReLU({sum})\n          = {}", skills[neuron]);
        }
        println!(
            "  score   = {}\n          = {score:.4}",
            explain(&model.pass, 0, &SKILLS, &skills)
        );
        println!("  passes with σ({score:.4}) = {:.2} %", probability * 100.0);
        metrics.insert(
            name[..1].to_owned(),
            json!({ "parking": skills[0], "road": skills[1], "score": score, "probability": probability }),
        );
    }
    plywood_examples::write_metrics(
        FOLDER,
        &json!({ "learners": metrics, "parameters": model.parameter_count() }),
    )?;
    finish()
}

/// The sum of one neuron, as people write it: `2 · 20 (age) + … − 150`.
fn explain(layer: &Linear, neuron: usize, names: &[&str], inputs: &[f32]) -> String {
    let weights = &layer.weight.value().as_slice()[neuron * inputs.len()..];
    let terms = weights.iter().zip(inputs).zip(names);
    let terms: Vec<_> = terms.map(|((w, x), name)| format!("{w} · {x} {name}")).collect();
    let bias = layer.bias.as_ref().map_or(0.0, |bias| bias.value().as_slice()[neuron]);
    format!("{} − {}", terms.join(" + "), -bias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blanks_give_the_numbers_of_the_introduction() {
        let model = DrivingTest::by_hand();
        let learners = Var::constant(Tensor::from(LEARNERS.map(|(_, learner)| learner)));
        let steps = model.steps(&learners, &mut Pass::eval(&model)).unwrap();
        assert_eq!(steps.skills.value().unwrap(), &Tensor::from([[0.0, 0.0], [150.5, 179.5]]));

        let scores = steps.score.value().unwrap().to_vec();
        assert_eq!(scores[0], -3.0);
        assert!((scores[1] - 2.9925).abs() < 1e-6, "{scores:?}");

        let percents = steps.probability.value().unwrap() * 100.0;
        let percents: Vec<_> = percents.to_vec().iter().map(|p| format!("{p:.2}")).collect();
        assert_eq!(percents, ["4.74", "95.22"]);
    }

    #[test]
    fn every_step_is_written_out() {
        let model = DrivingTest::by_hand();
        assert_eq!(
            explain(&model.skills, 0, &INPUTS, &LEARNERS[1].1),
            "2 · 50 age + 0.5 · 1 female + 10 · 20 lessons − 150"
        );
    }
}
