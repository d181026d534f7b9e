//! What stands on a page: every answer, as the template needs it.

use plywood_tensor::{Result, Tensor};
use plywood_training::EmbeddedImage;
use serde::Serialize;

use super::Page;
use super::embedded::{shrunk, visible};
use super::stages::stages;
use crate::feature_maps::feature_maps;
use crate::filters::first_filters;
use crate::grad_cam::{grad_cam, last_maps};
use crate::heat::{heat, overlay};
use crate::lens::{Place, batch_of_one, image_shape};
use crate::occlusion::Occlusion;
use crate::receptive::ReceptiveField;
use crate::saliency::saliency;

/// The most filters that are shown.
const FILTERS: usize = 128;
/// The longest side of a part of a real image, in pixels.
const PATCH: usize = 96;

#[derive(Serialize)]
pub(super) struct Content {
    title: String,
    image: EmbeddedImage,
    sound: Option<Heard>,
    scores: Vec<Score>,
    classes: usize,
    softmax: bool,
    filters: Option<FilterTiles>,
    stages: Vec<Stage>,
    /// Parts of real images for each channel; 0 when there are none.
    patches: usize,
    data: String,
    evidence: Option<Evidence>,
}

/// A sound to play, and what is written below it.
#[derive(Serialize)]
struct Heard {
    uri: String,
    text: String,
}

#[derive(Serialize)]
struct Score {
    name: String,
    percent: f64,
    text: String,
}

#[derive(Serialize)]
struct FilterTiles {
    layer: String,
    width: usize,
    height: usize,
    colour: bool,
    images: Vec<EmbeddedImage>,
    more: usize,
}

#[derive(Serialize)]
struct Stage {
    heading: &'static str,
    text: &'static str,
    place: String,
    channels: usize,
    rows: usize,
    columns: usize,
    whole: bool,
    /// Columns and rows that a unit sees.
    sees: [usize; 2],
    units: Vec<Unit>,
}

#[derive(Serialize)]
struct Unit {
    channel: usize,
    map: EmbeddedImage,
    made: EmbeddedImage,
    before: String,
    after: String,
    patches: Vec<EmbeddedImage>,
}

#[derive(Serialize)]
struct Evidence {
    name: String,
    score: String,
    lost: String,
    /// Whether the score hardly falls wherever the patch lies.
    hardly: bool,
    side: usize,
    occlusion: EmbeddedImage,
    /// The side of what is shown alone, and the most that it gives.
    window: usize,
    gained: String,
    alone: EmbeddedImage,
    saliency: EmbeddedImage,
    grad_cam: Option<EmbeddedImage>,
    place: String,
    rows: usize,
    columns: usize,
}

/// What can be said of any trained network at the beginning, in the middle and at the end.
const FIRST: [&str; 2] = [
    "Low-level features",
    "A unit here sees a small window, and its channel looks for the same thing at every place: \
     edges in a direction, spots, lines, a colour next to another.",
];
const SECOND: [&str; 2] = [
    "Patterns",
    "This layer sees only what the layers before it answer, so it combines them: edges become \
     corners, curves and textures. Its maps are coarser, and each unit sees more of the image.",
];
const FURTHER: [&str; 2] = [
    "Larger patterns",
    "Combinations of combinations. What a channel answers to becomes more special; many answer at few \
     places only, and most of their maps is black.",
];
const LAST: [&str; 2] = [
    "High-level features",
    "The last maps that have places. Here channels tend to answer to parts of things and to whole \
     things, wherever in the image they are. What is made for such a unit repeats what drives \
     it, again and again: it is what the unit likes, and looks like no photograph.",
];
const ONLY: [&str; 2] = ["The maps", LAST[1]];

