//! Which pixels a score hangs on: occlusion, saliency and Grad-CAM.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Image, Normalize};
use plywood_layers::{Flatten, Module, Params, Sequential};
use plywood_look::{Lens, Occlusion, grad_cam, heat, last_maps, overlay, saliency};
use plywood_tensor::{Result, Rng, Seed, Tensor};

use crate::support::{Corner, linear};

fn in_corner(at: &[usize]) -> bool {
    at[0] < 4 && at[1] < 4
}

#[test]
fn grad_cam_shows_the_corner_that_the_network_looks_at() {
    let model = Corner::new();
    let lens = Lens::new(&model);
    // There are as many maps as classes: they could be the scores.
    assert_eq!(last_maps(&lens, [1, 8, 8]).unwrap().unwrap().name, "input.mul");
    let image = Tensor::full([1, 8, 8], 0.5);
    let map = grad_cam(&lens, &image, "conv.relu", 0).unwrap();
    // The score is a mean of 64 pixels: each has a gradient of 1 / 64.
    let expected = Tensor::from_fn([8, 8], |at| if in_corner(at) { 0.5 / 64.0 } else { 0.0 });
    assert_eq!(map, expected);
    // Nothing speaks for darkness.
    assert_eq!(grad_cam(&lens, &image, "conv.relu", 1).unwrap(), Tensor::zeros([8, 8]));
}

#[test]
fn the_score_drops_exactly_where_the_evidence_is_covered() {
    let model = Corner::new();
    let lens = Lens::new(&model);
    let image = Tensor::full([1, 8, 8], 0.5);
    let black = Occlusion::new(2).stride(2).fill(0.0);
    let map = black.map(&lens, &image, 0).unwrap();
    // Four pixels of 0.5, of 64.
    let drop = 4.0 * 0.5 / 64.0;
    for (pixel, &lost) in map.as_slice().iter().enumerate() {
        let expected = if in_corner(&[pixel / 8, pixel % 8]) { drop } else { 0.0 };
        assert!((lost - expected).abs() < 1e-7, "pixel {pixel}: {lost}, {expected}");
    }
    assert_eq!(black.batch_size(5).map(&lens, &image, 0).unwrap(), map);
    // The mean colour of an even image hides nothing.
    let map = Occlusion::new(2).map(&lens, &image, 0).unwrap();
    assert!(map.as_slice().iter().all(|lost| lost.abs() < 1e-7));
}

/// Two corners of which either will do: hiding one costs nothing.
#[derive(Params)]
struct Either;

impl Module for Either {
    fn forward(&self, x: &Var, _: &mut Pass) -> Result<Var> {
        let corner = |at: usize| x.narrow(2, at, 2)?.narrow(3, at, 2)?.flatten()?.max_axis(-1);
        let corners =
            [corner(0)?.reshape([x.shape()[0], 1])?, corner(6)?.reshape([x.shape()[0], 1])?];
        let best = Var::concat(&[&corners[0], &corners[1]], 1)?.max_axis(-1)?;
        best.reshape([x.shape()[0], 1])
    }
}

#[test]
fn what_is_there_twice_shows_when_it_is_alone() {
    let lens = Lens::new(&Either);
    let image = Tensor::full([1, 8, 8], 0.5);
    let black = Occlusion::new(2).stride(2).fill(0.0);
    let map = black.map(&lens, &image, 0).unwrap();
    assert!(map.as_slice().iter().all(|lost| lost.abs() < 1e-7), "{map}");
    let alone = black.alone(&lens, &image, 0).unwrap();
    let corners = |at: &[usize]| at[0] / 2 == at[1] / 2 && [0, 3].contains(&(at[0] / 2));
    let expected = Tensor::from_fn([8, 8], |at| if corners(at) { 0.5 } else { 0.0 });
    assert_eq!(alone, expected);
}

#[test]
fn a_patch_that_does_not_divide_the_image_covers_its_border_too() {
    let model = Sequential::new().add(Flatten).add(linear(Tensor::ones([1, 7 * 5])));
    let image = Tensor::ones([1, 7, 5]);
    let map = Occlusion::new(3).fill(0.0).map(&Lens::new(&model), &image, 0).unwrap();
    assert!(map.as_slice().iter().all(|&lost| (lost - 9.0).abs() < 1e-4));
}

#[test]
fn the_saliency_of_a_linear_model_is_its_weight() {
    let weight: Tensor = Rng::new(Seed(7)).normal([2, 2 * 3 * 3], 0.0, 1.0);
    let model = Sequential::new().add(Flatten).add(linear(weight.clone()));
    let lens = Lens::new(&model).normalize(Normalize::new([0.5, 0.1], [0.5, 0.25]).unwrap());
    let map = saliency(&lens, &Tensor::full([2, 3, 3], 0.3), 1).unwrap();
    // In pixels from 0 to 1 each channel's weight is divided by its deviation.
    let expected = Tensor::from_fn([3, 3], |at| {
        let of = |channel: usize| weight.get(&[1, channel * 9 + at[0] * 3 + at[1]]).unwrap().abs();
        (of(0) / 0.5).max(of(1) / 0.25)
    });
    for (a, b) in map.as_slice().iter().zip(expected.as_slice()) {
        assert!((a - b).abs() < 1e-5, "{map} {expected}");
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let model = Corner::new();
    let lens = Lens::new(&model);
    let image = Tensor::zeros([1, 8, 8]);
    let texts = [
        saliency(&lens, &image, 2).unwrap_err().to_string(),
        grad_cam(&lens, &image, "conv.rel", 0).unwrap_err().to_string(),
        grad_cam(&lens, &image, "fc", 0).unwrap_err().to_string(),
        Occlusion::new(9).map(&lens, &image, 0).unwrap_err().to_string(),
        saliency(&lens, &Tensor::zeros([8, 8]), 0).unwrap_err().to_string(),
        overlay(&image, &Tensor::zeros([4, 4])).unwrap_err().to_string(),
        heat(&Tensor::zeros([4])).unwrap_err().to_string(),
    ];
    let expected = [
        "look: there is no class 2 of 2",
        "look: the model computes no `conv.rel`; there are conv.relu, conv.mean, conv, input.mul, \
         fc",
        "look: `fc` is [1, 2], which is no map (N, C, H, W); a convolution, or what follows one, \
         gives maps",
        "occlusion: a patch of 9×9 pixels that moves by 5 can't cover an image [1, 8, 8] (C, H, W); \
         the patch should fit the image, and move by at most its side",
        "look: [8, 8] should be an image (C, H, W)",
        "overlay: a map [4, 4] (H, W) can't lie over an image [1, 8, 8] (C, H, W)",
        "heat: [4] should be a map (H, W)",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn heat_is_brightest_where_there_is_most() {
    let map = Tensor::from([[-1.0, 0.0], [1.0, 2.0]]);
    let light = |image: &Image, pixel: usize| -> u32 {
        (0..3).map(|channel| u32::from(image.pixels().as_slice()[channel * 4 + pixel])).sum()
    };
    let image = heat(&map).unwrap();
    assert_eq!(light(&image, 0), light(&image, 1));
    assert!(light(&image, 1) < light(&image, 2) && light(&image, 2) < light(&image, 3));
    let over = overlay(&Tensor::full([3, 2, 2], 0.5), &map).unwrap();
    assert!(light(&over, 1) < light(&over, 3));
    // A map of nothing is dark: there is no division by 0.
    assert_eq!(light(&heat(&Tensor::zeros([2, 2])).unwrap(), 3), light(&image, 0));
}
