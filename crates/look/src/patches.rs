//! The parts of real images that excite a unit most.

use std::collections::HashSet;

use plywood_datasets::{Dataset, Draw, ImageBatch};
use plywood_tensor::{Error, Result, Tensor};

use crate::lens::Lens;
use crate::receptive::ReceptiveField;

/// A part of a real image that excites a unit.
///
/// ```
/// use plywood_datasets::Digits;
/// use plywood_layers::Conv2d;
/// use plywood_look::{Lens, Patch, top_patches};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::new(1, 1, 3, &mut Rng::new(Seed(7)))?;
/// let patches = top_patches(&Lens::new(&conv), &Digits::embedded()?, "conv2d", &[0], 2)?;
/// let [first, second] = &patches[0][..] else { unreachable!("two of many") };
/// assert!(first.activation >= second.activation);
/// let Patch { at, corner, pixels, .. } = first;
/// assert_eq!(corner, at); // without padding, with a stride of 1
/// assert_eq!(pixels.shape(), [1, 3, 3].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Patch {
    /// The image's index in the data set.
    pub sample: usize,
    /// The row and column in the unit's map; `[0, 0]` where there is no map.
    pub at: [usize; 2],
    /// What the unit answers.
    pub activation: f32,
    /// The top left corner in the image: a row and a column.
    pub corner: [usize; 2],
    /// What the unit sees, `[C, H, W]`: its receptive field, cut off at the image's border.
    pub pixels: Tensor,
}

/// For each of the `channels` of a place in a model, the `count` images of a data set that excite
/// it most, the most exciting first, and of each the part that the unit sees. The data set's images
/// are numbers from 0 to 1.
///
/// So that they show what a channel looks for, and not one image again and again, they are different: no image
/// comes twice for a channel, nor for two of the channels; and a part that hardly differs from a stronger one of the
/// channel (less than 0.015 in the mean over the pixels) is passed over. Where a channel runs out of
/// others, those that excite it less come, among the 16 strongest for each that is asked for; after them,
/// what was passed over.
///
/// ```
/// use plywood_datasets::Digits;
/// use plywood_layers::Conv2d;
/// use plywood_look::{Lens, top_patches};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::new(1, 4, 3, &mut Rng::new(Seed(7)))?;
/// let patches = top_patches(&Lens::new(&conv), &Digits::embedded()?, "conv2d", &[0, 3], 5)?;
/// let most = &patches[1][0]; // of channel 3
/// assert_eq!(most.pixels.shape(), [1, 3, 3].into());
/// assert!(most.activation >= patches[1][4].activation);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks" (2014).
///
/// # Errors
/// When the data can't be read, the model doesn't take its images, or computes nothing of this
/// name with such channels.
pub fn top_patches<D>(
    lens: &Lens<'_>,
    images: &D,
    place: &str,
    channels: &[usize],
    count: usize,
) -> Result<Vec<Vec<Patch>>>
where
    D: Dataset<Batch = ImageBatch>,
{
    const BATCH: usize = 16;
    /// The strongest that are kept for each that is asked for: some are passed over.
    const SPARE: usize = 16;
    let mut best: Vec<Vec<Hit>> = vec![Vec::new(); channels.len()];
    let mut size = None;
    let all: Vec<usize> = (0..images.len()).collect();
    for samples in all.chunks(BATCH) {
        let batch = images.batch(samples, &Draw::evaluation())?;
        let &[_, depth, height, width] = &batch.images.shape()[..] else {
            return Err(Error::shape(format!(
                "{} should be images (N, C, H, W)",
                batch.images.shape()
            ))
            .operation("top_patches"));
        };
        size.get_or_insert([depth, height, width]);
        let view = lens.inspect(&batch.images, Some(place))?;
        let values = view.find(place)?.value.value()?;
        let [units, columns] = units(values, place, channels)?;
        for (row, &sample) in samples.iter().enumerate() {
            for (best, &channel) in best.iter_mut().zip(channels) {
                let plane = values.numel() / samples.len() / units;
                let from = (row * units + channel) * plane;
                let Some(hit) = strongest(&values.as_slice()[from..from + plane], columns) else {
                    continue;
                };
                insert(best, Hit { sample, ..hit }, SPARE * count);
            }
        }
    }
    let Some(size) = size else { return Ok(vec![Vec::new(); channels.len()]) };
    let field = ReceptiveField::of(lens, size, place)?;
    let mut shown = HashSet::new();
    best.iter().map(|hits| different(images, &field, hits, count, &mut shown)).collect()
}

