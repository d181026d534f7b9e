//! A crate's modules, with the types and the names that each declares.

use super::super::modules::place;
use super::{SourceFile, Violation, WHY, made};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Attribute, Expr, File, Ident, Item, Lit, Meta, UseTree, Visibility};

/// A module's path from its crate's root.
pub(super) type Path = Vec<String>;
pub(super) type Modules = BTreeMap<Path, Module>;

#[derive(Debug, Default)]
pub(super) struct Module {
    /// Its file, relative to the workspace's root.
    pub(super) file: String,
    pub(super) types: Vec<Type>,
    pub(super) uses: Vec<Use>,
    /// The modules inside that it shows.
    pub(super) public_modules: Vec<String>,
}

/// A struct, an enum, a trait or a union.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) documentation: String,
    pub(super) public: bool,
}

/// One path of a `use`.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) path: Path,
    /// The name that it gives; none where it gives all that the path has.
    pub(super) name: Option<String>,
    pub(super) public: bool,
}

/// The modules of a crate, and a violation for each file that can't be parsed.
pub(super) fn tree(files: &[&SourceFile]) -> (Modules, Vec<Violation>) {
    let (mut parsed, mut violations) = (Vec::new(), Vec::new());
    for file in files {
        let Some((_, path)) = place(&file.path) else { continue };
        match syn::parse_file(&file.text) {
            Ok(syntax) => parsed.push((path, &file.path, syntax)),
            Err(error) => violations.push(Violation {
                path: file.path.clone(),
                line: error.span().start().line,
                what: format!("the file can't be parsed: {error}"),
                why: WHY,
                mend: "`cargo check` says more".to_string(),
            }),
        }
    }
    let makers: BTreeSet<String> = parsed.iter().flat_map(|(_, _, file)| makers(file)).collect();
    let mut modules = Modules::new();
    for (path, file, syntax) in parsed {
        read(&path, file, syntax.items, &makers, &mut modules);
    }
    (modules, violations)
}

/// The macros of a file that make types.
fn makers(file: &File) -> Vec<String> {
    let defined = file.items.iter().filter_map(|item| match item {
        Item::Macro(item) if made::makes_types(&item.mac.tokens) => item.ident.as_ref(),
        _ => None,
    });
    defined.map(Ident::to_string).collect()
}

fn read(path: &Path, file: &str, items: Vec<Item>, makers: &BTreeSet<String>, all: &mut Modules) {
    let mut module = Module { file: file.to_string(), ..Module::default() };
    for item in items {
        match item {
            Item::Struct(item) => module.declare(&item.attrs, &item.vis, &item.ident),
            Item::Enum(item) => module.declare(&item.attrs, &item.vis, &item.ident),
            Item::Trait(item) => module.declare(&item.attrs, &item.vis, &item.ident),
            Item::Union(item) => module.declare(&item.attrs, &item.vis, &item.ident),
            Item::Use(item) => {
                let public = is_public(&item.vis) && !is_hidden(&item.attrs);
                add_uses(&item.tree, &mut Path::new(), public, &mut module.uses);
            }
            Item::Mod(item) if !is_for_tests(&item.attrs) => {
                let name = item.ident.to_string();
                if let Some((_, items)) = item.content {
                    let inner = [path.as_slice(), std::slice::from_ref(&name)].concat();
                    read(&inner, file, items, makers, all);
                }
                if is_public(&item.vis) && !is_hidden(&item.attrs) {
                    module.public_modules.push(name);
                }
            }
            Item::Macro(item) => match made::called(&item) {
                Some(name) if makers.contains(&name) => {
                    let public = Visibility::Public(Default::default());
                    for (attributes, name) in made::types(&item) {
                        module.declare(&attributes, &public, &name);
                    }
                }
                Some(_) => {
                    module.uses.extend(made::paths(&item.mac.tokens).into_iter().map(|path| Use {
                        name: path.last().cloned(),
                        path,
                        public: true,
                    }))
                }
                None => {}
            },
            _ => {}
        }
    }
    all.insert(path.clone(), module);
}

impl Module {
    fn declare(&mut self, attributes: &[Attribute], visibility: &Visibility, name: &Ident) {
        self.types.push(Type {
            name: name.to_string(),
            line: name.span().start().line,
            documentation: documentation(attributes),
            public: is_public(visibility) && !is_hidden(attributes) && !is_for_tests(attributes),
        });
    }
}

fn add_uses(tree: &UseTree, before: &mut Path, public: bool, all: &mut Vec<Use>) {
    let mut add = |path: Path, name: Option<String>| all.push(Use { path, name, public });
    let with = |last: &Ident| [before.as_slice(), &[last.to_string()]].concat();
    match tree {
        UseTree::Glob(_) => add(before.clone(), None),
        // `self` in braces is the module itself.
        UseTree::Name(name) if name.ident == "self" => add(before.clone(), before.last().cloned()),
        UseTree::Name(name) => add(with(&name.ident), Some(name.ident.to_string())),
        UseTree::Rename(name) => add(with(&name.ident), Some(name.rename.to_string())),
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            add_uses(&path.tree, before, public, all);
            before.pop();
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| add_uses(tree, before, public, all));
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    has(attributes, "doc", "hidden")
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    has(attributes, "cfg", "test")
}

/// Whether one of the attributes is `name(inside)`.
fn has(attributes: &[Attribute], name: &str, inside: &str) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident(name) && list.tokens.to_string() == inside,
        _ => false,
    })
}

/// The lines that are written there, not those of other files.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(line) => Some(line.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}
