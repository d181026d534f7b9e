//! Tests of the training crate through its public interface: interrupted runs, killed processes,
//! threads, settings that make no sense, callbacks, early stopping, what a run writes, and its report.
#![cfg(test)]

mod averages;
mod bleu;
mod callbacks;
mod epochs;
mod errors;
mod evaluator;
mod finished;
mod hangs;
mod kill;
mod metrics;
mod mixup;
mod output;
mod owner;
mod plots;
mod predictions;
mod processes;
mod report;
mod resume;
mod scikit_learn;
mod settings;
mod signals;
mod steps;
mod stopping;
mod support;
mod validation;
mod write;
