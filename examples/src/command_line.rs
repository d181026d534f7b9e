//! What the examples' command lines share: options with a value each, in any order.

use std::path::PathBuf;

use plywood::prelude::*;

/// The pairs `--name VALUE` of a command line, in any order. `take` is told of each, and answers with nothing where it
/// doesn't understand it; the error is the example's then, and its hint says what would be understood.
///
/// # Errors
/// When an option has no value, or isn't understood.
pub fn read_options(
    arguments: &[String],
    example: &str,
    hint: &str,
    mut take: impl FnMut(&str, &str) -> Option<()>,
) -> Result<()> {
    let understood = arguments.chunks(2).all(|pair| match pair {
        [name, value] => take(name, value).is_some(),
        _ => false,
    });
    match understood {
        true => Ok(()),
        false => Err(Error::value(format!("`{}` isn't understood", arguments.join(" ")))
            .operation(example)
            .hint(hint)),
    }
}

/// What the command line of an example asks for that trains on a set from one seed.
#[derive(Debug, PartialEq)]
pub struct DataChoice {
    /// The folder of the set.
    pub data: PathBuf,
    /// The seed.
    pub seed: Seed,
}

impl DataChoice {
    /// Reads `--data DIR` and `--seed N`, in any order. Without, the data are the folder of the set in what
    /// `PLYWOOD_DATA` names, or in `data`, and the seed is 7.
    ///
    /// # Errors
    /// When the command line says something else; `hint` says what it may.
    pub fn parse(arguments: &[String], example: &str, set: &str, hint: &str) -> Result<Self> {
        let mut choice = Self { data: sets().join(set), seed: Seed(7) };
        read_options(arguments, example, hint, |name, value| {
            match name {
                "--data" => choice.data = value.into(),
                "--seed" => choice.seed = Seed(value.parse().ok()?),
                _ => return None,
            }
            Some(())
        })?;
        Ok(choice)
    }
}

/// Where data sets are: what `PLYWOOD_DATA` names, or `data`.
pub fn sets() -> PathBuf {
    std::env::var_os("PLYWOOD_DATA").map_or_else(|| "data".into(), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pair_or_not_known_is_refused() {
        for senseless in ["--seed x", "--seed", "--sed 3", "--data there --seed"] {
            let words: Vec<String> = senseless.split_whitespace().map(str::to_owned).collect();
            assert_eq!(
                DataChoice::parse(&words, "road", "camvid", "ask for less")
                    .unwrap_err()
                    .to_string(),
                format!("road: `{senseless}` isn't understood; ask for less")
            );
        }
    }
}
