//! Gradient ascent: the unit answers more, and the image is what it looks for.

use plywood_layers::{Conv2d, Flatten, Linear, ReLU, Sequential};
use plywood_look::{Excite, Lens};
use plywood_tensor::{Rng, Seed, Tensor, threads};

use crate::support::conv;

#[test]
fn a_filter_wants_the_pixels_that_its_weights_have() {
    // Left black and right white; and the reverse.
    let weight =
        Tensor::from_fn([2, 1, 4, 4], |at| if (at[3] < 2) == (at[0] == 0) { -1.0 } else { 1.0 });
    let model = conv(&Conv2d::config(1, 2, 4), weight);
    let excited = Excite::new().units(&Lens::new(&model), [1, 16, 16], "conv2d", &[0, 1]).unwrap();
    for (channel, excited) in excited.iter().enumerate() {
        assert_eq!((excited.channel, excited.pixels.shape()), (channel, [1, 4, 4].into()));
        // Eight pixels of 1 less eight of 0 is the most there can be.
        assert!(excited.before < 1.0 && excited.after > 7.0, "{excited:?}");
        let left = excited.pixels.narrow(2, 0, 2).unwrap().mean();
        assert!((channel == 0) == (left < 0.2), "{left}");
    }
}

#[test]
fn images_without_pixels_are_refused() {
    // It takes images of any size.
    let model = conv(&Conv2d::config(1, 2, 1), Tensor::ones([2, 1, 1, 1]));
    let lens = Lens::new(&model);
    let refused = |excite: Excite, side| {
        excite.units(&lens, [1, side, 4], "conv2d", &[0]).unwrap_err().to_string()
    };
    assert_eq!(
        refused(Excite::new().largest(0), 4),
        "excite: the largest side is 0; it should be 1 or more",
    );
    assert_eq!(refused(Excite::new(), 0), "excite: images [1, 0, 4] (C, H, W) have no pixels",);
}

fn network() -> Sequential {
    let mut rng = Rng::new(Seed(7));
    Sequential::new()
        .add(Conv2d::config(3, 8, 5).stride(2).init(&mut rng).unwrap())
        .add(ReLU)
        .add(Conv2d::config(8, 6, 3).init(&mut rng).unwrap())
        .add(ReLU)
        .add(Flatten)
        .add(Linear::config(6 * 12 * 12, 4).init(&mut rng).unwrap())
}

#[test]
fn every_layer_can_be_excited_and_the_same_seed_gives_the_same_bytes() {
    let model = network();
    let lens = Lens::new(&model);
    for (place, side) in [("0", 5), ("0.relu", 5), ("2.relu", 9), ("5", 32)] {
        let excite = |seed| {
            let excite = Excite::new().steps(40).seed(Seed(seed));
            excite.units(&lens, [3, 32, 32], place, &[0, 1, 2, 3]).unwrap()
        };
        let (first, other) = (excite(1), excite(2));
        let one_thread = {
            let model = network();
            threads::with(1, || {
                let excite = Excite::new().steps(40).seed(Seed(1));
                excite.units(&Lens::new(&model), [3, 32, 32], place, &[0, 1, 2, 3]).unwrap()
            })
            .unwrap()
        };
        for row in 0..4 {
            let excited = &first[row];
            assert!(excited.after > excited.before, "{place}: {excited:?}");
            // A score may stay below 0; what a filter answers doesn't.
            assert!(place == "5" || excited.after > 0.0, "{place}: {excited:?}");
            assert_eq!(excited.pixels.shape(), [3, side, side].into(), "{place}");
            assert_eq!(excited.pixels, one_thread[row].pixels);
            assert_ne!(excited.pixels, other[row].pixels);
            let (low, high) = (excited.pixels.min().unwrap(), excited.pixels.max().unwrap());
            assert!(low >= 0.0 && high <= 1.0);
        }
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let model = network();
    let lens = Lens::new(&model);
    let refusal = |place: &str, channel: usize| {
        Excite::new().units(&lens, [3, 32, 32], place, &[channel]).unwrap_err().to_string()
    };
    assert_eq!(refusal("2", 6), "look: `2` has 6 channels, and no channel 6");
    assert_eq!(
        refusal("7", 0),
        "look: the model computes no `7`; there are 0, 0.relu, 2, 2.relu, 2.reshape, 5",
    );
    assert!(Excite::new().units(&lens, [3, 32, 32], "2", &[]).unwrap().is_empty());
}
