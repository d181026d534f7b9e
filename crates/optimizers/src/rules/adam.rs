//! Adam and AdamW.

use plywood_tensor::{Float, Result, compiled_here};

use crate::Settings;
use crate::by_rule::ByRule;
use crate::rule::{Turn, UpdateRule};

/// What Adam and AdamW share: running means of the gradient and of its square.
struct Moments {
    betas: [f64; 2],
    epsilon: f64,
    amsgrad: bool,
    /// What the gradient gets of the parameter.
    added_decay: f64,
    /// What the parameter loses of itself, in units of the learning rate.
    decoupled_decay: f64,
}

compiled_here! {
    fn update<'m, 't, T>(moments: &'m Moments, turn: Turn<'t, T>) -> Result<()> {
        let (lr, [beta1, beta2]) = (turn.learning_rate, moments.betas);
        // lr / (1 − β₁ᵗ) and √(1 − β₂ᵗ): running means that began at 0 are too small at first.
        let t = turn.steps as f64;
        let [size, root] = [lr / (1.0 - beta1.powf(t)), (1.0 - beta2.powf(t)).sqrt()].map(T::of);
        let [b1, b2, epsilon] = [beta1, beta2, moments.epsilon].map(T::of);
        let (rest1, rest2) = (T::of(1.0 - beta1), T::of(1.0 - beta2));
        let shrink = T::of(1.0 - lr * moments.decoupled_decay);
        let decay = T::of(moments.added_decay);
        let begin = move |x: &mut T, m: &mut T, v: &mut T, g: T| {
            let g = g + decay * *x;
            *x *= shrink;
            *m = b1 * *m + rest1 * g;
            *v = b2 * *v + rest2 * g * g;
        };
        if moments.amsgrad {
            turn.each(|x, [m, v, largest], g| {
                begin(x, m, v, g);
                *largest = largest.maximum(*v);
                *x -= size * *m / (largest.sqrt() / root + epsilon);
            })
        } else {
            turn.each(|x, [m, v], g| {
                begin(x, m, v, g);
                *x -= size * *m / (v.sqrt() / root + epsilon);
            })
        }
    }
}

macro_rules! adam {
    (
        $(#[$doc:meta])* $name:ident, $weight_decay:tt, $decay_doc:tt,
        $decays:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Settings)]
        #[settings(held_by(<T: Float> ByRule<$name, T>, rule))]
        #[non_exhaustive]
        pub struct $name {
            /// How much of the running means of the gradient and of its square is kept.
            #[setting(default = [0.9, 0.999], range = 0.0..1.0, called = "pair of β")]
            pub betas: [f64; 2],
            /// What is added to the root, so that it is never 0.
            #[setting(default = 1e-8, range = 0.0.., called = "ε", alias = "eps")]
            pub epsilon: f64,
            #[doc = $decay_doc]
            #[setting(default = $weight_decay, range = 0.0..)]
            pub weight_decay: f64,
            /// Whether it divides by the largest running mean so far instead of the last.
            ///
            /// Source: Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018).
            #[setting(default = false)]
            pub amsgrad: bool,
        }

        impl<T: Float> UpdateRule<T> for $name {
            fn slots(&self) -> &'static [&'static str] {
                match self.amsgrad {
                    false => &["mean", "square"],
                    true => &["mean", "square", "largest square"],
                }
            }

            fn check_settings(&self) -> Result<()> {
                Settings::check(self)
            }

            fn update(&self, turn: Turn<'_, T>) -> Result<()> {
                let decays: fn(f64) -> (f64, f64) = $decays;
                let (added_decay, decoupled_decay) = decays(self.weight_decay);
                let Self { betas, epsilon, amsgrad, .. } = *self;
                update(&Moments { betas, epsilon, amsgrad, added_decay, decoupled_decay }, turn)
            }
        }

        /// With learning rate 0.001.
        impl Default for ByRule<$name> {
            fn default() -> Self {
                Self::new(1e-3)
            }
        }
    };
}

adam!(
    /// The settings of [Adam](crate::Adam), which has their setters; PyTorch's by default.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_optimizers::{Adam, Optimizer};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut weight = Param::new(Tensor::from([1.0]));
    /// let mut optimizer = Adam::new(0.25).betas([0.9, 0.99]);
    /// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
    /// let loss = pass.param(&weight).sum() * 1000.0; // its gradient is 1000
    /// optimizer.step(&mut weight, &pass.backward(&loss)?)?;
    /// assert!((weight.value().item()? - 0.75).abs() < 1e-6); // 1 − 0.25, whatever the gradient is
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    Adam, 0.0,
    " How much of the parameters is added to their gradients.",
    |decay| (decay, 0.0)
);

adam!(
    /// The settings of [AdamW](crate::AdamW), which has their setters; PyTorch's by default.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_optimizers::{AdamW, Optimizer};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut weight = Param::new(Tensor::from([1.0]));
    /// let mut optimizer = AdamW::new(0.25).weight_decay(0.4);
    /// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
    /// let loss = pass.param(&weight).sum() * 1000.0; // its gradient is 1000
    /// optimizer.step(&mut weight, &pass.backward(&loss)?)?;
    /// assert!((weight.value().item()? - 0.65).abs() < 1e-6); // 1 · (1 − 0.25 · 0.4) − 0.25
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    AdamW, 0.01,
    " How much the parameters shrink in a step, in units of the learning rate.",
    |decay| (0.0, decay)
);
