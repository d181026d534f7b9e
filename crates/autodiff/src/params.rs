//! Walking a model: every parameter and buffer by its name.

use std::collections::{BTreeMap, HashSet};

use plywood_tensor::{Float, Result, Tensor, compiled_here};

use crate::param::{Buffer, CloneScope, Param, ParamId};

/// The path of names from the model to where a walk is: `features.0.weight`.
///
/// ```
/// use plywood_autodiff::Name;
///
/// let mut name = Name::default();
/// name.enter("features", |name| {
///     name.enter("0", |name| assert_eq!(name.as_str(), "features.0"));
/// });
/// assert_eq!(name.as_str(), "");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Name(String);

impl Name {
    /// The path as it is written in a state dictionary.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Runs `walk` one field deeper.
    pub fn enter(&mut self, field: &str, walk: impl FnOnce(&mut Self)) {
        let outer = self.0.len();
        if outer > 0 {
            self.0.push('.');
        }
        self.0.push_str(field);
        walk(self);
        self.0.truncate(outer);
    }
}

/// What a walk finds in a model.
///
/// ```
/// use plywood_autodiff::{Buffer, Param, Params, Slot};
/// use plywood_tensor::Tensor;
///
/// let model = Param::new(Tensor::from([1.0]));
/// assert!(matches!(model.slots()[0].1, Slot::Param(_)));
/// let model = Buffer::new(Tensor::from([2.0]));
/// assert_eq!(model.slots()[0].1.value(), Tensor::from([2.0]));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Slot<'a, T: Float = f32> {
    /// Something that is learnt.
    Param(&'a Param<T>),
    /// Something that is kept beside.
    Buffer(&'a Buffer<T>),
}

/// What a walk finds in a model that it may change.
///
/// ```
/// use plywood_autodiff::{Param, Params};
/// use plywood_tensor::Tensor;
///
/// let mut model = vec![Param::new(Tensor::from([1.0])), Param::new(Tensor::from([2.0]))];
/// for (_name, mut slot) in model.slots_mut() {
///     slot.set(Tensor::from([0.0]))?;
/// }
/// assert_eq!(model[1].value(), &Tensor::from([0.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub enum SlotMut<'a, T: Float = f32> {
    /// Something that is learnt.
    Param(&'a mut Param<T>),
    /// Something that is kept beside.
    Buffer(&'a mut Buffer<T>),
}

impl<'a, T: Float> Slot<'a, T> {
    /// The parameter, if it is one.
    pub(crate) fn param(self) -> Option<&'a Param<T>> {
        match self {
            Self::Param(param) => Some(param),
            Self::Buffer(_) => None,
        }
    }

    /// Its value.
    pub fn value(&self) -> Tensor<T> {
        match self {
            Self::Param(param) => param.value().clone(),
            Self::Buffer(buffer) => buffer.value(),
        }
    }
}

impl<T: Float> SlotMut<'_, T> {
    /// Its value.
    pub fn value(&self) -> Tensor<T> {
        match self {
            Self::Param(param) => param.value().clone(),
            Self::Buffer(buffer) => buffer.value(),
        }
    }

    /// Gives it another value.
    ///
    /// # Errors
    /// When the value has another shape.
    pub fn set(&mut self, value: Tensor<T>) -> Result<()> {
        match self {
            Self::Param(param) => param.set(value),
            Self::Buffer(buffer) => buffer.set(value),
        }
    }
}

/// Something with parameters: a layer, a model.
///
/// `#[derive(Params)]` writes it for a struct of layers: each field's name becomes a part of the
/// names of what is inside, as in PyTorch's state dictionaries. It writes `Clone` as well, so that
/// tied parameters stay tied in the copy. `#[params(rename = "layer1")]` gives a field another
/// name, `#[params(setting)]` makes one a [setting](Self::settings), `#[params(skip)]` leaves it out.
/// The trait must be in scope under its own name.
///
/// `T` is the type of the numbers, `f32` where nothing is said. A struct with a type parameter that is a
/// `Float` is `Params` of it; one that has no parameters itself can be `Params` of every type, by
/// `#[params(any_element)]` on the struct.
///
/// ```
/// use plywood_autodiff::{Param, Params};
/// use plywood_tensor::Tensor;
///
/// struct Line {
///     weight: Param,
///     bias: Param,
/// }
///
/// // What `#[derive(Params)]` writes.
/// impl Params for Line {
///     fn fields(&self) -> Vec<(String, &dyn Params)> {
///         vec![("weight".to_string(), &self.weight), ("bias".to_string(), &self.bias)]
///     }
///
///     fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
///         vec![("weight".to_string(), &mut self.weight), ("bias".to_string(), &mut self.bias)]
///     }
/// }
///
/// let line = Line { weight: Param::new(Tensor::zeros([3])), bias: Param::new(Tensor::zeros([1])) };
/// let names: Vec<_> = line.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["weight", "bias"]);
/// assert_eq!(line.parameter_count(), 4);
/// ```
pub trait Params<T: Float = f32> {
    /// What this is made of, by name.
    fn fields(&self) -> Vec<(String, &dyn Params<T>)>;