pub(super) fn content(page: &Page<'_>) -> Result<Content> {
    let scores = page.lens.scores(&batch_of_one(&page.image)?)?;
    let scores = match scores.shape()[..] {
        [_, classes] if classes > 0 => Some(scores.squeeze(0)?),
        _ => None,
    };
    let places = match &page.places {
        Some(names) => chosen(page, names)?,
        None => stages(page.lens, image_shape(&page.image)?, 5)?,
    };
    let count = places.len();
    let stages = places.into_iter().enumerate().map(|(at, place)| {
        let text = match at {
            _ if count == 1 => ONLY,
            0 => FIRST,
            _ if at + 1 == count => LAST,
            1 => SECOND,
            _ => FURTHER,
        };
        stage(page, &place, text)
    });
    let stages = stages.collect::<Result<Vec<Stage>>>()?;
    let evidence = scores.as_ref().map(|scores| evidence(page, scores)).transpose()?;
    Ok(Content {
        title: page.title.clone(),
        image: EmbeddedImage::new(&visible(&page.image)?, "the image")?,
        sound: page
            .sound
            .as_ref()
            .map(|sound| Heard { uri: sound.uri(), text: sound.text().into() }),
        classes: scores.as_ref().map_or(0, Tensor::numel),
        softmax: scores.as_ref().is_some_and(|scores| scores.numel() > 1),
        scores: scores.as_ref().map_or(Ok(Vec::new()), |scores| answers(page, scores))?,
        filters: filters(page)?,
        stages,
        patches: if page.patches.is_some() { page.patch_count } else { 0 },
        data: page.data.clone(),
        evidence,
    })
}

/// The places of these names.
fn chosen(page: &Page<'_>, names: &[String]) -> Result<Vec<Place>> {
    let all = page.lens.dry_run(image_shape(&page.image)?)?;
    let place = |name: &String| {
        let seen = crate::lens::find(&all, name)?;
        let shape = seen.value.shape();
        match shape.rank() {
            4 => Ok(Place { name: seen.name.clone(), operation: seen.operation, shape }),
            _ => Err(crate::feature_maps::no_map(name, shape)),
        }
    };
    names.iter().map(place).collect()
}

/// The five best classes; the only score, where there is one.
fn answers(page: &Page<'_>, scores: &Tensor) -> Result<Vec<Score>> {
    if scores.numel() == 1 {
        let text = number(scores.as_slice()[0]);
        return Ok(vec![Score { name: page.class_name(0), percent: 100.0, text }]);
    }
    let probabilities = scores.softmax(-1)?;
    let mut order: Vec<(usize, f32)> =
        probabilities.as_slice().iter().copied().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let score = |(class, p): (usize, f32)| {
        let percent = 100.0 * f64::from(p);
        Score { name: page.class_name(class), percent, text: format!("{percent:.1} %") }
    };
    Ok(order.into_iter().take(5).map(score).collect())
}

/// The first layer's filters; none where it has none that can be shown.
fn filters(page: &Page<'_>) -> Result<Option<FilterTiles>> {
    let Ok(filters) = first_filters(page.lens, image_shape(&page.image)?) else {
        return Ok(None);
    };
    let &[count, channels, height, width] = &filters.weight.shape()[..] else { return Ok(None) };
    let shown = count.min(FILTERS);
    let image = |filter| EmbeddedImage::new(&filters.one(filter)?, format!("filter {filter}"));
    Ok(Some(FilterTiles {
        layer: if filters.layer.is_empty() { "the model".into() } else { filters.layer.clone() },
        width,
        height,
        colour: channels == 3,
        images: (0..shown).map(image).collect::<Result<_>>()?,
        more: count - shown,
    }))
}

