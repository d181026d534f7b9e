//! The embedding: a table of vectors, looked up by number.

use plywood_autodiff::{Param, Pass, Var};
use plywood_tensor::{Float, Result, Rng, Shape, Tensor, compiled_here};

use crate::Params;
use crate::Settings;
use crate::init::Init;
use crate::module::Module;

/// Gives each of a number of words, categories or other things a vector that is learnt.
///
/// Numbers `[…]` become vectors `[…, dim]`.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Embedding, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let words = Embedding::new(30_000, 256, &mut Rng::new(Seed(7)))?;
/// let sentence = Tensor::from([[5_u32, 17, 5]]);
/// let vectors = words.forward(&sentence, &mut Pass::eval(&words))?;
/// assert_eq!(vectors.shape(), [1, 3, 256].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Embedding<T: Float = f32> {
    /// `[count, dim]`
    pub weight: Param<T>,
}

/// The settings of an [`Embedding`].
///
/// ```
/// use plywood_layers::{Embedding, Init};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let words = Embedding::config(3, 2).weight_init(Init::Zeros).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(words.weight.value(), &Tensor::zeros([3, 2]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Embedding, operation = "embedding", shortcut, any_element)]
pub struct EmbeddingConfig {
    /// The number of things that get a vector.
    count: usize,
    /// The numbers of a vector.
    dim: usize,
    /// What the table begins with.
    #[setting(default = Init::Normal { std: 1.0 }, setter = weight_init)]
    init: Init,
}

impl EmbeddingConfig {
    fn build<T: Float>(&self, rng: &mut Rng) -> Result<Embedding<T>> {
        let shape =
            Shape::new(&[self.count, self.dim]).map_err(|error| error.operation("embedding"))?;
        Ok(Embedding { weight: Param::new(self.init.draw_as(shape, rng)?) })
    }
}

impl<T: Float> Module<Tensor<u32>, T> for Embedding<T> {
    fn forward(&self, x: &Tensor<u32>, pass: &mut Pass<T>) -> Result<Var<T>> {
        embedding(self, x, pass)
    }
}

compiled_here! {
    fn embedding<'a, T>(
        layer: &'a Embedding<T>,
        x: &'a Tensor<u32>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.weight);
        let dim = weight.shape()[1];
        let look_up = || {
            let rows = weight.index_select(0, &x.reshape([x.numel()])?)?;
            rows.reshape(Shape::new(&[&x.shape()[..], &[dim]].concat())?)
        };
        look_up().map_err(|error| pass.locate(error, &layer.weight))
    }
}
