//! Optimizers with senseless settings and states, and the clipping of gradients.

use plywood::autodiff::{Grads, Param, Pass};
use plywood::optimizers::{
    Adam, AdamW, Average, Lookahead, Optimizer, OptimizerState, RMSprop, SGD, Select, Slots,
    clip_grad_norm, clip_grad_value, grad_norm,
};
use plywood::tensor::{Result, Rng, Seed, Tensor};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("SGD", |draw| {
        let ending = draw.one_of("group of names that end in", &["", "bias", "no such"]);
        let [rate, decay] = ["rate", "decay of the group"].map(|name| draw.number(name));
        let optimizer = SGD::new(draw.number("learning rate"))
            .momentum(draw.number("momentum"))
            .dampening(draw.number("dampening"))
            .nesterov(draw.flag("nesterov"))
            .weight_decay(draw.number("weight decay"))
            .group(Select::ending(ending), move |group| {
                (group.rate, group.rule.weight_decay) = (rate, decay);
            });
        steps(draw, optimizer)
    }),
    ("Adam", |draw| {
        let optimizer = Adam::new(draw.number("learning rate"))
            .betas(["beta 1", "beta 2"].map(|name| draw.number(name)))
            .epsilon(draw.number("epsilon"))
            .weight_decay(draw.number("weight decay"))
            .amsgrad(draw.flag("amsgrad"));
        steps(draw, optimizer)
    }),
    ("AdamW", |draw| {
        let optimizer = AdamW::new(draw.number("learning rate"))
            .betas(["beta 1", "beta 2"].map(|name| draw.number(name)))
            .epsilon(draw.number("epsilon"))
            .weight_decay(draw.number("weight decay"))
            .amsgrad(draw.flag("amsgrad"));
        steps(draw, optimizer)
    }),
    ("RMSprop", |draw| {
        let optimizer = RMSprop::new(draw.number("learning rate"))
            .alpha(draw.number("alpha"))
            .epsilon(draw.number("epsilon"))
            .momentum(draw.number("momentum"))
            .centered(draw.flag("centered"))
            .weight_decay(draw.number("weight decay"));
        steps(draw, optimizer)
    }),
    ("Lookahead", |draw| {
        let optimizer = Lookahead::new(SGD::new(draw.number("learning rate")))
            .every(draw.word("every"))
            .kept(draw.number("kept"))
            .growing(draw.word("growing"));
        steps(draw, optimizer)
    }),
    ("Average", |draw| {
        let mut average = match draw.flag("EMA") {
            true => Average::ema(draw.number("decay")),
            false => Average::swa(),
        };
        let mut model = Param::new(draw.tensor("parameter", 1));
        let updated = average.update(&model);
        if draw.flag("load") {
            let mut state = average.state();
            for slots in state.slots.values_mut() {
                slots.steps = draw.word("models");
                slots.tensors =
                    (0..draw.small("tensors", 2)).map(|_| draw.tensor("average", 1)).collect();
            }
            average.load_state(state)?;
        }
        if draw.flag("other shape") {
            *model.value_mut() = Tensor::zeros(draw.shape("other shape", 1));
        }
        average.update(&model)?;
        average.during(&mut model, |model| model.value().numel())?;
        average.swap(&mut model)?;
        average.apply_to(&mut model).and(updated)
    }),
    ("clip_grad_norm", |draw| {
        let (_, mut grads) = gradients(draw)?;
        grad_norm(&grads);
        clip_grad_norm(&mut grads, draw.number("most")).map(drop)
    }),
    ("clip_grad_value", |draw| {
        let (_, mut grads) = gradients(draw)?;
        clip_grad_value(&mut grads, draw.number("limit")).map(drop)
    }),
];

/// A model of one parameter, and a gradient for it.
fn gradients(draw: &mut Draw) -> Result<(Param, Grads)> {
    let model = Param::new(draw.tensor("parameter", 1));
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(1)));
    let scaled = pass.param(&model) * draw.number("scale of the gradient");
    let grads = pass.backward(&scaled.sum())?;
    Ok((model, grads))
}

/// Some steps, a state that doesn't fit, a learning rate that makes no sense, and a step.
fn steps(draw: &mut Draw, mut optimizer: impl Optimizer) -> Result<()> {
    let (mut model, grads) = gradients(draw)?;
    let first = optimizer.step(&mut model, &grads);
    let state = optimizer.state();
    optimizer.settings();
    match draw.small("next", 3) {
        0 => optimizer.load_state(state),
        1 => {
            let tensors = (0..draw.small("tensors", 3)).map(|_| draw.tensor("slot", 1)).collect();
            let slots = Slots { steps: draw.word("steps"), tensors };
            let name = state.slots.keys().next().cloned().unwrap_or_default();
            optimizer.load_state(OptimizerState { slots: [(name, slots)].into() });
        }
        2 => optimizer.set_learning_rate(draw.number("next learning rate")),
        _ => *model.value_mut() = Tensor::zeros(draw.shape("other shape", 1)),
    }
    first.and(optimizer.step(&mut model, &grads))
}
