//! Reverse-mode automatic differentiation on a tape.
//!
//! A [`Pass`] carries the tape of one step. Parameters and inputs enter it as [`Var`]s, every
//! operation on them is written down with its gradient, and [`Pass::backward`] goes back from the
//! loss. No gradient is lost in silence: a parameter that is left without one is an error that
//! names it and what cut its path.
//!
//! ```
//! use plywood_autodiff::{Param, Pass, Var};
//! use plywood_tensor::{Rng, Seed, Tensor};
//!
//! let weight = Param::new(Tensor::from([[0.5, -1.0]]));
//! let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
//! let x = Var::constant(Tensor::from([[1.0, 2.0]]));
//! let w = pass.param(&weight);
//! let loss = x.linear(&w, None)?.sigmoid().sum();
//! let grads = pass.backward(&loss)?;
//! println!("{}", grads.of(&weight).unwrap());
//! # Ok::<(), plywood_tensor::Error>(())
//! ```
//!
//! [`OPERATIONS`] lists what there is, with equations and gradients; [`ops`] has the operations as values, and
//! [`Operation`] is what one of your own implements. Gradients have gradients in a pass of [`Pass::higher_order`], with
//! [`jacobian`], [`hessian`] and their products on top. [`Pass::recompute`] saves memory for time.

mod attribute;
mod backward;
mod by_reference;
mod declaration;
mod function;
mod functional;
mod gradcheck;
mod gradcheck_model;
mod grads;
mod graph;
mod higher_order;
mod keepdim;
mod observation;
mod observe;
mod operand_grads;
mod operands;
mod operation;
pub mod ops;
mod param;
mod params;
mod pass;
mod reach;
mod recompute;
mod record;
mod split;
mod tape;
mod value;
mod var;
mod variance;

pub use attribute::Attribute;
pub use by_reference::Functions;
pub use declaration::{Apply, Declaration, Reference, Sample};
pub use function::{Function, SlopeFrom};
pub use functional::{HESSIAN_LIMIT, hessian, hessian_vector_product, jacobian, jvp};
pub use gradcheck::{TOLERANCE, gradcheck, gradgradcheck};
pub use gradcheck_model::gradcheck_model;
pub use grads::Grads;
pub use graph::{Graph, GraphNode, NodeKind};
pub use observation::Observation;
pub use observe::Source;
pub use operand_grads::{GradValue, OperandGrads};
pub use operands::Operands;
pub use operation::Operation;
pub use ops::{OPERATIONS, Pair, Pool2d, TransposedVar, VarOperand};
#[doc(hidden)]
pub use param::CloneScope;
pub use param::{Buffer, Param, ParamId};
pub use params::{Name, Params, Slot, SlotMut, is_at_or_below};
pub use pass::Pass;
pub use reach::Reach;
pub use tape::TraceRow;
pub use var::{Var, VarGrads};
