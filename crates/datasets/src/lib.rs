//! Data sets, loaders, transforms and readers of standard formats
