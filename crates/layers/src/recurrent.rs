//! Layers with a memory: LSTM and GRU, of several layers and in both directions.

use std::fmt;

use plywood_autodiff::{Param, Params, Pass, Var};
use plywood_tensor::{Error, Float, RecurrentUnit, Result, Rng, Shape, Tensor, compiled_here};

use crate::Settings;
use crate::depth::check_layers;
use crate::init::Init;
use crate::module::Module;

/// What a recurrent network gives.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::LSTM;
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let lstm = LSTM::config(2, 3).bidirectional(true).init(&mut Rng::new(Seed(7)))?;
/// let x = Var::constant(Tensor::ones([5, 1, 2])); // 5 steps of one sample
/// let result = lstm.run(&x, None, &mut Pass::eval(&lstm))?;
/// assert_eq!(result.output.shape(), [5, 1, 6].into());
/// assert_eq!(result.hidden.shape(), [2, 1, 3].into());
/// // The state after the last step is where the first direction ends.
/// let last = result.output.narrow(0, 4, 1)?.narrow(2, 0, 3)?;
/// assert_eq!(last.value()?, result.hidden.narrow(0, 0, 1)?.value()?);
/// assert!(result.cells.is_some());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecurrentOutput<T: Float = f32> {
    /// The last layer's states after each step, those of both directions side by side:
    /// `[S, B, directions · H]`, or `[B, S, …]` if the batch is first.
    pub output: Var<T>,
    /// The state of each layer and direction after its last step, `[layers · directions, B, H]`.
    pub hidden: Var<T>,
    /// The same of the cells, in an LSTM.
    pub cells: Option<Var<T>>,
}

/// The settings of an [`LSTM`] or a [`GRU`]; PyTorch's defaults.
///
/// ```
/// use plywood_layers::{GRU, LSTM, Params};
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let gru = GRU::config(4, 5).bias(false).init(&mut rng)?;
/// assert_eq!(gru.parameter_count(), 3 * 5 * (4 + 5)); // 3 gates of 5 units
/// let error = LSTM::config(4, 5).layers(2).dropout(1.5).init(&mut rng).unwrap_err();
/// assert_eq!(error.to_string(), "lstm: the dropout is 1.5; it should be between 0 and 1");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(private)]
pub struct RecurrentConfig<L: fmt::Debug> {
    /// The features of each step.
    inputs: usize,
    /// The hidden units of each layer and direction.
    hidden: usize,
    /// The layers, at most [`MAX_LAYERS`](crate::MAX_LAYERS); each reads what the one before shows.
    #[setting(default = 1, alias = "num_layers")]
    layers: usize,
    /// Whether there are biases.
    #[setting(default = true)]
    bias: bool,
    /// Whether inputs and outputs are `[B, S, …]` instead of `[S, B, …]`.
    #[setting(default = false)]
    batch_first: bool,
    /// The probability with which a training pass sets a state to 0 between layers.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
    /// Whether a second set of units reads the sequence from its end.
    #[setting(default = false)]
    bidirectional: bool,
    /// Which of the two it makes.
    #[setting(default = std::marker::PhantomData, skip)]
    kind: std::marker::PhantomData<L>,
}

/// One layer in one direction. Its names in PyTorch end in the layer's number and direction.
#[derive(Debug, crate::Params)]
struct Direction<T: Float> {
    /// `[G · H, I]`
    weight_ih: Param<T>,
    /// `[G · H, H]`
    weight_hh: Param<T>,
    /// `[G · H]`
    bias_ih: Option<Param<T>>,
    /// `[G · H]`
    bias_hh: Option<Param<T>>,
}

/// What LSTM and GRU share.
#[derive(Clone, Debug)]
struct Network<T: Float> {
    unit: RecurrentUnit,
    /// Layer by layer, and of each the direction forward and, if there is one, backward.
    directions: Vec<Direction<T>>,
    hidden: usize,
    batch_first: bool,
    bidirectional: bool,
    dropout: f64,
}

