//! Where the constructors and the setters are written: on the settings, on the layer that they make, or on
//! what holds them.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{DeriveInput, Error, Ident, Result, Type, parenthesized};

use super::field::{Field, expression};

/// What the attribute `#[settings(…)]` of a struct says.
#[derive(Default)]
pub(super) struct Owner {
    /// The layer or model that is made of the settings.
    makes: Option<Ident>,
    /// Whether it gets `new` and `config`.
    shortcut: bool,
    /// Whether it can be made in any element type.
    generic: bool,
    /// Whether it begins with constants, so that no generator is needed.
    constant: bool,
    /// The type whose setters these are, and its field that holds the settings.
    held_by: Option<(Type, Ident)>,
    /// The generics of that type.
    held_generics: Option<syn::Generics>,
    /// Whether `new` is for the settings' own module.
    private: bool,
    /// What errors about the settings begin with.
    operation: Option<Tokens>,
}

impl Owner {
    pub(super) fn of(input: &DeriveInput) -> Result<Self> {
        let mut own = Self::default();
        for attribute in input.attrs.iter().filter(|a| a.path().is_ident("settings")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("makes") {
                    own.makes = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("operation") {
                    own.operation = Some(expression(meta.value()?)?);
                } else if meta.path.is_ident("shortcut") {
                    own.shortcut = true;
                } else if meta.path.is_ident("any_element") {
                    own.generic = true;
                } else if meta.path.is_ident("constant") {
                    own.constant = true;
                } else if meta.path.is_ident("private") {
                    own.private = true;
                } else if meta.path.is_ident("held_by") {
                    let content;
                    parenthesized!(content in meta.input);
                    own.held_generics = Some(content.parse()?);
                    let ty = content.parse()?;
                    content.parse::<syn::Token![,]>()?;
                    own.held_by = Some((ty, content.parse()?));
                } else {
                    return Err(meta.error(
                        "expected `makes`, `operation`, `shortcut`, `any_element`, `constant`, `private` or \
                         `held_by`",
                    ));
                }
                Ok(())
            })?;
        }
        let says_how = own.shortcut || own.generic || own.constant || own.operation.is_some();
        if own.makes.is_some() != own.operation.is_some() || (own.makes.is_none() && says_how) {
            let message = "`makes` says what is made, and `operation` what its errors begin with: give both, \
                           or neither of them and nothing else that says how it is made";
            return Err(Error::new(input.ident.span(), message));
        }
        Ok(own)
    }

    /// `new` or `Default`, and where something is made of the settings its `config`, `new` and `init`.
    pub(super) fn constructors(&self, input: &DeriveInput, fields: &[Field]) -> Tokens {
        let ident = &input.ident;
        let (generics, arguments, bounds) = input.generics.split_for_impl();
        let required: Vec<&Field> = fields.iter().filter(|field| field.is_required()).collect();
        let parameters: Vec<Tokens> = required.iter().map(|field| field.argument()).collect();
        let names: Vec<&Ident> = required.iter().map(|field| &field.ident).collect();
        let beginnings: Vec<Tokens> = fields.iter().map(Field::beginning).collect();
        let default = required.is_empty().then(|| {
            quote! {
                #[automatically_derived]
                impl #generics ::core::default::Default for #ident #arguments #bounds {
                    fn default() -> Self {
                        Self { #(#beginnings),* }
                    }
                }
            }
        });
        let visibility = if self.private { quote!() } else { quote!(pub) };
        let new = self.held_by.is_none().then(|| {
            quote! {
                impl #generics #ident #arguments #bounds {
                    /// With the defaults for everything else.
                    #[must_use]
                    #visibility fn new(#(#parameters),*) -> Self {
                        Self { #(#beginnings),* }
                    }
                }
            }
        });
        let made = self.makes.as_ref().map(|made| self.maker(made, input, &parameters, &names));
        quote! { #new #default #made }
    }

    /// How a layer is made of its settings, checked first.
    fn maker(
        &self,
        made: &Ident,
        input: &DeriveInput,
        parameters: &[Tokens],
        names: &[&Ident],
    ) -> Tokens {
        let ident = &input.ident;
        let (generics, arguments, bounds) = input.generics.split_for_impl();
        let (rng, drawn) = match self.constant {
            true => (quote!(), quote!()),
            false => (quote!(rng: &mut Rng), quote!(rng)),
        };
        let settings = format!("[`{ident}`]");
        let new_doc = format!(
            "Makes one with the defaults of {settings}; [`config`](Self::config) sets them."
        );
        let config_doc =
            format!("Its settings, {settings}: each has a setter, and `init` makes it.");
        let constructors = self.shortcut.then(|| {
            quote! {
                impl #generics #made #arguments #bounds {
                    #[doc = #new_doc]
                    ///
                    /// # Errors
                    /// When a size makes no sense, or is larger than memory.
                    pub fn new(#(#parameters,)* #rng) -> Result<Self> {
                        Self::config(#(#names),*).init(#drawn)
                    }

                    #[doc = #config_doc]
                    pub fn config(#(#parameters),*) -> #ident #arguments {
                        #ident::new(#(#names),*)
                    }
                }
            }
        });
        let operation = &self.operation;
        let check = quote!(Settings::check(self).map_err(|error| error.operation(#operation))?;);
        let init = match self.generic {
            false => quote! {
                /// Makes it, and draws its first values.
                ///
                /// # Errors
                /// When a setting is out of range, sizes don't fit each other, or are larger than memory.
                pub fn init(&self, #rng) -> Result<#made #arguments> {
                    #check
                    self.build(#drawn)
                }
            },
            true => quote! {
                /// Makes it in `f32`, and draws its first values.
                ///
                /// # Errors
                /// When a setting is out of range, sizes don't fit each other, or are larger than memory.
                pub fn init(&self, #rng) -> Result<#made> {
                    self.init_as(#drawn)
                }

                /// Makes it in any element type, as [`init`](Self::init) does in `f32`.
                ///
                /// # Errors
                /// As [`init`](Self::init).
                pub fn init_as<T: Float>(&self, #rng) -> Result<#made<T>> {
                    #check
                    self.build(#drawn)
                }
            },
        };
        quote! {
            #constructors

            impl #generics #ident #arguments #bounds {
                #init
            }
        }
    }

    /// The setters.
    pub(super) fn setters(&self, input: &DeriveInput, fields: &[Field]) -> Tokens {
        let place = match &self.held_by {
            Some((_, field)) => quote!(self.#field),
            None => quote!(self),
        };
        let setters: Vec<Tokens> = fields.iter().filter_map(|field| field.setter(&place)).collect();
        if setters.is_empty() {
            return Tokens::new();
        }
        match &self.held_by {
            Some((ty, _)) => {
                let held = self.held_generics.clone().unwrap_or_default();
                let (generics, _, bounds) = held.split_for_impl();
                quote! { impl #generics #ty #bounds { #(#setters)* } }
            }
            None => {
                let ident = &input.ident;
                let (generics, arguments, bounds) = input.generics.split_for_impl();
                quote! { impl #generics #ident #arguments #bounds { #(#setters)* } }
            }
        }
    }
}
