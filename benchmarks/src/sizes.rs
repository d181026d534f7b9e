//! The sizes that several workloads have.

use crate::work::Conv;

const fn conv(
    [from, to]: [usize; 2],
    kernel: usize,
    [stride, padding]: [usize; 2],
    size: usize,
    batch: usize,
) -> Conv {
    Conv { from, to, kernel, stride, padding, groups: 1, size, batch, backward: false }
}

pub(crate) const CONVOLUTIONS: [Conv; 15] = [
    // AlexNet
    conv([3, 64], 11, [4, 2], 224, 16),
    conv([64, 192], 5, [1, 2], 27, 16),
    conv([192, 384], 3, [1, 1], 13, 16),
    conv([384, 256], 3, [1, 1], 13, 16),
    conv([256, 256], 3, [1, 1], 13, 16),
    // ResNet-18
    conv([3, 64], 7, [2, 3], 224, 8),
    conv([64, 64], 3, [1, 1], 56, 8),
    conv([64, 128], 3, [2, 1], 56, 8),
    conv([128, 128], 3, [1, 1], 28, 8),
    conv([256, 256], 3, [1, 1], 14, 8),
    conv([512, 512], 3, [1, 1], 7, 8),
    conv([64, 128], 1, [2, 0], 56, 8),
    // Depthwise, as in MobileNet
    Conv { groups: 128, ..conv([128, 128], 3, [1, 1], 56, 8) },
    // One large image, and a batch of them
    conv([3, 64], 3, [1, 0], 256, 1),
    conv([3, 64], 3, [1, 0], 256, 16),
];

/// What both layouts of images are tried on.
pub(crate) const IMAGES: [usize; 4] = [16, 64, 56, 56];
/// `64x64k3@56b8`: channels, kernel, size and batch; the stride, the groups, and a padding that
/// doesn't keep the size, where there are.
pub(crate) fn conv_name(conv: &Conv) -> String {
    let Conv { from, to, kernel, stride, padding, groups, size, batch, .. } = conv;
    let mut name = format!("{from}x{to}k{kernel}");
    let mut also = |letter, value: usize, usual| {
        if value != usual {
            name.push_str(&format!("{letter}{value}"));
        }
    };
    also('s', *stride, 1);
    also('p', *padding, kernel / 2);
    also('g', *groups, 1);
    name + &format!("@{size}b{batch}")
}
