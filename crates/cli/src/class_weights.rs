//! How much the samples of each class count in the loss.

use std::str::FromStr;

use plywood::layers::balanced_class_weights;
use plywood::tensor::{Error, Result, Tensor, did_you_mean};

/// What `--class-weights` says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ClassWeights {
    /// All classes count alike.
    Balanced,
    /// Some classes by their names; the others have 1.
    Named(Vec<(String, f32)>),
}

impl FromStr for ClassWeights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "balanced" {
            return Ok(Self::Balanced);
        }
        let weight = |part: &str| {
            let (name, weight) = part.rsplit_once('=')?;
            let weight = weight.trim().parse::<f32>().ok()?;
            (weight.is_finite() && weight >= 0.0).then(|| (name.trim().to_owned(), weight))
        };
        let weights = text.split(',').map(|part| {
            weight(part).ok_or_else(|| {
                format!(
                    "`{part}` is no class with a weight of 0 or more; write `balanced`, or weights such as \
                     `yes=3,no=1`"
                )
            })
        });
        weights.collect::<Result<_, _>>().map(Self::Named)
    }
}

impl ClassWeights {
    /// The weight of each class, `[C]`, from the labels that are learnt from.
    pub(crate) fn of(&self, labels: &Tensor<u32>, names: &[String]) -> Result<Tensor> {
        let given = match self {
            Self::Named(given) => given,
            Self::Balanced => {
                return balanced_class_weights(labels, names.len()).map_err(|error| {
                    error.hint("the classes' names in order: ".to_owned() + &names.join(", "))
                });
            }
        };
        let mut weights = vec![1.0; names.len()];
        for (name, weight) in given {
            let Some(class) = names.iter().position(|own| own == name) else {
                let meant = did_you_mean(name, names.iter().map(String::as_str));
                return Err(Error::value(format!(
                    "`--class-weights`: no class is called `{name}`"
                ))
                .hint(format!("{meant}the classes are {}", names.join(", "))));
            };
            weights[class] = *weight;
        }
        Ok(weights.into())
    }
}

/// The weights of the classes in a line.
pub(crate) fn listed(weights: &Tensor, names: &[String]) -> String {
    /// More make a line that nobody reads.
    const MOST: usize = 20;
    let each = names.iter().zip(weights.as_slice()).take(MOST);
    let each: Vec<String> = each.map(|(name, weight)| format!("{name} {weight:.4}")).collect();
    let more = match names.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("weights of the classes in the loss: {}{more}", each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["no", "yes"].map(str::to_owned).to_vec()
    }

    #[test]
    fn weights_are_read_and_named() {
        let labels = Tensor::from([0_u32, 0, 0, 1]);
        let of = |text: &str| text.parse::<ClassWeights>().unwrap().of(&labels, &names());
        assert_eq!(of("balanced").unwrap(), Tensor::from([4.0 / 6.0, 2.0]));
        assert_eq!(of("yes=3").unwrap(), Tensor::from([1.0, 3.0]));
        assert_eq!(of("yes=3, no=0.5").unwrap(), Tensor::from([0.5, 3.0]));
        assert_eq!(
            of("yse=3").unwrap_err().to_string(),
            "`--class-weights`: no class is called `yse`; did you mean `yes`? the classes are no, yes",
        );
        assert_eq!(
            listed(&of("balanced").unwrap(), &names()),
            "weights of the classes in the loss: no 0.6667, yes 2.0000",
        );
        for text in ["", "yes", "yes=", "yes=-1", "yes=NaN", "yes=1,,"] {
            let error = text.parse::<ClassWeights>().unwrap_err();
            assert!(error.contains("is no class with a weight"), "{text}: {error}");
        }
    }
}
