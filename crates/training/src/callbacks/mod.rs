//! Callbacks that most programs need.

mod early_stopping;
mod freeze_after;

pub use early_stopping::EarlyStopping;
pub use freeze_after::FreezeAfter;
