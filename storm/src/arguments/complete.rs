//! No public function that returns a `Result` is forgotten: they are listed from the source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, ImplItem, Item, ReturnType, Signature, TraitItem, Type, Visibility};

/// The crates whose functions users call.
const CRATES: [&str; 8] =
    ["tensor", "autodiff", "layers", "optimizers", "datasets", "training", "look", "zoo"];

/// What isn't called with random arguments, and why.
const LEFT_OUT: [(&str, &str); 5] = [
    ("Recipe::run", "it trains for minutes, whatever its arguments"),
    ("PixelRecipe::run", "it trains for minutes, whatever its arguments"),
    ("SoundRecipe::run", "it trains for minutes, whatever its arguments"),
    ("TranslationRecipe::run", "it trains for minutes, whatever its arguments"),
    ("TranslationOutcome::translate", "there is none before a training; its translator is called"),
];

/// A public function that returns a `Result`: its type, if it is a method, and its name.
type Function = (Option<String>, String);

#[test]
fn every_function_that_may_fail_is_called() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions: BTreeSet<Function> = BTreeSet::new();
    for name in CRATES {
        let sources = sources(&root.join("../crates").join(name).join("src"));
        assert!(sources.len() > 10, "{name} has {} files", sources.len());
        for path in sources {
            let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            collect(&file.items, &mut functions);
        }
    }
    assert!(functions.len() > 300, "{} functions", functions.len());

    let own = root.join("src/arguments");
    let mut words = Words::default();
    for path in sources(&own).into_iter().filter(|path| !path.ends_with("complete.rs")) {
        words.collect(fs::read_to_string(&path).unwrap().parse().unwrap());
    }
    // A name that several types share says little: then their own names must be there, too.
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    functions.iter().for_each(|(_, name)| *types.entry(name).or_default() += 1);
    let is_called = |(of, name): &Function| {
        let named = of.as_ref().is_none_or(|of| {
            types[&name[..]] == 1 || words.all.contains(of.trim_end_matches("Config"))
        });
        named && words.called.contains(name)
    };
    let spelled = |(of, name): &Function| match of {
        Some(of) => format!("{of}::{name}"),
        None => name.clone(),
    };
    let all: BTreeSet<String> = functions.iter().map(spelled).collect();
    for (name, why) in LEFT_OUT {
        assert!(all.contains(name), "there is no {name} to leave out because {why}");
    }
    let mut forgotten: Vec<String> =
        functions.iter().filter(|function| !is_called(function)).map(spelled).collect();
    forgotten.retain(|name| LEFT_OUT.iter().all(|(left_out, _)| name != left_out));
    assert_eq!(forgotten, [""; 0], "what storm doesn't call");
}

/// The Rust files in a folder, tests aside.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
    found
}

fn collect(items: &[Item], functions: &mut BTreeSet<Function>) {
    for item in items {
        match item {
            Item::Fn(function) if shown(&function.vis, &function.attrs) => {
                add(None, &function.sig, functions);
            }
            Item::Mod(module) if !is_test(&module.attrs) => {
                collect(module.content.as_ref().map_or(&[], |(_, items)| items), functions);
            }
            Item::Impl(block) if block.trait_.is_none() => {
                for item in &block.items {
                    if let ImplItem::Fn(method) = item
                        && shown(&method.vis, &method.attrs)
                    {
                        add(type_name(&block.self_ty), &method.sig, functions);
                    }
                }
            }
            Item::Trait(own) if shown(&own.vis, &own.attrs) => {
                for item in &own.items {
                    if let TraitItem::Fn(method) = item
                        && !is_hidden(&method.attrs)
                    {
                        add(None, &method.sig, functions);
                    }
                }
            }
            _ => {}
        }
    }
}

fn add(of: Option<String>, signature: &Signature, functions: &mut BTreeSet<Function>) {
    let ReturnType::Type(_, ty) = &signature.output else { return };
    if type_name(ty).as_deref() == Some("Result") {
        functions.insert((of, signature.ident.to_string()));
    }
}

/// The last part of a type's path, without its arguments.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

fn shown(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    matches!(visibility, Visibility::Public(_)) && !is_test(attributes) && !is_hidden(attributes)
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let meta = attribute.meta.require_list();
        attribute.path().is_ident("cfg") && meta.is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let meta = attribute.meta.require_list();
        attribute.path().is_ident("doc")
            && meta.is_ok_and(|list| list.tokens.to_string() == "hidden")
    })
}

/// What stands in storm's own source, in the arguments of macros as well.
#[derive(Default)]
struct Words {
    all: BTreeSet<String>,
    /// Those before a parenthesis, or the arguments of a type.
    called: BTreeSet<String>,
}

impl Words {
    fn collect(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) => {
                    let is_called = match tokens.peek() {
                        Some(TokenTree::Group(group)) => {
                            group.delimiter() == Delimiter::Parenthesis
                        }
                        Some(TokenTree::Punct(sign)) => matches!(sign.as_char(), ':' | ',' | ')'),
                        _ => true,
                    };
                    if is_called {
                        self.called.insert(ident.to_string());
                    }
                    self.all.insert(ident.to_string());
                }
                TokenTree::Group(group) => self.collect(group.stream()),
                // A case's name has those of the types that its code doesn't spell.
                TokenTree::Literal(text) => {
                    let text = text.to_string();
                    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                    self.all.extend(words.map(str::to_owned));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
}
