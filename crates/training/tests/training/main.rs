//! Tests of the training crate through its public interface: interrupted runs, killed processes,
//! threads, settings that make no sense, early stopping, and what a run writes.
#![cfg(test)]

mod errors;
mod finished;
mod hangs;
mod kill;
mod output;
mod owner;
mod pictures;
mod processes;
mod resume;
mod signals;
mod steps;
mod stopping;
mod support;
mod write;
