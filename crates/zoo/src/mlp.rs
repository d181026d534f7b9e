//! The multilayer perceptron: fully connected layers with ReLU between them.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Linear, Module, Params};
use plywood_tensor::{Result, Rng, Seed};

use crate::parts::{check_dropout, product};

/// Fully connected layers with ReLU, and dropout if wanted, between them. Pictures are flattened.
#[derive(Debug, Params)]
pub struct Mlp {
    layers: Vec<Linear>,
    dropout: f64,
}

/// The sizes of an [`Mlp`].
#[derive(Clone, Debug)]
pub struct MlpConfig {
    features: usize,
    hidden: Vec<usize>,
    outputs: usize,
    dropout: f64,
}

impl MlpConfig {
    /// From `features` numbers to `outputs`, with hidden layers of 512 and 256.
    pub fn new(features: usize, outputs: usize) -> Self {
        Self { features, hidden: vec![512, 256], outputs, dropout: 0.0 }
    }

    /// For images `[C, H, W]` of so many classes.
    pub fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self::new(product(&image), classes)
    }

    /// The sizes of the hidden layers; none makes a linear model.
    #[must_use]
    pub fn hidden(mut self, sizes: &[usize]) -> Self {
        self.hidden = sizes.to_vec();
        self
    }

    /// The probability with which a hidden number is dropped in training.
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.dropout = p;
        self
    }
}

/// Makes an [`Mlp`] with its first values drawn from the seed.
///
/// # Errors
/// When the sizes are larger than memory, or the dropout is not between 0 and 1.
pub fn mlp(config: &MlpConfig, seed: Seed) -> Result<Mlp> {
    check_dropout("mlp", config.dropout)?;
    let mut rng = Rng::new(seed);
    let inputs = std::iter::once(&config.features).chain(&config.hidden);
    let outputs = config.hidden.iter().chain([&config.outputs]);
    let layers = inputs.zip(outputs).map(|(&from, &to)| Linear::config(from, to).init(&mut rng));
    Ok(Mlp { layers: layers.collect::<Result<_>>()?, dropout: config.dropout })
}

impl Module for Mlp {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = x.flatten()?;
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                x = x.relu().dropout(self.dropout, pass)?;
            }
            x = layer.forward(&x, pass)?;
        }
        Ok(x)
    }
}
