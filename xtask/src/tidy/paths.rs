//! The rule that no file of the project names a folder of somebody's machine.

use super::{SourceFile, Violation};
use regex_lite::Regex;

/// The folders in which people keep their checkouts. What stands before them keeps web addresses
/// and longer paths, such as `tests/home/`, out.
const MACHINE_FOLDER: &str = r"(?m)(?:^|[^A-Za-z0-9._/-])(/(?:work|root|home|Users)/)";

pub(super) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let folder = Regex::new(MACHINE_FOLDER).expect("the pattern is valid");
    let mut violations = Vec::new();
    for file in files {
        for found in folder.captures_iter(&file.text) {
            let Some(found) = found.get(1) else { continue };
            violations.push(Violation {
                path: file.path.clone(),
                line: file.line_of(found.start()),
                what: format!("an absolute path below `{}`", found.as_str()),
                why: "it exists on one machine only",
                mend: "use a path relative to the workspace, or a temporary folder".to_string(),
            });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: String) -> Vec<Violation> {
        check(&[SourceFile { path: "README.md".to_string(), text }])
    }

    // The folders are put together here, since this file is checked like any other.
    #[test]
    fn a_path_of_a_machine_is_found() {
        for folder in ["work", "root", "home", "Users"] {
            let violations = check_text(format!("one\nopen `/{folder}/me/plywood`\n"));
            assert_eq!(violations.len(), 1, "{folder}");
            assert_eq!(violations[0].line, 2);
            assert_eq!(violations[0].what, format!("an absolute path below `/{folder}/`"));
        }
        assert_eq!(check_text(format!("/{}/x", "home")).len(), 1);
    }

    #[test]
    fn other_paths_are_left_alone() {
        let address = format!("https://example.org/{}/page", "home");
        let folder = format!("tests/{}/x and ../{0}/y", "work");
        assert!(check_text(format!("{address} {folder} /usr/share/x homework/")).is_empty());
    }
}
