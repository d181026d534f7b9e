//! The same as `xray` at 64×64: Kermany's X-rays in five folds by patient, from three seeds.
//!
//! Shows how a set is split where a patient has several images: a network that knows a patient's image would know more
//! of the next one than of a stranger's. The folder `chest_xray/train`, as it is published (CC BY 4.0), is looked for
//! in `data`, or in what `PLYWOOD_DATA` or the only argument names. Everything is written to `runs/xray_folds`; each fold
//! has a folder of its own, with a report, and one that is finished is not trained again. It is no diagnosis.
//!
//! Run it with `cargo run --release --example xray_folds`.

use std::path::{Path, PathBuf};

use plywood::prelude::*;
use plywood_examples::xray::{self, Judged};
use plywood_examples::{finish, mean_and_spread, println, progress};
use serde_json::json;

const FOLDER: &str = "runs/xray_folds";
/// Each trains all networks anew; the folds stay.
const SEEDS: [u64; 3] = [7, 8, 9];

fn main() -> Result<()> {
    threads::init();
    let data = xray::data_folder(std::env::args().nth(1).map(PathBuf::from))?;
    let seeds = if plywood_examples::is_smoke_run() { &SEEDS[..1] } else { &SEEDS[..] };
    let about = [(
        "Kermany's X-rays",
        "of children's chests at 64×64, in five folds by patient (CC BY 4.0); this is one of them",
    )];
    let (mut areas, mut sensitivities, mut seconds) = (Vec::new(), Vec::new(), 0.0);
    for &seed in seeds {
        let mut folds: Vec<Judged> = Vec::new();
        for (fold, recipe) in zoo::recipes::xray_folds(&data, Seed(seed))?.into_iter().enumerate() {
            let folder = format!("{FOLDER}/seed-{seed}-fold-{}", fold + 1);
            let command = "cargo run --release --example xray_folds";
            let judged = xray::train(recipe, Path::new(&folder), &about, command)?;
            progress!(
                "seed {seed}, fold {}, {:.0} s\n{}",
                fold + 1,
                judged.seconds,
                judged.lines()?
            );
            seconds += judged.seconds;
            folds.push(judged);
        }
        let of_folds: Vec<f64> = folds.iter().map(|fold| fold.roc.area()).collect();
        let found = folds.iter().map(Judged::sensitivity).collect::<Result<Vec<f64>>>()?;
        println!(
            "seed {seed}: area under the ROC curve {:.4}, sensitivity {:.4} at 95 % specificity, means of {} folds",
            mean_and_spread(&of_folds).0,
            mean_and_spread(&found).0,
            folds.len()
        );
        areas.push(of_folds);
        sensitivities.push(found);
        // After each, so that the seeds which are done count where the others never end.
        plywood_examples::write_metrics(
            FOLDER,
            &json!({
                "aucs": areas,
                "sensitivities_at_95_specificity": sensitivities,
                "seeds": seeds[..areas.len()],
                "seconds": seconds,
            }),
        )?;
    }
    let means = |all: &[Vec<f64>]| -> Vec<f64> {
        all.iter().map(|folds| mean_and_spread(folds).0).collect()
    };
    let (area, spread) = mean_and_spread(&means(&areas));
    let (found, found_spread) = mean_and_spread(&means(&sensitivities));
    println!(
        "\narea {area:.4} ± {spread:.4}, sensitivity {found:.4} ± {found_spread:.4} at 95 % specificity, over seeds\n\n{}\n",
        xray::NO_DIAGNOSIS
    );
    println!("written to {FOLDER}: metrics.json, and a report for each fold");
    finish()
}
