//! Arrays of numbers: shapes, broadcasting, products, reductions, linear algebra.
//!
//! Shows what everything else is made of.
//!
//! Run it with `cargo run --example tensor`.

use plywood::prelude::*;
use plywood_examples::{finish, println};

fn main() -> Result<()> {
    // Three houses: size in square metres, rooms, distance to the school in kilometres.
    let houses = Tensor::from([[70.0, 2.0, 1.5], [120.0, 5.0, 0.3], [95.0, 3.0, 4.0]]);
    println!("houses {}\n{houses}\n", houses.shape());

    // A row is subtracted from each house: shapes broadcast as in NumPy.
    let mean = houses.mean_axes(&[0])?;
    println!("the mean house {mean}\nwhat each differs by\n{}\n", &houses - &mean);

    // A price for each: a matrix product with one weight for each number.
    let weights = Tensor::from([[2.0], [10.0], [-15.0]]);
    let prices = houses.matmul(&weights)?;
    println!("prices {}\n{prices}\n", prices.shape());

    // The weights again, from houses and prices alone: the smallest sum of squares.
    println!("weights, found\n{}\n", houses.least_squares(&prices)?);

    // Operators panic where shapes don't fit; methods return an error that says why.
    if let Err(error) = houses.matmul(weights.t()) {
        println!("an error that says what is wrong:\n{error}\n");
    }

    // Random numbers are a key and a position: the same seed, the same numbers, on any machine
    // and any number of threads.
    let mut rng = Rng::new(Seed(7));
    let noise: Tensor = rng.normal([2, 4], 0.0, 1.0);
    println!("noise\n{noise}\nas probabilities, row by row\n{}", noise.softmax(1)?);
    finish()
}
