//! The derive macros of Plywood: [`Params`] walks what a model is made of.

mod params;

use proc_macro::TokenStream;
use syn::{Error, parse_macro_input};

/// Implements `Params` and `Clone` for a struct of layers, or an enum of alternatives.
///
/// Each field must be `Params`: layers, parameters, buffers, vectors and options of them, and
/// plain settings such as `usize`. `#[params(rename = "layer1")]` gives a field another name in
/// the state dictionary. `#[params(setting)]` makes a field of any `Debug` type a setting: it is not walked, and a
/// checkpoint compares its text. `#[params(skip)]` leaves a field out of both. The variants of an enum don't
/// appear in names. The trait must be in scope as `Params`, which importing this macro does too.
///
/// The parameters are of `f32`; of a type parameter whose bound is `Float`, they are of that. A struct that has none
/// and works for all types is so marked: `#[params(any_element)]`, with the trait `Float` in scope.
#[proc_macro_derive(Params, attributes(params))]
pub fn derive_params(input: TokenStream) -> TokenStream {
    params::expand(parse_macro_input!(input)).unwrap_or_else(Error::into_compile_error).into()
}
