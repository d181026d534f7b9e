//! The derive macros of Plywood: [`Params`] walks what a model is made of, [`Settings`] writes the setters of
//! what can be set.

mod params;
mod settings;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

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

/// Implements `Settings` for a struct of settings, and writes how it is constructed and changed.
///
/// What has no default is an argument of `new`; every other field has a setter of its name with the field's
/// documentation, followed by its default and its range. An `Option` without a default begins with `None`, and
/// its setter takes what is inside. Without arguments there is a `Default`.
///
/// Of a field, `#[setting(…)]` says:
/// - `default = 0.9`: what it begins with;
/// - `range = 0.0..=1.0`: what each of its numbers must lie in, as `Settings::check` says;
/// - `called = "weight decay"`: its name in errors, if the field's own isn't it;
/// - `setter = weight_init`: the setter's name, if the field's own isn't it;
/// - `alias = "eps"`: what others call it, for the search of the documentation;
/// - `from(impl Pair, Pair::pair)`: what the caller gives, and what turns it into the field's type;
/// - `skip`: its setter is written by hand.
///
/// Of the struct, `#[settings(…)]` says:
/// - `makes = Linear, operation = "linear"`: what is made of the settings by the method `init`, which checks them
///   and calls their method `build`, written by hand; and what errors begin with, which may look at `self`;
/// - `shortcut`: what is made gets `new`, which takes what has no default and a generator, and makes it at once,
///   and `config`, which gives the settings;
/// - `any_element`: that comes in any element type, by `init_as`, and `build` has it as its parameter;
/// - `constant`: it begins with constants, and takes no generator;
/// - `held_by(<T: Float> ByRule<SGD, T>, rule)`: the setters are those of this type, whose field holds the
///   settings;
/// - `private`: `new` is for the settings' own module, as where a function says what isn't to be chosen.
///
/// `Settings` must be in scope, which importing this macro does; with `makes` so must `Result`, `Rng`, and with
/// `any_element` `Float`.
#[proc_macro_derive(Settings, attributes(setting, settings))]
pub fn derive_settings(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    settings::expand(&input).unwrap_or_else(Error::into_compile_error).into()
}
