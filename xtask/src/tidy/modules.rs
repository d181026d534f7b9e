//! The rule that the modules of a crate don't use each other in circles.
//!
//! Modules that stand beside each other are compared, at each depth: whatever is in one counts as its use.
//! A module and what is inside it may know each other.

use super::{SourceFile, Violation};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

const WHY: &str =
    "of two modules that use each other, neither can be read, tested or moved without the other";

/// A module's path from its crate's root.
pub(super) type Module = Vec<String>;
/// The modules that a module uses, each with a file that does so.
type Uses = BTreeMap<Module, BTreeMap<Module, String>>;

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let mut crates: BTreeMap<&str, Vec<(Module, &SourceFile)>> = BTreeMap::new();
    for file in files {
        if let Some((root, module)) = place(&file.path) {
            crates.entry(root).or_default().push((module, file));
        }
    }
    crates.values().flat_map(|files| circles(files)).collect()
}

/// A source file's crate and module, unless it is a file of tests.
pub(super) fn place(path: &str) -> Option<(&str, Module)> {
    let (root, rest) = path.split_once("/src/")?;
    let mut module: Module = rest.strip_suffix(".rs")?.split('/').map(str::to_string).collect();
    if matches!(module.last()?.as_str(), "mod" | "lib" | "main") {
        module.pop();
    }
    let of_tests = module.iter().any(|part| part == "tests");
    (!of_tests && !root.contains("/fixtures/")).then_some((root, module))
}

/// One violation for each module that takes part in a circle and hasn't been named with another one.
fn circles(files: &[(Module, &SourceFile)]) -> Vec<Violation> {
    let modules: BTreeSet<&Module> = files.iter().map(|(module, _)| module).collect();
    let mut uses = Uses::new();
    for (module, file) in files {
        for path in paths(&file.text) {
            if let Some((from, to)) = siblings(module, &path, &modules) {
                uses.entry(from).or_default().entry(to).or_insert_with(|| file.path.clone());
            }
        }
    }
    let mut violations = Vec::new();
    let mut named: BTreeSet<&Module> = BTreeSet::new();
    for module in uses.keys() {
        let Some(circle) = circle(module, &uses) else { continue };
        if circle.iter().any(|member| named.contains(member)) {
            continue;
        }
        named.extend(&circle);
        let names: Vec<String> =
            circle.iter().chain([&module]).map(|module| module.join("::")).collect();
        let places: Vec<&str> = (0..circle.len())
            .map(|at| uses[circle[at]][circle[(at + 1) % circle.len()]].as_str())
            .collect();
        violations.push(Violation {
            path: places[0].to_string(),
            line: 1,
            what: format!("modules use each other in a circle: {}", names.join(" → ")),
            why: WHY,
            mend: format!(
                "move what both need into a module below them; the uses are in {}",
                places.join(", ")
            ),
        });
    }
    violations
}

/// The shortest way along uses from a module back to itself.
fn circle<'u>(start: &'u Module, uses: &'u Uses) -> Option<Vec<&'u Module>> {
    let mut before: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut reached = vec![start];
    while !reached.is_empty() {
        let mut next = Vec::new();
        for module in reached {
            for used in uses.get(module).into_iter().flat_map(BTreeMap::keys) {
                if used == start {
                    let mut way = vec![module];
                    while let Some(before) = before.get(way[way.len() - 1]) {
                        way.push(before);
                    }
                    way.reverse();
                    return Some(way);
                }
                if !before.contains_key(used) {
                    before.insert(used, module);
                    next.push(used);
                }
            }
        }
        reached = next;
    }
    None
}

/// Where the ways from the root to a module and to what it uses part: two modules side by side.
fn siblings(
    module: &Module,
    path: &[String],
    modules: &BTreeSet<&Module>,
) -> Option<(Module, Module)> {
    let absolute: Module = match path.first()?.as_str() {
        "crate" => path[1..].to_vec(),
        _ => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let base = module.len().checked_sub(ups)?;
            [&module[..base], &path[ups..]].concat()
        }
    };
    let is_module = |module: &[String]| modules.iter().any(|other| other.starts_with(module));
    let shared = module.iter().zip(&absolute).take_while(|(a, b)| a == b).count();
    if shared == module.len() || shared == absolute.len() {
        return None;
    }
    let (from, to) = (module[..=shared].to_vec(), absolute[..=shared].to_vec());
    is_module(&to).then_some((from, to))
}

