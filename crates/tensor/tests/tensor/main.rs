//! Tests of the tensor crate through its public interface: every kernel against its definition,
//! against PyTorch, on any number of threads, and with input that makes no sense.
#![cfg(test)]

mod adaptive_pool;
mod attention;
mod batch_norm;
mod broadcast;
mod budget;
mod conv;
mod display;
mod empty;
mod errors;
mod index;
mod layer_norm;
mod linalg;
mod local_response_norm;
mod matmul;
mod nonsense;
mod operators;
mod pad;
mod permute;
mod pool;
mod recurrent;
mod reduce;
mod rotary;
mod softmax;
mod support;
mod threads;
mod winograd;
