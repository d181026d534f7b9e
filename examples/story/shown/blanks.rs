//! Filling in the blanks of a template.

use plywood::prelude::*;

/// `price = _ · area + _`, with both blanks filled in by gradient descent.
/// `show` sees every step.
pub(crate) fn fill_in(
    areas: &Tensor,  // [N, 1]
    prices: &Tensor, // [N, 1]
    mut show: impl FnMut(usize, &Linear),
) -> Result<Linear> {
    let mut rng = Rng::new(Seed(7));
    let blank = Linear::config(1, 1).weight_init(Init::Zeros).bias_init(Init::Zeros);
    let mut template = blank.init(&mut rng)?;
    let mut optimizer = SGD::new(0.1);
    for step in 0..=1000 {
        show(step, &template);
        let mut pass = Pass::train(&template, &mut rng);
        let guesses = template.forward(&Var::constant(areas.clone()), &mut pass)?;
        let loss = mse_loss(&guesses, prices)?; // how wrong they are
        let grads = pass.backward(&loss)?; // which way each blank should go
        optimizer.step(&mut template, &grads)?; // a small step that way
    }
    Ok(template)
}
