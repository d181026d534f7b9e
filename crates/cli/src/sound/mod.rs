//! Recordings: where they come from, what is said of them, and what is shown of them.

pub(crate) mod files;
pub(crate) mod heard;
pub(crate) mod settings;
