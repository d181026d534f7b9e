//! One HTML page of all that can be seen in a model, from low-level features to high-level ones.

mod content;
mod embedded;
mod stages;

use std::path::Path;

use minijinja::value::Serde;
use minijinja::{Environment, Value};
use plywood_datasets::{Dataset, ImageBatch};
use plywood_layers::replace_file;
use plywood_tensor::{Error, Result, Tensor};
use plywood_training::Sound;

use crate::excite::Excite;
use crate::lens::Lens;
use crate::patches::{Patch, top_patches};

static TEMPLATE: &str = include_str!("page.html");

type Finder<'a> = Box<dyn Fn(&Lens<'_>, &str, &[usize]) -> Result<Vec<Vec<Patch>>> + 'a>;

/// A page that shows what a model sees in an image, and explains it as it goes: the first layer's
/// filters, then for several layers what their liveliest channels answer to and what excites them
/// most, and in the end which parts of the image have decided.
///
/// It is one file that loads nothing from anywhere, for phones and large screens, light and dark.
/// The same model, image and settings give the same bytes.
///
/// ```
/// use plywood_datasets::Digits;
/// use plywood_layers::{Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential};
/// use plywood_look::{Excite, Lens, Page};
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let model = Sequential::new()
///     .add(Conv2d::config(1, 8, 3).padding(1).init(&mut rng)?)
///     .add(ReLU)
///     .add(MaxPool2d::new(2))
///     .add(Flatten)
///     .add(Linear::new(8 * 4 * 4, 10, &mut rng)?);
/// let digits = Digits::embedded()?;
/// let image = digits.image(0)?.map(|byte| f32::from(byte) / 255.0);
/// let lens = Lens::new(&model);
/// let html = Page::new(&lens, &image)
///     .title("an untrained network")
///     .class_names((0..10).map(|digit| digit.to_string()))
///     .excite(Excite::new().steps(8))
///     .patches("digits", &digits, 3)
///     .html()?;
/// assert!(html.starts_with("<!doctype html>"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Page<'a> {
    lens: &'a Lens<'a>,
    image: Tensor,
    title: String,
    class_names: Vec<String>,
    class: Option<usize>,
    places: Option<Vec<String>>,
    units: usize,
    excite: Excite,
    data: String,
    patches: Option<Finder<'a>>,
    patch_count: usize,
    sound: Option<Sound>,
}

impl<'a> Page<'a> {
    /// A page of what a model sees in an image `[C, H, W]`.
    pub fn new(lens: &'a Lens<'a>, image: &Tensor) -> Self {
        Self {
            lens,
            image: image.clone(),
            title: "the network".into(),
            class_names: Vec::new(),
            class: None,
            places: None,
            units: 6,
            excite: Excite::default(),
            data: String::new(),
            patches: None,
            patch_count: 0,
            sound: None,
        }
    }

    /// What the model is called.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The names of the classes, that of class 0 first. Without names they are numbers.
    #[must_use]
    pub fn class_names<Name: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = Name>,
    ) -> Self {
        self.class_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The class whose evidence is looked for; without it, the one with the largest score.
    #[must_use]
    pub fn class(mut self, class: usize) -> Self {
        self.class = Some(class);
        self
    }

    /// The maps to show, by [name](Lens::places). Without them it is the last ones of each size, at
    /// most five.
    #[must_use]
    pub fn places<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.places = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// How many channels are shown of each; 6 by default. They are those that answer most.
    #[must_use]
    pub fn units(mut self, units: usize) -> Self {
        self.units = units;
        self
    }

    /// How images are made that excite a unit.
    #[must_use]
    pub fn excite(mut self, excite: Excite) -> Self {
        self.excite = excite;
        self
    }

    /// Shows for each channel the `count` parts of real images that excite it most. `name` says
    /// what the images are: "all 1,797 digits".
    #[must_use]
    pub fn patches<D>(mut self, name: impl Into<String>, images: &'a D, count: usize) -> Self
    where
        D: Dataset<Batch = ImageBatch>,
    {
        self.data = name.into();
        self.patch_count = count;
        self.patches = (count > 0).then(|| -> Finder<'a> {
            Box::new(move |lens, place, channels| top_patches(lens, images, place, channels, count))
        });
        self
    }

    /// The sound whose spectrogram the image is, to be played: its first row has the lowest frequencies.
    #[must_use]
    pub fn sound(mut self, sound: Sound) -> Self {
        self.sound = Some(sound);
        self
    }

    /// The page.
    ///
    /// # Errors
    /// When the model doesn't take the image, or has no such class or places.
    pub fn html(&self) -> Result<String> {
        let content = content::content(self)?;
        let render = || {
            let mut environment = Environment::new();
            // The name's ending is why everything that is put in is escaped.
            environment.add_template("page.html", TEMPLATE)?;
            environment.get_template("page.html")?.render(Value::from(Serde(&content)))
        };
        render().map_err(|error: minijinja::Error| {
            Error::data(format!("the page can't be written: {error}"))
                .operation("look")
                .caused_by(error)
        })
    }

    /// Writes the page to a file, whole or not at all.
    ///
    /// # Errors
    /// As [`html`](Self::html), or when the file can't be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        replace_file(path, self.html()?.as_bytes())
    }

    fn class_name(&self, class: usize) -> String {
        self.class_names.get(class).cloned().unwrap_or_else(|| format!("class {class}"))
    }
}
