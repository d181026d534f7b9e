//! Pictures of a run: its curves, its mistakes, and what its first layer looks for.

mod confusion;
mod curves;
mod filters;

pub use confusion::confusion;
pub use curves::curves;
pub use filters::filters;

use std::fmt::Display;

use plywood_tensor::Error;

fn drawing_error(error: impl Display) -> Error {
    Error::data(format!("the picture can't be drawn: {error}")).operation("pictures")
}
