//! Whether documentation has a fenced block that rustdoc compiles and runs.

/// What may stand behind the fence of an example that is run.
const RUN: [&str; 5] = ["rust", "should_panic", "edition2018", "edition2021", "edition2024"];

/// Whether one of the blocks is run, or at least compiled where that is enough.
pub(super) fn runs(documentation: &str, compiled_is_enough: bool) -> bool {
    let mut fences = documentation.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
    // Every second fence ends a block.
    let mut found = false;
    while let (Some(info), false) = (fences.next(), found) {
        fences.next();
        let mut words = info.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
        found = words.all(|word| RUN.contains(&word) || compiled_is_enough && word == "no_run");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_is_run() {
        for info in ["", "rust", "should_panic", "rust,edition2024", "rust, should_panic"] {
            assert!(runs(&format!(" What.\n\n ```{info}\n f();\n ```"), false), "{info}");
        }
    }

    #[test]
    fn one_that_is_not() {
        for info in ["text", "ignore", "no_run", "rust,no_run", "compile_fail", "toml"] {
            assert!(!runs(&format!(" ```{info}\n f();\n ```"), false), "{info}");
        }
        assert!(!runs("", false));
        assert!(!runs(" `code` in a line", false));
        assert!(runs(" ```no_run\n f();\n ```", true));
        assert!(!runs(" ```ignore\n f();\n ```", true));
    }

    #[test]
    fn the_end_of_a_block_begins_none() {
        assert!(!runs(" ```text\n y = x\n ```\n Words.", false));
        assert!(runs(" ```text\n y = x\n ```\n\n ```\n f();\n ```", false));
    }
}
