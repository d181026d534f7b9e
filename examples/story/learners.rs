//! Learners who took a driving test, made up: who passes follows from a rule that no straight line draws.

use plywood::prelude::*;

/// Lessons taken and hours slept, both from 0 to 1, `[N, 2]`, and who passed, `[N, 1]`.
pub(crate) fn learners(count: usize, seed: Seed) -> Result<[Tensor; 2]> {
    let mut rng = Rng::new(seed);
    let learners: Tensor = rng.uniform([count, 2], 0.0, 1.0);
    let luck: Tensor = rng.normal([count], 0.0, 0.06);
    let passed = learners.as_slice().chunks(2).zip(luck.as_slice()).map(|(of, luck)| {
        // Enough lessons, and neither too little sleep nor too much.
        let well = of[0] - 0.35 - 1.6 * (of[1] - 0.55).abs();
        f32::from(u8::from(well + luck > 0.0))
    });
    Ok([learners.clone(), Tensor::from_vec(passed.collect(), [count, 1])?])
}

/// The part of learners whom a model judges rightly.
pub(crate) fn right(model: &impl Module, learners: &Tensor, passed: &Tensor) -> Result<f64> {
    let scores = model.forward(&Var::constant(learners.clone()), &mut Pass::eval(model))?;
    let judged = scores.value()?.as_slice().iter().zip(passed.as_slice());
    let right = judged.filter(|&(&score, &passed)| (score > 0.0) == (passed > 0.5)).count();
    Ok(right as f64 / passed.numel() as f64)
}
