//! The rule that `unsafe` code lives in the tensor crate alone.

use super::source::code_only;
use super::{SourceFile, Violation};
use regex_lite::Regex;

const ALLOWED_BELOW: &str = "crates/tensor/";

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let code = Regex::new(r"\bunsafe\s+(?:\{|fn\b|impl\b|trait\b|extern\b)|\bunsafe\{")
        .expect("the pattern is valid");
    let outside =
        files.iter().filter(|file| file.is_rust() && !file.path.starts_with(ALLOWED_BELOW));
    let mut violations = Vec::new();
    for file in outside {
        for found in code.find_iter(&code_only(&file.text)) {
            violations.push(Violation {
                path: file.path.clone(),
                line: file.line_of(found.start()),
                what: "`unsafe` outside the tensor crate".to_string(),
                why: "memory safety is argued in one place, where the sanitizer and valgrind look",
                mend: "use the tensor crate's safe functions, or add one there".to_string(),
            });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> Vec<Violation> {
        check(&[SourceFile { path: path.to_string(), text: text.to_string() }])
    }

    #[test]
    fn unsafe_code_is_found_outside_the_tensor_crate() {
        for text in [
            "\nunsafe { f() }",
            "\nunsafe fn f() {}",
            "\nunsafe\n    impl Send for A {}",
            "\nunsafe{}",
        ] {
            let violations = check_text("crates/layers/src/lib.rs", text);
            assert_eq!(violations.len(), 1, "{text}");
            assert_eq!(violations[0].line, 2);
            assert!(check_text("crates/tensor/src/storage.rs", text).is_empty());
        }
    }

    #[test]
    fn the_word_in_comments_strings_and_names_is_no_code() {
        let text = "// unsafe { }\nlet a = \"unsafe {\";\n#![deny(unsafe_code)]\nlet unsafely = 1;";
        assert!(check_text("crates/layers/src/lib.rs", text).is_empty());
    }
}
