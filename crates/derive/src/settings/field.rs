//! One setting: what its attributes and its documentation say.

use proc_macro2::{TokenStream as Tokens, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{
    Error, Expr, GenericArgument, Ident, LitStr, PathArguments, Result, Token, Type, parenthesized,
};

/// A field of a struct of settings.
pub(super) struct Field {
    pub(super) ident: Ident,
    ty: Type,
    /// The lines of its documentation.
    docs: Vec<String>,
    /// Without one, the field is an argument of `new`, unless it is an option.
    default: Option<Tokens>,
    /// What its value must lie in, as an expression of a range of `f64`.
    range: Option<Tokens>,
    /// What errors call it.
    called: String,
    /// The setter's name.
    setter: Ident,
    /// Other libraries' names, for the search of the documentation.
    aliases: Vec<LitStr>,
    /// What the caller gives, and the function that turns it into the field's type.
    from: Option<(Type, Tokens)>,
    /// Whether the setter is written by hand.
    skip: bool,
}

impl Field {
    pub(super) fn of(field: &syn::Field) -> Result<Self> {
        let ident = field.ident.clone().expect("the fields are named");
        let mut own = Self {
            ty: field.ty.clone(),
            docs: Vec::new(),
            default: None,
            range: None,
            called: ident.to_string().trim_start_matches("r#").replace('_', " "),
            setter: ident.clone(),
            aliases: Vec::new(),
            from: None,
            skip: false,
            ident,
        };
        for attribute in &field.attrs {
            if attribute.path().is_ident("doc") {
                own.docs.extend(doc_line(attribute));
            } else if attribute.path().is_ident("setting") {
                attribute.parse_nested_meta(|meta| own.read(&meta))?;
            }
        }
        if own.docs.is_empty() && !own.skip {
            return Err(Error::new(field.span(), "document the setting: its setter says the same"));
        }
        Ok(own)
    }

    fn read(&mut self, meta: &syn::meta::ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("default") {
            self.default = Some(expression(meta.value()?)?);
        } else if meta.path.is_ident("range") {
            self.range = Some(expression(meta.value()?)?);
        } else if meta.path.is_ident("called") {
            self.called = meta.value()?.parse::<LitStr>()?.value();
        } else if meta.path.is_ident("setter") {
            self.setter = meta.value()?.parse()?;
        } else if meta.path.is_ident("alias") {
            self.aliases.push(meta.value()?.parse()?);
        } else if meta.path.is_ident("from") {
            let content;
            parenthesized!(content in meta.input);
            let ty = content.parse()?;
            content.parse::<Token![,]>()?;
            self.from = Some((ty, expression(&content)?));
        } else if meta.path.is_ident("skip") {
            self.skip = true;
        } else {
            return Err(meta.error(
                "expected `default`, `range`, `called`, `setter`, `alias`, `from` or `skip`",
            ));
        }
        Ok(())
    }

    /// Whether `new` asks for it.
    pub(super) fn is_required(&self) -> bool {
        self.default.is_none() && self.optional().is_none()
    }

    /// `name: Type`, as an argument of a constructor.
    pub(super) fn argument(&self) -> Tokens {
        let (ident, ty) = (&self.ident, self.taken());
        quote!(#ident: #ty)
    }

    /// `name: value`, as it begins.
    pub(super) fn beginning(&self) -> Tokens {
        let ident = &self.ident;
        match &self.default {
            Some(default) => quote!(#ident: #default),
            None if self.is_required() => {
                let value = self.converted();
                quote!(#ident: #value)
            }
            None => quote!(#ident: ::core::option::Option::None),
        }
    }

    /// The method that sets it, of a builder in which `place` holds the settings.
    pub(super) fn setter(&self, place: &Tokens) -> Option<Tokens> {
        if self.skip || self.is_required() {
            return None;
        }
        let (docs, aliases) = (self.documentation(), &self.aliases);
        let (ident, setter, ty) = (&self.ident, &self.setter, self.taken());
        let value = match self.optional() {
            Some(_) => {
                let value = self.converted();
                quote!(::core::option::Option::Some(#value))
            }
            None => self.converted(),
        };
        Some(quote! {
            #(#[doc = #docs])*
            #(#[doc(alias = #aliases)])*
            #[must_use]
            pub fn #setter(mut self, #ident: #ty) -> Self {
                #place.#ident = #value;
                self
            }
        })
    }

    /// The statement that lists its range.
    pub(super) fn range(&self) -> Option<Tokens> {
        let range = self.range.as_ref()?;
        let (ident, called) = (&self.ident, &self.called);
        Some(quote! {
            ranges.push((
                #called,
                <Self as Settings>::numbers(&self.#ident),
                <Self as Settings>::bounds(#range),
            ));
        })
    }

    /// Its own documentation, then what it is by default and the range that it must lie in.
    fn documentation(&self) -> Vec<String> {
        let mut docs = self.docs.clone();
        let default = match (&self.default, self.optional()) {
            (Some(default), _) => format!(" By default `{}`.", source(default)),
            (None, _) => String::new(),
        };
        let range = match &self.range {
            Some(range) => format!(" It must be {}.", in_words(&source(range))),
            None => String::new(),
        };
        if !default.is_empty() || !range.is_empty() {
            docs.push(String::new());
            docs.push(format!("{default}{range}"));
        }
        docs
    }

    /// The type that the caller gives.
    fn taken(&self) -> &Type {
        match &self.from {
            Some((ty, _)) => ty,
            None => self.optional().unwrap_or(&self.ty),
        }
    }

    /// The caller's value, in the field's type.
    fn converted(&self) -> Tokens {
        let ident = &self.ident;
        match &self.from {
            Some((_, convert)) => quote!((#convert)(#ident)),
            None => ident.to_token_stream(),
        }
    }

    /// The `T` of an `Option<T>` without another default.
    fn optional(&self) -> Option<&Type> {
        let Type::Path(path) = &self.ty else { return None };
        let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        match (arguments.args.first()?, &self.default) {
            (GenericArgument::Type(inner), None) => Some(inner),
            _ => None,
        }
    }
}

fn doc_line(attribute: &syn::Attribute) -> Option<String> {
    let Expr::Lit(literal) = &attribute.meta.require_name_value().ok()?.value else { return None };
    let syn::Lit::Str(line) = &literal.lit else { return None };
    Some(line.value())
}

/// An expression, up to the next comma: as it is written, since reading it as one needs a part of `syn` that takes
/// as long to compile as all others.
pub(super) fn expression(input: ParseStream<'_>) -> Result<Tokens> {
    let mut tokens = Vec::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.push(input.parse::<TokenTree>()?);
    }
    match tokens.is_empty() {
        false => Ok(tokens.into_iter().collect()),
        true => Err(input.error("expected an expression")),
    }
}

/// A range in words.
fn in_words(range: &str) -> String {
    let number = |text: &str| text.trim_end_matches(".0").to_owned();
    match (range.split_once("..="), range.split_once("..")) {
        (Some(("", high)), _) => format!("at most {}", number(high)),
        (Some((low, high)), _) => format!("between {} and {}", number(low), number(high)),
        (None, Some((low, ""))) => format!("{} or more", number(low)),
        (None, Some((low, high))) => {
            format!("{} or more, and less than {}", number(low), number(high))
        }
        (None, None) if range.ends_with("POSITIVE") => "more than 0".to_owned(),
        (None, None) => format!("in `{range}`"),
    }
}

/// An expression as one writes it: the tokens' text has a blank around every sign.
fn source(expression: &Tokens) -> String {
    let mut text = expression.to_string();
    for (spaced, plain) in [
        (" :: ", "::"),
        (" . ", "."),
        (" ..= ", "..="),
        (" .. ", ".."),
        (" ..=", "..="),
        (" ..", ".."),
        ("..= ", "..="),
        (".. ", ".."),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("- ", "-"),
    ] {
        text = text.replace(spaced, plain);
    }
    text
}
