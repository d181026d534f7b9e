//! Which instruction sets kernels are chosen for.

use std::fmt;
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// The environment variable that asks for a set.
const VARIABLE: &str = "PLYWOOD_INSTRUCTIONS";

/// The instruction sets that kernels are written for, from the narrowest on.
///
/// ```
/// use plywood_tensor::{Instructions, instructions};
///
/// assert!(Instructions::Portable < Instructions::Avx2 && Instructions::Avx2 < Instructions::Avx512);
/// println!("kernels use {:?}", instructions());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// What every machine has.
    Portable,
    /// Vectors of eight `f32`, and a product and a sum that are rounded once.
    Avx2,
    /// Vectors of sixteen.
    Avx512,
}

impl Instructions {
    const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    fn of_machine() -> Self {
        // Miri interprets few of the vectors' instructions, whatever the machine has.
        if cfg!(miri) {
            return Self::Portable;
        }
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // What all machines with AVX-512 have, but for one accelerator of 2016.
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            return if avx512 { Self::Avx512 } else { Self::Avx2 };
        }
        Self::Portable
    }

    /// The best of a machine, or what was asked for if that is less.
    fn choose(machine: Self, wish: Option<&str>) -> Self {
        let named = Self::ALL.into_iter().find(|set| Some(set.name()) == wish);
        named.map_or(machine, |named| named.min(machine))
    }

    /// Refuses a wish that names no set.
    fn check(wish: Option<&str>) -> Result<()> {
        match wish {
            Some(wish) if !Self::ALL.iter().any(|set| set.name() == wish) => Err(Error::value(
                format!("{VARIABLE} is {wish:?}, which is no set of instructions"),
            )
            .hint("`portable`, `avx2` and `avx512` are")),
            _ => Ok(()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for Instructions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The instruction set of this process: the best of the machine, or what the environment variable
/// `PLYWOOD_INSTRUCTIONS` names (`portable`, `avx2` or `avx512`) if that is less. Other values change
/// nothing here; [`check_instructions`] refuses them, as training does.
///
/// The order of some additions follows from it, so results have the same bits only where it is the same:
/// a run that should be repeated on a machine without AVX-512 is started with
/// `PLYWOOD_INSTRUCTIONS=avx2`.
///
/// ```
/// use plywood_tensor::{Instructions, instructions};
///
/// assert!(instructions() >= Instructions::Portable);
/// ```
pub fn instructions() -> Instructions {
    static CHOSEN: OnceLock<Instructions> = OnceLock::new();
    *CHOSEN.get_or_init(|| Instructions::choose(Instructions::of_machine(), wish().as_deref()))
}

/// Refuses a `PLYWOOD_INSTRUCTIONS` that names no set, which [`instructions`] passes over.
///
/// # Errors
/// When the variable has another value than `portable`, `avx2` and `avx512`.
pub fn check_instructions() -> Result<()> {
    Instructions::check(wish().as_deref())
}

fn wish() -> Option<String> {
    std::env::var_os(VARIABLE).map(|wish| wish.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_can_only_lower_what_the_machine_has() {
        let choose = Instructions::choose;
        assert_eq!(choose(Instructions::Avx2, None), Instructions::Avx2);
        assert_eq!(choose(Instructions::Avx2, Some("portable")), Instructions::Portable);
        assert_eq!(choose(Instructions::Avx2, Some("avx512")), Instructions::Avx2);
        assert_eq!(choose(Instructions::Avx512, Some("avx2")), Instructions::Avx2);
        assert_eq!(choose(Instructions::Avx512, Some("sse")), Instructions::Avx512);
    }

    #[test]
    fn a_wish_for_something_else_is_refused() {
        for wish in [None, Some("portable"), Some("avx2"), Some("avx512")] {
            Instructions::check(wish).unwrap();
        }
        assert_eq!(
            Instructions::check(Some("AVX-2")).unwrap_err().to_string(),
            "PLYWOOD_INSTRUCTIONS is \"AVX-2\", which is no set of instructions; `portable`, `avx2` \
             and `avx512` are",
        );
    }
}