impl<T: Float> Network<T> {
    fn new<L: fmt::Debug>(
        name: &'static str,
        unit: RecurrentUnit,
        config: &RecurrentConfig<L>,
        rng: &mut Rng,
    ) -> Result<Self> {
        let &RecurrentConfig {
            inputs,
            hidden,
            layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            ..
        } = config;
        let refuse = |message: String| Err(Error::value(message).operation(name));
        if layers == 0 || hidden == 0 {
            return refuse(format!("{layers} layers of {hidden} units have nothing to remember"));
        }
        check_layers(name, layers)?;
        let rows = hidden.saturating_mul(unit.gates());
        let init = Init::Uniform { bound: 1.0 / (hidden as f64).sqrt() };
        let ways = 1 + usize::from(bidirectional);
        let mut directions = Vec::new();
        for index in 0..layers * ways {
            let width = if index < ways { inputs } else { hidden.saturating_mul(ways) };
            let mut param = |dims: &[usize]| -> Result<Param<T>> {
                let shape = Shape::new(dims).map_err(|error| error.operation(name))?;
                Ok(Param::new(init.draw_as(shape, rng)?))
            };
            directions.push(Direction {
                weight_ih: param(&[rows, width])?,
                weight_hh: param(&[rows, hidden])?,
                bias_ih: bias.then(|| param(&[rows])).transpose()?,
                bias_hh: bias.then(|| param(&[rows])).transpose()?,
            });
        }
        Ok(Self { unit, directions, hidden, batch_first, bidirectional, dropout })
    }

    /// The end of the names of direction number `index`.
    fn suffix(&self, index: usize) -> String {
        match self.bidirectional {
            false => format!("_l{index}"),
            true if index.is_multiple_of(2) => format!("_l{}", index / 2),
            true => format!("_l{}_reverse", index / 2),
        }
    }

    fn run(
        &self,
        x: &Var<T>,
        state: &[Option<&Var<T>>],
        pass: &mut Pass<T>,
    ) -> Result<RecurrentOutput<T>> {
        run(self, x, state, pass)
    }

    /// The states `[S, B, H]` of one layer in one direction, the last one `[1, B, H]`, and the last
    /// cells.
    fn direction(
        &self,
        x: &Var<T>,
        direction: &Direction<T>,
        reverse: bool,
        index: usize,
        state: &[Option<&Var<T>>],
        pass: &mut Pass<T>,
    ) -> Result<[Option<Var<T>>; 3]> {
        let (steps, batch) = (x.shape()[0], x.shape()[1]);
        let [weight_ih, weight_hh] =
            [&direction.weight_ih, &direction.weight_hh].map(|param| pass.param(param));
        let [bias_ih, bias_hh] = [&direction.bias_ih, &direction.bias_hh]
            .map(|bias| bias.as_ref().map(|bias| pass.param(bias)));
        let mut first = |place: usize| match state.get(place).copied().flatten() {
            Some(state) => state.narrow(0, index, 1)?.reshape([batch, self.hidden]),
            None => Ok(pass.constant(Tensor::try_full([batch, self.hidden], T::ZERO)?)),
        };
        let h0 = first(0)?;
        let c0 = first(1)?;
        let gates = x.linear(&weight_ih, bias_ih.as_ref())?; // [S, B, G · H]
        let (all, cells) = match self.unit {
            RecurrentUnit::Lstm => {
                let all = gates.lstm(&weight_hh, bias_hh.as_ref(), &h0, &c0, reverse)?;
                (all.narrow(0, 0, steps)?, Some(all.narrow(0, steps, 1)?))
            }
            RecurrentUnit::Gru => (gates.gru(&weight_hh, bias_hh.as_ref(), &h0, reverse)?, None),
        };
        let last = match steps.checked_sub(1) {
            Some(last) => all.narrow(0, if reverse { 0 } else { last }, 1)?,
            None => h0.reshape([1, batch, self.hidden])?,
        };
        Ok([Some(all), Some(last), cells])
    }

