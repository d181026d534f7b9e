//! The layers of `f32`, compiled in this crate.
//!
//! Up to `opt-level = 1` a crate takes the instances of generic functions that a crate below it has compiled.
//! Without these, every test, example and program that is built without optimisation would compile all layers that it
//! uses.

use plywood_autodiff::Var;

use crate::module::Module;
use crate::sequential::Layer;
use crate::*;

/// Layers by their kinds.
type Boxed = (
    [fn() -> Option<Box<dyn Layer>>; 10],
    [fn(Transformer) -> Transformer; 1],
    fn(TransformerDecoder) -> TransformerDecoder,
    fn(Embedding) -> Box<dyn Module<plywood_tensor::Tensor<u32>>>,
);

#[used]
static LAYERS: Boxed = (
    [
        none::<Linear>,
        none::<Conv2d>,
        none::<ConvTranspose2d>,
        none::<BatchNorm2d>,
        none::<LayerNorm>,
        none::<MultiheadAttention>,
        none::<LSTM>,
        none::<GRU>,
        none::<TransformerEncoder>,
        none::<Sequential>,
    ],
    [|model| model.clone()],
    |model| model.clone(),
    |embedding| Box::new(embedding),
);

/// Compiles a layer as what a [`Sequential`] holds.
fn none<L: Layer + Module<Var> + 'static>() -> Option<Box<dyn Layer>> {
    None::<L>.map(|layer| Box::new(layer) as Box<dyn Layer>)
}