    /// What this is made of, to change it.
    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)>;

    /// Calls `visit` for each parameter and buffer, in the order of the fields.
    fn visit<'a>(&'a self, name: &mut Name, visit: &mut dyn FnMut(&Name, Slot<'a, T>)) {
        for (field, inner) in self.fields() {
            name.enter(&field, |name| inner.visit(name, visit));
        }
    }

    /// Calls `visit` for each parameter and buffer, to change them.
    fn visit_mut<'a>(&'a mut self, name: &mut Name, visit: &mut dyn FnMut(&Name, SlotMut<'a, T>)) {
        for (field, inner) in self.fields_mut() {
            name.enter(&field, |name| inner.visit_mut(name, visit));
        }
    }

    /// The [settings](Self::settings) that aren't those of [`fields`](Self::fields), by the names that they have
    /// here. What has none is called as this is: the kind of a layer, a plain value.
    fn own_settings(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What the result of a training depends on beside parameters and buffers, by path: the kinds of the layers
    /// (`features.1` is `ReLU`), the plain values in them (`dropout.p` is `0.5`), and fields that are marked
    /// `#[params(setting)]`, as their `Debug` texts. A checkpoint compares them, so that a run goes on only with
    /// the model that it began with.
    ///
    /// ```
    /// use plywood_autodiff::Params;
    ///
    /// let model = [Some(0.5), None];
    /// assert_eq!(Params::<f32>::settings(&model), [("0".to_owned(), "0.5".to_owned())].into());
    /// ```
    fn settings(&self) -> BTreeMap<String, String> {
        settings_of(self.own_settings(), self.fields())
    }

    /// What the derived `Clone` holds while it clones.
    #[doc(hidden)]
    fn clone_scope() -> CloneScope
    where
        Self: Sized,
    {
        CloneScope::open()
    }

    /// Everything that is saved with the model: parameters and buffers by name. Tied parameters
    /// appear under each of their names.
    fn slots(&self) -> Vec<(String, Slot<'_, T>)> {
        let mut slots = Vec::new();
        self.visit(&mut Name::default(), &mut *slots_into(&mut slots));
        slots
    }

    /// As [`slots`](Self::slots), to change them.
    fn slots_mut(&mut self) -> Vec<(String, SlotMut<'_, T>)> {
        let mut slots = Vec::new();
        self.visit_mut(&mut Name::default(), &mut *slots_mut_into(&mut slots));
        slots
    }

    /// The parameters by name; tied ones once, under their first name.
    fn named_parameters(&self) -> Vec<(String, &Param<T>)> {
        parameters_of(self.slots())
    }

    /// How many numbers the model learns; tied ones count once.
    fn parameter_count(&self) -> usize {
        numbers_of(self.slots())
    }

    /// Calls `update` for each parameter, tied ones once, and gives tied ones their common value
    /// afterwards. In between only the place that `update` sees holds the value, so that it can
    /// be changed without a copy.
    fn update_parameters(&mut self, update: &mut dyn FnMut(&str, &mut Param<T>)) {
        update_each(self.slots_mut(), update);
    }

    /// Freezes every parameter at or below `path`, such as `features.0` or `features.0.weight`
    /// (the empty path is the whole model), also where it is tied to, and says how many that are.
    fn freeze(&mut self, path: &str) -> usize {
        change_below(self.slots_mut(), path, Param::freeze)
    }

    /// Lets every parameter at or below `path` be trained again, as [`freeze`](Self::freeze).
    fn unfreeze(&mut self, path: &str) -> usize {
        change_below(self.slots_mut(), path, Param::unfreeze)
    }
}

