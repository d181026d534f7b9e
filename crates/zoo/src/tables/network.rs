//! The networks that learn from tables.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Encoding, TableBatch, TableInput};
use plywood_layers::{Init, Linear, Loss, Module, Params};
use plywood_tensor::{Error, Result, Rng, did_you_mean};
use plywood_training::{Objective, StepOutput};

use crate::mlp::{Mlp, mlp};
use crate::wide_and_deep::{WideAndDeep, WideAndDeepConfig};

/// How large a network is.
pub(super) struct Shape<'a> {
    /// How many networks there are, whose answers' mean is the answer.
    pub(super) members: usize,
    /// The sizes of the hidden layers of each.
    pub(super) hidden: &'a [usize],
    /// The share of hidden numbers that are dropped in training.
    pub(super) dropout: f64,
}

/// What they are called.
const NAMES: [&str; 2] = ["mlp", "wide_and_deep"];

/// What is given the rows of an encoded table: see [`TableModel`](super::TableModel), which has one. It is an
/// ensemble of networks that begin with other weights and learn each by itself, from the same batches, and
/// answers with the mean of their answers: scores before softmax, or numbers. Each has a linear model beside its
/// hidden layers.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_datasets::{Encoding, Table};
/// use plywood_layers::Module;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::TableModel;
///
/// let houses = Table::read(&b"rooms,town,price\n2,Ames,100\n4,Gilbert,300\n"[..])?;
/// let encoding = Encoding::measured_on(&houses, "price")?;
/// let model = TableModel::config("wide_and_deep", encoding).init(&mut Rng::new(Seed(7)))?;
/// let rows = model.values(&houses)?;
/// let prices = model.network.forward(rows.input(), &mut Pass::eval(&model.network))?;
/// assert_eq!(prices.shape(), [2, 1].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct TableNetwork(Members);

/// The networks whose answers' mean is the answer.
#[derive(Debug)]
enum Members {
    /// Each category is a column of its own, which is 0 or 1; and the sizes of the columns' vocabularies.
    OneHot(Vec<OneHot>, Vec<usize>),
    /// Each category is a vector that is learnt.
    WideAndDeep(Vec<WideAndDeep>),
}

/// A multilayer perceptron with a linear model beside it, which has what each column is worth by itself.
#[derive(Debug, Params)]
struct OneHot {
    deep: Mlp,
    /// Begins with zeros.
    linear: Linear,
}

/// Refuses the name of a model that doesn't learn from tables.
pub(super) fn check_name(model: &str) -> Result<()> {
    match NAMES.contains(&model) {
        true => Ok(()),
        false => Err(Error::value(format!("{model} doesn't learn from tables")).hint(format!(
            "{}`{}` do",
            did_you_mean(model, NAMES),
            NAMES.join("` and `")
        ))),
    }
}

impl TableNetwork {
    /// The network of this name, with its first values.
    pub(super) fn new(
        model: &str,
        encoding: &Encoding,
        shape: &Shape<'_>,
        rng: &mut Rng,
    ) -> Result<Self> {
        check_name(model)?;
        let &Shape { members, hidden, dropout } = shape;
        if members == 0 {
            return Err(Error::value("an ensemble of 0 networks")
                .operation("table model")
                .hint("1 is a single network, 4 are the default"));
        }
        let outputs = encoding.class_names().len().max(1);
        if model == "wide_and_deep" {
            let config = WideAndDeepConfig::for_table(encoding, outputs);
            let config = config.hidden(hidden).dropout(dropout);
            let members = (0..members).map(|_| config.init(rng)).collect::<Result<_>>()?;
            return Ok(Self(Members::WideAndDeep(members)));
        }
        let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
        let features = encoding.number_names().len() + sizes.iter().sum::<usize>();
        let deep = mlp(features, outputs).hidden(hidden).dropout(dropout);
        let linear = Linear::config(features, outputs).weight_init(Init::Zeros).bias(false);
        let member = |_| Ok(OneHot { deep: deep.init(rng)?, linear: linear.init(rng)? });
        let members = (0..members).map(member).collect::<Result<_>>()?;
        Ok(Self(Members::OneHot(members, sizes)))
    }

