//! Tests of the autodiff crate through its public interface: values and gradients against PyTorch,
//! what the tape keeps and frees, what is random, and every error's text.
#![cfg(test)]

mod activations;
mod affine;
mod arithmetic;
mod attention;
mod batch_norm;
mod conv2d;
mod conv_transpose2d;
mod dropout;
mod errors;
mod gradcheck;
mod graph;
mod higher_order;
mod in_place;
mod indexing;
mod layer_norm;
mod local_response_norm;
mod long_chains;
mod losses;
mod matmul;
mod memory;
mod missing;
mod nonsense;
mod observe;
mod operators;
mod own_operations;
mod pad2d;
mod parts;
mod passes;
mod pool2d;
mod random_graphs;
mod recompute;
mod softmax;
mod support;
