//! Learning rates that change while training goes on.

use std::f64::consts::PI;

use plywood_tensor::{Error, Result};

use crate::rule::check_setting;

/// Where training is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps taken so far.
    pub step: u64,
    /// Steps of one epoch.
    pub steps_per_epoch: u64,
    /// Epochs of the whole training.
    pub epochs: u64,
}

impl Progress {
    /// Steps of the whole training.
    pub fn total(&self) -> u64 {
        // "Until it is stopped" may be more epochs than can be counted.
        self.steps_per_epoch.saturating_mul(self.epochs)
    }

    /// Epochs completed so far.
    pub fn epoch(&self) -> u64 {
        self.step / self.steps_per_epoch.max(1)
    }
}

/// Says how large the learning rate of each step is.
///
/// A closure that takes the steps so far and the steps of the whole training is a schedule:
///
/// ```
/// use plywood_optimizers::{Progress, Schedule};
///
/// let line = |step: u64, of: u64| 0.1 * (1.0 - step as f64 / of as f64);
/// let progress = Progress { step: 150, steps_per_epoch: 100, epochs: 2 };
/// assert_eq!(line.learning_rate(&progress), 0.025);
/// ```
///
/// A checkpoint can't look into a closure: it compares only where it was written.
pub trait Schedule: Send {
    /// The learning rate of the step that comes next. Of settings that [`check`](Self::check) refuses it
    /// may be any number, or none.
    fn learning_rate(&self, progress: &Progress) -> f64;

    /// The learning rate of the step that comes next, where what the run monitors, such as the validation
    /// loss, had these values after each epoch so far. This is what a trainer asks. By default they don't
    /// matter.
    ///
    /// A schedule keeps nothing from step to step: a run that is taken up again has the same rates.
    fn learning_rate_seeing(&self, progress: &Progress, monitored: &[f64]) -> f64 {
        let _ = monitored;
        self.learning_rate(progress)
    }

    /// Refuses settings that make no sense: what a trainer asks before it begins, and a loop of your own
    /// should. By default nothing is refused.
    ///
    /// ```
    /// use plywood_optimizers::{OneCycle, Schedule};
    ///
    /// let error = OneCycle::new(0.1).warm_up(3.0).check().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "OneCycle: the part of the training that is warm-up is 3; it should be between 0 and 1",
    /// );
    /// ```
    ///
    /// # Errors
    /// When a setting makes no sense, such as a learning rate that is negative or no number.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Whether rates depend on how many epochs the whole training has. Of a schedule that says no, a run
    /// that is finished can be given more epochs: its steps so far are those that it would have taken then.
    /// Yes by default, to be on the safe side.
    fn depends_on_epochs(&self) -> bool {
        true
    }

    /// The settings in one line: what a checkpoint compares.
    fn settings(&self) -> String;
}

/// Refuses a rate, or what one is multiplied by, that is negative or no number.
fn check_rate(what: &str, rate: f64) -> Result<()> {
    check_setting(what, rate, 0.0, f64::INFINITY)
}

impl<F: Fn(u64, u64) -> f64 + Send> Schedule for F {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        self(progress.step, progress.total())
    }

    fn settings(&self) -> String {
        format!("the closure {}", std::any::type_name::<F>())
    }
}

/// Always the same.
#[derive(Clone, Copy, Debug)]
pub struct Constant(pub f64);

impl Schedule for Constant {
    fn learning_rate(&self, _: &Progress) -> f64 {
        self.0
    }

