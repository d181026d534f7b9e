//! Tests of the training crate through its public interface: interrupted runs, killed processes,
//! threads, settings that make no sense, callbacks, early stopping, and what a run writes.
#![cfg(test)]

mod averages;
mod callbacks;
mod epochs;
mod errors;
mod evaluator;
mod finished;
mod hangs;
mod kill;
mod metrics;
mod output;
mod owner;
mod plots;
mod predictions;
mod processes;
mod resume;
mod scikit_learn;
mod settings;
mod signals;
mod steps;
mod stopping;
mod support;
mod validation;
mod write;
