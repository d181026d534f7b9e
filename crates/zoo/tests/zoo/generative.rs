//! What writes and draws gives PyTorch's scores, loss and gradients, and goes on as it would read the whole.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::TextBatch;
use plywood_layers::{Module, Params};
use plywood_tensor::{Rng, Seed, Shape, Tensor};
use plywood_testkit::fixtures::{self, Fixture};
use plywood_testkit::{assert_close, assert_close_to_rms, named_noise};
use plywood_training::Objective;
use plywood_zoo::{Gpt, GptCache, NextLetter, Sampling, gpt, vae};

use crate::references::fill;

const LETTERS: u32 = 11;
const CONTEXT: usize = 9;

fn numbers(name: &str, shape: &[usize]) -> Tensor {
    let shape = Shape::new(shape).unwrap();
    Tensor::from_vec(named_noise(name, shape.numel(), 0.0, 1.0), shape).unwrap()
}

fn agrees(fixture: &Fixture, name: &str, model: &impl Params, pass: Pass, loss: &Var) {
    assert_close(&[loss.item().unwrap()], &fixture[&format!("{name}.loss")].values, 1e-5);
    let grads = pass.backward(loss).unwrap();
    assert_eq!(grads.len(), model.named_parameters().len());
    for (parameter, gradient) in grads.iter() {
        println!("{name} {parameter}");
        let expected = &fixture[&format!("{name}.grad.{parameter}")].values;
        // A layer of keys has a bias without a gradient but for rounding.
        assert_close_to_rms(gradient.as_slice(), expected, 1e-4);
    }
}

/// The reference's model.
fn writer(rotary: bool) -> Gpt {
    let config = gpt(LETTERS as usize, CONTEXT).dim(16).heads(2).layers(2).rotary(rotary);
    let mut model = config.init(&mut Rng::new(Seed(0))).unwrap();
    fill(&mut model);
    model
}

#[test]
fn a_gpt_agrees_with_pytorch() {
    let fixture = fixtures::load("generative");
    for (name, rotary) in [("gpt", false), ("gpt_rotary", true)] {
        let model = writer(rotary);
        let letter = |text: u32, place: u32| (text * 10 + place) * 7 % LETTERS;
        let batch = TextBatch {
            input: Tensor::from_fn([2, CONTEXT], |at| letter(at[0] as u32, at[1] as u32)),
            target: (0..18).map(|at| letter(at / 9, at % 9 + 1)).collect::<Vec<u32>>().into(),
        };
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
        let step = NextLetter.forward(&model, &batch, &mut pass).unwrap();
        let scores = model.forward(&batch.input, &mut Pass::eval(&model)).unwrap();
        let expected = &fixture[&format!("{name}.scores")].values;
        assert_close_to_rms(scores.value().unwrap().as_slice(), expected, 1e-5);
        agrees(&fixture, name, &model, pass, &step.loss);
    }
}

#[test]
fn a_vae_agrees_with_pytorch() {
    let fixture = fixtures::load("generative");
    let mut model = vae([1, 3, 5]).hidden(8).code(2).init(&mut Rng::new(Seed(0))).unwrap();
    fill(&mut model);
    let white = |x: f32| if x > 0.0 { 1.0 } else { 0.0 };
    let images = numbers("images", &[4, 1, 3, 5]).map(white);
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(0)));
    let loss = model.negative_elbo(&images, &numbers("epsilon", &[4, 2]), &mut pass).unwrap();
    agrees(&fixture, "vae", &model, pass, &loss);
}

