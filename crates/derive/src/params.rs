//! The derive macro of `Params`: a walk over a model's fields by name, and `Clone`, because cloning a
//! model must keep tied parameters tied, and only the outermost struct knows what belongs together.

use std::collections::HashSet;

use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{
    Data, DataEnum, DeriveInput, Error, Fields, Index, LitStr, Member, Result, parse_quote,
    spanned::Spanned,
};

pub(crate) fn expand(mut input: DeriveInput) -> Result<Tokens> {
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

/// Two fields of one name would overwrite each other in a state dictionary.
fn refuse_equal_names(fields: &[Field]) -> Result<()> {
    let mut seen = HashSet::new();
    for name in fields.iter().filter_map(|field| field.name.as_ref()) {
        if !seen.insert(name.value()) {
            let message =
                format!("two fields are called `{}` in the state dictionary", name.value());
            return Err(Error::new(name.span(), message));
        }
    }
    Ok(())
}

impl Arm {
    fn new(path: Tokens, fields: &Fields) -> Result<Self> {
        let fields = fields.iter().enumerate().map(|(index, field)| {
            let (member, name) = match &field.ident {
                Some(ident) => (Member::Named(ident.clone()), ident.to_string()),
                None => (Member::Unnamed(Index::from(index)), index.to_string()),
            };
            let name = name.strip_prefix("r#").unwrap_or(&name);
            let mut name = Some(LitStr::new(name, field.span()));
            for attribute in
                field.attrs.iter().filter(|attribute| attribute.path().is_ident("params"))
            {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("skip") {
                        name = None;
                        Ok(())
                    } else if meta.path.is_ident("rename") {
                        let new: LitStr = meta.value()?.parse()?;
                        if new.value().split('.').any(str::is_empty) {
                            return Err(Error::new(new.span(), "a part of this name is empty"));
                        }
                        name = Some(new);
                        Ok(())
                    } else {
                        Err(meta.error("expected `skip` or `rename = \"…\"`"))
                    }
                })?;
            }
            Ok(Field { member, binding: format_ident!("field{index}"), name })
        });
        let fields: Vec<Field> = fields.collect::<Result<_>>()?;
        refuse_equal_names(&fields)?;
        Ok(Self { path, fields })
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The message of the compile error.
    #[track_caller]
    fn refused(input: DeriveInput) -> String {
        match expand(input) {
            Ok(_) => panic!("this should be an error"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_makes_no_sense_is_a_compile_error() {
        assert_eq!(
            refused(parse_quote! { union Either { weight: Param, bias: Param } }),
            "Params can't be derived for a union",
        );
        assert_eq!(
            refused(parse_quote! { struct Model { #[params(ignore)] weight: Param } }),
            "expected `skip` or `rename = \"…\"`",
        );
        for name in ["", "layer1.", "a..b"] {
            assert_eq!(
                refused(parse_quote! { struct Model { #[params(rename = #name)] weight: Param } }),
                "a part of this name is empty",
            );
        }
        let twice = "two fields are called `weight` in the state dictionary";
        assert_eq!(
            refused(parse_quote! {
                struct Model { weight: Param, #[params(rename = "weight")] scale: Param }
            }),
            twice,
        );
        assert_eq!(
            refused(parse_quote! {
                enum Either { A(Param), B { weight: Param, #[params(rename = "weight")] w: Param } }
            }),
            twice,
        );
    }

    #[test]
    fn names_that_only_look_equal_are_fine() {
        let input = parse_quote! {
            struct Model { weight: Param, #[params(skip)] a: Param, #[params(rename = "a")] b: Param }
        };
        assert!(expand(input).is_ok());
        let input = parse_quote! { enum Either { A { weight: Param }, B { weight: Param } } };
        assert!(expand(input).is_ok());
    }
}
