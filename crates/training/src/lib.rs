//! The training loop: metrics, checkpoints, progress
