//! The rule that the prelude has few names, each of them written out.

use super::{SourceFile, Violation};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::str::FromStr;

const FILE: &str = "crates/plywood/src/lib.rs";
/// The most names that `use plywood::prelude::*` may bring.
const MOST: usize = 70;
const WHY: &str =
    "names that come by `*` clash with a program's own, and nobody sees where they come from";

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    files.iter().filter(|file| file.path == FILE).filter_map(problem).collect()
}

fn problem(file: &SourceFile) -> Option<Violation> {
    let violation = |what: String, mend: &str| Violation {
        path: file.path.clone(),
        line: file
            .text
            .lines()
            .position(|line| line.contains("mod prelude"))
            .map_or(1, |at| at + 1),
        what,
        why: WHY,
        mend: mend.to_string(),
    };
    let Some(names) = TokenStream::from_str(&file.text).ok().and_then(names) else {
        return Some(violation(
            "there is no module `prelude`".to_string(),
            "examples and README begin with `use plywood::prelude::*`",
        ));
    };
    if names.iter().any(|name| name == "*") {
        return Some(violation(
            "the prelude takes in a whole module".to_string(),
            "name what most programs need of it",
        ));
    }
    (names.len() > MOST).then(|| {
        violation(
            format!("the prelude has {} names, more than {MOST}", names.len()),
            "leave what few programs need to its module",
        )
    })
}

/// What the module `prelude` brings, a glob as `*`.
fn names(file: TokenStream) -> Option<Vec<String>> {
    let tokens: Vec<TokenTree> = file.into_iter().collect();
    let body = tokens.windows(3).find_map(|three| match three {
        [TokenTree::Ident(module), TokenTree::Ident(name), TokenTree::Group(body)] => {
            (module == "mod" && name == "prelude").then(|| body.stream())
        }
        _ => None,
    })?;
    let mut names = Vec::new();
    collect(body, ';', &mut names);
    Some(names)
}

/// The last name of each part between separators, and those inside of its braces.
fn collect(tokens: TokenStream, separator: char, names: &mut Vec<String>) {
    let mut last = None;
    for token in tokens {
        match &token {
            TokenTree::Punct(sign) if sign.as_char() == separator => {
                names.extend(last.take());
            }
            TokenTree::Punct(sign) if sign.as_char() == '*' => last = Some("*".to_string()),
            TokenTree::Ident(name) => last = Some(name.to_string()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                last = None;
                collect(group.stream(), ',', names);
            }
            _ => {}
        }
    }
    names.extend(last);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let file = SourceFile { path: FILE.to_string(), text: text.to_string() };
        check(&[file]).pop().map(|violation| violation.what)
    }

    #[test]
    fn names_are_counted_through_braces_and_renames() {
        let text =
            "pub mod prelude { /// Docs.\n pub use a::{B, c::{D, E}, f as g}; pub use h as i; }";
        let tokens = TokenStream::from_str(text).unwrap();
        assert_eq!(names(tokens).unwrap(), ["B", "D", "E", "g", "i"]);
    }

    #[test]
    fn too_many_names_globs_and_no_prelude_are_refused() {
        let of = |count: usize| {
            let names: Vec<String> = (0..count).map(|index| format!("N{index}")).collect();
            format!("pub mod prelude {{ pub use a::{{{}}}; }}", names.join(", "))
        };
        assert_eq!(found(&of(MOST)), None);
        assert_eq!(found(&of(MOST + 1)).unwrap(), "the prelude has 71 names, more than 70");
        let glob = "the prelude takes in a whole module";
        assert_eq!(found("pub mod prelude { pub use a::*; }").unwrap(), glob);
        assert_eq!(found("pub mod prelude { pub use a::{B, c::*}; }").unwrap(), glob);
        assert_eq!(found("pub use a::*;").unwrap(), "there is no module `prelude`");
    }
}
