//! Writing results that no cache can hold: an ordinary store first reads the line that it writes to, and
//! drives out others that will be needed sooner.
#![allow(unsafe_code, reason = "some stores have no other name")]

use crate::element::Element;

/// Bytes of a result from which on it isn't kept in the caches: the last level of most machines.
const LARGE: usize = 32 << 20;

/// Writes parts of a result.
pub(crate) struct Writer {
    past_caches: bool,
}

impl Writer {
    /// For a result of so many elements.
    pub(crate) fn of<T: Element>(elements: usize) -> Self {
        let large = elements.saturating_mul(size_of::<T>()) >= LARGE;
        Self { past_caches: large && cfg!(target_arch = "x86_64") }
    }

    pub(crate) fn past_caches(&self) -> bool {
        self.past_caches
    }

    /// As `to.copy_from_slice(from)`.
    pub(crate) fn copy<T: Element>(&self, from: &[T], to: &mut [T]) {
        #[cfg(target_arch = "x86_64")]
        if self.past_caches {
            assert_eq!(from.len(), to.len());
            // SAFETY: whole lines in the middle, of plain numbers.
            let (head, lines, tail) = unsafe { to.align_to_mut::<Line>() };
            let (first, from) = from.split_at(head.len());
            let (middle, last) = from.split_at(from.len() - tail.len());
            head.copy_from_slice(first);
            tail.copy_from_slice(last);
            copy_lines(middle, lines);
            return;
        }
        to.copy_from_slice(from);
    }
}

impl Drop for Writer {
    /// Such stores may come late: now others may see what was written.
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        if self.past_caches {
            // SAFETY: every x86-64 has it.
            unsafe { std::arch::x86_64::_mm_sfence() };
        }
    }
}

/// A line of the caches.
#[cfg(target_arch = "x86_64")]
#[repr(align(64))]
struct Line([std::arch::x86_64::__m128; 4]);

/// # Panics
/// When there are fewer elements than fill the lines.
#[cfg(target_arch = "x86_64")]
fn copy_lines<T: Element>(from: &[T], to: &mut [Line]) {
    use std::arch::x86_64::{_mm_loadu_ps, _mm_stream_ps};
    assert!(size_of_val(from) >= size_of_val(to));
    for (index, line) in to.iter_mut().enumerate() {
        for part in 0..4 {
            // SAFETY: inside both, as was just checked; every x86-64 has these instructions, and a
            // line is aligned.
            unsafe {
                let from = from.as_ptr().cast::<f32>().add(index * 16 + part * 4);
                _mm_stream_ps((&raw mut line.0[part]).cast(), _mm_loadu_ps(from));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_arrives_wherever_a_copy_begins() {
        let from: Vec<f64> = (0..100).map(f64::from).collect();
        for past_caches in [false, true] {
            let writer = Writer { past_caches };
            for (start, len) in [(0, 0), (0, 100), (1, 3), (3, 40), (5, 64), (8, 90)] {
                let mut to = vec![-1.0; 110];
                writer.copy(&from[..len], &mut to[start..start + len]);
                for (place, &x) in to.iter().enumerate() {
                    let expected = place.checked_sub(start).filter(|&at| at < len);
                    assert_eq!(x, expected.map_or(-1.0, |at| at as f64));
                }
            }
        }
    }
}
