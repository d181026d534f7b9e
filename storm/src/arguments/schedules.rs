//! Schedules of the learning rate: no epochs, absurd steps, and settings that are no numbers. Rates are
//! numbers, not `Result`s, and mustn't panic either.

use plywood::optimizers::{
    Constant, CosineAnnealing, MultiStepDecay, OneCycle, PiecewiseLinear, Progress,
    ReduceOnPlateau, Schedule, StepDecay, Warmup,
};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("StepDecay", |draw| {
        let [initial, factor] = ["initial", "factor"].map(|name| draw.number(name));
        rates(draw, |draw| StepDecay::new(initial, draw.word("every")).factor(factor))
    }),
    ("MultiStepDecay", |draw| {
        rates(draw, |draw| {
            let milestones: Vec<u64> =
                (0..draw.small("milestones", 3)).map(|_| draw.word("milestone")).collect();
            MultiStepDecay::new(draw.number("initial"), milestones).factor(draw.number("factor"))
        })
    }),
    ("CosineAnnealing", |draw| {
        rates(draw, |draw| {
            CosineAnnealing::new(draw.number("initial")).lowest(draw.number("lowest"))
        })
    }),
    ("OneCycle", |draw| {
        rates(draw, |draw| {
            OneCycle::new(draw.number("max"))
                .warm_up(draw.number("warm-up"))
                .divisor(draw.number("divisor"))
                .final_divisor(draw.number("final divisor"))
        })
    }),
    ("PiecewiseLinear", |draw| {
        rates(draw, |draw| {
            let (at, rate) = (draw.numbers("at", 4), draw.numbers("rates", 4));
            PiecewiseLinear::new(at.into_iter().zip(rate).collect::<Vec<_>>())
        })
    }),
    ("ReduceOnPlateau", |draw| {
        rates(draw, |draw| {
            ReduceOnPlateau::new(draw.number("initial"))
                .factor(draw.number("factor"))
                .patience(draw.word("patience"))
                .threshold(draw.number("threshold"))
                .cooldown(draw.word("cooldown"))
                .lowest(draw.number("lowest"))
                .larger_is_better(draw.flag("larger is better"))
        })
    }),
    ("Warmup", |draw| {
        rates(draw, |draw| {
            let then = Constant::new(draw.number("rate"));
            Warmup::new(draw.word("steps"), then).start_factor(draw.number("start factor"))
        })
    }),
];

/// The rates of some places of some training.
fn rates<S: Schedule>(
    draw: &mut Draw,
    schedule: impl Fn(&mut Draw) -> S,
) -> plywood::tensor::Result<()> {
    let schedule = schedule(draw);
    schedule.settings();
    for _ in 0..4 {
        let progress = Progress {
            step: draw.word("step"),
            steps_per_epoch: draw.word("steps per epoch"),
            epochs: draw.word("epochs"),
        };
        let _ = (schedule.learning_rate(&progress), progress.total(), progress.epoch());
        let monitored = draw.numbers("monitored", 4);
        let _ = schedule.learning_rate_seeing(&progress, &monitored);
    }
    schedule.check_settings()
}
