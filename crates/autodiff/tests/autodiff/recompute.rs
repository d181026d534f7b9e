//! Parts of a model that are computed again on the way back.

use plywood_autodiff::{Buffer, Pass, Var};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};

use crate::support::pass;

/// Two layers with everything that must not happen twice: dropout, statistics, work in place.
fn block(x: &Var, scale: &Var, running: &Buffer, pass: &mut Pass) -> Result<Var> {
    let shift = Var::constant(Tensor::zeros([4]));
    let (y, statistics) = x.batch_norm(scale, &shift, 1e-5)?;
    if let Some(statistics) = statistics {
        let mean = running.value().add(&statistics.mean)?;
        pass.update(running, mean)?;
    }
    let y = y.relu().dropout(0.3, pass)?;
    let twice = y.add(&y)?;
    twice.clone().tanh().mul(&twice)?.matmul(y.transpose(0, 1)?.t())?.add(x)
}

/// The gradients of three blocks, the running mean, and how many draws the pass has made.
fn gradients(recomputes: bool) -> (Vec<Tensor>, Tensor) {
    let mut rng = Rng::new(Seed(7));
    let running = Buffer::new(Tensor::zeros([4]));
    let mut pass = Pass::without_model(&mut rng);
    let x = pass.input(rng.normal([4, 4], 0.0, 1.0));
    let scale = pass.input(rng.uniform([4], 0.5, 1.5));
    let mut y = x.clone();
    for _ in 0..3 {
        let part = |pass: &mut Pass| block(&y, &scale, &running, pass);
        y = if recomputes { pass.recompute(part) } else { part(&mut pass) }.unwrap();
    }
    let grads = pass.backward(&y.sum()).unwrap();
    let gradients = [&x, &scale].map(|var| grads.wrt(var).unwrap().clone());
    (gradients.to_vec(), running.value().clone())
}

#[test]
fn the_bits_are_the_same_and_statistics_run_once() {
    assert_eq!(gradients(true), gradients(false));
}

#[test]
fn a_part_inside_of_another_belongs_to_it() {
    let run = |nested: bool| {
        let mut pass = pass::<f32>();
        let x = pass.input(Tensor::from([0.3, -0.8]));
        let inner = |pass: &mut Pass, x: Var| match nested {
            true => pass.recompute(|_| Ok(x.tanh())),
            false => Ok(x.tanh()),
        };
        let y = pass.recompute(|pass| Ok(inner(pass, x.clone().exp())?.square())).unwrap();
        let sum = y.clone().sum();
        // What comes out may be used by several, and after another part.
        let z = pass.recompute(|_| y.mul(&x)).unwrap().sum().add(&sum).unwrap();
        pass.backward(&z).unwrap().wrt(&x).unwrap().clone()
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn values_from_inside_may_be_used_outside() {
    let run = |recomputes: bool| {
        let mut pass = pass::<f32>();
        let x = pass.input(Tensor::from([0.3, -0.8]));
        let part = |_: &mut Pass| {
            let inside = x.clone().exp();
            Ok((inside.clone().square(), inside))
        };
        let (y, inside) = if recomputes { pass.recompute(part) } else { part(&mut pass) }.unwrap();
        // On the way back the part is entered at its end and in its middle.
        let grads = pass.backward_and_keep(&inside.sum()).unwrap();
        let all = pass.backward(&y.mul(&inside).unwrap().sum()).unwrap();
        [grads.wrt(&x).unwrap().clone(), all.wrt(&x).unwrap().clone()]
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn without_a_way_back_it_only_calls() {
    let mut pass = Pass::eval(&plywood_autodiff::Param::new(Tensor::from([1.0])));
    let x = pass.constant(Tensor::from([2.0]));
    let y = pass.recompute(|_| Ok(x.clone().square())).unwrap();
    assert_eq!(y.value().unwrap(), &Tensor::from([4.0]));
    let mut dry: Pass = Pass::dry_run_without_model();
    let x = dry.shape([3]).unwrap();
    assert_eq!(dry.recompute(|_| Ok(x.clone().square())).unwrap().shape(), [3].into());
    assert_eq!(dry.trace().len(), 1);
    let higher = &mut crate::support::pass::<f64>().higher_order();
    let x = higher.input(Tensor::from([2.0]));
    let y = higher.recompute(|_| Ok(x.clone().powi(3).sum())).unwrap();
    let slope = higher.gradients(&y, &[&x]).unwrap().remove(0);
    assert_eq!(slope.value().unwrap(), &Tensor::from([12.0]));
}

#[test]
fn an_error_ends_the_part_and_the_pass_goes_on() {
    let mut pass = pass::<f32>();
    let x = pass.input(Tensor::from([2.0]));
    let failed: Result<Var> = pass.recompute(|_| Err(Error::value("not today")));
    assert_eq!(failed.unwrap_err().to_string(), "not today");
    let y = x.clone().square().sum();
    assert_eq!(pass.backward(&y).unwrap().wrt(&x), Some(&Tensor::from([4.0])));
}
