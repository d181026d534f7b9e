//! Two-dimensional convolution.

use plywood_tensor::{
    Conv2dOptions, Float, Result, Rng, Tensor, Window, conv2d, conv2d_input_grad, conv2d_shape,
    conv2d_weight_grad, naive,
};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Site, Var, record_at};

pub(crate) const CONV2D: Declaration = Declaration {
    name: "conv2d",
    equation: "y[o, p] = Σ w[o, c, t] · x[c, p · stride − padding + t · dilation] + b[o]",
    gradient: "dx, dw: the same sum, solved for the other two; db = Σ dy over batch and pixels",
    sample: |rng| {
        let options = options(rng);
        let [c, o] = [(); 2].map(|()| whole(rng, 1, 2));
        let kernel = [whole(rng, 1, 3), whole(rng, 1, 3)];
        let fits = |axis: usize| (kernel[axis] - 1) * options.dilation[axis] + 1;
        let size = |rng: &mut Rng, axis| {
            let least = fits(axis).saturating_sub(2 * options.padding[axis]).max(1);
            whole(rng, least, least + 3)
        };
        let [height, width] = [size(rng, 0), size(rng, 1)];
        let mut inputs = vec![
            normal(rng, &[2, c * options.groups, height, width]),
            normal(rng, &[o * options.groups, c, kernel[0], kernel[1]]),
        ];
        if rng.unit() < 0.7 {
            inputs.push(normal(rng, &[o * options.groups]));
        }
        Sample::new(
            inputs,
            move |inputs, _| inputs[0].conv2d(&inputs[1], inputs.get(2), &options),
            move |inputs| {
                naive::conv2d(&inputs[0], &inputs[1], inputs.get(2), &options)
                    .expect("drawn to fit")
            },
        )
    },
};

fn options(rng: &mut Rng) -> Conv2dOptions {
    let mut pair = |low, high| [whole(rng, low, high), whole(rng, low, high)];
    Conv2dOptions {
        stride: pair(1, 3),
        padding: pair(0, 2),
        dilation: pair(1, 2),
        groups: whole(rng, 1, 2),
        direct: false,
    }
}

impl<T: Float> Var<T> {
    /// Convolves images `[N, C, H, W]` with `weight` `[O, C / groups, KH, KW]` and adds `bias`
    /// `[O]`: the result is `[N, O, H', W']`.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn conv2d(
        &self,
        weight: &Self,
        bias: Option<&Self>,
        options: &Conv2dOptions,
    ) -> Result<Self> {
        let (x_shape, weight_shape, options) = (self.shape(), weight.shape(), *options);
        let (shape, multiply_adds) =
            conv2d_shape(x_shape, weight_shape, bias.map(Self::shape), &options)?;
        let kernel = || {
            let y = conv2d(self.known(), weight.known(), bias.map(Self::known), &options)?;
            // The columns of im2col are made anew in the gradient: they would take many times the
            // memory of the input.
            let x = weight.needs_gradient().then(|| self.known().clone());
            Ok((y, (x, self.needs_gradient().then(|| weight.known().clone()))))
        };
        let has_bias = bias.is_some();
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        let Conv2dOptions { stride, padding, dilation, .. } = options;
        let kernel_size = [weight_shape[2], weight_shape[3]];
        let window = Some(Window { kernel: kernel_size, stride, padding, dilation });
        let site = Site { operation: "conv2d", inputs: &operands, shape, multiply_adds, window };
        record_at(&site, kernel, move |(x, weight), dy, grads| {
            grads.accumulate(0, || {
                let weight: Tensor<T> = weight.expect("saved because the input needs a gradient");
                conv2d_input_grad(&dy, &weight, x_shape, &options)
            })?;
            grads.accumulate(1, || {
                let x: Tensor<T> = x.expect("saved because the weight needs a gradient");
                conv2d_weight_grad(&x, &dy, weight_shape, &options)
            })?;
            if has_bias { grads.accumulate(2, || dy.sum_axes(&[0, 2, 3])) } else { Ok(()) }
        })
    }
}
