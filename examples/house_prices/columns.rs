//! What is computed from the columns of the Ames table before any model sees it.
//!
//! Each number follows from its own row alone, so that nothing is known of other rows.

use plywood::prelude::*;

/// The target.
pub(crate) const PRICE: &str = "Sale_Price";

/// Areas: twice as much is worth so many percents more, not so many dollars.
const AREAS: [&str; 13] = [
    "Lot_Area",
    "Lot_Frontage",
    "First_Flr_SF",
    "Second_Flr_SF",
    "Gr_Liv_Area",
    "Total_Bsmt_SF",
    "Bsmt_Unf_SF",
    "Garage_Area",
    "Mas_Vnr_Area",
    "Wood_Deck_SF",
    "Open_Porch_SF",
    "Enclosed_Porch",
    "Screen_Porch",
];

/// Columns whose categories have an order, worst first.
const CONDITIONS: [&str; 4] = ["Exter_Cond", "Heating_QC", "Bsmt_Cond", "Garage_Cond"];
const CONDITION: [&str; 5] = ["Poor", "Fair", "Typical", "Good", "Excellent"];
const OVERALL: [&str; 9] = [
    "Very_Poor",
    "Poor",
    "Fair",
    "Below_Average",
    "Average",
    "Above_Average",
    "Good",
    "Very_Good",
    "Excellent",
];

/// The houses with columns that are computed from others: logarithms of areas, sums that buyers
/// reckon with, ages instead of years, and grades as numbers.
pub(crate) fn with_computed(houses: &Table) -> Result<Table> {
    let mut table = houses.clone();
    for name in AREAS {
        let logs = houses.numbers(name)?.iter().map(|area| area.ln_1p()).collect();
        table = table.with_numbers(&format!("Log_{name}"), logs)?;
    }

    let sum = |parts: &[(&str, f64)]| -> Result<Vec<f64>> {
        let mut sum = vec![0.0; houses.len()];
        for &(name, weight) in parts {
            for (sum, x) in sum.iter_mut().zip(houses.numbers(name)?) {
                *sum += weight * x;
            }
        }
        Ok(sum)
    };
    let log = |numbers: &[f64]| numbers.iter().map(|x| x.max(0.0).ln_1p()).collect::<Vec<_>>();
    let total = sum(&[("Gr_Liv_Area", 1.0), ("Total_Bsmt_SF", 1.0)])?;
    let finished = sum(&[("Total_Bsmt_SF", 1.0), ("Bsmt_Unf_SF", -1.0)])?;
    let age = sum(&[("Year_Sold", 1.0), ("Year_Built", -1.0)])?;
    let since = sum(&[("Year_Sold", 1.0), ("Year_Remod_Add", -1.0)])?;
    let baths =
        [("Full_Bath", 1.0), ("Half_Bath", 0.5), ("Bsmt_Full_Bath", 1.0), ("Bsmt_Half_Bath", 0.5)];
    for (name, numbers) in [
        ("Log_Total_SF", log(&total)),
        ("Total_SF", total),
        ("Log_Bsmt_Fin_SF", log(&finished)),
        ("Bsmt_Fin_SF", finished),
        ("Log_Age", log(&age)),
        ("Age", age),
        ("Log_Remod_Age", log(&since)),
        ("Remod_Age", since),
        ("Baths", sum(&baths)?),
    ] {
        table = table.with_numbers(name, numbers)?;
    }

    let grades = CONDITIONS.map(|name| (name, &CONDITION[..]));
    for (name, order) in grades.into_iter().chain([("Overall_Cond", &OVERALL[..])]) {
        let grades = houses.categories(name)?.into_iter().map(|grade| {
            // What isn't there, such as a basement, is graded below the worst.
            order
                .iter()
                .position(|known| Some(*known) == grade)
                .map_or(0.0, |place| place as f64 + 1.0)
        });
        table = table.with_numbers(&format!("{name}_Grade"), grades.collect())?;
    }
    Ok(table)
}
