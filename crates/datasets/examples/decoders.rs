//! Decodes the images that `cargo xtask decoders` has made, and lists by family what differs from what
//! another decoder made of them.
#![expect(clippy::print_stdout, reason = "a table on standard output is what it is for")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use plywood_datasets::Image;
use plywood_tensor::{Error, Result};

/// The largest difference of a value that still is agreement, by the beginning of a family's name; 0 for
/// others. From 5 or 6 bits Pillow makes 8 by rounding down.
const TOLERANCES: [(&str, u8); 1] = [("bmp 16", 1)];

/// What became of a family's images.
#[derive(Default)]
struct Family {
    files: usize,
    most: u8,
    wrong: Vec<String>,
}

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_default();
    match compare(Path::new(&folder)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all agree.
fn compare(folder: &Path) -> Result<bool> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|error| Error::io("read", &path, error))
    };
    let list = String::from_utf8_lossy(&read("list.tsv")?).into_owned();
    let expected = read("expected.bin")?;
    let mut families: BTreeMap<&str, Family> = BTreeMap::new();
    for line in list.lines() {
        let [family, name, width, height, start, wanted] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            return Err(Error::data(format!("`{line}` isn't a line of list.tsv")));
        };
        let entry = families.entry(family).or_default();
        entry.files += 1;
        let number = |text: &str| text.parse::<usize>().unwrap_or(0);
        let [width, height, start] = [width, height, start].map(number);
        let decoded = Image::decode(&read(name)?);
        let outcome = match said(&decoded, wanted) {
            Err(text) => Err(text),
            Ok(()) => match &decoded {
                Ok(image) if !wanted.starts_with("told") => {
                    let bytes = expected
                        .get(start..start + 4 * width * height)
                        .ok_or_else(|| Error::data(format!("expected.bin ends before {name}")))?;
                    difference(image, [height, width], bytes)
                }
                _ => Ok(0),
            },
        };
        let most = TOLERANCES.iter().find(|(start, _)| family.starts_with(start));
        match outcome {
            Ok(most_here) => {
                entry.most = entry.most.max(most_here);
                if most_here > most.map_or(0, |&(_, most)| most) {
                    entry.wrong.push(format!("{name}: differs by {most_here}"));
                }
            }
            Err(text) => entry.wrong.push(format!("{name}: {text}")),
        }
    }
    if families.is_empty() {
        return Err(Error::data("list.tsv names no image"));
    }
    println!("{:<44}{:>8}{:>13}{:>9}", "family", "files", "largest diff", "wrong");
    for (name, family) in &families {
        let Family { files, most, wrong } = family;
        println!("{name:<44}{files:>8}{most:>13}{:>9}", wrong.len());
    }
    let (mut files, mut wrong) = (0, 0);
    for family in families.values() {
        files += family.files;
        wrong += family.wrong.len();
        for text in family.wrong.iter().take(3) {
            println!("  {text}");
        }
    }
    println!("{files} images, {wrong} wrong (in {})", folder.display());
    Ok(wrong == 0)
}

/// Whether what is said of a file is what should be: its error or its notes.
fn said(decoded: &Result<Image>, wanted: &str) -> std::result::Result<(), String> {
    let (wanted, text) = wanted.split_once(": ").unwrap_or((wanted, ""));
    let notes = match decoded {
        Ok(image) => image.notes().iter().map(ToString::to_string).collect(),
        Err(_) => Vec::new(),
    };
    let is_noted = notes.iter().any(|note| note.contains(text));
    match (wanted, decoded) {
        ("read", Ok(_)) => Ok(()),
        ("silent", Ok(_)) if notes.is_empty() => Ok(()),
        ("noted" | "told", Ok(_)) if is_noted => Ok(()),
        ("refused" | "told", Err(error)) if error.to_string().contains(text) => Ok(()),
        (_, Err(error)) => Err(format!("should be {wanted} `{text}`, is refused: {error}")),
        (_, Ok(_)) => Err(format!("should be {wanted} `{text}`, is read with the notes {notes:?}")),
    }
}

/// The largest difference from the pixels `[H, W, 4]`; what is transparent has no colour.
fn difference(
    image: &Image,
    [height, width]: [usize; 2],
    expected: &[u8],
) -> std::result::Result<u8, String> {
    let [channels, own_height, own_width] = image.shape();
    if [own_height, own_width] != [height, width] {
        return Err(format!("has {own_width}×{own_height} pixels, not {width}×{height}"));
    }
    let planes: Vec<&[u8]> = image.pixels().as_slice().chunks(height * width).collect();
    let mut most = 0;
    for (at, pixel) in expected.chunks_exact(4).enumerate() {
        let value = |channel: usize| planes[channel][at];
        let own = match channels {
            1 => [value(0), value(0), value(0), 255],
            2 => [value(0), value(0), value(0), value(1)],
            3 => [value(0), value(1), value(2), 255],
            _ => [value(0), value(1), value(2), value(3)],
        };
        let seen = if own[3] == 0 && pixel[3] == 0 { 3 } else { 0 };
        for (a, b) in own.iter().zip(pixel).skip(seen) {
            most = most.max(a.abs_diff(*b));
        }
    }
    Ok(most)
}
