//! Names that completions know, of arguments that may be something else as well, such as a folder.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use plywood::zoo::{MODELS, PRETRAINED};
use plywood_fetch::DATA_SETS;

/// Takes any text, and tells completions these.
#[derive(Clone)]
pub(crate) struct Names(fn() -> Vec<&'static str>);

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
}

/// Models that learn from images, from tables, or from pairs of sentences.
pub(crate) fn models() -> Names {
    Names(|| MODELS.iter().map(|entry| entry.name).chain([WIDE_AND_DEEP, TRANSLATION]).collect())
}

/// Models with published weights.
pub(crate) fn trained() -> Names {
    Names(|| PRETRAINED.iter().map(|pretrained| pretrained.name).collect())
}

/// Sets that can be fetched.
pub(crate) fn data_sets() -> Names {
    Names(|| DATA_SETS.iter().map(|set| set.name).collect())
}

/// The model of tables that is none of images.
pub(crate) const WIDE_AND_DEEP: &str = "wide_and_deep";
/// The model of pairs of sentences.
pub(crate) const TRANSLATION: &str = "translation";
