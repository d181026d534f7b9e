//! An X-ray of a chest becomes the probability of pneumonia: PneumoniaMNIST at 28×28.
//!
//! Shows what a probability takes besides a network: class weights, temperature scaling and a threshold that are
//! chosen on validation images, the ROC curve and the calibration, and where the network looks. `--data` names the
//! folder with MedMNIST's `pneumoniamnist.npz` (CC BY 4.0), if it isn't `data` or what `PLYWOOD_DATA` names.
//! Everything that comes of it is written to `runs/xray`: look at `report.html`. It is no diagnosis.
//!
//! Run it with `cargo run --release --example xray -- --data DIR`; `--seed N` takes another seed.

use std::path::{Path, PathBuf};

use plywood::prelude::*;
use plywood_examples::{finish, println, read_options, xray};

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Choice {
    data: Option<PathBuf>,
    seed: Seed,
}

impl Choice {
    fn parse(arguments: &[String]) -> Result<Self> {
        let hint =
            "`--data DIR` names the folder of pneumoniamnist.npz, `--seed N` a whole number from 0";
        let mut choice = Self { data: None, seed: Seed(7) };
        read_options(arguments, "xray", hint, |name, value| {
            match name {
                "--data" => choice.data = Some(value.into()),
                "--seed" => choice.seed = Seed(value.parse().ok()?),
                _ => return None,
            }
            Some(())
        })?;
        Ok(choice)
    }
}

fn main() -> Result<()> {
    threads::init();
    let Choice { data, seed } = Choice::parse(&std::env::args().skip(1).collect::<Vec<_>>())?;
    let data = xray::data_folder(data)?;
    let folder = plywood_examples::folder_of("xray", seed);
    let recipe = zoo::recipes::xray(&data, seed)?;
    println!("{}\n", recipe.summary()?);
    let about = [(
        "PneumoniaMNIST",
        "X-rays of children's chests at 28×28, of MedMNIST v2 (CC BY 4.0), with its own split; the test images are of \
         other children",
    )];
    let command = format!("cargo run --release --example xray -- --seed {}", seed.0);
    let judged = xray::train(recipe, Path::new(&folder), &about, &command)?;
    println!("{}\n", judged.lines()?);
    println!("{}\n", xray::NO_DIAGNOSIS);
    println!(
        "trained for {:.1} s, written to {folder}: look at report.html and decided.png",
        judged.seconds
    );
    finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_understood_in_any_order() {
        let parse = |line: &str| {
            Choice::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let expected = Choice { data: Some("there".into()), seed: Seed(8) };
        assert_eq!(parse("--seed 8 --data there").unwrap(), expected);
        assert_eq!(parse("").unwrap(), Choice { data: None, seed: Seed(7) });
        for line in ["--data", "--seed x", "--fast"] {
            let text = parse(line).unwrap_err().to_string();
            assert!(text.starts_with(&format!("xray: `{line}` isn't understood; ")), "{text}");
        }
    }
}
