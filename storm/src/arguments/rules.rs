//! What comes before the numbers: rules of shapes, checks of settings, threads that are started, and what
//! operations of one's own call.

use std::sync::mpsc::sync_channel;

use plywood::autodiff::{
    OperandGrads, Operands, Operation, Param, Pass, SlotMut, Var, VarGrads, gradcheck_model,
    gradgradcheck,
};
use plywood::layers::{Init, Linear, Module, gradcheck_module, summary_of};
use plywood::optimizers::{ByRule, Optimizer, Turn, UpdateRule};
use plywood::tensor::{
    Error, IntoReshape, IntoShape, Recurrence, RecurrentUnit, Result, Rng, Seed, Shape, Tensor,
    Window, adaptive_pool2d_shape, catch_decoder_panic, check_instructions, check_setting,
    index_select_shape, layer_norm_shape, naive, pad2d_shape, pick_shape, threads,
};

use super::Call;

pub(super) const CALLS: &[Call] = &[
    ("shape rules", |draw| {
        let x = Shape::new(&draw.any_dims("x"))?;
        let dims = [draw.size("places")];
        let indices = draw.indices("indices", &[dims[0].min(50)], 5);
        let axis = draw.axis("axis");
        match draw.small("rule", 6) {
            0 => adaptive_pool2d_shape(x, draw.sizes("out")).map(drop),
            1 => index_select_shape(x, axis, &indices).map(drop),
            2 => pick_shape(x, axis, &indices).map(drop),
            3 => pad2d_shape(x, draw.sizes("before"), draw.sizes("after")).map(drop),
            4 => layer_norm_shape(x, Shape::new(&draw.any_dims("weight"))?, None).map(drop),
            5 => (&draw.any_dims("shape")[..]).into_shape().map(drop),
            _ => [draw.axis("size"), -1].into_reshape(x).map(drop),
        }
    }),
    ("Window::output_size", |draw| {
        let window = Window {
            kernel: draw.sizes("kernel"),
            stride: draw.sizes("stride"),
            padding: draw.sizes("padding"),
            dilation: draw.sizes("dilation"),
        };
        window.output_size(draw.sizes("image")).map(drop)
    }),
    ("checks", |draw| {
        check_instructions()?;
        let [low, high] = ["low", "high"].map(|name| draw.number(name));
        check_setting("setting", draw.number("setting"), low..=high)?;
        check_setting("sizes", draw.sizes::<3>("sizes"), low..high)
    }),
    ("catch_decoder_panic", |draw| {
        let fails = draw.flag("fails");
        catch_decoder_panic("storm", || match fails {
            true => panic!("a decoder's own"),
            false => Ok(()),
        })
    }),
    ("Isolated::spawn and receive", |draw| {
        let (sender, receiver) = sync_channel(1);
        let number = draw.word("number");
        let thread = threads::Isolated::spawn("storm", move || {
            // Whoever gave up waiting needs none.
            let _ = sender.send(number);
        })?;
        let received = threads::receive(&receiver);
        let joined = thread.join();
        match (received, joined) {
            (Ok(same), Ok(())) if same == number => Ok(()),
            other => panic!("{other:?}"),
        }
    }),
    ("Transposed::matmul", |draw| {
        let (a, b) = (draw.tensor("a", 2), draw.tensor("b", 2));
        a.t().matmul(&b)?;
        a.t().matmul(b.t()).map(drop)
    }),
    ("recurrence as its definition says", |draw| {
        let unit = draw.one_of("unit", &[RecurrentUnit::Lstm, RecurrentUnit::Gru]);
        let (weight, bias) = (draw.tensor("weight", 2), draw.tensor("bias", 1));
        let layer = Recurrence {
            unit,
            weight: &weight,
            bias: draw.flag("with a bias").then_some(&bias),
            reverse: draw.flag("reverse"),
        };
        let (gates, h, c) = (draw.tensor("gates", 3), draw.tensor("h", 2), draw.tensor("c", 2));
        naive::recurrence(&layer, &gates, &h, draw.flag("with cells").then_some(&c)).map(drop)
    }),
    ("SlotMut::set", |draw| {
        let mut param = Param::new(draw.tensor("value", 1));
        let value = draw.tensor("new", 1);
        SlotMut::Param(&mut param).set(value)
    }),
    ("Grads::accumulate", |draw| {
        let mut model = Param::new(draw.tensor("parameter", 1));
        let mut rng = Rng::new(Seed(1));
        let mut backward = |model: &Param| {
            let mut pass = Pass::train(model, &mut rng);
            let loss = pass.param(model).square().sum();
            pass.backward(&loss)
        };
        let mut grads = backward(&model)?;
        if draw.flag("other shape") {
            *model.value_mut() = draw.tensor("other", 1);
        }
        grads.accumulate(backward(&model)?)
    }),
    ("summary_of", |draw| {
        let model = Param::new(draw.tensor("parameter", 1));
        let shape = draw.any_dims("input");
        let walk = |pass: &mut Pass| {
            let x = pass.shape([2, 3])?;
            x.mul(&pass.param(&model))
        };
        summary_of(&model, shape, walk)?.to_string();
        Ok(())
    }),
    ("an operation of one's own: OperandGrads, VarGrads", |draw| {
        let operands: Vec<Tensor<f64>> =
            (0..draw.small("operands", 3)).map(|_| draw.tensor("operand", 1).cast()).collect();
        let mine = Mine { gradient: draw.shape("gradient", 1) };
        let mut pass = Pass::<f64>::without_model(&mut Rng::new(Seed(1))).higher_order();
        let vars: Vec<Var<f64>> = operands.into_iter().map(|x| pass.input(x)).collect();
        let all: Vec<&Var<f64>> = vars.iter().collect();
        let y = Var::apply(mine, &all)?.sum();
        let first = pass.gradients(&y, &all)?;
        let second = first.into_iter().next().map(|gradient| gradient.square().sum());
        second.map_or(Ok(()), |second| pass.backward(&second).map(drop))
    }),
    ("gradcheck_model and gradcheck_module", |draw| {
        let [inputs, outputs] = [draw.small("inputs", 3), draw.small("outputs", 3)];
        let layer = Linear::config(inputs, outputs).init_as::<f64>(&mut draw.rng())?;
        let weight = draw.one_of("first value", &[Init::FanIn, Init::Normal { std: f64::NAN }]);
        weight.draw_as::<f64>(draw.dims("shape", 2), &mut draw.rng())?;
        let x: Tensor<f64> = draw.tensor("x", 2).cast();
        let whole = gradcheck_module(&layer, &x);
        gradcheck_model(&layer, &[x], |layer, x, pass| layer.forward(&x[0], pass)).and(whole)
    }),
    ("gradgradcheck", |draw| {
        let x: Tensor<f64> = draw.tensor("x", 1).cast();
        gradgradcheck(&[x], |inputs, _| Ok(inputs[0].clone().square().sum()))
    }),
    ("Turn::each", |draw| {
        let mut model = Param::new(draw.tensor("parameter", 1));
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(1)));
        let loss = pass.param(&model).square().sum();
        let grads = pass.backward(&loss)?;
        let rule = Slotted { slots: draw.flag("as many slots as it takes") };
        ByRule::of(rule, draw.number("learning rate")).step(&mut model, &grads)
    }),
];

