//! Files of samples: which there are, what is to be known of them, and which can't be read.

mod listing;
mod passed_over;
mod seen;
mod unreadable;

pub(crate) use listing::{Kind, Listing, entries};
pub(crate) use seen::Seen;
pub(crate) use unreadable::{all_broken, read_in_parallel};
