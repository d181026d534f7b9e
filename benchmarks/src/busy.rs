//! A program that keeps a core busy, to see what that costs the one that is measured.

use std::hint::black_box;
use std::io::{copy, sink, stdin};
use std::process::exit;
use std::thread;

/// Counts until nobody holds the other end of standard input any more: whoever started this may
/// end in any way, and it ends too.
pub(crate) fn busy() -> ! {
    thread::spawn(|| {
        let _ = copy(&mut stdin().lock(), &mut sink());
        exit(0)
    });
    // Not `spin_loop`, which tells the core that it has nothing to do.
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}
