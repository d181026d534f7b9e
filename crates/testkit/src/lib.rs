//! What the tests of every crate share: closeness, reference numbers, random problems.
//!
//! It knows no other crate of the workspace, so that each of them can use it: numbers are plain
//! slices, shapes are slices of sizes.
//!
//! ```
//! use plywood_testkit::{assert_close, fixtures};
//!
//! let softmax = fixtures::load("softmax_losses");
//! let output = &softmax["softmax.axis2.output"];
//! assert_eq!(output.shape, [3, 5, 4]);
//! let sums: Vec<f64> = output.values.chunks(4).map(|line| line.iter().sum()).collect();
//! assert_close(&sums, &[1.0; 15], 1e-14);
//! ```

mod array;
mod cases;
mod close;
mod conv;
pub mod fixtures;
mod matmul;
mod named_noise;
mod pool;
mod shapes;
mod skip;
mod values;

pub use array::Array;
pub use cases::cases;
pub use close::{assert_close, assert_close_to_rms, assert_same_bits};
pub use conv::{ConvProblem, conv_problems};
pub use matmul::{MatmulProblem, matmul_problems};
pub use named_noise::named_noise;
pub use pool::{PoolProblem, pool_problems};
pub use shapes::{BroadcastShapes, axis_of, broadcast_shapes, orders, shapes};
pub use skip::skipped;
pub use values::{arrays, arrays_away_from, distinct, noise, numbers, numbers_away_from};
