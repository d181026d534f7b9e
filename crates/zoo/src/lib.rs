//! Architectures and the recipes that train them on real data
