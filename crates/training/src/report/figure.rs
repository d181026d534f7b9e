//! What a section of a report is made of: a drawing, images, sounds or a table, with a sentence on how to read it.

use plywood_datasets::Image;
use plywood_tensor::{Error, Result};
use serde::Serialize;

use super::embedded::EmbeddedImage;
use super::sound::Sound;

/// A figure of a [`Report`](super::Report): a drawing, images or a table, with a title and a sentence that says
/// how to read it. What is text in it is shown as text, whatever it has.
///
/// ```
/// use plywood_training::{Figure, plots};
///
/// let svg = plots::scatter(&[120.0, 180.0], &[130.0, 175.0], "price")?;
/// let figure = Figure::svg("Prices", "The nearer to the line, the better.", svg);
///
/// let rows = [("rooms", 0.5, "0.50"), ("town", 0.25, "0.25")];
/// let bars = Figure::bars("Columns", "The longer, the more it matters.", ["column", "loss"], rows);
/// # let _ = (figure, bars);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    caption: String,
    kind: Kind,
    folded: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Note,
    Code(String),
    Svg(String),
    Images(Vec<(Image, String)>),
    Sounds(Vec<Sound>),
    Table { head: Vec<String>, rows: Vec<Vec<String>>, bars: Vec<f64> },
}

impl Figure {
    fn new(title: impl Into<String>, caption: impl Into<String>, kind: Kind) -> Self {
        Self { title: title.into(), caption: caption.into(), kind, folded: false }
    }

    /// Words alone, such as why there is nothing to see, or what a model is not for.
    pub fn note(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(title, text, Kind::Note)
    }

    /// A line to copy.
    pub(super) fn code(
        title: impl Into<String>,
        caption: impl Into<String>,
        line: impl Into<String>,
    ) -> Self {
        Self::new(title, caption, Kind::Code(line.into()))
    }

    /// A drawing, such as those of [`plots`](crate::plots). It becomes a part of the page as it is: one of unknown
    /// origin may have scripts in it.
    pub fn svg(
        title: impl Into<String>,
        caption: impl Into<String>,
        svg: impl Into<String>,
    ) -> Self {
        Self::new(title, caption, Kind::Svg(svg.into()))
    }

    /// An image.
    pub fn image(title: impl Into<String>, caption: impl Into<String>, image: Image) -> Self {
        let title = title.into();
        Self::new(title, caption, Kind::Images(vec![(image, String::new())]))
    }

    /// Images, each with what is written below it.
    pub fn images<Text: Into<String>>(
        title: impl Into<String>,
        caption: impl Into<String>,
        images: impl IntoIterator<Item = (Image, Text)>,
    ) -> Self {
        let images = images.into_iter().map(|(image, text)| (image, text.into())).collect();
        Self::new(title, caption, Kind::Images(images))
    }

    /// Sounds to play, each with its image and what is written below it.
    pub fn sounds(
        title: impl Into<String>,
        caption: impl Into<String>,
        sounds: impl IntoIterator<Item = Sound>,
    ) -> Self {
        Self::new(title, caption, Kind::Sounds(sounds.into_iter().collect()))
    }

    /// A table: the names of its columns, and its rows, whose first cell names the row.
    pub fn table<Text: Into<String>, Row: IntoIterator<Item = Text>, Name: Into<String>>(
        title: impl Into<String>,
        caption: impl Into<String>,
        head: impl IntoIterator<Item = Name>,
        rows: impl IntoIterator<Item = Row>,
    ) -> Self {
        let head = head.into_iter().map(Into::into).collect();
        let rows = rows.into_iter().map(|row| row.into_iter().map(Into::into).collect());
        Self::new(title, caption, Kind::Table { head, rows: rows.collect(), bars: Vec::new() })
    }

    /// A table of a name and a number in each row, with a bar as long as the number is, of the largest. The number is
    /// shown as the text beside it.
    pub fn bars<Name: Into<String>, Text: Into<String>>(
        title: impl Into<String>,
        caption: impl Into<String>,
        head: [&str; 2],
        rows: impl IntoIterator<Item = (Name, f64, Text)>,
    ) -> Self {
        let (mut cells, mut bars) = (Vec::new(), Vec::new());
        for (name, number, text) in rows {
            cells.push(vec![name.into(), text.into()]);
            bars.push(number);
        }
        let head = head.map(str::to_owned).to_vec();
        Self::new(title, caption, Kind::Table { head, rows: cells, bars })
    }

    /// The same, shown only to those who open it.
    pub(super) fn folded(self) -> Self {
        Self { folded: true, ..self }
    }

