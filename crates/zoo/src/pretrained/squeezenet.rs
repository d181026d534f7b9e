//! SqueezeNet 1.1 as it was published for Keras: other names, other axes, blue first.

use plywood_layers::StateDict;
use plywood_tensor::{Error, Result, Tensor};

/// The weights under torchvision's names, for images in red, green and blue.
///
/// Theirs are `fire2/squeeze1x1.0` for the weight, `[height, width, in, out]`, and `.1` for the bias.
pub(super) fn renamed(published: StateDict) -> Result<StateDict> {
    let mut state = StateDict::new();
    for (name, value) in published {
        let own = own_name(&name).ok_or_else(|| {
            Error::data(format!("`{name}` is none of SqueezeNet's layers")).operation("load")
        })?;
        let value = match own.ends_with("weight") {
            true => value
                .to_float()
                .and_then(|value| weight(&value, name.starts_with("conv1.")))
                .map_err(|error| error.within(&name))?
                .into(),
            false => value,
        };
        state.insert(own, value);
    }
    Ok(state)
}

fn own_name(name: &str) -> Option<String> {
    let (layer, kind) = name.rsplit_once('.')?;
    let kind = match kind {
        "0" => "weight",
        "1" => "bias",
        _ => return None,
    };
    let layer = match layer {
        "conv1" => "features.0".to_owned(),
        "conv10" => "classifier.1".to_owned(),
        _ => {
            let (fire, part) = layer.strip_prefix("fire")?.split_once('/')?;
            // Between the fire modules there are poolings, which have places but no weights.
            let place = match fire.parse().ok()? {
                fire @ 2..=3_usize => fire + 1,
                fire @ 4..=5 => fire + 2,
                fire @ 6..=9 => fire + 3,
                _ => return None,
            };
            let part = if part == "squeeze1x1" { "squeeze" } else { part };
            format!("features.{place}.{part}")
        }
    };
    Some(format!("{layer}.{kind}"))
}

/// `[height, width, in, out]` to `[out, in, height, width]`; for blue, green and red to red, green
/// and blue if the input is an image.
fn weight(published: &Tensor, of_image: bool) -> Result<Tensor> {
    let turned = published.permute(&[3, 2, 0, 1])?;
    if !of_image || turned.shape()[1] != 3 {
        return Ok(turned);
    }
    Ok(Tensor::from_fn(turned.shape(), |at| {
        turned.get(&[at[0], 2 - at[1], at[2], at[3]]).unwrap_or(f32::NAN)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::squeezenet1_1;
    use plywood_layers::{load_state_dict, state_dict};
    use plywood_tensor::{Rng, Seed};

    /// Their state from ours.
    fn published() -> (StateDict, StateDict) {
        let model = squeezenet1_1([3, 224, 224], 5).init(&mut Rng::new(Seed(7))).unwrap();
        let own = state_dict(&model);
        let fires = (2..10).flat_map(|fire| {
            ["squeeze1x1", "expand1x1", "expand3x3"].map(|part| format!("fire{fire}/{part}"))
        });
        let layers = ["conv1".to_owned(), "conv10".to_owned()].into_iter().chain(fires);
        let theirs = layers.flat_map(|layer| ["0", "1"].map(|kind| format!("{layer}.{kind}")));
        let theirs = theirs.map(|name| {
            let value = &own[&own_name(&name).unwrap()];
            let turned = match value.shape().rank() {
                4 => value.to_float::<f32>().unwrap().permute(&[2, 3, 1, 0]).unwrap().into(),
                _ => value.clone(),
            };
            (name, turned)
        });
        (theirs.collect(), own)
    }

    #[test]
    fn every_layer_has_its_place() {
        let (theirs, own) = published();
        let state = renamed(theirs).unwrap();
        assert_eq!(state.keys().collect::<Vec<_>>(), own.keys().collect::<Vec<_>>());
        for (name, value) in &state {
            if name != "features.0.weight" {
                assert_eq!(*value, own[name], "{name}");
            }
        }
        // Blue has become red.
        let [first, ours] =
            [&state, &own].map(|state| state["features.0.weight"].to_float::<f32>().unwrap());
        assert_eq!(first.get(&[1, 0, 2, 0]).unwrap(), ours.get(&[1, 2, 2, 0]).unwrap());
        let mut model = squeezenet1_1([3, 224, 224], 5).init(&mut Rng::new(Seed(0))).unwrap();
        load_state_dict(&mut model, &state).unwrap();
    }

    #[test]
    fn strangers_are_named() {
        let state = [("fire1/squeeze1x1.0".to_owned(), Tensor::zeros([1]).into())].into();
        let text = renamed(state).unwrap_err().to_string();
        assert_eq!(text, "load: `fire1/squeeze1x1.0` is none of SqueezeNet's layers");
    }
}
