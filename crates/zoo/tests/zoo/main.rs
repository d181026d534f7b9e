//! Tests of the zoo through its public interface: LeNet against PyTorch, every model against the
//! reference that its names are from, the same bits on any number of threads, the registry, the
//! recipes.
#![cfg(test)]

mod frozen;
mod generative;
mod pretrained;
mod pytorch;
mod recipes;
mod references;
mod registry;
mod threads;
mod translation;
