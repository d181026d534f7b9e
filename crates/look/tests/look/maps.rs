//! First-layer filters and feature maps.

use plywood_layers::{Conv2d, Flatten, Sequential};
use plywood_look::{FeatureMaps, Lens, feature_maps, first_filters};
use plywood_tensor::{Rng, Seed, Tensor};

use crate::support::{Corner, conv, linear};

#[test]
fn filters_are_the_first_layers_weights() {
    let weight: Tensor = Rng::new(Seed(7)).normal([4, 3, 5, 5], 0.0, 1.0);
    let model = Sequential::new().add(conv(&Conv2d::config(3, 4, 5), weight.clone()));
    let filters = first_filters(&Lens::new(&model), [3, 9, 9]).unwrap();
    assert_eq!((filters.layer.as_str(), &filters.weight), ("0", &weight));
    assert_eq!(filters.one(3).unwrap().shape(), [3, 5, 5]);
    assert!(filters.one(4).is_err());
    // The largest weight is at an end of the range.
    let largest = weight.narrow(0, 3, 1).unwrap().abs().reshape([75]).unwrap().argmax(0).unwrap();
    let byte = filters.one(3).unwrap().pixels().as_slice()[largest.item().unwrap() as usize];
    assert!(byte == 0 || byte == 255, "{byte}");
}

#[test]
fn a_fully_connected_first_layer_has_filters_as_large_as_the_image() {
    let weight: Tensor = Rng::new(Seed(7)).normal([6, 2 * 3 * 4], 0.0, 1.0);
    let model = Sequential::new().add(Flatten).add(linear(weight.clone()));
    let filters = first_filters(&Lens::new(&model), [2, 3, 4]).unwrap();
    assert_eq!(filters.weight, weight.reshape([6, 2, 3, 4]).unwrap());
    assert_eq!(filters.one(5).unwrap().shape(), [1, 3, 4]);
    let none = Sequential::new().add(Flatten);
    assert_eq!(
        first_filters(&Lens::new(&none), [1, 2, 2]).unwrap_err().to_string(),
        "first_filters: the model has no first layer whose weights are images; \
         it should begin with a convolution, or a fully connected layer",
    );
}

#[test]
fn maps_are_what_the_layer_answers_and_the_liveliest_come_first() {
    let model = Corner::new();
    let image = Tensor::from_fn([1, 8, 8], |at| at[2] as f32 / 8.0);
    let lens = Lens::new(&model);
    let maps = feature_maps(&lens, &image, "conv").unwrap();
    assert_eq!(maps.values.shape(), [2, 8, 8].into());
    assert_eq!(maps.values.get(&[0, 3, 3]).unwrap(), 3.0 / 8.0);
    assert_eq!(maps.values.get(&[1, 3, 3]).unwrap(), -3.0 / 8.0);
    assert_eq!(maps.values.get(&[0, 3, 4]).unwrap(), 0.0);
    // Both differ as much; the first comes first.
    assert_eq!(maps.liveliest(5), [0, 1]);
    let even = |at: &[usize]| if at[0] == 2 { at[2] as f32 } else { 9.0 };
    let maps_of_three = FeatureMaps { values: Tensor::from_fn([3, 2, 2], even) };
    assert_eq!(maps_of_three.liveliest(2), [2, 0]);
    assert_eq!(maps.image(0).unwrap().pixels().as_slice()[3], 255);
    // Where all is below 0, 0 is white.
    assert_eq!(maps.image(1).unwrap().pixels().as_slice()[..4], [255, 170, 85, 0]);
    assert!(feature_maps(&lens, &image, "fc").is_err());
}
