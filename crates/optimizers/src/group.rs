//! Parameters with settings of their own.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use plywood_autodiff::{Param, ParamId};
use plywood_tensor::{Error, Float, Result, Shape};

/// Whether a group has the parameter of this name and shape.
type Fits = dyn Fn(&str, Shape) -> bool + Send + Sync;

/// What makes the optimizer's settings a group's.
type Change<R> = dyn Fn(&mut Group<R>) + Send + Sync;

/// Which parameters a [group](crate::ByRule::group) has.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, SGD, Select};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut model = vec![Param::new(Tensor::from([[1.0]])), Param::new(Tensor::from([1.0]))];
/// let decay = SGD::new(1.0).weight_decay(0.5);
/// let mut optimizer = decay.group(Select::biases_and_norms(), |group| group.rule.weight_decay = 0.0);
/// let mut pass = Pass::train(&model, &mut Rng::new(Seed(7)));
/// let loss = pass.param(&model[0]).add(&pass.param(&model[1]))?.sum() * 0.0;
/// optimizer.step(&mut model, &pass.backward(&loss)?)?;
/// assert_eq!(model[0].value(), &Tensor::from([[0.5]])); // two axes: a weight
/// assert_eq!(model[1].value(), &Tensor::from([1.0])); // one axis: a bias, which stays
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Select {
    what: String,
    fits: Arc<Fits>,
}

impl Select {
    /// Those that `fits` says yes to, by their names, such as `features.0.weight`, and their shapes. `what`
    /// calls them in errors, and is what a checkpoint compares: it should say all that `fits` depends on.
    ///
    /// ```
    /// use plywood_optimizers::{AdamW, Select};
    ///
    /// let embeddings = Select::by("embeddings", |name, shape| {
    ///     name.contains("embedding") && shape.rank() == 2
    /// });
    /// let optimizer = AdamW::new(1e-3).group(embeddings, |group| group.rate = 0.1);
    /// ```
    pub fn by(
        what: impl Into<String>,
        fits: impl Fn(&str, Shape) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { what: what.into(), fits: Arc::new(fits) }
    }

    /// Those whose names end so, such as `.bias`.
    pub fn ending(ending: impl Into<String>) -> Self {
        let ending = ending.into();
        Self::by(format!("names that end in `{ending}`"), move |name, _| name.ends_with(&ending))
    }

    /// Those whose names begin so, such as `features.0.`.
    pub fn beginning(beginning: impl Into<String>) -> Self {
        let beginning = beginning.into();
        Self::by(format!("names that begin with `{beginning}`"), move |name, _| {
            name.starts_with(&beginning)
        })
    }

    /// Those with one axis or none: biases, the scales and shifts of normalisation, and other numbers for
    /// each channel.
    pub fn biases_and_norms() -> Self {
        Self::by("biases and norms", |_, shape| shape.rank() <= 1)
    }
}

/// What they are called.
impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Debug for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Select({})", self.what)
    }
}

/// The settings of a [group](crate::ByRule::group), which begin as the optimizer's.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, SGD, Select};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut model = vec![Param::new(Tensor::from([1.0])), Param::new(Tensor::from([1.0]))];
/// let mut optimizer = SGD::new(0.5).group(Select::beginning("1"), |group| group.rate = 0.5);
/// let mut pass = Pass::train(&model, &mut Rng::new(Seed(7)));
/// let loss = pass.param(&model[0]).add(&pass.param(&model[1]))?.sum(); // gradients of 1
/// optimizer.step(&mut model, &pass.backward(&loss)?)?;
/// assert_eq!(model[0].value(), &Tensor::from([0.5])); // 1 − 0.5
/// assert_eq!(model[1].value(), &Tensor::from([0.75])); // 1 − 0.5 · 0.5
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Group<R> {
    /// What the optimizer's learning rate, which a schedule may set, is multiplied by: 1 at first.
    pub rate: f64,
    /// The rule with its settings.
    pub rule: R,
}

/// A group, and how its settings differ.
#[derive(Clone)]
pub(crate) struct Grouping<R> {
    pub(crate) select: Select,
    change: Arc<Change<R>>,
}

impl<R: Clone> Grouping<R> {
    pub(crate) fn new(
        select: Select,
        change: impl Fn(&mut Group<R>) + Send + Sync + 'static,
    ) -> Self {
        Self { select, change: Arc::new(change) }
    }

    /// The group's settings where the optimizer has these.
    pub(crate) fn of(&self, rule: &R) -> Group<R> {
        let mut group = Group { rate: 1.0, rule: rule.clone() };
        (self.change)(&mut group);
        group
    }
}

impl<R> fmt::Debug for Grouping<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.select.fmt(f)
    }
}

/// The place of each parameter's group; parameters that are in none have no entry.
pub(crate) fn members<T: Float>(
    selects: &[&Select],
    parameters: &[(String, &Param<T>)],
) -> Result<HashMap<ParamId, usize>> {
    let mut members = HashMap::new();
    for (place, select) in selects.iter().enumerate() {
        let before = members.len();
        for (name, param) in parameters {
            if !(select.fits)(name, param.shape()) {
                continue;
            }
            if let Some(other) = members.insert(param.id(), place) {
                return Err(Error::value(format!(
                    "the parameter is in two groups: {}, and {select}",
                    selects[other]
                ))
                .hint("its settings can be those of one")
                .within(name));
            }
        }
        if members.len() == before {
            let names: Vec<&str> = parameters.iter().map(|(name, _)| &name[..]).take(3).collect();
            let more = if parameters.len() > names.len() { ", …" } else { "" };
            return Err(Error::value(format!("no parameter is in the group {select}"))
                .hint(format!("the model's parameters are {}{more}", names.join(", "))));
        }
    }
    Ok(members)
}
