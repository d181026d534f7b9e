//! Passes, parameters and gradients: what belongs to another pass, to no pass, or doesn't fit.

use plywood::autodiff::{Buffer, Param, Pass, Var};
use plywood::tensor::{Rng, Seed, Tensor};

use super::Call;

pub(super) const CALLS: &[Call] = &[
    ("Param::set", |draw| {
        let mut param = Param::new(draw.tensor("value", 2));
        param.set(draw.tensor("new", 2))
    }),
    ("Buffer::set", |draw| {
        let mut buffer = Buffer::new(draw.tensor("value", 2));
        buffer.set(draw.tensor("new", 2))
    }),
    ("Pass::update", |draw| {
        let buffer = Buffer::new(draw.tensor("value", 2));
        let mut pass = Pass::train(&buffer, &mut Rng::new(Seed(1)));
        pass.update(&buffer, draw.tensor("new", 2))
    }),
    ("Pass::shape", |draw| {
        let mut pass = match draw.flag("dry") {
            true => Pass::<f32>::dry_run_without_model(),
            false => Pass::without_model(&mut Rng::new(Seed(1))),
        };
        match draw.flag("nine axes") {
            true => pass.shape(draw.sizes::<9>("shape")),
            false => pass.shape(draw.sizes::<4>("shape")),
        }
        .map(drop)
    }),
    ("Pass::backward", |draw| {
        let param = Param::new(draw.tensor("parameter", 2));
        let mut pass = Pass::train(&param, &mut Rng::new(Seed(1)));
        let mut x = pass.input(draw.tensor("x", 2));
        if draw.flag("with the parameter") {
            x = x.mul(&pass.param(&param))?;
        }
        if draw.flag("summed") {
            x = x.sum();
        }
        pass.backward(&x).map(drop)
    }),
    ("Pass::backward of another pass's value", |draw| {
        let mut other = Pass::without_model(&mut Rng::new(Seed(1)));
        let theirs = other.input(draw.tensor("x", 0)).sum();
        let mut pass = Pass::without_model(&mut Rng::new(Seed(2)));
        let ours = pass.input(draw.tensor("y", 0)).sum();
        let both = ours.add(&theirs);
        match draw.small("which", 3) {
            0 => pass.backward(&theirs),
            1 => pass.backward_partial(&theirs),
            2 => pass.backward(&Var::constant(Tensor::scalar(1.0))),
            _ => pass.backward(&both?),
        }
        .map(drop)
    }),
    ("Pass::backward of a dry run", |draw| {
        let mut pass = Pass::<f32>::dry_run_without_model();
        let x = pass.shape(draw.shape("x", 1))?.sum();
        let _ = (x.value().is_err(), x.item().is_err());
        pass.backward(&x).map(drop)
    }),
    ("Pass::backward_from", |draw| {
        let mut pass = Pass::without_model(&mut Rng::new(Seed(1)));
        let x = pass.input(draw.tensor("x", 2));
        let y = match draw.flag("detached") {
            true => x.detach(),
            false => x.square(),
        };
        pass.backward_from(&y, draw.tensor("dy", 2)).map(drop)
    }),
    ("Pass::eval and inspect", |draw| {
        let param = Param::new(draw.tensor("parameter", 2));
        let mut pass = match draw.flag("inspect") {
            true => Pass::inspect(&param),
            false => Pass::eval(&param),
        };
        let x = pass.input(draw.tensor("x", 2));
        let y = x.add(&pass.param(&param))?;
        y.retain_grad();
        pass.backward(&y.sum()).map(drop)
    }),
    ("Var::item", |draw| Var::constant(draw.tensor("x", 1)).item().map(drop)),
    ("Pass::observe", |draw| {
        let param = Param::new(draw.tensor("parameter", 2));
        let mut pass = Pass::inspect(&param);
        pass.observe_until(draw.one_of("until", &["", "mul", "relu", "0.0.0"]));
        let x = pass.input(draw.tensor("x", 2));
        let y = x.mul(&pass.param(&param))?.relu().tanh();
        let _ = (pass.observed().len(), pass.graph().nodes.len());
        pass.backward(&y.sum()).map(drop)
    }),
];