    fn name(&self) -> &'static str {
        match self.unit {
            RecurrentUnit::Lstm => "lstm",
            RecurrentUnit::Gru => "gru",
        }
    }
}

compiled_here! {
    fn run<'a, 's: 'a, T>(
        layer: &'a Network<T>,
        x: &'a Var<T>,
        state: &'a [Option<&'s Var<T>>],
        pass: &'a mut Pass<T>,
    ) -> Result<RecurrentOutput<T>> {
        let three = |error: Error| pass.locate(error, &layer.directions[0].weight_ih);
        if x.shape().rank() != 3 {
            let order = if layer.batch_first { "batch, steps" } else { "steps, batch" };
            return Err(three(
                Error::shape(format!("input {} should have axes ({order}, features)", x.shape()))
                    .operation(layer.name()),
            ));
        }
        let ways = 1 + usize::from(layer.bidirectional);
        let mut x = if layer.batch_first { x.transpose(0, 1)? } else { x.clone() };
        let (mut hidden, mut cells) = (Vec::new(), Vec::new());
        for first in (0..layer.directions.len()).step_by(ways) {
            if first > 0 {
                x = x.dropout(layer.dropout, pass)?;
            }
            let mut outputs = Vec::new();
            for index in first..first + ways {
                let direction = &layer.directions[index];
                let reverse = index > first;
                let [output, h, c] = layer
                    .direction(&x, direction, reverse, index, state, pass)
                    .map_err(|error| pass.locate(error, &direction.weight_ih))?;
                outputs.extend(output);
                hidden.extend(h);
                cells.extend(c);
            }
            x = joined(&outputs, 2)?;
        }
        Ok(RecurrentOutput {
            output: if layer.batch_first { x.transpose(0, 1)? } else { x },
            hidden: joined(&hidden, 0)?,
            cells: (!cells.is_empty()).then(|| joined(&cells, 0)).transpose()?,
        })
    }
}

/// One value of several side by side.
fn joined<T: Float>(parts: &[Var<T>], axis: isize) -> Result<Var<T>> {
    match parts {
        [part] => Ok(part.clone()),
        parts => Var::concat(&parts.iter().collect::<Vec<_>>(), axis),
    }
}

impl<T: Float> Params<T> for Network<T> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        let mut fields = Vec::new();
        for (index, direction) in self.directions.iter().enumerate() {
            let suffix = self.suffix(index);
            fields.extend(
                direction.fields().into_iter().map(|(name, field)| (name + &suffix, field)),
            );
        }
        fields
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        let suffixes: Vec<String> =
            (0..self.directions.len()).map(|index| self.suffix(index)).collect();
        let mut fields = Vec::new();
        for (direction, suffix) in self.directions.iter_mut().zip(suffixes) {
            let own = direction.fields_mut().into_iter();
            fields.extend(own.map(|(name, field)| (name + &suffix, field)));
        }
        fields
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        let Self { unit, directions: _, hidden: _, batch_first, bidirectional: _, dropout } = self;
        let named = |name: &str, value: String| (name.to_owned(), value);
        vec![
            named("", format!("{unit:?}").to_uppercase()),
            named("batch_first", batch_first.to_string()),
            named("dropout", format!("{dropout:?}")),
        ]
    }
}

