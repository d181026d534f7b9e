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
pub(crate) fn members<R, T: Float>(
    groupings: &[Grouping<R>],
    parameters: &[(String, &Param<T>)],
) -> Result<HashMap<ParamId, usize>> {
    let mut members = HashMap::new();
    for (place, Grouping { select, .. }) in groupings.iter().enumerate() {
        let before = members.len();
        for (name, param) in parameters {
            if !(select.fits)(name, param.shape()) {
                continue;
            }
            if let Some(other) = members.insert(param.id(), place) {
                return Err(Error::value(format!(
                    "the parameter is in two groups: {}, and {select}",
                    groupings[other].select
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
