//! The story: what deep learning is, from the price of a house to a translation.
//!
//! Carries out each idea of the introduction, draws its picture, and writes the page with the text, the code that did
//! it, and the numbers that it came to: `runs/story/README.md`. The page in `docs/story` is made by the same program,
//! with `--to docs/story`. X-rays are learnt from too, where `data` has MedMNIST's `pneumoniamnist.npz`; what takes
//! longer has its figures from `results.json`.
//!
//! Run it with `cargo run --release --example story`.

mod chapters;
mod drawn;
mod learners;
mod numerals;
mod page;
#[path = "../quadrants/data.rs"]
mod quadrants;
mod results;
mod shown;

use std::path::PathBuf;

use plywood::layers::replace_file;
use plywood::prelude::*;
use plywood_examples::{finish, println};

fn main() -> Result<()> {
    threads::init();
    let folder = folder(&std::env::args().skip(1).collect::<Vec<_>>())?;
    std::fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
    let numbers = chapters::carry_out(&folder)?;
    replace_file(folder.join("README.md"), page::page(&numbers)?.as_bytes())?;
    println!("\nwritten to {}: look at README.md", folder.display());
    finish()
}

/// Where the page and its pictures are written.
fn folder(arguments: &[String]) -> Result<PathBuf> {
    match arguments {
        [] => Ok("runs/story".into()),
        [name, folder] if name == "--to" => Ok(folder.into()),
        other => Err(Error::value(format!("`{}` isn't understood", other.join(" ")))
            .operation("story")
            .hint("`--to DIR` names the folder of the page")),
    }
}