    fn check(&self) -> Result<()> {
        check_rate("learning rate", self.0).map_err(|error| error.operation("Constant"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        format!("constant {}", self.0)
    }
}

/// Multiplied by a factor every few epochs: PyTorch's `StepLR`.
#[derive(Clone, Copy, Debug)]
pub struct StepDecay {
    initial: f64,
    every: u64,
    factor: f64,
}

impl StepDecay {
    /// Begins with `initial`, and multiplies it by `factor` after each `every` epochs.
    pub fn new(initial: f64, every: u64, factor: f64) -> Self {
        Self { initial, every, factor }
    }
}

impl Schedule for StepDecay {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        self.initial * self.factor.powf((progress.epoch() / self.every.max(1)) as f64)
    }

    fn check(&self) -> Result<()> {
        let settings = || {
            check_rate("first learning rate", self.initial)?;
            check_rate("factor", self.factor)?;
            check_setting(
                "number of epochs from one step to the next",
                self.every as f64,
                1.0,
                f64::INFINITY,
            )
        };
        settings().map_err(|error| error.operation("StepDecay"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        let Self { initial, every, factor } = self;
        format!("steps from {initial}, times {factor} every {every} epochs")
    }
}

/// Multiplied by a factor after certain epochs: PyTorch's `MultiStepLR`.
#[derive(Clone, Debug)]
pub struct MultiStepDecay {
    initial: f64,
    milestones: Vec<u64>,
    factor: f64,
}

impl MultiStepDecay {
    /// Begins with `initial`, and multiplies it by `factor` when each of `milestones` epochs are
    /// over.
    pub fn new(initial: f64, milestones: impl Into<Vec<u64>>, factor: f64) -> Self {
        Self { initial, milestones: milestones.into(), factor }
    }
}

impl Schedule for MultiStepDecay {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        let passed = |milestone: &&u64| **milestone <= progress.epoch();
        self.initial * self.factor.powf(self.milestones.iter().filter(passed).count() as f64)
    }

    fn check(&self) -> Result<()> {
        check_rate("first learning rate", self.initial)
            .and_then(|()| check_rate("factor", self.factor))
            .map_err(|error| error.operation("MultiStepDecay"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        let Self { initial, milestones, factor } = self;
        format!("steps from {initial}, times {factor} after epochs {milestones:?}")
    }
}

/// Half a cosine wave from `start` at 0 to `end` at 1.
fn cosine(start: f64, end: f64, fraction: f64) -> f64 {
    end + (start - end) * (1.0 + (PI * fraction.clamp(0.0, 1.0)).cos()) / 2.0
}

/// Half a cosine wave down, over the whole training: PyTorch's `CosineAnnealingLR`.
///
/// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2016).
#[derive(Clone, Copy, Debug)]
pub struct CosineAnnealing {
    initial: f64,
    lowest: f64,
}

impl CosineAnnealing {
    /// Begins with `initial` and ends at 0.
    pub fn new(initial: f64) -> Self {
        Self { initial, lowest: 0.0 }
    }

    /// Where it ends.
    #[must_use]
    pub fn lowest(mut self, lowest: f64) -> Self {
        self.lowest = lowest;
        self
    }
}

impl Schedule for CosineAnnealing {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        cosine(self.initial, self.lowest, progress.step as f64 / progress.total().max(1) as f64)
    }

    fn check(&self) -> Result<()> {
        check_rate("first learning rate", self.initial)
            .and_then(|()| check_rate("last learning rate", self.lowest))
            .map_err(|error| error.operation("CosineAnnealing"))
    }

    fn settings(&self) -> String {
        let Self { initial, lowest } = self;
        format!("cosine from {initial} to {lowest}")
    }
}

/// Up to a maximum and down to almost nothing, both half a cosine wave: PyTorch's `OneCycleLR`.
///
/// Source: Smith and Topin, "Super-convergence" (2017).
#[derive(Clone, Copy, Debug)]
pub struct OneCycle {
    max: f64,
    warm_up: f64,
    divisor: f64,
    final_divisor: f64,
}

impl OneCycle {
    /// Begins with `max` / 25, reaches `max` after 30 % of the training, and ends at the
    /// beginning's / 10,000.
    pub fn new(max: f64) -> Self {
        Self { max, warm_up: 0.3, divisor: 25.0, final_divisor: 1e4 }
    }

    /// The part of the training in which it rises, from 0 to 1.
    #[must_use]
    pub fn warm_up(mut self, fraction: f64) -> Self {
        self.warm_up = fraction;
        self
    }
}

impl Schedule for OneCycle {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        let initial = self.max / self.divisor;
        let total = progress.total() as f64;
        let (top, end) = (self.warm_up * total - 1.0, total - 1.0);
        let step = progress.step as f64;
        if step <= top {
            cosine(initial, self.max, if top > 0.0 { step / top } else { 1.0 })
        } else {
            let fraction = if end > top { (step - top) / (end - top) } else { 1.0 };
            cosine(self.max, initial / self.final_divisor, fraction)
        }
    }

    fn check(&self) -> Result<()> {
        check_rate("largest learning rate", self.max)
            .and_then(|()| {
                check_setting("part of the training that is warm-up", self.warm_up, 0.0, 1.0)
            })
            .map_err(|error| error.operation("OneCycle"))
    }

    fn settings(&self) -> String {
        let Self { max, warm_up, divisor, final_divisor } = self;
        format!(
            "one cycle to {max}, rising for {warm_up}, from 1/{divisor} to 1/{final_divisor} of that"
        )
    }
}

/// Straight lines between points: learning rates at parts of the training.
///
/// ```
/// use plywood_optimizers::{PiecewiseLinear, Progress, Schedule};
///
/// let triangle = PiecewiseLinear::new([(0.0, 0.25), (0.25, 1.0), (1.0, 0.25)]);
/// let rate = |step| triangle.learning_rate(&Progress { step, steps_per_epoch: 10, epochs: 4 });
/// assert_eq!([0, 5, 10, 25].map(rate), [0.25, 0.625, 1.0, 0.625]);
/// ```
#[derive(Clone, Debug)]
pub struct PiecewiseLinear {
    points: Vec<(f64, f64)>,
}

impl PiecewiseLinear {
    /// Through these points: a part of the training, from 0 to 1 in rising order, and the learning
    /// rate there. Before the first and after the last it stays as it is; of two at one part the first
    /// ends a line, and the second begins one.
    pub fn new(points: impl Into<Vec<(f64, f64)>>) -> Self {
        Self { points: points.into() }
    }
}

impl Schedule for PiecewiseLinear {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        let now = progress.step as f64 / progress.total().max(1) as f64;
        let next = self.points.iter().position(|&(part, _)| part > now);
        match next {
            Some(0) => self.points[0].1,
            Some(next) => {
                let ((start, from), (end, to)) = (self.points[next - 1], self.points[next]);
                from + (to - from) * (now - start) / (end - start)
            }
            None => self.points.last().map_or(0.0, |&(_, rate)| rate),
        }
    }

    fn check(&self) -> Result<()> {
        let points = || {
            if self.points.is_empty() {
                return Err(Error::value("there are no points").hint("one alone is a constant"));
            }
            for (place, &(part, rate)) in self.points.iter().enumerate() {
                check_setting(&format!("part of the training of point {place}"), part, 0.0, 1.0)?;
                check_rate(&format!("learning rate of point {place}"), rate)?;
            }
            let falls = self.points.windows(2).position(|pair| pair[0].0 > pair[1].0);
            match falls {
                None => Ok(()),
                Some(place) => Err(Error::value(format!(
                    "point {} is at {} of the training, before point {place} at {}",
                    place + 1,
                    self.points[place + 1].0,
                    self.points[place].0
                ))
                .hint("put them in rising order")),
            }
        };
        points().map_err(|error| error.operation("PiecewiseLinear"))
    }

    fn settings(&self) -> String {
        let Self { points } = self;
        let points = points.iter().map(|(part, rate)| format!("{rate} at {part}"));
        format!("straight lines: {}", points.collect::<Vec<_>>().join(", "))
    }
}

/// Another schedule, of which the first steps rise in a straight line: PyTorch's `LinearLR`
/// before it.
///
/// Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
#[derive(Clone, Copy, Debug)]
pub struct Warmup<S> {
    steps: u64,
    start_factor: f64,
    then: S,
}

impl<S: Schedule> Warmup<S> {
    /// Rises for so many steps from a third of what `then` says to all of it. With 0 steps there is no
    /// warm-up.
    pub fn new(steps: u64, then: S) -> Self {
        Self { steps, start_factor: 1.0 / 3.0, then }
    }

    /// The part that it begins with, from 0 to 1.
    #[must_use]
    pub fn start_factor(mut self, factor: f64) -> Self {
        self.start_factor = factor;
        self
    }

    /// What there is of a rate so far.
    fn risen(&self, progress: &Progress, rate: f64) -> f64 {
        if progress.step >= self.steps {
            return rate;
        }
        let risen = progress.step as f64 / self.steps as f64;
        (self.start_factor + (1.0 - self.start_factor) * risen) * rate
    }
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        self.risen(progress, self.then.learning_rate(progress))
    }

    fn learning_rate_seeing(&self, progress: &Progress, monitored: &[f64]) -> f64 {
        self.risen(progress, self.then.learning_rate_seeing(progress, monitored))
    }

    fn check(&self) -> Result<()> {
        check_setting("part that the warm-up begins with", self.start_factor, 0.0, 1.0)
            .map_err(|error| error.operation("Warmup"))?;
        self.then.check()
    }

    fn depends_on_epochs(&self) -> bool {
        self.then.depends_on_epochs()
    }

    fn settings(&self) -> String {
        let Self { steps, start_factor, then } = self;
        format!("{steps} steps of warm-up from {start_factor}, then {}", then.settings())
    }
}
