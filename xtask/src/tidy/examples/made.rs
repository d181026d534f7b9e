//! What calls of a crate's own macros make: types, and names for those of other modules.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Ident, ItemMacro, Token};

/// Whether a macro's rules declare a type by a name that they are given: `struct $name`.
pub(super) fn makes_types(rules: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = rules.clone().into_iter().collect();
    let declares = |pair: &[TokenTree]| match pair {
        [TokenTree::Ident(word), TokenTree::Punct(dollar)] => {
            let word = word.to_string();
            dollar.as_char() == '$' && ["struct", "enum", "trait", "union"].contains(&word.as_str())
        }
        _ => false,
    };
    tokens.windows(2).any(declares)
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => makes_types(&group.stream()),
            _ => false,
        })
}

/// The name of the macro that an item calls, unless it defines one.
pub(super) fn called(item: &ItemMacro) -> Option<String> {
    let name = item.mac.path.segments.last()?.ident.to_string();
    item.ident.is_none().then_some(name)
}

/// The types that a call makes: the name that each of its parts begins with, behind the attributes that it takes
/// from there. Parts end with a comma or a semicolon.
pub(super) fn types(call: &ItemMacro) -> Vec<(Vec<Attribute>, Ident)> {
    let parts = |input: ParseStream<'_>| {
        let mut found = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(Attribute::parse_outer)?;
            if input.peek(Ident::peek_any) {
                let name = input.call(Ident::parse_any)?;
                if is_type(&name) {
                    found.push((attributes, name));
                }
            }
            while !input.is_empty() {
                let ends = input.peek(Token![,]) || input.peek(Token![;]);
                input.parse::<TokenTree>()?;
                if ends {
                    break;
                }
            }
        }
        Ok(found)
    };
    parts.parse2(call.mac.tokens.clone()).unwrap_or_default()
}

/// The paths in a call that end in a type's name.
pub(super) fn paths(tokens: &TokenStream) -> BTreeSet<Vec<String>> {
    let mut all = BTreeSet::new();
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    for token in tokens.clone() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    path.clear();
                }
                path.push(ident.to_string());
                if path.len() > 1 && is_type(&ident) {
                    all.insert(path.clone());
                }
                colons = 0;
            }
            TokenTree::Group(group) => {
                all.extend(paths(&group.stream()));
                path.clear();
            }
            _ => path.clear(),
        }
    }
    all
}

fn is_type(name: &Ident) -> bool {
    name.to_string().starts_with(char::is_uppercase)
}
