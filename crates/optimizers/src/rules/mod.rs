//! The rules of the optimizers, which are their settings: what the settings of a
//! [group](crate::ByRule::group) change.

mod adam;
mod rmsprop;
mod sgd;

pub use adam::{Adam, AdamW};
pub use rmsprop::RMSprop;
pub use sgd::SGD;
