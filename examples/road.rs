//! Tells what each pixel in front of a car is.
use plywood::prelude::*;
fn main() -> Result<()> {
    threads::init();
    let args: Vec<String> = std::env::args().collect();
    let seed = Seed(args[2].parse().unwrap());
    let recipe = zoo::recipes::road(&args[1], seed)?;
    plywood_examples::println!("{}\n", recipe.summary()?);
    let folder = &args[3];
    let mut model = recipe.model;
    let run = recipe.trainer.checkpoint_in(folder).fit(&mut model, &recipe.train, &recipe.valid)?;
    if std::env::var_os("PX_VALID_ONLY").is_some() {
        let result = run.evaluate(&model, &recipe.valid)?;
        plywood_examples::println!("valid {result}");
    } else {
        let result = run.evaluate(&model, &recipe.test)?;
        run.write(folder, &model, &result)?;
        plywood_examples::println!("test {result}");
    }
    Ok(())
}
