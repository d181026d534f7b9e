//! Learning rates that change while training goes on.

use std::f64::consts::PI;
use std::fmt;

use plywood_tensor::{Error, POSITIVE, Result, check_setting};

use crate::Settings;

/// Where training is.
///
/// ```
/// use plywood_optimizers::Progress;
///
/// let progress = Progress { step: 250, steps_per_epoch: 100, epochs: 5 };
/// assert_eq!((progress.epoch(), progress.total()), (2, 500)); // two epochs are over
/// ```
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
    /// The learning rate of the step that comes next. Of settings that [`check_settings`](Self::check_settings) refuses it
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
    /// let error = OneCycle::new(0.1).warm_up(3.0).check_settings().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "OneCycle: the part of the training that is warm-up is 3; it should be between 0 and 1",
    /// );
    /// ```
    ///
    /// # Errors
    /// When a setting makes no sense, such as a learning rate that is negative or no number.
    fn check_settings(&self) -> Result<()> {
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

impl<F: Fn(u64, u64) -> f64 + Send> Schedule for F {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        self(progress.step, progress.total())
    }

    fn settings(&self) -> String {
        format!("the closure {}", std::any::type_name::<F>())
    }
}

/// Always the same.
///
/// ```
/// use plywood_optimizers::{Constant, Progress, Schedule};
///
/// let schedule = Constant::new(0.1);
/// let rate = |step| schedule.learning_rate(&Progress { step, steps_per_epoch: 10, epochs: 10 });
/// assert_eq!([0, 99].map(rate), [0.1, 0.1]);
/// let error = Constant::new(-0.1).check_settings().unwrap_err();
/// assert_eq!(error.to_string(), "Constant: the learning rate is -0.1; it should be 0 or more");
/// ```
#[derive(Clone, Copy, Debug, Settings)]
pub struct Constant {
    /// The learning rate.
    #[setting(range = 0.0..)]
    learning_rate: f64,
}

impl Schedule for Constant {
    fn learning_rate(&self, _: &Progress) -> f64 {
        self.learning_rate
    }

    fn check_settings(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("Constant"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}

/// Multiplied by a factor every few epochs: PyTorch's `StepLR`.
///
/// ```
/// use plywood_optimizers::{Progress, Schedule, StepDecay};
///
/// let schedule = StepDecay::new(0.1, 30).factor(0.5);
/// let rate = |step| schedule.learning_rate(&Progress { step, steps_per_epoch: 1, epochs: 90 });
/// assert_eq!([29, 30, 60].map(rate), [0.1, 0.05, 0.025]);
/// ```
#[derive(Clone, Copy, Debug, Settings)]
pub struct StepDecay {
    /// The learning rate that it begins with.
    #[setting(range = 0.0.., called = "first learning rate")]
    initial: f64,
    /// The epochs from one step to the next.
    #[setting(range = 1.0.., called = "number of epochs from one step to the next")]
    every: u64,
    /// What the learning rate is multiplied by at each step.
    #[setting(default = 0.1, range = 0.0.., alias = "gamma")]
    factor: f64,
}

impl Schedule for StepDecay {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        self.initial * self.factor.powf((progress.epoch() / self.every.max(1)) as f64)
    }

    fn check_settings(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("StepDecay"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}

/// Multiplied by a factor after certain epochs: PyTorch's `MultiStepLR`.
///
/// ```
/// use plywood_optimizers::{MultiStepDecay, Progress, Schedule};
///
/// let schedule = MultiStepDecay::new(0.1, [30, 60]).factor(0.5);
/// let rate = |step| schedule.learning_rate(&Progress { step, steps_per_epoch: 1, epochs: 90 });
/// assert_eq!([29, 30, 60].map(rate), [0.1, 0.05, 0.025]);
/// ```
#[derive(Clone, Debug, Settings)]
pub struct MultiStepDecay {
    /// The learning rate that it begins with.
    #[setting(range = 0.0.., called = "first learning rate")]
    initial: f64,
    /// The numbers of epochs after which it is multiplied.
    #[setting(from(impl Into<Vec<u64>>, Into::into))]
    milestones: Vec<u64>,
    /// What the learning rate is multiplied by when each of those many epochs are over.
    #[setting(default = 0.1, range = 0.0.., alias = "gamma")]
    factor: f64,
}

impl Schedule for MultiStepDecay {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        let passed = |milestone: &&u64| **milestone <= progress.epoch();
        self.initial * self.factor.powf(self.milestones.iter().filter(passed).count() as f64)
    }

    fn check_settings(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("MultiStepDecay"))
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}

/// Half a cosine wave from `start` at 0 to `end` at 1.
fn cosine(start: f64, end: f64, fraction: f64) -> f64 {
    end + (start - end) * (1.0 + (PI * fraction.clamp(0.0, 1.0)).cos()) / 2.0
}

/// Half a cosine wave down, over the whole training: PyTorch's `CosineAnnealingLR`.
///
/// Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2016).
///
/// ```
/// use plywood_optimizers::{CosineAnnealing, Progress, Schedule};
///
/// let schedule = CosineAnnealing::new(1.0);
/// let rate = |step| schedule.learning_rate(&Progress { step, steps_per_epoch: 10, epochs: 10 });
/// assert_eq!([0, 50, 100].map(rate), [1.0, 0.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Settings)]
pub struct CosineAnnealing {
    /// The learning rate that it begins with.
    #[setting(range = 0.0.., called = "first learning rate")]
    initial: f64,
    /// Where it ends.
    #[setting(default = 0.0, range = 0.0.., called = "last learning rate", alias = "eta_min")]
    lowest: f64,
}

impl Schedule for CosineAnnealing {
    fn learning_rate(&self, progress: &Progress) -> f64 {
        cosine(self.initial, self.lowest, progress.step as f64 / progress.total().max(1) as f64)
    }

    fn check_settings(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("CosineAnnealing"))
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}

/// Up to a maximum and down to almost nothing, both half a cosine wave: PyTorch's `OneCycleLR`.
///
/// Source: Smith and Topin, "Super-convergence" (2017).
///
/// ```
/// use plywood_optimizers::{OneCycle, Progress, Schedule};
///
/// let schedule = OneCycle::new(1.0).warm_up(0.5).divisor(4.0).final_divisor(2.0);
/// let rate = |step| schedule.learning_rate(&Progress { step, steps_per_epoch: 10, epochs: 1 });
/// assert_eq!([0, 4, 9].map(rate), [0.25, 1.0, 0.125]); // up in half of the ten steps
/// ```
#[derive(Clone, Copy, Debug, Settings)]
pub struct OneCycle {
    /// The largest learning rate.
    #[setting(range = 0.0.., called = "largest learning rate", alias = "max_lr")]
    max: f64,
    /// The part of the training in which it rises.
    #[setting(
        default = 0.3,
        range = 0.0..=1.0,
        called = "part of the training that is warm-up",
        alias = "pct_start"
    )]
    warm_up: f64,
    /// How many times as large as at the beginning it becomes.
    #[setting(default = 25.0, range = POSITIVE, alias = "div_factor")]
    divisor: f64,
    /// How many times as small as at the beginning it is at the end.
    #[setting(default = 1e4, range = POSITIVE, alias = "final_div_factor")]
    final_divisor: f64,
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

