//! What augmentation makes of recordings.