    /// What each network answers, `[N, outputs]`.
    fn answers(&self, x: &TableInput, pass: &mut Pass) -> Result<Vec<Var>> {
        match &self.0 {
            Members::OneHot(members, sizes) => {
                let x = pass.constant(x.one_hot(sizes)?); // [N, F + ΣV]
                let answer = |member: &OneHot| {
                    member.deep.forward(&x, pass)?.add(&member.linear.forward(&x, pass)?)
                };
                members.iter().map(answer).collect()
            }
            Members::WideAndDeep(members) => {
                members.iter().map(|member| member.forward(x, pass)).collect()
            }
        }
    }

    fn members(&self) -> &dyn Params {
        match &self.0 {
            Members::OneHot(members, _) => members,
            Members::WideAndDeep(members) => members,
        }
    }
}

/// What a [`TableNetwork`] learns by: in training the mean of its networks' own losses, so that each learns by
/// itself; in evaluation the loss of the answer. The loss is that of a network: `MemberLoss(cross_entropy)`,
/// `MemberLoss(mse_loss)`.
///
/// ```
/// use plywood_datasets::{Encoding, Table};
/// use plywood_layers::mse_loss;
/// use plywood_optimizers::AdamW;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::Trainer;
/// use plywood_zoo::{MemberLoss, TableModel};
///
/// let houses = Table::read(&b"rooms,town,price\n2,Ames,1\n4,Gilbert,3\n"[..])?;
/// let encoding = Encoding::measured_on(&houses, "price")?;
/// let mut model = TableModel::config("mlp", encoding).init(&mut Rng::new(Seed(7)))?;
/// let trainer = Trainer::new(AdamW::new(1e-2)).objective(MemberLoss(mse_loss)).epochs(50);
/// # let trainer = trainer.quiet(true);
/// let rows = model.values(&houses)?;
/// let run = trainer.fit(&mut model.network, &rows, None)?;
/// assert!(run.evaluate(&model.network, &rows)?.scores.loss < 0.1);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemberLoss<L>(pub L);

impl<T, L> Objective<TableNetwork, TableBatch<T>> for MemberLoss<L>
where
    L: Loss<T>,
{
    fn forward(
        &self,
        model: &TableNetwork,
        batch: &TableBatch<T>,
        pass: &mut Pass,
    ) -> Result<StepOutput> {
        let answers = model.answers(&batch.input, pass)?;
        let answer = mean(&answers)?;
        let loss = |answer: &Var| self.0.loss(answer, &batch.target);
        if !pass.is_training() {
            return Ok((loss(&answer)?, answer).into());
        }
        let losses = answers.iter().map(loss).collect::<Result<Vec<_>>>()?;
        Ok((mean(&losses)?, answer).into())
    }

    fn settings(&self) -> String {
        format!("of each network: {}", self.0.settings())
    }
}

/// The mean of values of one shape, of which there is one at least.
fn mean(values: &[Var]) -> Result<Var> {
    let sum = values[1..].iter().try_fold(values[0].clone(), |sum, value| sum.add(value))?;
    Ok(if values.len() == 1 { sum } else { sum * (1.0 / values.len() as f64) })
}

impl Params for TableNetwork {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        vec![("members".to_owned(), self.members())]
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        let members: &mut dyn Params = match &mut self.0 {
            Members::OneHot(members, _) => members,
            Members::WideAndDeep(members) => members,
        };
        vec![("members".to_owned(), members)]
    }
}

impl Module<TableInput> for TableNetwork {
    fn forward(&self, x: &TableInput, pass: &mut Pass) -> Result<Var> {
        mean(&self.answers(x, pass)?)
    }
}
