//! Neural network layers, losses, initialisation and summaries