// What the methods above do once they have walked the model, whatever its type is.

/// What a walk calls.
type Visitor<'s, Slot> = Box<dyn FnMut(&Name, Slot) + 's>;

compiled_here! {
    fn slots_into<'s, 'a: 's, T>(
        slots: &'s mut Vec<(String, Slot<'a, T>)>
    ) -> Visitor<'s, Slot<'a, T>> {
        Box::new(|name, slot| slots.push((name.as_str().to_owned(), slot)))
    }
}

compiled_here! {
    fn slots_mut_into<'s, 'a: 's, T>(
        slots: &'s mut Vec<(String, SlotMut<'a, T>)>
    ) -> Visitor<'s, SlotMut<'a, T>> {
        Box::new(|name, slot| slots.push((name.as_str().to_owned(), slot)))
    }
}

compiled_here! {
    fn parameters_of<'a, T>(slots: Vec<(String, Slot<'a, T>)>) -> Vec<(String, &'a Param<T>)> {
        let mut seen = HashSet::new();
        let params = slots.into_iter().filter_map(|(name, slot)| Some((name, slot.param()?)));
        params.filter(|(_, param)| seen.insert(param.id())).collect()
    }
}

compiled_here! {
    fn numbers_of<'a, T>(slots: Vec<(String, Slot<'a, T>)>) -> usize {
        parameters_of(slots).iter().map(|(_, param)| param.value().numel()).sum()
    }
}

compiled_here! {
    fn update_each<'a, 'u, T>(
        slots: Vec<(String, SlotMut<'a, T>)>,
        update: &'u mut dyn FnMut(&str, &mut Param<T>),
    ) -> () {
        let mut first: Vec<(String, &mut Param<T>)> = Vec::new();
        let mut again: Vec<&mut Param<T>> = Vec::new();
        let mut seen: HashSet<ParamId> = HashSet::new();
        for (name, slot) in slots {
            let SlotMut::Param(param) = slot else { continue };
            match seen.insert(param.id()) {
                true => first.push((name, param)),
                false => again.push(param),
            }
        }
        for param in &mut again {
            *param.value_mut() = Tensor::scalar(T::ZERO);
        }
        for (name, param) in &mut first {
            update(name, param);
        }
        for param in again {
            if let Some((_, original)) = first.iter().find(|(_, p)| p.id() == param.id()) {
                *param.value_mut() = original.value().clone();
            }
        }
    }
}

compiled_here! {
    /// Changes every parameter at or below a path, in all places that it is tied to.
    fn change_below<'a, 'p, T>(
        slots: Vec<(String, SlotMut<'a, T>)>,
        path: &'p str,
        change: fn(&mut Param<T>),
    ) -> usize {
        let mut ids = HashSet::new();
        let mut params = Vec::new();
        for (name, slot) in slots {
            let SlotMut::Param(param) = slot else { continue };
            if is_at_or_below(&name, path) {
                ids.insert(param.id());
            }
            params.push(param);
        }
        for param in params {
            if ids.contains(&param.id()) {
                change(param);
            }
        }
        ids.len()
    }
}

/// Whether a name is the path or of a part of what is there: all names are at or below the empty path, and
/// `conv10.weight` isn't below `conv1`.
///
/// ```
/// use plywood_autodiff::is_at_or_below;
///
/// assert!(is_at_or_below("features.0.weight", "features.0"));
/// assert!(is_at_or_below("features.0.weight", ""));
/// assert!(!is_at_or_below("conv10.weight", "conv1"));
/// ```
pub fn is_at_or_below(name: &str, path: &str) -> bool {
    let path = path.strip_suffix('.').unwrap_or(path);
    match name.strip_prefix(path) {
        Some(rest) => path.is_empty() || rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

compiled_here! {
    fn settings_of<'a, T>(
        own: Vec<(String, String)>,
        fields: Vec<(String, &'a dyn Params<T>)>,
    ) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        collect_settings(own, fields, &mut Name::default(), &mut settings);
        // The kind of the whole has no path.
        settings.remove("");
        settings
    }
}

/// The settings of what is at a path, by their whole paths.
fn collect_settings<T: Float>(
    own: Vec<(String, String)>,
    fields: Vec<(String, &dyn Params<T>)>,
    path: &mut Name,
    settings: &mut BTreeMap<String, String>,
) {
    for (name, value) in own {
        let whole = match (path.as_str(), &name[..]) {
            (path, "") => path.to_owned(),
            ("", name) => name.to_owned(),
            (path, name) => format!("{path}.{name}"),
        };
        settings.insert(whole, value);
    }
    for (field, inner) in fields {
        let (own, fields) = (inner.own_settings(), inner.fields());
        path.enter(&field, |path| collect_settings(own, fields, path, settings));
    }
}

impl<T: Float> Params<T> for Param<T> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        Vec::new()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        Vec::new()
    }

    fn visit<'a>(&'a self, name: &mut Name, visit: &mut dyn FnMut(&Name, Slot<'a, T>)) {
        visit(name, Slot::Param(self));
    }

    fn visit_mut<'a>(&'a mut self, name: &mut Name, visit: &mut dyn FnMut(&Name, SlotMut<'a, T>)) {
        visit(name, SlotMut::Param(self));
    }
}

impl<T: Float> Params<T> for Buffer<T> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        Vec::new()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        Vec::new()
    }

    fn visit<'a>(&'a self, name: &mut Name, visit: &mut dyn FnMut(&Name, Slot<'a, T>)) {
        visit(name, Slot::Buffer(self));
    }

    fn visit_mut<'a>(&'a mut self, name: &mut Name, visit: &mut dyn FnMut(&Name, SlotMut<'a, T>)) {
        visit(name, SlotMut::Buffer(self));
    }
}

