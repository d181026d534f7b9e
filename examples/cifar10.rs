//! Trains on the 60,000 pictures of CIFAR-10: ResNet-20 as in its paper, or ResNet-9 in few epochs.
//!
//! Shows a recipe on a set that has to be brought by hand: `--data` names the folder with the files
//! of its binary version (`data_batch_1.bin` to `data_batch_5.bin`, and `test_batch.bin`). Everything
//! that comes of it is written to `runs/cifar10-resnet20` or `runs/cifar10-fast`.
//!
//! Run it with `cargo run --release --example cifar10 -- --data DIR`, and `--fast` after that for the
//! other one.
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use plywood::prelude::*;

fn main() -> Result<()> {
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (data, fast) = match words[..] {
        [] if plywood_examples::is_smoke_run() => (plywood_examples::cifar10_folder()?, true),
        ["--data", folder] => (folder.into(), false),
        ["--data", folder, "--fast"] => (folder.into(), true),
        _ => {
            return Err(Error::value(format!("`{}` isn't understood", words.join(" ")))
                .operation("cifar10")
                .hint("`--data DIR` names the folder of its binary files, `--fast` may follow"));
        }
    };
    let (mut recipe, folder) = match fast {
        false => (zoo::recipes::cifar10_resnet20(data, Seed(7))?, "runs/cifar10-resnet20"),
        true => (zoo::recipes::cifar10_fast(data, Seed(7))?, "runs/cifar10-fast"),
    };
    recipe.trainer = plywood_examples::shortened(recipe.trainer);
    println!("{}\n", recipe.summary()?);
    let outcome = recipe.run(folder)?;
    println!("{}\n", outcome.result);
    println!("trained for {:.1} s, written to {folder}", outcome.run.train_seconds());
    Ok(())
}