fn stage(page: &Page<'_>, place: &Place, [heading, text]: [&'static str; 2]) -> Result<Stage> {
    let size = image_shape(&page.image)?;
    let maps = feature_maps(page.lens, &page.image, &place.name)?;
    let channels = maps.liveliest(page.units);
    let made = page.excite.units(page.lens, size, &place.name, &channels)?;
    let patches = match &page.patches {
        Some(find) => find(page.lens, &place.name, &channels)?,
        None => vec![Vec::new(); channels.len()],
    };
    let units = channels.iter().zip(made).zip(patches).map(|((&channel, made), patches)| {
        let patch = |(at, patch): (usize, &crate::Patch)| {
            let alt = format!("real image {} for channel {channel}", at + 1);
            shrunk(&patch.pixels, PATCH, alt)
        };
        let alt = format!("where channel {channel} answers");
        Ok(Unit {
            channel,
            map: EmbeddedImage::new(&maps.image(channel)?, alt)?,
            made: EmbeddedImage::new(
                &visible(&made.pixels)?,
                format!("made for channel {channel}"),
            )?,
            before: number(made.before),
            after: number(made.after),
            patches: patches.iter().enumerate().map(patch).collect::<Result<_>>()?,
        })
    });
    let field = ReceptiveField::of(page.lens, size, &place.name)?;
    let [rows, columns] = field.size();
    Ok(Stage {
        heading,
        text,
        place: place.name.clone(),
        channels: place.shape[1],
        rows: place.shape[2],
        columns: place.shape[3],
        whole: field.is_whole(),
        sees: [columns, rows],
        units: units.collect::<Result<_>>()?,
    })
}

fn evidence(page: &Page<'_>, scores: &Tensor) -> Result<Evidence> {
    let (lens, image) = (page.lens, &page.image);
    let class = match page.class {
        Some(class) => class,
        None => scores.argmax(-1)?.item()? as usize,
    };
    let size = image_shape(image)?;
    let side = (size[1].min(size[2]) / 6).max(1);
    // Steps this small leave no blocks to be seen.
    let step = side.div_ceil(4);
    let lost = Occlusion::new(side).stride(step).map(lens, image, class)?;
    let window = (size[1].min(size[2]) / 3).max(1);
    let alone = Occlusion::new(window).stride(step).alone(lens, image, class)?;
    let score = scores.as_slice()[class];
    let most = lost.max().unwrap_or(0.0);
    let cam = match last_maps(lens, size)? {
        Some(place) => {
            let map = grad_cam(lens, image, &place.name, class)?;
            Some((EmbeddedImage::new(&overlay(image, &map)?, "Grad-CAM")?, place))
        }
        None => None,
    };
    let (cam, place) = cam.unzip();
    let shape = place.as_ref().map(|place| place.shape);
    let saliency = saliency(lens, image, class)?;
    Ok(Evidence {
        name: page.class_name(class),
        score: number(score),
        lost: number(most),
        hardly: most < 0.1 * score,
        side,
        occlusion: EmbeddedImage::new(&overlay(image, &lost)?, "occlusion")?,
        window,
        gained: number(alone.max().unwrap_or(0.0)),
        alone: EmbeddedImage::new(&overlay(image, &alone)?, "parts alone")?,
        saliency: EmbeddedImage::new(&heat(&clipped(&saliency))?, "saliency")?,
        grad_cam: cam,
        place: place.map_or(String::new(), |place| place.name),
        rows: shape.map_or(0, |shape| shape[2]),
        columns: shape.map_or(0, |shape| shape[3]),
    })
}

/// A map whose largest values, one in 200, are cut off: a single one would leave the rest dark.
fn clipped(map: &Tensor) -> Tensor {
    let mut values = map.to_vec();
    values.sort_by(f32::total_cmp);
    let most = values[(values.len() - 1) * 199 / 200];
    if most > 0.0 { map.map(|x| x.min(most)) } else { map.clone() }
}

/// A number with as many digits as a reader wants.
fn number(x: f32) -> String {
    match x.abs() {
        size if size >= 100.0 => format!("{x:.0}"),
        size if size >= 1.0 || size == 0.0 => format!("{x:.1}"),
        size if size >= 0.01 => format!("{x:.2}"),
        _ => format!("{x:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn small_numbers_keep_their_digits() {
        let shown = [-1234.0, 56.78, 0.0, 0.256, -0.00123].map(number);
        assert_eq!(shown, ["-1234", "56.8", "0.0", "0.26", "-1.2e-3"]);
    }
}
