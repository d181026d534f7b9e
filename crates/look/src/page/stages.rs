//! Which places of a model a page shows.

use plywood_tensor::Result;

use crate::lens::{Lens, Place};

/// The last maps of each size, from the first to the last, at most `most` of them. What only brings
/// maps to another size doesn't count, nor do maps that are the scores already, one for each class.
pub(super) fn stages(lens: &Lens<'_>, image: [usize; 3], most: usize) -> Result<Vec<Place>> {
    let places = lens.places(image)?;
    let classes = places.last().and_then(|last| last.shape.get(1).copied());
    let mut stages: Vec<Place> = Vec::new();
    for place in places {
        let &[_, channels, height, width] = &place.shape[..] else { continue };
        let resizes = place.operation.contains("pool") || place.operation.contains("pad");
        let before_any_layer = place.name.starts_with("input.");
        if height * width <= 1 || resizes || before_any_layer || Some(channels) == classes {
            continue;
        }
        match stages.last_mut() {
            Some(last) if last.shape[2..] == place.shape[2..] => *last = place,
            _ => stages.push(place),
        }
    }
    if stages.len() <= most || most < 2 {
        stages.truncate(most);
        return Ok(stages);
    }
    // The first, the last, and those between at even distances.
    let step = (stages.len() - 1) as f64 / (most - 1) as f64;
    let chosen = (0..most).map(|at| stages[(at as f64 * step).round() as usize].clone());
    Ok(chosen.collect())
}