/// The same names as what is inside.
impl<T: Float, P: Params<T> + ?Sized> Params<T> for Box<P> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        (**self).fields()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        (**self).fields_mut()
    }

    fn visit<'a>(&'a self, name: &mut Name, visit: &mut dyn FnMut(&Name, Slot<'a, T>)) {
        (**self).visit(name, visit);
    }

    fn visit_mut<'a>(&'a mut self, name: &mut Name, visit: &mut dyn FnMut(&Name, SlotMut<'a, T>)) {
        (**self).visit_mut(name, visit);
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        (**self).own_settings()
    }
}

/// The same names as what is inside, if there is something.
impl<T: Float, P: Params<T>> Params<T> for Option<P> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        self.as_ref().map_or_else(Vec::new, Params::<T>::fields)
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        self.as_mut().map_or_else(Vec::new, Params::<T>::fields_mut)
    }

    fn visit<'a>(&'a self, name: &mut Name, visit: &mut dyn FnMut(&Name, Slot<'a, T>)) {
        if let Some(inner) = self {
            inner.visit(name, visit);
        }
    }

    fn visit_mut<'a>(&'a mut self, name: &mut Name, visit: &mut dyn FnMut(&Name, SlotMut<'a, T>)) {
        if let Some(inner) = self {
            inner.visit_mut(name, visit);
        }
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        self.as_ref().map_or_else(Vec::new, Params::<T>::own_settings)
    }
}

/// Elements are named by their index: `layers.0`.
impl<T: Float, P: Params<T>> Params<T> for Vec<P> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        numbered(self.iter().map(|element| element as &dyn Params<T>))
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        numbered(self.iter_mut().map(|element| element as &mut dyn Params<T>))
    }
}

/// Elements are named by their index: `branches.0`.
impl<T: Float, P: Params<T>, const N: usize> Params<T> for [P; N] {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        numbered(self.iter().map(|element| element as &dyn Params<T>))
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        numbered(self.iter_mut().map(|element| element as &mut dyn Params<T>))
    }
}

fn numbered<P>(elements: impl Iterator<Item = P>) -> Vec<(String, P)> {
    elements.enumerate().map(|(index, element)| (index.to_string(), element)).collect()
}

/// Plain values that stand beside layers in a model have no parameters: they are settings.
macro_rules! settings {
    ($($type:ty),*) => { $(
        impl<T: Float> Params<T> for $type {
            fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
                Vec::new()
            }

            fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
                Vec::new()
            }

            fn own_settings(&self) -> Vec<(String, String)> {
                vec![(String::new(), format!("{self:?}"))]
            }
        }
    )* };
}

settings!((), bool, u8, u32, u64, usize, i32, i64, isize, f32, f64, String, &'static str);