    fn check_settings(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("OneCycle"))
    }

    fn settings(&self) -> String {
        format!("{self:?}")
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
///
/// A point is a part of the training, from 0 to 1 in rising order, and the learning rate there. Before the
/// first and after the last it stays as it is; of two at one part the first ends a line, and the second begins
/// one.
#[derive(Clone, Debug, Settings)]
pub struct PiecewiseLinear {
    /// The points.
    #[setting(from(impl Into<Vec<(f64, f64)>>, Into::into))]
    points: Vec<(f64, f64)>,
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

    fn check_settings(&self) -> Result<()> {
        let points = || {
            if self.points.is_empty() {
                return Err(Error::value("there are no points").hint("one alone is a constant"));
            }
            for (place, &(part, rate)) in self.points.iter().enumerate() {
                check_setting(&format!("part of the training of point {place}"), part, 0.0..=1.0)?;
                check_setting(&format!("learning rate of point {place}"), rate, 0.0..)?;
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
        format!("{self:?}")
    }
}

/// Another schedule, of which the first steps rise in a straight line: PyTorch's `LinearLR`
/// before it.
///
/// Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
///
/// ```
/// use plywood_optimizers::{Constant, Progress, Schedule, Warmup};
///
/// let schedule = Warmup::new(4, Constant::new(1.0)).start_factor(0.5);
/// let rate = |step| schedule.learning_rate(&Progress { step, steps_per_epoch: 10, epochs: 1 });
/// assert_eq!([0, 2, 4, 9].map(rate), [0.5, 0.75, 1.0, 1.0]);
/// ```
#[derive(Clone, Copy, Settings)]
pub struct Warmup<S: Schedule> {
    /// The steps in which it rises. With 0 there is no warm-up.
    steps: u64,
    /// The part of the other schedule's rate that it begins with.
    #[setting(default = 1.0 / 3.0, range = 0.0..=1.0, called = "part that the warm-up begins with")]
    start_factor: f64,
    /// The other schedule.
    then: S,
}

impl<S: Schedule> fmt::Debug for Warmup<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, start_factor, then } = self;
        f.debug_struct("Warmup")
            .field("steps", steps)
            .field("start_factor", start_factor)
            .field("then", &format_args!("{}", then.settings()))
            .finish()
    }
}

impl<S: Schedule> Warmup<S> {
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

    fn check_settings(&self) -> Result<()> {
        Settings::check(self).map_err(|error| error.operation("Warmup"))?;
        self.then.check_settings()
    }

    fn depends_on_epochs(&self) -> bool {
        self.then.depends_on_epochs()
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}