/// The paths that begin with `crate` or `super` outside of tests.
fn paths(text: &str) -> Vec<Module> {
    let mut all = Vec::new();
    if let Ok(tokens) = TokenStream::from_str(text) {
        collect(&tokens.into_iter().collect::<Vec<_>>(), &mut all);
    }
    all
}

fn collect(tokens: &[TokenTree], all: &mut Vec<Module>) {
    let mut at = 0;
    while at < tokens.len() {
        if is_for_tests(&tokens[at..]) {
            // The item ends with its braces or a semicolon.
            let ends = |token: &TokenTree| match token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                token => is_punct(token, ';'),
            };
            at += 2;
            at += tokens[at..].iter().position(ends).map_or(tokens.len(), |end| end + 1);
            continue;
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                collect(&group.stream().into_iter().collect::<Vec<_>>(), all);
                at += 1;
            }
            TokenTree::Ident(ident) if *ident == "crate" || *ident == "super" => {
                at += tree(&tokens[at..], &mut Vec::new(), all);
            }
            _ => at += 1,
        }
    }
}

/// Whether an item for tests alone begins here.
fn is_for_tests(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [hash, TokenTree::Group(attribute), ..]
        if is_punct(hash, '#') && attribute.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Reads a path, which may end in braces with more of them, and says how many tokens it took.
fn tree(tokens: &[TokenTree], before: &mut Module, all: &mut Vec<Module>) -> usize {
    let (mut at, depth) = (0, before.len());
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        before.push(ident.to_string());
        at += 1;
        if !tokens.get(at..at + 2).is_some_and(|two| two.iter().all(|token| is_punct(token, ':'))) {
            break;
        }
        at += 2;
        if let Some(TokenTree::Group(group)) = tokens.get(at) {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            for part in inner.split(|token| is_punct(token, ',')) {
                tree(part, before, all);
            }
            at += 1;
            break;
        }
    }
    all.push(before.clone());
    before.truncate(depth);
    at.max(1)
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile {
                path: format!("crates/x/src/{path}.rs"),
                text: (*text).to_string(),
            })
            .collect();
        check(&files).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn two_that_use_each_other() {
        let circle = [
            ("lib", "mod a; mod b;"),
            ("a", "use crate::b::B;"),
            ("b", "fn b() { crate::a::a() }"),
        ];
        assert_eq!(found(&circle), ["modules use each other in a circle: a → b → a"]);
        assert!(found(&circle[..2]).is_empty());
    }

    #[test]
    fn by_way_of_a_third_in_braces_and_from_inside() {
        let circle = [
            ("a/mod", "use crate::{other, b::{B, C}};"),
            ("b", "use super::c;"),
            ("c/deep", "macro_rules! m { () => { $crate::a::A } }"),
        ];
        assert_eq!(found(&circle), ["modules use each other in a circle: a → b → c → a"]);
    }

    #[test]
    fn beside_each_other_inside_a_module() {
        let circle = [("a/mod", ""), ("a/x", "use super::y::Y;"), ("a/y", "use crate::a::x::X;")];
        assert_eq!(found(&circle), ["modules use each other in a circle: a::x → a::y → a::x"]);
    }

    #[test]
    fn tests_and_a_modules_own_parts_may() {
        let fine = [
            ("a/mod", "use self::x::X; mod x; use crate::b::B;"),
            ("a/x", "use super::A;"),
            ("b", "#[cfg(test)]\nmod tests { use crate::a::A; }\n#[cfg(test)]\nuse crate::a::A;"),
            ("b/tests", "use crate::a::A;"),
        ];
        assert!(found(&fine).is_empty());
    }
}
