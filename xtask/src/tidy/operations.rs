//! The rule that every differentiable operation is declared, and so has its gradient check and its
//! property test.
//!
//! An operation is declared in the file that holds its shape rule, kernel call and gradient:
//!
//! ```text
//! pub(crate) const RELU: Declaration = Declaration { name: "relu", equation: "...", ... };
//! ```
//!
//! `ops/mod.rs` lists the declarations in `OPERATIONS`, and the tests walk that list.

use super::source::{code_only, without_comments};
use super::{SourceFile, Violation};
use regex_lite::Regex;

/// The folder with one file for each operation.
const FOLDER: &str = "crates/autodiff/src/ops/";
/// The file that lists them all.
const LIST_FILE: &str = "crates/autodiff/src/ops/mod.rs";
/// The list's name.
const LIST: &str = "OPERATIONS";
/// A declaration of an operation, for code without strings; the group is its identifier.
const DECLARATION: &str = r"\b(?:const|static)\s+([A-Z0-9_]+)\s*:\s*Declaration\b";
/// The name in a declaration, for code without comments.
const DECLARED_NAME: &str = r#"\bname\s*:\s*"([a-z0-9_]+)""#;
/// A place where an operation puts its name on the tape, for code without comments.
const NAME_ON_TAPE: &str = r#"\b(?:record|map_from_input|map_from_output|map_with_slope)(?:::<[^(]*>)?\(\s*"([a-z0-9_]+)""#;
/// The tests that walk the list: what each does, and the code that shows it. Each stands in a file
/// of the crate that names the list.
const WALKS: [(&str, &str); 2] = [
    ("checks every gradient", r"\bgradcheck(?:::<[^(]*>)?\("),
    ("tests every operation's properties", r"\bfn\s+prop_\w*"),
];
const CRATE: &str = "crates/autodiff/";

const WHY: &str = "a gradient that no test checks is wrong sooner or later, and silently";

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let list = files.iter().find(|file| file.path == LIST_FILE).map(listed).unwrap_or_default();
    let mut violations = the_list_is_walked(files);
    for file in files {
        if let Some(module) = operation_module(&file.path) {
            violations.extend(declarations_are_listed(file, module, &list));
            violations.extend(names_are_declared(file));
        }
    }
    violations
}

/// The module of a file that holds an operation, as `ops/mod.rs` calls it.
fn operation_module(path: &str) -> Option<&str> {
    let module = path.strip_prefix(FOLDER)?.strip_suffix(".rs")?;
    (!["mod", "tests"].contains(&module) && !module.contains('/')).then_some(module)
}

fn the_list_is_walked(files: &[SourceFile]) -> Vec<Violation> {
    let Some(list) = files.iter().find(|file| file.path == LIST_FILE) else {
        return Vec::new();
    };
    let sources = files.iter().filter(|file| file.is_rust() && file.path.starts_with(CRATE));
    let tests: Vec<String> =
        sources.map(|file| code_only(&file.text)).filter(|code| code.contains(LIST)).collect();
    let missing =
        WALKS.iter().filter(|(_, name)| !tests.iter().any(|code| pattern(name).is_match(code)));
    let violation = |(what, code): &(&str, &str)| Violation {
        path: list.path.clone(),
        line: 1,
        what: format!("no test walks {LIST} and {what}"),
        why: WHY,
        mend: format!("write one in {CRATE}; its code matches the pattern {code}"),
    };
    missing.map(violation).collect()
}

/// What the list holds, as `module::IDENTIFIER`.
fn listed(file: &SourceFile) -> Vec<String> {
    let code = code_only(&file.text);
    let array = pattern(&format!(r"\b{LIST}\s*:[^=]*=\s*&?\s*\[([^\]]*)\]"));
    let Some(found) = array.captures(&code).and_then(|captures| captures.get(1)) else {
        return Vec::new();
    };
    let entries = found.as_str().split(',').map(|entry| entry.trim().trim_start_matches('&'));
    entries.filter(|entry| !entry.is_empty()).map(str::to_string).collect()
}

fn declarations_are_listed(file: &SourceFile, module: &str, list: &[String]) -> Vec<Violation> {
    let code = code_only(&file.text);
    let declarations = pattern(DECLARATION);
    let mut violations = Vec::new();
    let mut any = false;
    for found in declarations.captures_iter(&code).filter_map(|captures| captures.get(1)) {
        any = true;
        let entry = format!("{module}::{}", found.as_str());
        if !list.contains(&entry) {
            violations.push(Violation {
                path: file.path.clone(),
                line: file.line_of(found.start()),
                what: format!("the operation {} isn't in {LIST}", found.as_str()),
                why: WHY,
                mend: format!("add `{entry}` to {LIST} in {LIST_FILE}"),
            });
        }
    }
    if !any {
        violations.push(Violation {
            path: file.path.clone(),
            line: 1,
            what: "the file declares no operation".to_string(),
            why: WHY,
            mend: format!(
                "declare it with `pub(crate) const NAME: Declaration` and add it to {LIST}; \
                 what is no operation belongs elsewhere than {FOLDER}"
            ),
        });
    }
    violations
}

