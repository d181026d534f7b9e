//! The derive macros of Plywood: [`Params`] walks what a model is made of.

mod params;

use proc_macro::TokenStream;
use syn::{Error, parse_macro_input};

/// Implements `Params` and `Clone` for a struct of layers, or an enum of alternatives.
///
/// Each field must be `Params`: layers, parameters, buffers, vectors and options of them, and
/// plain settings such as `usize`. `#[params(rename = "layer1")]` gives a field another name in
/// the state dictionary, `#[params(skip)]` leaves a field out. The variants of an enum don't
/// appear in names. The trait must be in scope as `Params`, which importing this macro does too.
#[proc_macro_derive(Params, attributes(params))]
pub fn derive_params(input: TokenStream) -> TokenStream {
    params::expand(parse_macro_input!(input)).unwrap_or_else(Error::into_compile_error).into()
}
