//! N-dimensional arrays and the CPU kernels of a deep learning library
