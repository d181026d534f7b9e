//! The page: its text, with the code, the numbers and the pictures put in.

use std::collections::BTreeMap;

use plywood::prelude::*;

/// The words of the story. `{{name}}` stands for a number or a table, `{{rust name}}` for the code of that name.
const TEXT: &str = include_str!("story.md");

/// The code of each idea by its name, as it is compiled.
const CODE: [(&str, &str); 13] = [
    ("blanks", include_str!("shown/blanks.rs")),
    ("neuron", include_str!("shown/neuron.rs")),
    ("network", include_str!("shown/network.rs")),
    ("image", include_str!("shown/image.rs")),
    ("sharing", include_str!("shown/sharing.rs")),
    ("convolution", include_str!("shown/convolution.rs")),
    ("pooling", include_str!("shown/pooling.rs")),
    ("softmax", include_str!("shown/softmax.rs")),
    ("depth", include_str!("shown/depth.rs")),
    ("seen", include_str!("shown/seen.rs")),
    ("xray", include_str!("shown/xray.rs")),
    ("sound", include_str!("shown/sound.rs")),
    ("words", include_str!("shown/words.rs")),
];

/// What the ideas came to, by the names that the text has for it.
pub(crate) type Numbers = BTreeMap<&'static str, String>;

/// The page in Markdown.
pub(crate) fn page(numbers: &Numbers) -> Result<String> {
    let mut page = String::new();
    let mut used = Vec::new();
    let mut parts = TEXT.split("{{");
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part
            .split_once("}}")
            .ok_or_else(|| Error::data("the text has a `{{` without its `}}`"))?;
        let found = match name.strip_prefix("rust ") {
            Some(name) => CODE.iter().find(|code| code.0 == name).map(|code| shown(code.1)),
            None => numbers.get(name).cloned(),
        };
        let found =
            found.ok_or_else(|| Error::data(format!("nothing is called `{name}` in the story")))?;
        used.push(name);
        page.push_str(&found);
        page.push_str(rest);
    }
    match numbers.keys().find(|name| !used.contains(name)) {
        Some(name) => Err(Error::data(format!("the story doesn't tell `{name}`"))),
        None => Ok(page),
    }
}

/// A file of code as the page has it: without the line that says what the file is, and for whom it is visible.
fn shown(code: &str) -> String {
    let lines = code.lines().skip_while(|line| line.starts_with("//!") || line.is_empty());
    let lines: Vec<&str> = lines.collect();
    format!("```rust\n{}\n```", lines.join("\n").replace("pub(crate) ", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page in the repository was made of today's text and code; only its numbers are those of the run that
    /// wrote it.
    #[test]
    fn the_page_in_the_repository_is_of_this_text_and_code() {
        let page = include_str!("../../docs/story/README.md");
        for (name, code) in CODE {
            assert!(page.contains(&shown(code)), "the code of `{name}` is another one");
        }
        let mut rest = page;
        for words in TEXT.split("{{").map(|part| part.split_once("}}").map_or(part, |part| part.1))
        {
            let place = rest.find(words).unwrap_or_else(|| panic!("the page lacks: {words}"));
            rest = &rest[place + words.len()..];
        }
    }

    #[test]
    fn names_that_are_missing_or_too_many_are_errors() {
        let none = page(&Numbers::new()).unwrap_err().to_string();
        assert!(none.starts_with("nothing is called `"), "{none}");
        let names = TEXT.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
        let names = names.map(|part| part.0).filter(|name| !name.starts_with("rust "));
        let mut numbers: Numbers = names.map(|name| (name, "7".to_owned())).collect();
        page(&numbers).unwrap();
        numbers.insert("other", "8".to_owned());
        assert_eq!(page(&numbers).unwrap_err().to_string(), "the story doesn't tell `other`");
    }
}
