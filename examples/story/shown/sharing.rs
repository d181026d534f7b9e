//! Parameter sharing.

use plywood::prelude::*;

/// A neuron that is connected to every pixel of the picture.
#[derive(Params)]
pub(crate) struct Connected {
    pub(crate) neuron: Linear,
}

impl Module for Connected {
    fn forward(&self, pictures: &Var, pass: &mut Pass) -> Result<Var> {
        self.neuron.forward(&pictures.flatten()?, pass) // [N, 1]
    }
}

/// A neuron that is connected to one quarter, and looks at all four with the same weights.
#[derive(Params)]
pub(crate) struct Shared {
    pub(crate) filter: Conv2d,
}

impl Module for Shared {
    fn forward(&self, pictures: &Var, pass: &mut Pass) -> Result<Var> {
        let found = self.filter.forward(pictures, pass)?; // [N, 1, 2, 2]: four answers
        found.max_pool2d(2)?.flatten() // [N, 1]: is it in any of them?
    }
}
