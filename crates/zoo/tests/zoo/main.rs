//! Tests of the zoo through its public interface: LeNet against PyTorch, the same bits on any
//! number of threads, the registry, the recipes.
#![cfg(test)]

mod pytorch;
mod recipes;
mod registry;
mod threads;
