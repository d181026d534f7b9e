//! Trains on the 60,000 images of CIFAR-10: `airbench94` in ten epochs, or ResNet-20 as in its paper.
//!
//! Shows a recipe on a set that has to be brought by hand: `--data` names the folder with the files
//! of its binary version (`data_batch_1.bin` to `data_batch_5.bin`, and `test_batch.bin`), if it isn't
//! `data/cifar10`. Everything that comes of it is written to `runs/cifar10`, or to
//! `runs/cifar10-resnet20`.
//!
//! Run it with `cargo run --release --example cifar10 -- --data DIR`; `--seed N` takes another seed,
//! `--model resnet20` the paper's network, which takes 182 epochs.

use std::path::PathBuf;

use plywood::prelude::*;
use plywood_examples::{finish, println, read_options};

/// What the command line asks for.
struct Choice {
    data: PathBuf,
    model: String,
    seed: Seed,
}

impl Choice {
    fn parse(arguments: &[String]) -> Result<Self> {
        let hint = "`--data DIR` names the folder of its binary files, `--model` is airbench94 or \
                    resnet20, `--seed N` a whole number from 0";
        let mut choice =
            Self { data: "data/cifar10".into(), model: "airbench94".into(), seed: Seed(7) };
        read_options(arguments, "cifar10", hint, |name, value| {
            match (name, value) {
                ("--data", data) => choice.data = data.into(),
                ("--model", "airbench94" | "resnet20") => choice.model = value.to_owned(),
                ("--seed", seed) => choice.seed = Seed(seed.parse().ok()?),
                _ => return None,
            }
            Some(())
        })?;
        Ok(choice)
    }
}

fn main() -> Result<()> {
    threads::init();
    let mut choice = Choice::parse(&std::env::args().skip(1).collect::<Vec<_>>())?;
    if plywood_examples::is_smoke_run() {
        choice.data = plywood_examples::cifar10_folder()?;
    }
    let Choice { data, model, seed } = choice;
    let (mut recipe, name) = match &*model {
        "resnet20" => (zoo::recipes::cifar10_resnet20(data, seed)?, "cifar10-resnet20"),
        _ => (zoo::recipes::cifar10_fast(data, seed)?, "cifar10"),
    };
    let folder = plywood_examples::folder_of(name, seed);
    recipe.trainer = plywood_examples::shortened(recipe.trainer).stop_on_signals(true);
    println!("{}\n", recipe.summary()?);
    let outcome = recipe.run(&folder)?;
    println!("{}\n", outcome.result);
    println!("trained for {:.1} s, written to {folder}", outcome.run.train_seconds());
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
        let choice = parse("--seed 8 --data there --model resnet20").unwrap();
        assert_eq!((&*choice.model, choice.seed), ("resnet20", Seed(8)));
        assert_eq!(choice.data, PathBuf::from("there"));
        assert_eq!(parse("").unwrap().model, "airbench94");
        for line in ["--data", "--model lenet", "--seed x", "--fast"] {
            let text = parse(line).err().unwrap().to_string();
            assert!(text.starts_with(&format!("cifar10: `{line}` isn't understood; ")), "{text}");
        }
    }
}
