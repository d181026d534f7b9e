//! The rule that every public type has an example that runs.

mod fence;
mod made;
mod reach;
mod tree;

use super::{SourceFile, Violation};
use std::collections::BTreeMap;
use tree::{Type, tree};

/// The crates that nobody uses as a library: a program, the macros, and what tests share.
const NOT_LIBRARIES: [&str; 3] = ["crates/cli", "crates/derive", "crates/testkit"];

/// The types that read files which aren't in the repository, or write some: their examples need only be compiled.
const USE_FILES: [&str; 4] = ["FashionMnist", "ImageFolder", "Mnist", "Outcome"];

const WHY: &str = "an example is read before the words around it, and one that runs can't be wrong";

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let mut crates: BTreeMap<&str, Vec<&SourceFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let Some((root, _)) = file.path.split_once("/src/") else { continue };
        if root.starts_with("crates/") && !NOT_LIBRARIES.contains(&root) {
            crates.entry(root).or_default().push(file);
        }
    }
    crates.values().flat_map(|files| check_crate(files)).collect()
}

fn check_crate(files: &[&SourceFile]) -> Vec<Violation> {
    let (modules, mut violations) = tree(files);
    let without = reach::reachable(&modules).into_iter().filter(|(_, kind)| !has_example(kind));
    violations.extend(without.map(|(path, kind)| violation(path, kind)));
    violations
}

fn has_example(kind: &Type) -> bool {
    fence::runs(&kind.documentation, USE_FILES.contains(&kind.name.as_str()))
}

fn violation(path: &str, kind: &Type) -> Violation {
    Violation {
        path: path.to_string(),
        line: kind.line,
        what: format!("`{}` has no example", kind.name),
        why: WHY,
        mend: "show in its documentation what it is for, on numbers that can be checked in the head, in \
               a fenced block that is run: not marked `ignore`, `text` or `no_run`"
            .to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "/// ```\n/// assert!(true);\n/// ```\n";

    /// The types without an example, each with its file and line.
    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile {
                path: format!("{path}.rs"),
                text: (*text).to_string(),
            })
            .collect();
        let violations = check(&files).into_iter();
        violations.map(|found| format!("{} {} {}", found.path, found.line, found.what)).collect()
    }

    fn names(lib: &str, other: &str) -> Vec<String> {
        let files = [("crates/x/src/lib", lib), ("crates/x/src/a", other)];
        let places = found(&files).into_iter();
        places.map(|place| place.split('`').nth(1).unwrap_or(&place).to_string()).collect()
    }

    #[test]
    fn a_public_type_of_each_kind() {
        let text = "//! It.\n\npub struct A;\npub enum B {}\npub trait C {}\npub union D { x: u8 }\n\
                    pub(crate) struct E;\nstruct F;\npub type G = A;\n#[doc(hidden)]\npub struct H;\n\
                    #[cfg(test)]\nmod tests { pub struct I; }\n";
        let expected = ["A", "B", "C", "D"]
            .iter()
            .zip(3..)
            .map(|(name, line)| format!("crates/x/src/lib.rs {line} `{name}` has no example"));
        assert_eq!(found(&[("crates/x/src/lib", text)]), expected.collect::<Vec<_>>());
        assert!(found(&[("crates/testkit/src/lib", text), ("examples/src/lib", text)]).is_empty());
    }

    #[test]
    fn one_with_an_example_is_in_order() {
        assert!(names(&format!("{EXAMPLE}pub struct A;"), "").is_empty());
        assert!(
            names(&format!("/// An a.\n///\n{EXAMPLE}#[derive(Debug)]\npub enum A {{}}"), "")
                .is_empty()
        );
        assert_eq!(names("/// An `a`.\npub struct A;", ""), ["A"]);
        let compiled_only = EXAMPLE.replacen("```", "```no_run", 1);
        assert_eq!(names(&format!("{compiled_only}pub struct A;"), ""), ["A"]);
        assert!(names(&format!("{compiled_only}pub struct Mnist;"), "").is_empty());
    }

    #[test]
    fn only_what_users_reach() {
        let two = "pub struct A; pub struct B; mod deep { pub struct C; }";
        assert!(names("mod a;", two).is_empty());
        assert_eq!(names("pub mod a;", two), ["A", "B"]);
        assert_eq!(names("mod a; pub use a::A;", two), ["A"]);
        assert_eq!(names("mod a; pub use crate::a::{B as Other};", two), ["B"]);
        assert_eq!(names("mod a; pub use self::a::*;", two), ["A", "B"]);
        assert!(names("mod a; #[doc(hidden)] pub use a::*; use a::A;", two).is_empty());
        assert!(names("#[doc(hidden)] pub mod a; pub use other::A;", two).is_empty());
    }

    #[test]
    fn by_way_of_another_module() {
        let inner =
            "pub use self::deep::*; mod deep { pub use inside::C; mod inside { pub struct C; } }";
        assert_eq!(names("mod a; pub use a::C;", inner), ["C"]);
        assert_eq!(names("mod a; pub mod b { pub use super::a::*; }", inner), ["C"]);
        assert_eq!(names("mod a; use a::C; pub mod b { pub use super::C as D; }", inner), ["C"]);
        // Two that name each other.
        assert!(names("pub mod a; pub use a::X;", "pub use crate::X;").is_empty());
    }

    #[test]
    fn what_a_macro_exports_or_makes() {
        let exports = "mod a; exports! { a::A; a::B<T>; a::unknown; }";
        assert_eq!(names(exports, "pub struct A; pub struct B; pub struct C;"), ["A", "B"]);

        let makes = "pub use a::*; mod a;";
        let rule = "macro_rules! m { ($($(#[$m:meta])* $name:ident $other:ident),*) => \
                    { $($(#[$m])* pub struct $name;)* } }";
        let calls = format!("{rule}\nm!(\n{EXAMPLE}A Aa, B Bb);\nm! {{ /// None.\nC Cc }}");
        assert_eq!(names(makes, &calls), ["B", "C"]);
        assert!(names(makes, "macro_rules! m { ($a:ident) => {} } m!(A);").is_empty());
    }

    #[test]
    fn a_file_that_is_no_rust_is_named() {
        let found = found(&[("crates/x/src/lib", "//! It.\nstruct 1;")]);
        assert_eq!(found, ["crates/x/src/lib.rs 2 the file can't be parsed: expected identifier"]);
    }
}
