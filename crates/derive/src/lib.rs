//! The derive macro for Plywood's `Params` trait.
//!
//! For a struct of layers it writes what a walk needs: each field by its name. It writes `Clone`
//! too, because cloning a model must keep tied parameters tied, and only the outermost struct
//! knows what belongs together.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens};
use quote::{format_ident, quote};
use syn::{
    Data, DataEnum, DeriveInput, Error, Fields, Index, LitStr, Member, Result, parse_macro_input,
    parse_quote,
};

/// Implements `Params` and `Clone` for a struct of layers, or an enum of alternatives.
///
/// Each field must be `Params`: layers, parameters, buffers, vectors and options of them, and
/// plain settings such as `usize`. `#[params(rename = "layer1")]` gives a field another name in
/// the state dictionary, `#[params(skip)]` leaves a field out. The variants of an enum don't
/// appear in names. The trait must be in scope as `Params`, which importing this macro does too.
#[proc_macro_derive(Params, attributes(params))]
pub fn derive_params(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(mut input: DeriveInput) -> Result<Tokens> {
    let ident = input.ident.clone();
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(Params));
        parameter.bounds.push(parse_quote!(::core::clone::Clone));
    }
    let arms = match &input.data {
        Data::Struct(data) => vec![Arm::new(quote!(Self), &data.fields)?],
        Data::Enum(DataEnum { variants, .. }) => variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                Arm::new(quote!(Self::#name), &variant.fields)
            })
            .collect::<Result<_>>()?,
        Data::Union(_) => {
            return Err(Error::new(ident.span(), "Params can't be derived for a union"));
        }
    };
    let [fields, fields_mut, clones] = [Arm::fields, Arm::fields_mut, Arm::clone]
        .map(|part: fn(&Arm) -> Tokens| match_on(&arms, part));
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics Params for #ident #arguments #bounds {
            fn fields(&self) -> ::std::vec::Vec<(::std::string::String, &dyn Params)> {
                #fields
            }

            fn fields_mut(&mut self) -> ::std::vec::Vec<(::std::string::String, &mut dyn Params)> {
                #fields_mut
            }
        }

        #[automatically_derived]
        impl #generics ::core::clone::Clone for #ident #arguments #bounds {
            fn clone(&self) -> Self {
                let _scope = <Self as Params>::clone_scope();
                #clones
            }
        }
    })
}

fn match_on(arms: &[Arm], part: fn(&Arm) -> Tokens) -> Tokens {
    if arms.is_empty() {
        return quote!(match *self {});
    }
    let arms = arms.iter().map(part);
    quote!(match self { #(#arms)* })
}

/// A struct or one variant of an enum.
struct Arm {
    path: Tokens,
    fields: Vec<Field>,
}

struct Field {
    member: Member,
    /// What the pattern calls it.
    binding: syn::Ident,
    /// Its name in the state dictionary; `None` when it is left out.
    name: Option<LitStr>,
}

impl Arm {
    fn new(path: Tokens, fields: &Fields) -> Result<Self> {
        let fields = fields.iter().enumerate().map(|(index, field)| {
            let (member, name) = match &field.ident {
                Some(ident) => (Member::Named(ident.clone()), ident.to_string()),
                None => (Member::Unnamed(Index::from(index)), index.to_string()),
            };
            let name = name.trim_start_matches("r#");
            let mut name = Some(LitStr::new(name, Span::call_site()));
            for attribute in
                field.attrs.iter().filter(|attribute| attribute.path().is_ident("params"))
            {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("skip") {
                        name = None;
                        Ok(())
                    } else if meta.path.is_ident("rename") {
                        name = Some(meta.value()?.parse()?);
                        Ok(())
                    } else {
                        Err(meta.error("expected `skip` or `rename = \"…\"`"))
                    }
                })?;
            }
            Ok(Field { member, binding: format_ident!("field{index}"), name })
        });
        Ok(Self { path, fields: fields.collect::<Result<_>>()? })
    }

    /// `Path { member: binding, … }` for all fields.
    fn pattern(&self) -> Tokens {
        let path = &self.path;
        let members = self.fields.iter().map(|field| &field.member);
        let bindings = self.fields.iter().map(|field| &field.binding);
        quote!(#path { #(#members: #bindings),* })
    }

    fn fields(&self) -> Tokens {
        self.list(&quote!(&dyn Params))
    }

    fn fields_mut(&self) -> Tokens {
        self.list(&quote!(&mut dyn Params))
    }

    fn list(&self, reference: &Tokens) -> Tokens {
        let path = &self.path;
        let named: Vec<_> =
            self.fields.iter().filter_map(|field| Some((field, field.name.as_ref()?))).collect();
        let members = named.iter().map(|(field, _)| &field.member);
        let bindings: Vec<_> = named.iter().map(|(field, _)| &field.binding).collect();
        let names = named.iter().map(|(_, name)| name);
        quote! {
            #path { #(#members: #bindings,)* .. } => ::std::vec![
                #((::std::string::String::from(#names), #bindings as #reference)),*
            ],
        }
    }

    fn clone(&self) -> Tokens {
        let (pattern, path) = (self.pattern(), &self.path);
        let members = self.fields.iter().map(|field| &field.member);
        let bindings = self.fields.iter().map(|field| &field.binding);
        quote! {
            #pattern => #path { #(#members: ::core::clone::Clone::clone(#bindings)),* },
        }
    }
}
