//! A quiz on convolutions: how many parameters, which shape comes out, and why.
//!
//! Shows the dry run, which answers such questions without computing anything, and then what a
//! convolution is: one matrix product. Each window of the image is written as a column (im2col),
//! each filter as a row, and their product is the convolution.
//!
//! Run it with `cargo run --example conv_quiz`.

use plywood::prelude::*;
use plywood::tensor::Conv2dOptions;
use plywood_examples::{finish, println};
use serde_json::json;

const FOLDER: &str = "runs/conv_quiz";

struct Question {
    text: &'static str,
    layer: Box<dyn Layer>,
    input: Shape,
}

fn questions() -> Result<[Question; 4]> {
    let mut rng = Rng::new(Seed(7));
    let image = Shape::from([1, 3, 256, 256]);
    Ok([
        Question {
            text: "64 filters of 3×3, stride 1, on 256×256 pixels of 3 colours",
            layer: Box::new(Conv2d::new(3, 64, 3, &mut rng)?),
            input: image,
        },
        Question {
            text: "the same with padding 1",
            layer: Box::new(Conv2d::config(3, 64, 3).padding(1).init(&mut rng)?),
            input: image,
        },
        Question {
            text: "2×2 max pooling of 256×256 pixels of 64 channels",
            layer: Box::new(MaxPool2d::new(2)),
            input: Shape::from([1, 64, 256, 256]),
        },
        Question {
            text: "7×7 pixels of 5 channels, flattened",
            layer: Box::new(Flatten),
            input: Shape::from([1, 5, 7, 7]),
        },
    ])
}

fn main() -> Result<()> {
    let mut answers = Vec::new();
    for Question { text, layer, input } in questions()? {
        let summary = summary(&layer, input)?;
        println!("{text}:\n{summary}\n");
        let output = summary.rows.last().map(|row| row.output.to_vec());
        answers
            .push(json!({ "question": text, "parameters": summary.parameters, "output": output }));
    }

    let Example { image, filters } = small_case()?;
    let columns = im2col(&image, 2)?;
    println!(
        "A small case: an image of 3×3 pixels and 2 channels,{}",
        indented(&image.squeeze(0)?)
    );
    println!("\nand two filters of 2×2 for each of the channels.{}", indented(&filters));
    println!(
        "\nThe 2×2 window fits in 4 places. im2col writes each as a column {}: the 4\n\
         pixels that it covers in one channel above those in the other.{}",
        columns.shape(),
        indented(&columns)
    );
    let rows = filters.reshape([2, 8])?;
    println!("\nEach filter as a row {}:{}", rows.shape(), indented(&rows));
    let product = rows.matmul(&columns)?;
    println!(
        "\nTheir product {}, a row for each filter, a column for each place:{}",
        product.shape(),
        indented(&product)
    );

    let convolution = convolution(&image, &filters)?;
    let difference = (&convolution.reshape([2, 4])? - &product).abs().max().unwrap_or(0.0);
    println!(
        "\nconv2d gives {}: the same numbers in two images of 2×2.{}\n\nThe largest difference is {difference}.",
        convolution.shape(),
        indented(&convolution.squeeze(0)?)
    );
    plywood_examples::write_metrics(
        FOLDER,
        &json!({ "answers": answers, "im2col_difference": difference }),
    )?;
    finish()
}

/// An image `[1, 2, 3, 3]` and filters `[2, 2, 2, 2]` of small whole numbers.
struct Example {
    image: Tensor,
    filters: Tensor,
}

fn small_case() -> Result<Example> {
    let image = Tensor::from_fn([1, 2, 3, 3], |at| (1 + at[1] * 9 + at[2] * 3 + at[3]) as f32);
    // An edge between left and right, and the difference of the two channels.
    let filters = vec![
        1.0, -1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0, //
        -1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 2.0,
    ];
    Ok(Example { image, filters: Tensor::from_vec(filters, [2, 2, 2, 2])? })
}

fn convolution(image: &Tensor, filters: &Tensor) -> Result<Tensor> {
    let [image, filters] = [image, filters].map(|tensor| Var::constant(tensor.clone()));
    Ok(image.conv2d(&filters, None, &Conv2dOptions::default())?.value()?.clone())
}

/// The windows of an image `[1, C, H, W]` as columns: `[C · K · K, places]`, for a window of side
/// K that moves by 1. The library never writes this matrix down: its matrix product reads the
/// windows where they are.
fn im2col(image: &Tensor, side: usize) -> Result<Tensor> {
    let &[1, channels, height, width] = &image.shape()[..] else {
        return Err(Error::shape(format!("{} is not one image", image.shape())));
    };
    let (down, across) = (height - side + 1, width - side + 1);
    Ok(Tensor::from_fn([channels * side * side, down * across], |at| {
        let (channel, tap) = (at[0] / (side * side), at[0] % (side * side));
        let y = at[1] / across + tap / side;
        let x = at[1] % across + tap % side;
        image.as_slice()[(channel * height + y) * width + x]
    }))
}

/// A tensor on lines of its own.
fn indented(tensor: &Tensor) -> String {
    let text = tensor.to_string();
    text.lines().map(|line| format!("\n{}", format!("  {line}").trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_knows_the_answers() {
        let answers = questions().unwrap().map(|Question { layer, input, .. }| {
            let summary = summary(&layer, input).unwrap();
            (summary.parameters, summary.rows[0].output)
        });
        assert_eq!(
            answers,
            [
                (1_792, Shape::from([1, 64, 254, 254])),
                (1_792, Shape::from([1, 64, 256, 256])),
                (0, Shape::from([1, 64, 128, 128])),
                (0, Shape::from([1, 245])),
            ]
        );
    }

    #[test]
    fn a_convolution_is_a_product_with_im2col() {
        let Example { image, filters } = small_case().unwrap();
        let columns = im2col(&image, 2).unwrap();
        assert_eq!(columns.shape(), [8, 4].into());
        // The first window and the last.
        let column = |place: usize| {
            (0..8).map(|row| columns.as_slice()[row * 4 + place]).collect::<Vec<_>>()
        };
        assert_eq!(column(0), [1.0, 2.0, 4.0, 5.0, 10.0, 11.0, 13.0, 14.0]);
        assert_eq!(column(3), [5.0, 6.0, 8.0, 9.0, 14.0, 15.0, 17.0, 18.0]);
        let product = filters.reshape([2, 8]).unwrap().matmul(&columns).unwrap();
        let convolution = convolution(&image, &filters).unwrap();
        assert_eq!(convolution.shape(), [1, 2, 2, 2].into());
        assert_eq!(convolution.as_slice(), product.as_slice());
        assert_eq!(product.as_slice()[..4], [-2.0; 4]);
    }
}
