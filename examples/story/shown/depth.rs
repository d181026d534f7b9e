//! A hundred layers, with and without shortcuts.

use plywood::prelude::*;

/// Many layers of 64 neurons, and ten that answer.
#[derive(Params)]
pub(crate) struct Deep {
    layers: Vec<Linear>,
    output: Linear,
    #[params(skip)]
    shortcuts: bool,
}

impl Deep {
    pub(crate) fn new(layers: usize, shortcuts: bool) -> Result<Self> {
        let mut rng = Rng::new(Seed(7));
        let layer = |rng: &mut Rng| Linear::new(64, 64, rng);
        let layers = (0..layers).map(|_| layer(&mut rng)).collect::<Result<_>>()?;
        Ok(Self { layers, output: Linear::new(64, 10, &mut rng)?, shortcuts })
    }
}

impl Module for Deep {
    fn forward(&self, images: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = images.flatten()?; // [N, 64]
        for layer in &self.layers {
            let y = layer.forward(&x, pass)?.relu();
            // With a shortcut a layer only says what should change.
            x = if self.shortcuts { x + y * 0.1 } else { y };
        }
        self.output.forward(&x, pass) // [N, 10]
    }
}
