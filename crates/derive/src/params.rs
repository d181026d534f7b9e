//! The derive macro of `Params`: a walk over a model's fields by name, and `Clone`, because cloning a
//! model must keep tied parameters tied, and only the outermost struct knows what belongs together.

use std::collections::HashSet;

use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{
    Attribute, Data, DataEnum, DeriveInput, Error, Fields, Generics, Ident, Index, LitStr, Member,
    Result, Type, TypeParamBound, WherePredicate, parse_quote, spanned::Spanned,
};

pub(crate) fn expand(input: DeriveInput) -> Result<Tokens> {
    let ident = &input.ident;
    let arms = match &input.data {
        Data::Struct(data) => vec![Arm::new(ident.to_string(), quote!(Self), &data.fields)?],
        Data::Enum(DataEnum { variants, .. }) => variants
            .iter()
            .map(|variant| {
                let name = &variant.ident;
                Arm::new(format!("{ident}::{name}"), quote!(Self::#name), &variant.fields)
            })
            .collect::<Result<_>>()?,
        Data::Union(_) => {
            return Err(Error::new(ident.span(), "Params can't be derived for a union"));
        }
    };
    let Elements { element, walked, cloned } = Elements::of(&input)?;
    let fields = match_on(&arms, |arm| arm.list(&quote!(&dyn Params<#element>)));
    let fields_mut = match_on(&arms, |arm| arm.list(&quote!(&mut dyn Params<#element>)));
    let settings = match_on(&arms, Arm::settings);
    let clones = match_on(&arms, Arm::clone);
    let (_, arguments, _) = input.generics.split_for_impl();
    let (generics, _, bounds) = walked.split_for_impl();
    let (clone_generics, _, clone_bounds) = cloned.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics Params<#element> for #ident #arguments #bounds {
            fn fields(&self) -> ::std::vec::Vec<(::std::string::String, &dyn Params<#element>)> {
                #fields
            }

            fn fields_mut(
                &mut self,
            ) -> ::std::vec::Vec<(::std::string::String, &mut dyn Params<#element>)> {
                #fields_mut
            }

            fn own_settings(
                &self,
            ) -> ::std::vec::Vec<(::std::string::String, ::std::string::String)> {
                #settings
            }
        }

        #[automatically_derived]
        impl #clone_generics ::core::clone::Clone for #ident #arguments #clone_bounds {
            fn clone(&self) -> Self {
                let _scope = <() as Params<f32>>::clone_scope();
                #clones
            }
        }
    })
}

/// The type of a struct's numbers, and the generics of what is derived for it.
struct Elements {
    element: Type,
    /// Those of `Params`.
    walked: Generics,
    /// Those of `Clone`.
    cloned: Generics,
}

impl Elements {
    fn of(input: &DeriveInput) -> Result<Self> {
        let own = input.generics.type_params().map(|parameter| parameter.ident.clone());
        let own = own.filter(|ident| is_float(ident, &input.generics)).collect::<Vec<_>>();
        let mut walked = input.generics.clone();
        let element: Type = match (&own[..], is_any_element(&input.attrs)?) {
            ([], false) => parse_quote!(f32),
            ([], true) => {
                walked.params.push(parse_quote!(AnyElement: Float));
                parse_quote!(AnyElement)
            }
            ([element], false) => parse_quote!(#element),
            ([element, ..], true) => {
                let message = format!("the numbers are of type `{element}`, not of any");
                return Err(Error::new(element.span(), message));
            }
            ([_, second, ..], _) => {
                let message =
                    "the numbers of a model are of one type, and two parameters are `Float`";
                return Err(Error::new(second.span(), message));
            }
        };
        let mut cloned = input.generics.clone();
        let layers = |generics: &mut Generics, bound: TypeParamBound| {
            for parameter in generics.type_params_mut() {
                if parameter.ident != "AnyElement" && !own.contains(&parameter.ident) {
                    parameter.bounds.push(bound.clone());
                }
            }
        };
        layers(&mut walked, parse_quote!(Params<#element>));
        layers(&mut cloned, parse_quote!(::core::clone::Clone));
        Ok(Self { element, walked, cloned })
    }
}

/// Whether a type parameter is bound by `Float`, where it stands or in the where clause.
fn is_float(ident: &Ident, generics: &Generics) -> bool {
    let float = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|segment| segment.ident == "Float")
        }
        _ => false,
    };
    let inline = generics.type_params().filter(|parameter| parameter.ident == *ident);
    let clauses = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let of_it = clauses.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => match &predicate.bounded_ty {
            Type::Path(path) if path.path.is_ident(ident) => Some(&predicate.bounds),
            _ => None,
        },
        _ => None,
    });
    inline.map(|parameter| &parameter.bounds).chain(of_it).flatten().any(float)
}

/// Whether a struct is `Params` of every type of numbers.
fn is_any_element(attributes: &[Attribute]) -> Result<bool> {
    let mut any = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("params")) {
        attribute.parse_nested_meta(|meta| match meta.path.is_ident("any_element") {
            true => {
                any = true;
                Ok(())
            }
            false => Err(meta.error("expected `any_element`")),
        })?;
    }
    Ok(any)
}

fn match_on(arms: &[Arm], part: impl Fn(&Arm) -> Tokens) -> Tokens {
    if arms.is_empty() {
        return quote!(match *self {});
    }
    let arms = arms.iter().map(part);
    quote!(match self { #(#arms)* })
}

/// A struct or one variant of an enum.
struct Arm {
    /// What settings call it.
    kind: String,
    path: Tokens,
    fields: Vec<Field>,
}

struct Field {
    member: Member,
    /// What the pattern calls it.
    binding: syn::Ident,
    /// Its name in the state dictionary; `None` when it is left out.
    name: Option<LitStr>,
    /// Whether it is compared as its `Debug` text, and not walked.
    setting: bool,
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
    fn new(kind: String, path: Tokens, fields: &Fields) -> Result<Self> {
        let fields = fields.iter().enumerate().map(|(index, field)| {
            let (member, name) = match &field.ident {
                Some(ident) => (Member::Named(ident.clone()), ident.to_string()),
                None => (Member::Unnamed(Index::from(index)), index.to_string()),
            };
            let name = name.strip_prefix("r#").unwrap_or(&name);
            let mut name = Some(LitStr::new(name, field.span()));
            let mut setting = false;
            for attribute in
                field.attrs.iter().filter(|attribute| attribute.path().is_ident("params"))
            {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("skip") {
                        name = None;
                        Ok(())
                    } else if meta.path.is_ident("setting") {
                        setting = true;
                        Ok(())
                    } else if meta.path.is_ident("rename") {
                        let new: LitStr = meta.value()?.parse()?;
                        if new.value().split('.').any(str::is_empty) {
                            return Err(Error::new(new.span(), "a part of this name is empty"));
                        }
                        name = Some(new);
                        Ok(())
                    } else {
                        Err(meta.error("expected `setting`, `skip` or `rename = \"…\"`"))
                    }
                })?;
            }
            Ok(Field { member, binding: format_ident!("field{index}"), name, setting })
        });
        let fields: Vec<Field> = fields.collect::<Result<_>>()?;
        refuse_equal_names(&fields)?;
        Ok(Self { kind, path, fields })
    }

    /// `Path { member: binding, … }` for all fields.
    fn pattern(&self) -> Tokens {
        let path = &self.path;
        let members = self.fields.iter().map(|field| &field.member);
        let bindings = self.fields.iter().map(|field| &field.binding);
        quote!(#path { #(#members: #bindings),* })
    }

    /// The fields that have a name and are, or aren't, settings.
    fn named(&self, setting: bool) -> impl Iterator<Item = (&Field, &LitStr)> {
        let fields = self.fields.iter().filter(move |field| field.setting == setting);
        fields.filter_map(|field| Some((field, field.name.as_ref()?)))
    }

    /// The fields that are walked.
    fn list(&self, reference: &Tokens) -> Tokens {
        let path = &self.path;
        let members = self.named(false).map(|(field, _)| &field.member);
        let bindings: Vec<_> = self.named(false).map(|(field, _)| &field.binding).collect();
        let names = self.named(false).map(|(_, name)| name);
        quote! {
            #path { #(#members: #bindings,)* .. } => ::std::vec![
                #((::std::string::String::from(#names), #bindings as #reference)),*
            ],
        }
    }

    /// The kind of the whole, which has no name of its own, and the fields that are settings.
    fn settings(&self) -> Tokens {
        let (kind, path) = (&self.kind, &self.path);
        let members = self.named(true).map(|(field, _)| &field.member);
        let bindings: Vec<_> = self.named(true).map(|(field, _)| &field.binding).collect();
        let names = self.named(true).map(|(_, name)| name);
        quote! {
            #path { #(#members: #bindings,)* .. } => ::std::vec![
                (::std::string::String::new(), ::std::string::String::from(#kind)),
                #((::std::string::String::from(#names), ::std::format!("{:?}", #bindings))),*
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
            refused(parse_quote! { #[params(any)] struct Model; }),
            "expected `any_element`",
        );
        assert_eq!(
            refused(parse_quote! { #[params(any_element)] struct Model<T: Float>(Param<T>); }),
            "the numbers are of type `T`, not of any",
        );
        assert_eq!(
            refused(parse_quote! { struct Model<T: Float, U>(Param<T>, Param<U>) where U: Float; }),
            "the numbers of a model are of one type, and two parameters are `Float`",
        );
        assert_eq!(
            refused(parse_quote! { struct Model { #[params(ignore)] weight: Param } }),
            "expected `setting`, `skip` or `rename = \"…\"`",
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
