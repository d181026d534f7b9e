//! An optimizer of any rule.

use plywood_autodiff::{Grads, Param, Params};
use plywood_tensor::{Error, Float, Result, check_setting, compiled_here};

use crate::group::{Group, Grouping, Select, members};
use crate::optimizer::{Optimizer, OptimizerState, check_owner};
use crate::rule::{Turn, UpdateRule};

/// An optimizer that changes each parameter by a [rule](UpdateRule), such as [`SGD`](crate::SGD) and
/// [`AdamW`](crate::AdamW).
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, SGD};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut weight = Param::new(Tensor::from([4.0]));
/// let mut optimizer = SGD::new(0.25); // a `ByRule<rules::SGD>`
/// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
/// let loss = pass.param(&weight).square().sum(); // its gradient is 2 · 4
/// optimizer.step(&mut weight, &pass.backward(&loss)?)?;
/// assert_eq!(weight.value(), &Tensor::from([2.0])); // 4 − 0.25 · 8
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ByRule<R, T: Float = f32> {
    pub(crate) rule: R,
    /// None until a schedule has set one.
    learning_rate: Option<f64>,
    groupings: Vec<Grouping<R>>,
    state: OptimizerState<T>,
}

impl<R: UpdateRule + Default> ByRule<R> {
    /// With this learning rate, and the rule's defaults for the rest.
    pub fn new(learning_rate: f64) -> Self {
        Self::of(R::default(), learning_rate)
    }

    /// Where a schedule sets the learning rate: a step before it has done so fails.
    ///
    /// ```
    /// use plywood_optimizers::{CosineAnnealing, Optimizer, Progress, SGD, Schedule};
    ///
    /// let mut optimizer = SGD::scheduled().momentum(0.9);
    /// let schedule = CosineAnnealing::new(0.1);
    /// let progress = Progress { step: 0, steps_per_epoch: 100, epochs: 5 };
    /// optimizer.set_learning_rate(schedule.learning_rate(&progress));
    /// assert_eq!(optimizer.learning_rate(), 0.1);
    /// ```
    pub fn scheduled() -> Self {
        Self::of(R::default(), None)
    }
}

impl<R: UpdateRule> ByRule<R> {
    /// With this rule and this learning rate, or `None` where a schedule sets it.
    pub fn of(rule: R, learning_rate: impl Into<Option<f64>>) -> Self {
        let learning_rate = learning_rate.into();
        Self { rule, learning_rate, groupings: Vec::new(), state: OptimizerState::default() }
    }
}

impl<R, T: Float> ByRule<R, T> {
    /// The same for a model of numbers of another type. What was remembered so far is left behind.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_optimizers::{Optimizer, SGD};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut weight = Param::new(Tensor::from([4.0_f64]));
    /// let mut optimizer = SGD::new(0.1).momentum(0.9).of_numbers::<f64>();
    /// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
    /// let loss = pass.param(&weight).square().sum();
    /// optimizer.step(&mut weight, &pass.backward(&loss)?)?;
    /// assert_eq!(weight.value().item()?, 4.0 - 0.1 * 8.0);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn of_numbers<U: Float>(self) -> ByRule<R, U>
    where
        R: UpdateRule<U>,
    {
        let Self { rule, learning_rate, groupings, state: _ } = self;
        ByRule { rule, learning_rate, groupings, state: OptimizerState::default() }
    }
}

impl<T: Float, R: UpdateRule<T>> ByRule<R, T> {
    /// Gives some parameters settings of their own: `change` changes the optimizer's, at each step, so that
    /// it doesn't matter what is set before and after.
    ///
    /// A step fails, and changes nothing, when a group has no parameter, or a parameter is in two groups.
    ///
    /// ```
    /// use plywood_optimizers::{AdamW, SGD, Select};
    ///
    /// // No weight decay for biases and norms.
    /// let optimizer =
    ///     AdamW::new(1e-3).group(Select::biases_and_norms(), |group| group.rule.weight_decay = 0.0);
    ///
    /// // Fine-tuning: the last layer learns ten times as fast as the others.
    /// let optimizer = SGD::new(1e-3).group(Select::beginning("fc."), |group| group.rate = 10.0);
    /// ```
    #[must_use]
    pub fn group(
        mut self,
        select: Select,
        change: impl Fn(&mut Group<R>) + Send + Sync + 'static,
    ) -> Self {
        self.groupings.push(Grouping::new(select, change));
        self
    }
}

/// A rule of any type, with a group's settings.
trait AnyRule<T: Float> {
    /// What errors begin with.
    fn name(&self) -> String;
    fn slots(&self) -> &'static [&'static str];
    fn check_settings(&self) -> Result<()>;
    fn update(&self, turn: Turn<'_, T>) -> Result<()>;
}

