//! The table in README, between two marks.

use super::record::Records;
use super::row::{ROWS, Row};
use anyhow::{Context, Result};
use std::fmt::Write;

const BEGIN: &str = "<!-- results: written by `cargo xtask results` -->\n";
const END: &str = "<!-- end of results -->\n";

/// README with the table of what is recorded in place of the one that it has.
pub(super) fn inserted(readme: &str, records: &Records) -> Result<String> {
    let missing = |mark: &str| format!("README.md has no line `{}`", mark.trim_end());
    let (before, rest) = readme.split_once(BEGIN).with_context(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).with_context(|| missing(END))?;
    Ok(format!("{before}{BEGIN}{}{END}{after}", table(records)))
}

/// The rows that were measured.
fn table(records: &Records) -> String {
    let mut text = "| what | figure | published | Plywood | seeds | minutes a seed | command |\n\
                    |---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in ROWS {
        let Some(record) = records.get(row.name) else { continue };
        let Row { name, what, figure, .. } = row;
        let _ = writeln!(
            text,
            "| {what} | {figure} | {} | {} | {} | {} | `cargo xtask results {name}` |",
            row.published.unwrap_or(""),
            record.describe(row.decimals),
            record.seeds.len(),
            minutes(record.minutes()),
        );
    }
    text
}

/// Rounded to tenths, of which there is one at least.
fn minutes(minutes: f64) -> String {
    if minutes < 0.05 { "< 0.1".to_owned() } else { format!("{minutes:.1}") }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;

    #[test]
    fn the_table_stands_between_its_marks() {
        let readme = format!("before\n{BEGIN}| old |\n{END}after\n");
        let mut records = Records::default();
        records.set("fashion", record(&[0.94, 0.95]));
        let written = inserted(&readme, &records).unwrap();
        assert!(written.starts_with(&format!("before\n{BEGIN}| what | figure |")), "{written}");
        assert!(written.ends_with(&format!("`cargo xtask results fashion` |\n{END}after\n")));
        assert!(written.contains("| 0.9450 ± 0.0071 | 2 | 0.5 |"), "{written}");
        assert!(!written.contains("old") && !written.contains("house"), "{written}");
        assert_eq!(inserted(&written, &records).unwrap(), written);
    }

    #[test]
    fn a_readme_without_the_marks_is_named() {
        assert_eq!(
            inserted("nothing", &Records::default()).unwrap_err().to_string(),
            "README.md has no line `<!-- results: written by `cargo xtask results` -->`",
        );
    }
}