/// A rule that may name another number of slots than it takes.
#[derive(Clone, Debug)]
struct Slotted {
    slots: bool,
}

impl UpdateRule for Slotted {
    fn slots(&self) -> &'static [&'static str] {
        if self.slots { &["mean"] } else { &[] }
    }

    fn update(&self, turn: Turn<'_>) -> Result<()> {
        turn.each(|x, [mean], g| {
            *mean += g;
            *x -= *mean;
        })
    }
}

/// The sum of its first operand's elements. What it says is that operand's gradient may have another shape.
#[derive(Clone, Debug)]
struct Mine {
    gradient: Shape,
}

impl Operation<f64> for Mine {
    type Saved = ();

    fn name(&self) -> &'static str {
        "mine"
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        match operands {
            [_] => Ok(Shape::SCALAR),
            _ => Err(Error::shape(format!("{} operands", operands.len()))),
        }
    }

    fn forward(&self, operands: &mut Operands<'_, f64>) -> Result<(Tensor<f64>, ())> {
        Ok((Tensor::scalar(operands[0].sum()), ()))
    }

    fn gradient(&self, (): (), dy: Tensor<f64>, grads: &mut OperandGrads<'_, f64>) -> Result<()> {
        grads.accumulate(0, || dy.broadcast_to(self.gradient))
    }

    fn vjp(
        &self,
        operands: &[Var<f64>],
        _: &Var<f64>,
        dy: &Var<f64>,
        grads: &mut VarGrads<'_, f64>,
    ) -> Result<()> {
        grads.through(operands, dy, |x| Ok(x[0].clone().square().sum()))
    }
}
