//! The parts of real images that a unit likes best.

use plywood_datasets::Images;
use plywood_layers::{Conv2d, Flatten, ReLU, Sequential};
use plywood_look::{Lens, top_patches};
use plywood_tensor::Tensor;

use crate::support::{conv, linear};

/// Images that are black up to a column of their own and as bright as their number from there on.
fn edges() -> Images {
    let pixels = Tensor::from_fn([20, 1, 12, 12], |at| {
        if at[3] >= column(at[0]) { (10 * at[0]) as u8 } else { 0 }
    });
    Images::new(pixels, vec![0; 20], ["edge"]).unwrap()
}

fn column(sample: usize) -> usize {
    2 + sample % 7
}

#[test]
fn a_vertical_edge_finds_the_vertical_edges() {
    let edge = Tensor::from([[[[-1.0, 1.0], [-1.0, 1.0]]], [[[1.0, -1.0], [1.0, -1.0]]]]);
    let model = Sequential::new().add(conv(&Conv2d::config(1, 2, 2).padding(1), edge)).add(ReLU);
    let patches = top_patches(&Lens::new(&model), &edges(), "0.relu", &[0, 1], 3).unwrap();
    let samples: Vec<usize> = patches[0].iter().map(|patch| patch.sample).collect();
    assert_eq!(samples, [19, 18, 17]);
    for patch in &patches[0] {
        // With a padding of 1 the window of unit x begins at x − 1.
        assert_eq!(patch.at, [1, column(patch.sample)]);
        assert_eq!(patch.corner, [0, column(patch.sample) - 1]);
        let bright = (10 * patch.sample) as f32 / 255.0;
        assert_eq!(patch.pixels, Tensor::from([[[0.0, bright], [0.0, bright]]]));
        assert!((patch.activation - 2.0 * bright).abs() < 1e-6);
    }
    // From bright to dark there is the right border only, where the window is cut off. Images 19 to 17 are shown
    // already.
    let border = &patches[1][0];
    assert_eq!((border.sample, border.at, border.corner), (16, [1, 12], [0, 11]));
    assert_eq!(border.pixels.shape(), [1, 2, 1].into());
}

#[test]
fn what_looks_the_same_is_passed_over_while_there_is_something_else() {
    let mut pixels = Tensor::from_fn([6, 1, 2, 2], |at| 40 * at[0] as u8);
    // 200 and 199 and 198 are one image to an eye.
    pixels.as_mut_slice()[12..16].fill(199);
    pixels.as_mut_slice()[16..20].fill(198);
    let images = Images::new(pixels, vec![0; 6], ["grey"]).unwrap();
    let model =
        Sequential::new().add(conv(&Conv2d::config(1, 1, 1), Tensor::full([1, 1, 1, 1], 1.0)));
    let samples = |count: usize| {
        let patches = top_patches(&Lens::new(&model), &images, "0", &[0], count).unwrap();
        patches[0].iter().map(|patch| patch.sample).collect::<Vec<_>>()
    };
    assert_eq!(samples(1), [5]);
    assert_eq!(samples(3), [5, 2, 1]);
    assert_eq!(samples(5), [5, 3, 2, 1, 0]);
    assert_eq!(samples(9), [5, 3, 4, 2, 1, 0]);
}

#[test]
fn a_unit_without_a_map_sees_whole_images() {
    let weight = Tensor::from_fn([2, 144], |at| if at[0] == 0 { 1.0 } else { -1.0 });
    let model = Sequential::new().add(Flatten).add(linear(weight));
    let lens = Lens::new(&model);
    let patches = top_patches(&lens, &edges(), "1", &[1], 2).unwrap();
    let best = &patches[0][0];
    assert_eq!((best.sample, best.at, best.corner), (0, [0, 0], [0, 0]));
    assert_eq!(best.pixels.shape(), [1, 12, 12].into());
    let text = top_patches(&lens, &edges(), "1", &[2], 2).unwrap_err().to_string();
    assert_eq!(text, "look: `1` has 2 channels, and no channel 2");
}