    /// The same, its table with a bar for each row.
    pub(super) fn with_bars(mut self, numbers: Vec<f64>) -> Self {
        if let Kind::Table { bars, .. } = &mut self.kind {
            *bars = numbers;
        }
        self
    }

    /// What the template needs.
    pub(super) fn shown(&self) -> Result<Shown> {
        let mut shown = Shown {
            title: self.title.clone(),
            caption: self.caption.clone(),
            folded: self.folded,
            code: None,
            svg: None,
            width: 0,
            images: Vec::new(),
            table: None,
        };
        match &self.kind {
            Kind::Note => {}
            Kind::Code(line) => shown.code = Some(line.clone()),
            Kind::Svg(svg) => {
                let drawing = Drawing::of(svg).ok_or_else(|| {
                    Error::value(format!("the drawing of `{}` is no SVG", self.title))
                        .operation("report")
                        .hint("it should begin with `<svg` and have a width and a height, as `plots` make it")
                })?;
                shown.width = drawing.width;
                shown.svg = Some(drawing.inline(&self.title));
            }
            Kind::Images(images) => {
                for (image, text) in images {
                    let alt = if text.is_empty() { &self.title } else { text };
                    let image = EmbeddedImage::new(image, alt.clone())?;
                    shown.images.push(Labelled { image, text: text.clone(), sound: None });
                }
            }
            Kind::Sounds(sounds) => {
                for sound in sounds {
                    let image = EmbeddedImage::new(&sound.image, sound.text.clone())?;
                    let (text, sound) = (sound.text.clone(), Some(sound.uri()));
                    shown.images.push(Labelled { image, text, sound });
                }
            }
            Kind::Table { head, rows, bars } => {
                if let Some(row) = rows.iter().find(|row| row.len() != head.len()) {
                    return Err(Error::value(format!(
                        "a row of the table `{}` has {} cells for {} columns",
                        self.title,
                        row.len(),
                        head.len()
                    ))
                    .operation("report"));
                }
                shown.table = Some(Table::new(head, rows, bars));
            }
        }
        Ok(shown)
    }
}

/// A figure as the template has it.
#[derive(Serialize)]
pub(super) struct Shown {
    title: String,
    caption: String,
    folded: bool,
    code: Option<String>,
    svg: Option<String>,
    /// Of the drawing, in pixels.
    width: u32,
    images: Vec<Labelled>,
    table: Option<Table>,
}

/// An image, and what is written below it; of a sound also that.
#[derive(Serialize)]
struct Labelled {
    #[serde(flatten)]
    image: EmbeddedImage,
    text: String,
    sound: Option<String>,
}

#[derive(Serialize)]
struct Table {
    head: Vec<String>,
    rows: Vec<Row>,
    has_bars: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    cells: Vec<Cell>,
    /// The length of its bar in percent.
    bar: f64,
}

#[derive(Serialize)]
struct Cell {
    text: String,
    is_number: bool,
}

impl Table {
    fn new(head: &[String], rows: &[Vec<String>], bars: &[f64]) -> Self {
        let largest = bars.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let row = |(place, row): (usize, &Vec<String>)| {
            let share = bars.get(place).map_or(0.0, |bar| (bar / largest).clamp(0.0, 1.0));
            let cells = row.iter().skip(1).map(|text| Cell {
                is_number: text.starts_with(|first: char| {
                    first.is_ascii_digit() || matches!(first, '−' | '-' | '+' | '<' | '>' | '–')
                }),
                text: text.clone(),
            });
            Row {
                name: row.first().cloned().unwrap_or_default(),
                cells: cells.collect(),
                bar: (share * 1000.0).round() / 10.0,
            }
        };
        Self {
            head: head.to_vec(),
            rows: rows.iter().enumerate().map(row).collect(),
            has_bars: !bars.is_empty(),
        }
    }
}

/// An SVG taken apart.
struct Drawing<'s> {
    width: u32,
    height: u32,
    inside: &'s str,
}

impl<'s> Drawing<'s> {
    fn of(svg: &'s str) -> Option<Self> {
        let (attributes, inside) = svg.trim().strip_prefix("<svg")?.split_once('>')?;
        let side = |name: &str| -> Option<u32> {
            let (_, rest) = attributes.split_once(&format!(" {name}=\""))?;
            rest.split_once('"')?.0.parse().ok()
        };
        inside.ends_with("</svg>").then_some(())?;
        Some(Self { width: side("width")?, height: side("height")?, inside })
    }

    /// As a part of a page: as wide as there is room for, with a name for those who can't see it.
    fn inline(&self, title: &str) -> String {
        let Self { width, height, inside } = self;
        let title = title
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">{inside}"
        )
    }
}