fn names_are_declared(file: &SourceFile) -> Vec<Violation> {
    let text = without_comments(&file.text);
    let (declared, on_tape) = (pattern(DECLARED_NAME), pattern(NAME_ON_TAPE));
    let declared: Vec<&str> = declared
        .captures_iter(&text)
        .filter_map(|captures| captures.get(1))
        .map(|name| name.as_str())
        .collect();
    let names = on_tape.captures_iter(&text).filter_map(|captures| captures.get(1));
    names
        .filter(|name| !declared.contains(&name.as_str()))
        .map(|name| Violation {
            path: file.path.clone(),
            line: file.line_of(name.start()),
            what: format!(
                "the operation \"{}\" goes on the tape and isn't declared here",
                name.as_str()
            ),
            why: WHY,
            mend: format!(
                "declare it by a `Declaration` with `name: \"{}\"` in this file",
                name.as_str()
            ),
        })
        .collect()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "//! All.\nmod relu;\nmod arithmetic;\n\n\
        pub(crate) static OPERATIONS: &[&Declaration] = &[\n    &arithmetic::ADD,\n    &arithmetic::MUL, // both\n    &relu::RELU,\n];\n";
    const RELU: &str = "//! max(x, 0).\npub(crate) const RELU: Declaration = Declaration { name: \"relu\" };\n\
        fn relu() { map_from_output(\"relu\", x) }\n";
    const ARITHMETIC: &str = "//! + and *.\n\
        pub(crate) const ADD: Declaration = Declaration { name: \"add\" };\n\
        pub(crate) static MUL: Declaration = Declaration { name: \"mul\" };\n\
        fn add() { record::<f64, _>(\"add\", 1) }\nfn mul() { record(\n    \"mul\", 1) }\n";

    fn check_ops(relu: &str, arithmetic: &str, listing: &str) -> Vec<Violation> {
        let file = |name: &str, text: &str| SourceFile {
            path: format!("{FOLDER}{name}.rs"),
            text: text.to_string(),
        };
        check(&[
            file("relu", relu),
            file("arithmetic", arithmetic),
            file("mod", listing),
            tests(TESTS),
        ])
    }

    const TESTS: &str = "//! Walks.\nfn gradients_of_each() { for op in OPERATIONS { gradcheck(op) } }\n\
        proptest! { #[test] fn prop_each(case in 0..9) { OPERATIONS[case]; } }\n";

    fn tests(text: &str) -> SourceFile {
        SourceFile {
            path: "crates/autodiff/tests/operations.rs".to_string(),
            text: text.to_string(),
        }
    }

    #[test]
    fn a_list_that_no_test_walks_is_found() {
        let list = || SourceFile {
            path: LIST_FILE.to_string(),
            text: "const OPERATIONS: [Declaration; 0] = [];".to_string(),
        };
        assert!(check(&[list(), tests(TESTS)]).is_empty());
        let violations = check(&[list(), tests(&TESTS.replace("prop_each", "each"))]);
        assert_eq!(violations.len(), 1);
        assert_eq!(
            violations[0].what,
            "no test walks OPERATIONS and tests every operation's properties"
        );
        assert_eq!(check(&[list(), tests(&TESTS.replace("OPERATIONS", "OTHERS"))]).len(), 2);
    }

    #[test]
    fn declared_and_listed_operations_pass() {
        assert!(check_ops(RELU, ARITHMETIC, LISTING).is_empty());
        let by_value =
            LISTING.replace("&[&Declaration] = &[", "[Declaration; 3] = [").replace('&', "");
        assert!(check_ops(RELU, ARITHMETIC, &by_value).is_empty());
    }

    #[test]
    fn an_operation_missing_from_the_list_is_named() {
        let violations = check_ops(RELU, ARITHMETIC, &LISTING.replace("&arithmetic::MUL,", ""));
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].line, 3);
        assert_eq!(violations[0].what, "the operation MUL isn't in OPERATIONS");
        assert_eq!(
            violations[0].mend,
            "add `arithmetic::MUL` to OPERATIONS in crates/autodiff/src/ops/mod.rs"
        );
    }

    #[test]
    fn a_comment_in_the_list_lists_nothing() {
        let violations =
            check_ops(RELU, ARITHMETIC, &LISTING.replace("&relu::RELU,", "// &relu::RELU,"));
        assert_eq!(violations.len(), 1);
    }

    #[test]
    fn a_file_without_a_declaration_is_named() {
        let relu = RELU.replace("const RELU: Declaration", "const RELU: Other");
        let violations = check_ops(&relu, ARITHMETIC, LISTING);
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].what, "the file declares no operation");
    }

    #[test]
    fn a_name_on_the_tape_must_be_declared() {
        let relu = RELU.replace("map_from_output(\"relu\"", "map_from_output(\"leaky_relu\"");
        let violations = check_ops(&relu, ARITHMETIC, LISTING);
        assert_eq!(violations.len(), 1);
        assert_eq!(violations[0].line, 3);
        assert_eq!(
            violations[0].what,
            "the operation \"leaky_relu\" goes on the tape and isn't declared here"
        );
    }

    #[test]
    fn other_folders_are_left_alone() {
        let elsewhere = SourceFile {
            path: "crates/autodiff/src/tape.rs".to_string(),
            text: "//! a".to_string(),
        };
        assert!(check(&[elsewhere]).is_empty());
    }
}
