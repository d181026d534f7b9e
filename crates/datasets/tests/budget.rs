//! Images that are to become larger than memory are errors. The memory budget is the process's, so
//! this test has one of its own.
#![cfg(test)]

use plywood_datasets::transforms::{RandomCrop, Resize, Transform};
use plywood_datasets::{Context, Image, TableInput};
use plywood_tensor::{Result, Tensor, memory};

/// Asserts that an image of so much memory was refused by this operation.
#[track_caller]
fn is_too_large<T>(operation: &str, [amount, budget]: [&str; 2], result: Result<T>) {
    let error = result.err().expect("too large").to_string();
    assert_eq!(
        error,
        format!(
            "{operation}: {amount} of memory asked for, 0 bytes in use, the budget is 1.0 GiB; \
             use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET={budget} or \
             memory::set_budget"
        )
    );
}

#[test]
fn senseless_sizes_are_errors() {
    memory::set_budget(1 << 30);
    let image = Tensor::from([[[0.0, 0.5], [1.0, 0.25]]]);
    let crop = RandomCrop::new(1 << 20).padding(1 << 20);
    is_too_large(
        "random_crop",
        ["4.0 TiB", "4096G"],
        crop.apply(image.clone(), &mut Context::evaluation()),
    );
    let most = (1 << 24) - 1;
    let crop = RandomCrop::new(most).padding(most);
    is_too_large(
        "random_crop",
        ["1.0 PiB", "1048576G"],
        crop.apply(image.clone(), &mut Context::evaluation()),
    );
    let side = 1 << 16;
    is_too_large(
        "resize",
        ["16.0 GiB", "16G"],
        Resize::new(side).apply(image.clone(), &mut Context::evaluation()),
    );
    let input =
        TableInput { numbers: Tensor::ones([1, 1]), categories: Tensor::from([[0_u32, 0]]) };
    is_too_large("one_hot", ["4.0 TiB", "4097G"], input.one_hot(&[1 << 40, 0]));
    assert_eq!(
        input.one_hot(&[usize::MAX, 2]).unwrap_err().to_string(),
        "one_hot: [1, 18446744073709551615] has more elements than memory can address",
    );
    let image = Image::from_unit(&image).unwrap();
    is_too_large("resize", ["16.0 GiB", "16G"], image.fitted(side));
    for side in [side + 1, usize::MAX] {
        assert_eq!(
            image.fitted(side).unwrap_err().to_string(),
            format!(
                "resize: an image [1, 2, 2] (C, H, W) can't become {side}×{side}; \
                 sides must be from 1 to 65536"
            ),
        );
    }
}
