//! Tests of the layers crate, and of the derive macro, through their public interface: layers and
//! losses against PyTorch, names and ties, weights on disk, summaries, and every error's text.
#![cfg(test)]

mod attention;
mod batch_norm2d;
mod cloning;
mod configs;
mod damaged_files;
mod derive;
mod dropout;
mod embedding;
mod first_values;
mod forward;
mod freezing;
mod gradchecks;
mod layer_norm;
mod lenet;
mod loading;
mod losses;
mod paths;
mod pickles;
mod recompute;
mod recurrent;
mod saving;
mod settings;
mod summaries;
mod support;
mod tied;
mod transformer;