impl<T: Float, R: UpdateRule<T>> AnyRule<T> for R {
    fn name(&self) -> String {
        first_word(format!("{self:?}"))
    }

    fn slots(&self) -> &'static [&'static str] {
        UpdateRule::slots(self)
    }

    fn check_settings(&self) -> Result<()> {
        UpdateRule::check_settings(self)
    }

    fn update(&self, turn: Turn<'_, T>) -> Result<()> {
        UpdateRule::update(self, turn)
    }
}

fn first_word(text: String) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    text[..end.unwrap_or(text.len())].to_owned()
}

/// What a step is of, without the rule's type.
struct Step<'s, T: Float> {
    learning_rate: Option<f64>,
    /// The factor of the learning rate and the rule of the parameters that are in no group, then of each group.
    rules: Vec<(f64, &'s dyn AnyRule<T>)>,
    selects: Vec<&'s Select>,
    state: &'s mut OptimizerState<T>,
}

impl<T: Float> Step<'_, T> {
    /// The learning rate, if it makes sense, and so do all settings.
    fn check(&self) -> Result<f64> {
        let Some(learning_rate) = self.learning_rate else {
            return Err(Error::value("there is no learning rate").hint(
                "it is left to a schedule: give the trainer one, or call `set_learning_rate`",
            ));
        };
        check_setting("learning rate", learning_rate, 0.0..)?;
        let (_, own) = self.rules[0];
        own.check_settings()?;
        for ((rate, rule), select) in self.rules[1..].iter().zip(&self.selects) {
            check_setting("factor of the learning rate", *rate, 0.0..)
                .and_then(|()| check_setting("learning rate", learning_rate * rate, 0.0..))
                .and_then(|()| rule.check_settings())
                .map_err(|error| error.operation(own.name()).at(select))?;
        }
        Ok(learning_rate)
    }

    fn advance(self, model: &mut dyn Params<T>, grads: &Grads<T>) -> Result<()> {
        let learning_rate = self.check()?;
        let Self { rules, selects, state, .. } = self;
        let parameters = model.named_parameters();
        let members = members(&selects, &parameters)?;
        let rule_of = |param: &Param<T>| match members.get(&param.id()) {
            Some(place) => rules[place + 1],
            None => rules[0],
        };
        check_owner(model, &parameters, grads)?;
        for (name, param) in &parameters {
            let (_, rule) = rule_of(param);
            state.check(name, rule.slots(), param, grads).map_err(|error| error.within(name))?;
        }
        let mut result = Ok(());
        model.update_parameters(&mut |name, param| {
            let Some(gradient) = grads.of(param).filter(|_| !param.is_frozen()) else { return };
            if result.is_err() {
                return;
            }
            let (rate, rule) = rule_of(param);
            let mut step = || {
                let own = state.next(name, param.shape(), rule.slots().len())?;
                rule.update(Turn {
                    value: param.value_mut(),
                    slots: &mut own.tensors,
                    gradient,
                    steps: own.steps,
                    learning_rate: learning_rate * rate,
                })
            };
            result = step().map_err(|error| error.within(name));
        });
        result
    }
}

compiled_here! {
    fn advance<'s, 'm, T>(
        step: Step<'s, T>,
        model: &'m mut dyn Params<T>,
        grads: &'m Grads<T>,
    ) -> Result<()> {
        let (_, own) = step.rules[0];
        step.advance(model, grads).map_err(|error| error.operation(own.name()))
    }
}

impl<T: Float, R: UpdateRule<T>> Optimizer<T> for ByRule<R, T> {
    fn step(&mut self, model: &mut dyn Params<T>, grads: &Grads<T>) -> Result<()> {
        let Self { rule, learning_rate, groupings, state } = self;
        let groups: Vec<Group<R>> = groupings.iter().map(|grouping| grouping.of(rule)).collect();
        let mut rules: Vec<(f64, &dyn AnyRule<T>)> = vec![(1.0, rule)];
        rules.extend(groups.iter().map(|group| (group.rate, &group.rule as &dyn AnyRule<T>)));
        let selects = groupings.iter().map(|grouping| &grouping.select).collect();
        advance(Step { learning_rate: *learning_rate, rules, selects, state }, model, grads)
    }

    /// NaN where it is left to a schedule that hasn't set one yet.
    fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or(f64::NAN)
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = Some(learning_rate);
    }

    fn state(&self) -> OptimizerState<T> {
        self.state.clone()
    }

    fn load_state(&mut self, state: OptimizerState<T>) {
        self.state = state;
    }

    fn settings(&self) -> String {
        let mut settings = format!("{:?}", self.rule);
        for grouping in &self.groupings {
            let Group { rate, rule } = grouping.of(&self.rule);
            settings += &format!("; {}: {rate} times the rate, {rule:?}", grouping.select);
        }
        settings
    }
}