#[test]
fn a_cache_gives_what_the_whole_text_does() {
    let letters = Tensor::from_fn([2, CONTEXT], |at| (5 * at[0] + 3 * at[1]) as u32 % LETTERS);
    for rotary in [false, true] {
        let model = writer(rotary);
        let mut pass = Pass::eval(&model);
        let whole = model.forward(&letters, &mut pass).unwrap();
        // One by one, several at the beginning, several behind others.
        for parts in [&[1; 9][..], &[4, 1, 1, 3], &[9]] {
            let mut cache = GptCache::new();
            for &part in parts {
                let from = cache.len();
                let more = letters.narrow(1, from, part).unwrap();
                let scores = model.go_on(&more, &mut cache, &mut pass).unwrap();
                let expected = whole.narrow(1, from, part).unwrap();
                let [own, expected] = [&scores, &expected].map(|var| var.value().unwrap().to_vec());
                assert_close(&own, &expected, 1e-4);
            }
            assert_eq!(cache.len(), CONTEXT);
            let error = model.go_on(&Tensor::from([[1_u32], [2]]), &mut cache, &mut pass);
            assert_eq!(
                error.unwrap_err().to_string(),
                "gpt: 1 letters after 9 should be 1 to 0, as the context is of 9"
            );
        }
    }
}

#[test]
fn what_is_written_is_greedy_or_drawn() {
    let model = writer(true);
    let greedy = Sampling::new().top_k(1);
    let write = |sampling: &Sampling, seed| {
        model.write(&[3, 1], 30, sampling, &mut Rng::new(Seed(seed))).unwrap()
    };
    assert_eq!(write(&greedy, 1), write(&greedy, 2));
    assert_eq!(write(&Sampling::new(), 1), write(&Sampling::new(), 1));
    assert_ne!(write(&Sampling::new(), 1), write(&Sampling::new(), 2));
    // Without a cache, as long as the text fits.
    let mut text = vec![3, 1];
    while text.len() < CONTEXT {
        let letters = Tensor::from_vec(text.clone(), [1, text.len()]).unwrap();
        let scores = model.forward(&letters, &mut Pass::eval(&model)).unwrap();
        let last = scores.narrow(1, text.len() - 1, 1).unwrap();
        let choice = greedy.choose(last.value().unwrap().as_slice(), &mut Rng::new(Seed(0)));
        text.push(choice.unwrap());
    }
    assert_eq!(write(&greedy, 1)[..7], text[2..]);
    assert_eq!(
        model.write(&[], 3, &greedy, &mut Rng::new(Seed(1))).unwrap_err().to_string(),
        "gpt: a text without letters can't be gone on with"
    );
}

#[test]
fn letters_are_drawn_by_their_probability() {
    let scores = [0.0, 3_f32.ln(), f32::NEG_INFINITY, 12_f32.ln()]; // 1 to 3 to 0 to 12
    let rng = &mut Rng::new(Seed(7));
    let mut shares = |sampling: Sampling| {
        let mut counts = [0.0_f64; 4];
        (0..8000)
            .for_each(|_| counts[sampling.choose(&scores, rng).unwrap() as usize] += 1.0 / 8000.0);
        counts
    };
    for (sampling, expected) in [
        (Sampling::new(), [1.0 / 16.0, 3.0 / 16.0, 0.0, 12.0 / 16.0]),
        (Sampling::new().top_k(2), [0.0, 0.2, 0.0, 0.8]),
        (Sampling::new().temperature(0.5), [1.0 / 154.0, 9.0 / 154.0, 0.0, 144.0 / 154.0]),
    ] {
        for (share, expected) in shares(sampling).iter().zip(expected) {
            assert!((share - expected).abs() < 0.02, "{share} {expected}");
        }
    }
    let refused = |sampling: Sampling, scores: &[f32]| {
        sampling.choose(scores, &mut Rng::new(Seed(7))).unwrap_err().to_string()
    };
    assert_eq!(refused(Sampling::new(), &[]), "sampling: no scores to choose by");
    assert_eq!(refused(Sampling::new(), &[0.0, f32::NAN]), "sampling: a score is NaN");
    assert_eq!(
        refused(Sampling::new().top_k(0), &scores),
        "sampling: the top_k is 0; it should be 1 or more"
    );
    assert_eq!(
        refused(Sampling::new().temperature(0.0), &scores),
        "sampling: the temperature is 0; it should be more than 0"
    );
}
