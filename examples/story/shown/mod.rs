//! The code that the story shows: one idea in each file.

pub(crate) mod blanks;
pub(crate) mod convolution;
pub(crate) mod depth;
pub(crate) mod image;
pub(crate) mod network;
pub(crate) mod neuron;
pub(crate) mod pooling;
pub(crate) mod seen;
pub(crate) mod sharing;
pub(crate) mod softmax;
pub(crate) mod sound;
pub(crate) mod words;
pub(crate) mod xray;
