//! `plywood look`: what a network sees in an image, on a page that explains it.

use std::path::{Path, PathBuf};

use plywood::look::{Excite, Lens, Page};
use plywood::tensor::{Error, Result, Seed, did_you_mean};

use crate::image_files;
use crate::look_audio::Looked;
use crate::names;
use crate::options::Weights;
use crate::say::Output;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A network with published weights, or the folder of one that was trained here
    #[arg(value_parser = names::trained(), hide_possible_values = true)]
    model: String,
    /// An image of any size, in PNG, JPEG, WebP, GIF, BMP or PNM
    #[arg(required_unless_present = "audio")]
    image: Option<PathBuf>,
    /// A recording in a WAV file, for the folder of a network that has learnt from recordings: of a longer one the
    /// middle that the network is given is looked at
    #[arg(long, value_name = "FILE", conflicts_with_all = ["image", "images"])]
    audio: Option<PathBuf>,
    /// The file of the page
    #[arg(long, value_name = "FILE", default_value = "look.html")]
    out: PathBuf,
    /// The class whose evidence is looked for [default: the most probable one]
    #[arg(long, value_name = "NAME")]
    class: Option<String>,
    /// Images whose parts are shown where they excite a channel most, a folder for each class
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Channels that are shown of each layer
    #[arg(long, value_name = "N", default_value_t = 6)]
    channels: usize,
    /// Steps of gradient ascent, of which images are made that excite a channel
    #[arg(long, value_name = "N", default_value_t = 128)]
    steps: usize,
    /// What every random choice follows from
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    match (&arguments.audio, &arguments.image) {
        (Some(file), _) => of_recording(arguments, file, out),
        (None, Some(image)) => of_image(arguments, image, out),
        // The arguments' own rules ask for one of them.
        (None, None) => Ok(()),
    }
}

fn of_recording(arguments: &Arguments, file: &Path, out: &mut Output) -> Result<()> {
    let looked = Looked::of(&arguments.model, file)?;
    let lens = looked.lens();
    let names = looked.class_names();
    let named = arguments.class.as_ref().map(|name| class(names, name)).transpose()?;
    let mut page = looked
        .page(&lens)?
        .units(arguments.channels)
        .excite(Excite::new().steps(arguments.steps).seed(Seed(arguments.seed)));
    if let Some(class) = named {
        page = page.class(class);
    }
    page.write(&arguments.out)?;
    out.say(format!("written to {}", arguments.out.display()));
    Ok(())
}

fn of_image(arguments: &Arguments, image: &Path, out: &mut Output) -> Result<()> {
    let classifier = arguments.weights.classifier(&arguments.model)?;
    let preprocess = classifier.preprocess();
    let image = preprocess.square(&image_files::read(image)?)?;
    let names = classifier.class_names();
    let class = arguments.class.as_ref().map(|name| class(names, name)).transpose()?;
    let folder = arguments.images.as_ref();
    let images = folder.map(|folder| image_files::open_for(folder, preprocess)).transpose()?;

    let lens = Lens::new(&*classifier.model).normalize(preprocess.normalization()?);
    let mut page = Page::new(&lens, &image)
        .title(classifier.name())
        .class_names(names.to_vec())
        .units(arguments.channels)
        .excite(Excite::new().steps(arguments.steps).seed(Seed(arguments.seed)));
    if let Some(class) = class {
        page = page.class(class);
    }
    if let (Some(images), Some(folder)) = (&images, folder) {
        page = page.patches(format!("the images in {}", folder.display()), images, 4);
    }
    page.write(&arguments.out)?;
    if let Some(images) = &images {
        image_files::tell(images);
    }
    out.say(format!("written to {}", arguments.out.display()));
    Ok(())
}

/// The class of this name, or with this among its names.
fn class(names: &[String], wanted: &str) -> Result<usize> {
    let is = |name: &str| name.trim().eq_ignore_ascii_case(wanted.trim());
    let whole = names.iter().position(|name| is(name));
    whole.or_else(|| names.iter().position(|name| name.split(',').any(is))).ok_or_else(|| {
        const MOST: usize = 12;
        let first = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join("; ");
        let more = if names.len() > MOST { "; …" } else { "" };
        let meant = did_you_mean(wanted, names.iter().flat_map(|name| name.split(", ")));
        Error::value(format!("no class is called `{wanted}`"))
            .operation("look")
            .hint(format!("{meant}the classes are {first}{more}"))
    })
}
