//! The derive macro of `Settings`: a setter for each field, its documentation, the defaults, and the range
//! that a value must lie in.

mod field;
mod owner;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Result};

use field::Field;
use owner::Owner;

pub(crate) fn expand(input: &DeriveInput) -> Result<Tokens> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "Settings can be derived for a struct alone"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new(
            input.ident.span(),
            "a setting needs a name: give the fields names",
        ));
    };
    let owner = Owner::of(input)?;
    let fields = fields.named.iter().map(Field::of).collect::<Result<Vec<Field>>>()?;
    let ident = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();

    let ranges = fields.iter().map(Field::range);
    let constructors = owner.constructors(input, &fields);
    let setters = owner.setters(input, &fields);
    Ok(quote! {
        #[automatically_derived]
        impl #generics Settings for #ident #arguments #bounds {
            fn ranges(
                &self,
            ) -> ::std::vec::Vec<(
                &'static str,
                ::std::vec::Vec<f64>,
                (::core::ops::Bound<f64>, ::core::ops::Bound<f64>),
            )> {
                #[allow(unused_mut, reason = "a struct may have no range")]
                let mut ranges = ::std::vec::Vec::new();
                #(#ranges)*
                ranges
            }
        }

        #constructors
        #setters
    })
}