/// Of these hits, so many that look different and are of images that weren't `shown`.
fn different<D>(
    images: &D,
    field: &ReceptiveField,
    hits: &[Hit],
    count: usize,
    shown: &mut HashSet<usize>,
) -> Result<Vec<Patch>>
where
    D: Dataset<Batch = ImageBatch>,
{
    let (mut chosen, mut passed_over) = (Vec::<Patch>::new(), Vec::new());
    for &hit in hits {
        if chosen.len() == count {
            break;
        }
        if shown.contains(&hit.sample) {
            passed_over.push(hit);
            continue;
        }
        let patch = cut(images, field, hit)?;
        match chosen.iter().any(|other| look_the_same(&other.pixels, &patch.pixels)) {
            true => passed_over.push(hit),
            false => {
                shown.insert(hit.sample);
                chosen.push(patch);
            }
        }
    }
    for hit in passed_over.into_iter().take(count - chosen.len()) {
        chosen.push(cut(images, field, hit)?);
    }
    chosen.sort_by(|a, b| b.activation.total_cmp(&a.activation));
    Ok(chosen)
}

/// Whether two parts of images hardly differ.
fn look_the_same(a: &Tensor, b: &Tensor) -> bool {
    const LEAST: f32 = 0.015;
    let pairs = a.as_slice().iter().zip(b.as_slice());
    let difference: f32 = pairs.map(|(a, b)| (a - b).abs()).sum();
    a.shape() == b.shape() && difference < LEAST * a.numel() as f32
}

#[derive(Clone, Copy)]
struct Hit {
    sample: usize,
    at: [usize; 2],
    activation: f32,
}

/// Channels, and columns of a map, of values `[N, C, H, W]` or `[N, C]`.
pub(crate) fn units(values: &Tensor, place: &str, channels: &[usize]) -> Result<[usize; 2]> {
    let (units, columns) = match values.shape()[..] {
        [_, units, _, columns] => (units, columns),
        [_, units] => (units, 1),
        _ => {
            return Err(Error::shape(format!(
                "`{place}` is {}, and should be maps (N, C, H, W) or units (N, C)",
                values.shape()
            ))
            .operation("look"));
        }
    };
    match channels.iter().find(|&&channel| channel >= units) {
        None => Ok([units, columns.max(1)]),
        Some(channel) => {
            Err(Error::index(format!("`{place}` has {units} channels, and no channel {channel}"))
                .operation("look"))
        }
    }
}

/// The largest value of a map, the first of several.
fn strongest(map: &[f32], columns: usize) -> Option<Hit> {
    let (place, &activation) = map
        .iter()
        .enumerate()
        .reduce(|most, next| if next.1.total_cmp(most.1).is_gt() { next } else { most })?;
    Some(Hit { sample: 0, at: [place / columns, place % columns], activation })
}

/// Keeps the `count` strongest, the first of those that are as strong.
fn insert(best: &mut Vec<Hit>, hit: Hit, count: usize) {
    let place = best.partition_point(|other| other.activation.total_cmp(&hit.activation).is_ge());
    best.insert(place, hit);
    best.truncate(count);
}

fn cut<D>(images: &D, field: &ReceptiveField, hit: Hit) -> Result<Patch>
where
    D: Dataset<Batch = ImageBatch>,
{
    let image = images.batch(&[hit.sample], &Draw::evaluation())?.images.squeeze(0)?;
    let Hit { sample, at, activation } = hit;
    let [rows, columns] = field.window(at);
    let pixels = image.narrow(1, rows.start, rows.len())?;
    let pixels = pixels.narrow(2, columns.start, columns.len())?;
    Ok(Patch { sample, at, activation, corner: [rows.start, columns.start], pixels })
}
