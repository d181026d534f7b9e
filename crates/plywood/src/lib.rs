//! Deep learning with cargo alone