macro_rules! recurrent {
    ($(#[$meta:meta])* $layer:ident $unit:ident $name:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $layer<T: Float = f32>(Network<T>);

        impl $layer {
            /// Makes one with the defaults of [`RecurrentConfig`], to which [`config`](Self::config) leads.
            ///
            /// # Errors
            /// When a size makes no sense, or is larger than memory.
            pub fn new(inputs: usize, hidden: usize, rng: &mut Rng) -> Result<Self> {
                Self::config(inputs, hidden).init(rng)
            }

            /// The settings of one for inputs of so many features, with so many hidden units: each has a
            /// setter, and `init` makes it.
            pub fn config(inputs: usize, hidden: usize) -> RecurrentConfig<Self> {
                RecurrentConfig::new(inputs, hidden)
            }
        }

        impl RecurrentConfig<$layer> {
            /// Makes the layers and draws their first values, all uniform within 1 / √hidden.
            ///
            /// # Errors
            /// When there are no layers or units or too many, or the dropout is no probability.
            pub fn init(&self, rng: &mut Rng) -> Result<$layer> {
                self.init_as(rng)
            }

            /// As [`init`](Self::init), of numbers of any type: those of the `f32` layers before rounding.
            ///
            /// # Errors
            /// As for [`init`](Self::init).
            pub fn init_as<T: Float>(&self, rng: &mut Rng) -> Result<$layer<T>> {
                self.check().map_err(|error| error.operation($name))?;
                Ok($layer(Network::new($name, RecurrentUnit::$unit, self, rng)?))
            }
        }

        impl<T: Float> Params<T> for $layer<T> {
            fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
                self.0.fields()
            }

            fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
                self.0.fields_mut()
            }

            fn own_settings(&self) -> Vec<(String, String)> {
                self.0.own_settings()
            }
        }

        /// The last layer's states after each step, from states (and cells) of 0.
        impl<T: Float> Module<Var<T>, T> for $layer<T> {
            fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
                Ok(self.0.run(x, &[], pass)?.output)
            }
        }
    };
}

recurrent!(
    /// Long short-term memory: units that decide at each step what to forget, what to remember, and
    /// what to show. `[S, B, I]` becomes `[S, B, H]`.
    ///
    /// Parameters have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`,
    /// `weight_ih_l0_reverse`, …; the gates are in the order i, f, g, o.
    ///
    /// Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::LSTM;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let lstm = LSTM::config(8, 16).layers(2).batch_first(true).init(&mut Rng::new(Seed(7)))?;
    /// let sentences = Var::constant(Tensor::ones([3, 10, 8]));
    /// let result = lstm.run(&sentences, None, &mut Pass::eval(&lstm))?;
    /// assert_eq!(result.output.shape(), [3, 10, 16].into());
    /// assert_eq!(result.hidden.shape(), [2, 3, 16].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    LSTM Lstm "lstm"
);

recurrent!(
    /// The gated recurrent unit: like the [`LSTM`], with a gate less and no cells beside the states.
    /// `[S, B, I]` becomes `[S, B, H]`.
    ///
    /// Parameters have PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`,
    /// `weight_ih_l0_reverse`, …; the gates are in the order r, z, n.
    ///
    /// Source: Cho et al., "Learning phrase representations using RNN encoder–decoder" (2014).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{GRU, Params};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut gru = GRU::new(2, 1, &mut Rng::new(Seed(7)))?;
    /// gru.update_parameters(&mut |_, param| param.value_mut().as_mut_slice().fill(0.0));
    /// // Without weights a unit keeps half of its state at each step.
    /// let x = Var::constant(Tensor::ones([3, 1, 2]));
    /// let state = Var::constant(Tensor::from([[[1.0]]]));
    /// let result = gru.run(&x, Some(&state), &mut Pass::eval(&gru))?;
    /// assert_eq!(result.output.value()?, &Tensor::from([[[0.5]], [[0.25]], [[0.125]]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    GRU Gru "gru"
);

impl<T: Float> LSTM<T> {
    /// The states after each step, and the last states and cells; from the given states and cells
    /// `[layers · directions, B, H]`, or from 0.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn run(
        &self,
        x: &Var<T>,
        state: Option<[&Var<T>; 2]>,
        pass: &mut Pass<T>,
    ) -> Result<RecurrentOutput<T>> {
        let [h, c] = state.map_or([None, None], |state| state.map(Some));
        self.0.run(x, &[h, c], pass)
    }
}

impl<T: Float> GRU<T> {
    /// The states after each step, and the last ones; from the given states
    /// `[layers · directions, B, H]`, or from 0.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn run(
        &self,
        x: &Var<T>,
        state: Option<&Var<T>>,
        pass: &mut Pass<T>,
    ) -> Result<RecurrentOutput<T>> {
        self.0.run(x, &[state], pass)
    }
}
