//! A GPT that writes letter by letter, of the novels of Jane Austen.

use std::path::{Path, PathBuf};

use plywood_datasets::{Characters, TextWindows, read_text};
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Error, Result, Rng, Seed};
use plywood_training::Trainer;

use crate::{Gpt, NextLetter, gpt};

/// The letters that are seen at once.
const CONTEXT: usize = 128;
/// In evaluation each letter has so many before it.
const BEFORE: usize = 64;

/// Everything that a training run of a model that writes needs.
///
/// ```
/// use plywood_layers::replace_file;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// let folder = std::env::temp_dir().join(format!("writer-{}", std::process::id()));
/// replace_file(folder.join("austen/1.txt"), "A dog runs. ".repeat(300).as_bytes())?;
/// replace_file(folder.join("austen/2.txt"), "A dog nods. ".repeat(30).as_bytes())?;
/// let recipe = recipes::writer(&folder, Seed(7))?;
/// # std::fs::remove_dir_all(&folder).unwrap();
/// assert_eq!(recipe.characters.as_slice(), [' ', '.', 'A', 'd', 'g', 'n', 'o', 'r', 's', 'u']);
/// assert_eq!(recipe.test.text().numel(), 360);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct WriterRecipe {
    /// The model, with its first values.
    pub model: Gpt,
    /// The letters of the novels to learn from.
    pub characters: Characters,
    /// What it learns from.
    pub train: TextWindows,
    /// What is looked at after each epoch.
    pub valid: TextWindows,
    /// What is looked at once, at the end: the last novel.
    pub test: TextWindows,
    /// How it is trained.
    pub trainer: Trainer<NextLetter>,
}

/// A GPT with rotary positions that learns to write from five of Jane Austen's six novels, in the order in which they
/// were published: the text files of `austen` in `folder`, in the order of their names. The last one is the test. Of
/// the others' text the last twentieth is kept aside to choose the settings by.
///
/// Source of the texts: Project Gutenberg, as in the R package janeaustenr; public domain.
///
/// # Errors
/// When there are fewer than two files, one can't be read or isn't a text, or the last has a letter that the others
/// haven't.
pub fn writer(folder: impl AsRef<Path>, seed: Seed) -> Result<WriterRecipe> {
    let files = text_files(&folder.as_ref().join("austen"))?;
    let Some((last, others)) = files.split_last().filter(|(_, others)| !others.is_empty()) else {
        return Err(Error::data("there are fewer than two text files")
            .operation("writer")
            .at(folder.as_ref().join("austen").display())
            .hint("`cargo xtask data austen` and `xtask/unpack.py austen` bring six"));
    };
    let text = others.iter().map(read_text).collect::<Result<String>>()?;
    let characters = Characters::of(&text)?;
    let letters = characters.encode(&text)?;
    let test = characters.encode(&read_text(last)?).map_err(|error| error.at(last.display()))?;
    let learnt = letters.numel() - letters.numel() / 20;
    let model = gpt(characters.as_slice().len(), CONTEXT).layers(3).rotary(true);
    let part = |start: usize, count: usize| letters.narrow(0, start, count);
    let looked_at = |part| TextWindows::new(part, CONTEXT)?.context(BEFORE);
    Ok(WriterRecipe {
        model: model.init(&mut Rng::new(seed))?,
        characters,
        train: TextWindows::new(part(0, learnt)?, CONTEXT)?,
        valid: looked_at(part(learnt, letters.numel() - learnt)?)?,
        test: looked_at(test)?,
        trainer: Trainer::new(AdamW::scheduled().betas([0.9, 0.95]).weight_decay(0.1))
            .schedule(OneCycle::new(2e-3).warm_up(0.05))
            .objective(NextLetter)
            .clip_grad_norm(1.0)
            .epochs(3)
            .batch_size(8)
            .seed(seed),
    })
}

/// The text files of a folder, in the order of their names.
fn text_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let io = |error| Error::io("read", folder, error);
    let entries = std::fs::read_dir(folder).map_err(io)?;
    let paths = entries.map(|entry| Ok(entry.map_err(io)?.path())).collect::<Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    Ok(files)
}
