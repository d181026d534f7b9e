//! Where in a text the table begins, and what stands between its values.

use std::cmp::Reverse;

use super::date::{self, Order};
use super::number::{self, Decimal};
use super::records::{Record, Records};
use super::shown::shown;

/// The delimiters that are looked for, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How many records are looked at.
const SAMPLE: usize = 50;

/// How many values of each are looked at.
const VALUES: usize = 200;

/// Where the columns' names are, or the first row if the names are given.
#[derive(Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) delimiter: u8,
    pub(super) at: usize,
    pub(super) line: u64,
    /// Whether the names begin with a `#`, which isn't theirs.
    pub(super) marked: bool,
}

/// What is looked at of a record.
struct Sketch {
    at: usize,
    line: u64,
    /// The first of its values: a file may have lines of any length.
    values: Vec<String>,
    /// How many values there are, and how many of them aren't empty.
    width: usize,
    filled: usize,
    comment: bool,
    /// Whether a value begins with a space, as behind the commas of a sentence.
    spaced: bool,
}

impl Layout {
    /// Finds the table: `delimiter` is what the user says, `columns` how many there are where their names
    /// aren't in the text. `notes` gets what is found, and what is skipped.
    pub(super) fn find(
        text: &str,
        delimiter: Option<u8>,
        columns: Option<usize>,
        notes: &mut Vec<String>,
    ) -> Self {
        let (at, line, told) = after_sep_line(text);
        let delimiter = delimiter.or(told).unwrap_or_else(|| {
            let (found, tie) = likeliest(text, at, line, columns);
            let doubt = tie.map(|tie| {
                format!(
                    ", though {} cuts the lines as evenly; if that is the delimiter, declare `--delimiter {}`",
                    name(tie),
                    option(tie)
                )
            });
            if found != b',' || doubt.is_some() {
                let doubt = doubt.unwrap_or_default();
                notes.push(format!("the delimiter is {}{doubt}", name(found)));
            }
            found
        });
        if let Some(told) = told {
            let said = if told == delimiter { "says so" } else { "says another one" };
            notes.push(format!("the delimiter is {}; the line `sep=` {said}", name(delimiter)));
        }
        let mut layout = Self { delimiter, at, line, marked: false };
        if columns.is_none() {
            layout.skip_to_names(text, notes);
        }
        layout
    }

    /// Skips the comments and titles that stand before the columns' names.
    fn skip_to_names(&mut self, text: &str, notes: &mut Vec<String>) {
        let sample = sample(text, self.at, self.line, self.delimiter);
        notes.extend(spaced(&sample));
        let names = names(&sample);
        let Some(first) = sample.get(names) else { return };
        (self.at, self.line, self.marked) = (first.at, first.line, first.comment);
        let said = match &sample[..names] {
            [] => None,
            [one] => Some(format!("line {} is skipped, which comes", one.line)),
            [one, .., last] => {
                Some(format!("lines {} to {} are skipped, which come", one.line, last.line))
            }
        };
        let title = |skipped: &Sketch| {
            let values: Vec<&str> = skipped.values.iter().map(String::as_str).collect();
            let title = values.join(&char::from(self.delimiter).to_string());
            shown(title.trim_end_matches(char::from(self.delimiter)))
        };
        notes.extend(
            said.map(|said| format!("{said} before the columns' names: `{}`", title(&sample[0]))),
        );
        if first.comment {
            notes.push(format!(
                "line {} has the columns' names, though it begins with `#`",
                first.line
            ));
        }
        let all_numbers = first.values.iter().all(|value| is_number(value));
        if all_numbers {
            notes.push(format!(
                "line {} has the columns' names, which are numbers; if it is a row, the file needs a line \
                 of names",
                first.line
            ));
        }
    }
}

/// What a delimiter is called.
pub(super) fn name(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "a tab".to_owned(),
        b' ' => "a space".to_owned(),
        letter => format!("`{}`", char::from(letter)),
    }
}

/// A delimiter as the command's option takes it.
fn option(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "tab".to_owned(),
        b',' => ",".to_owned(),
        letter => format!("'{}'", char::from(letter)),
    }
}

/// Excel's own line `sep=;` before the table: where the text goes on, and the delimiter.
fn after_sep_line(text: &str) -> (usize, u64, Option<u8>) {
    let line = text.split(['\r', '\n']).next().unwrap_or_default();
    let bare = line.trim_matches(|c| c == '"' || c == ' ').as_bytes();
    match bare {
        [s, e, p, b'=', delimiter] if [s, e, p].map(u8::to_ascii_lowercase) == *b"sep" => {
            (past_line(text, line.len()), 2, Some(*delimiter))
        }
        // A tab is trimmed away by editors.
        b"sep=" if line.len() < text.len() => (past_line(text, line.len()), 2, Some(b'\t')),
        _ => (0, 1, None),
    }
}

fn past_line(text: &str, end: usize) -> usize {
    let rest = &text[end..];
    end + if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) }
}

/// The delimiter that cuts most of the first records into one number of values, at least two, or, where
/// the number of columns is known, into that many; and another one that does it as well. Commas are in
/// texts and numbers, so of several that do it equally well it is another one, and the one that makes
/// most values.
fn likeliest(text: &str, at: usize, line: u64, columns: Option<usize>) -> (u8, Option<u8>) {
    let mut cuts: Vec<Cut> = DELIMITERS
        .into_iter()
        .filter_map(|delimiter| {
            let mut sample = sample(text, at, line, delimiter);
            sample.retain(|record| !record.comment);
            let width = width(&sample);
            let fitting = sample.iter().filter(|record| record.width == width).count();
            // In thousandths, so that samples of different lengths compare.
            let share = fitting * 1000 / sample.len().max(1);
            (width > 0).then_some(Cut { delimiter, share, width })
        })
        .collect();
    if let Some(columns) = columns.filter(|&columns| cuts.iter().any(|cut| cut.width == columns)) {
        cuts.retain(|cut| cut.width == columns);
        // Any delimiter that isn't there leaves one value.
        if columns == 1 {
            return (cuts[0].delimiter, None);
        }
    }
    cuts.retain(|cut| cut.width > 1);
    // The first of equal ones is the likelier.
    cuts.sort_by_key(|cut| Reverse((cut.share, cut.delimiter != b',', cut.width)));
    let Some(best) = cuts.first() else { return (DELIMITERS[0], None) };
    let tie = cuts.get(1).filter(|cut| cut.share == best.share);
    (best.delimiter, tie.map(|cut| cut.delimiter))
}

/// How a delimiter cuts the first records.
struct Cut {
    delimiter: u8,
    share: usize,
    width: usize,
}

/// The first records that aren't blank, up to one that can't be read.
fn sample(text: &str, at: usize, line: u64, delimiter: u8) -> Vec<Sketch> {
    let mut records = Records::new(text, at, line, delimiter);
    let (mut record, mut sample) = (Record::default(), Vec::new());
    while sample.len() < SAMPLE {
        let (at, line) = records.position();
        match records.next(&mut record) {
            Ok(true) if record.is_blank() => {}
            Ok(true) => {
                let first = &record.values[0];
                let texts = || record.values.iter().map(|value| value.text.trim());
                sample.push(Sketch {
                    at,
                    line,
                    comment: !first.quoted && first.text.trim_start().starts_with('#'),
                    values: texts().take(VALUES).map(str::to_owned).collect(),
                    width: record.values.len(),
                    spaced: record.values[1..].iter().any(|value| value.text.starts_with(' ')),
                    filled: texts().filter(|text| !text.is_empty()).count(),
                });
            }
            _ => break,
        }
    }
    sample
}

/// The number of values that most records have, the largest of several.
fn width(sample: &[Sketch]) -> usize {
    let count = |width: usize| sample.iter().filter(|r| r.width == width).count();
    let widths = sample.iter().map(|record| record.width);
    widths.max_by_key(|&width| (count(width), width)).unwrap_or(0)
}

/// Which record has the columns' names: the first that is no comment, unless what is above the first one
/// as wide as the table are titles. Then that one must look like names: it has no numbers, and the row
/// below has some. Names may also be in a comment just above numbers.
fn names(sample: &[Sketch]) -> usize {
    let width = width(sample);
    let first = sample.iter().position(|record| !record.comment).unwrap_or(0);
    let is_title = |record: &Sketch| {
        let short = record.width < width || width >= 3 && !record.values[0].is_empty();
        short && record.filled <= (width / 2).max(1)
    };
    let has_numbers = |place: usize| {
        sample.get(place).is_some_and(|record| record.values.iter().any(|text| is_number(text)))
    };
    let of_table = |record: &Sketch| record.width == width && !record.comment && !is_title(record);
    let Some(found) = sample.iter().position(of_table) else { return first };
    if found > 0 && sample[found - 1].comment && sample[found - 1].width == width {
        let named = match has_numbers(found) {
            true => true,
            // Among texts alone a comment has the names unless it is a sentence, or it has only one.
            false => !has_numbers(found + 1) && is_named(&sample[found - 1], &sample[found]),
        };
        return if named { found - 1 } else { found };
    }
    let above = sample[..found].iter().filter(|record| !record.comment);
    let named = !has_numbers(found) && has_numbers(found + 1);
    if first < found && named && above.into_iter().all(is_title) { found } else { first }
}

/// Whether a comment is written as the names of columns above a row are.
fn is_named(comment: &Sketch, row: &Sketch) -> bool {
    let word = |text: &String| !text.contains(char::is_whitespace);
    match &comment.values[..] {
        [one] => word(one),
        _ => !comment.spaced || row.spaced,
    }
}

/// A note about values of one column that look like several between spaces.
fn spaced(sample: &[Sketch]) -> Option<String> {
    let words = |record: &Sketch| record.values.join(" ").split_whitespace().count();
    let (names, rows) = sample.split_first()?;
    let numbers = |record: &Sketch| record.values[0].split_whitespace().all(is_number);
    let alike =
        words(names) >= 2 && rows.iter().all(|row| words(row) == words(names) && numbers(row));
    (alike && !rows.is_empty() && width(sample) == 1).then(|| {
        "there is one column, whose values look like several between spaces: declare `--delimiter ' '`"
            .to_owned()
    })
}

/// Whether a text is a number or a date, which names of columns seldom are.
pub(super) fn is_number(text: &str) -> bool {
    let decimals = [Decimal::Point, Decimal::Comma];
    let orders = [Order::Ymd, Order::Dmy, Order::Mdy];
    decimals.into_iter().any(|decimal| number::parse(text, decimal).is_some())
        || orders.into_iter().any(|order| date::parse(text, order).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The delimiter, the line of the names, and the notes.
    fn found(text: &str) -> (char, u64, String) {
        let mut notes = Vec::new();
        let layout = Layout::find(text, None, None, &mut notes);
        (layout.delimiter.into(), layout.line, notes.join("\n"))
    }

    #[test]
    fn delimiters_are_found() {
        let plain = |delimiter: char| {
            let said = match delimiter {
                ',' => String::new(),
                '\t' => "the delimiter is a tab".to_owned(),
                _ => format!("the delimiter is `{delimiter}`"),
            };
            (delimiter, 1, said)
        };
        for delimiter in [',', ';', '\t', '|'] {
            let text = "a,b\n1,x y\n2,z\n".replace(',', &delimiter.to_string());
            assert_eq!(found(&text), plain(delimiter));
        }
        assert_eq!(found("a;y\n1,5;2,5\n2,5;3,5\n"), plain(';'));
        assert_eq!(found("a,b\n\"x;y\",1\n\"z;w;u\",2\n"), plain(','));
        assert_eq!(found("a,b,c\n1,2,3\n4,5\n"), plain(','));
        assert_eq!(found("one\nword\n"), plain(','));
        assert_eq!(found(""), plain(','));
    }

    #[test]
    fn of_two_that_cut_as_evenly_one_is_no_comma() {
        let said = |name: &str| {
            format!(
                "the delimiter is {name}, though `,` cuts the lines as evenly; if that is the delimiter, \
                 declare `--delimiter ,`"
            )
        };
        let towns = "City, State\tPopulation\nAmes, IA\t66427\n";
        assert_eq!(found(towns), ('\t', 1, said("a tab")));
        let people = "Height, m;Weight, kg\n1,80;75,5\n";
        assert_eq!(found(people), (';', 1, said("`;`")));
        let told = "the delimiter is `;`, though a tab cuts the lines as evenly; if that is the delimiter, \
                    declare `--delimiter tab`";
        assert_eq!(found("a;b\tc;d\n1;2\t3;4\n"), (';', 1, told.to_owned()));

        let known = |text: &str, columns: usize| {
            let mut notes = Vec::new();
            let layout = Layout::find(text, None, Some(columns), &mut notes);
            (char::from(layout.delimiter), notes.join("\n"))
        };
        let file = "1,80;75,5\n1,90;85,5\n";
        assert_eq!(known(file, 3), (',', String::new()));
        assert_eq!(known(file, 2), (';', "the delimiter is `;`".to_owned()));
        assert_eq!(known("1,5\n2,5\n", 1), (';', "the delimiter is `;`".to_owned()));
        assert_eq!(known("1\n2\n", 1), (',', String::new()));
        assert_eq!(known("1;2\n3;4\n", 5), (';', "the delimiter is `;`".to_owned()));
    }

    #[test]
    fn a_line_may_say_the_delimiter() {
        let said = |name: &str| format!("the delimiter is {name}; the line `sep=` says so");
        assert_eq!(found("sep=,\na,y\n1,2\n"), (',', 2, said("`,`")));
        assert_eq!(found("\"SEP=;\"\r\na,b;y\r\n1,5;2\r\n"), (';', 2, said("`;`")));
        assert_eq!(found("sep=\t\na\ty\n"), ('\t', 2, said("a tab")));
        let mut notes = Vec::new();
        let layout = Layout::find("sep=;\na,b\n", Some(b','), None, &mut notes);
        assert_eq!((layout.delimiter, layout.line), (b',', 2));
        assert_eq!(notes, ["the delimiter is `,`; the line `sep=` says another one"]);
    }

    #[test]
    fn titles_and_comments_are_skipped() {
        let skipped =
            |lines: &str, title: &str| format!("{lines} before the columns' names: `{title}`");
        assert_eq!(
            found("Sales 2021\n\nby town\na,b,c\n1,2,3\n4,5,6\n"),
            (',', 4, skipped("lines 1 to 3 are skipped, which come", "Sales 2021")),
        );
        assert_eq!(
            found("Sales 2021,,\na,b,c\n1,2,3\n"),
            (',', 2, skipped("line 1 is skipped, which comes", "Sales 2021")),
        );
        assert_eq!(
            found("# made by hand, in May\na,b\n1,2\n"),
            (',', 2, skipped("line 1 is skipped, which comes", "# made by hand,in May")),
        );
        // Names behind a mark of comments, as some programs write them.
        let said = "line 1 has the columns' names, though it begins with `#`";
        assert_eq!(found("# a,b\n1,2\n3,4\n"), (',', 1, said.to_owned()));
        // No names follow: the first line is left to be refused.
        for file in
            ["#name,city\nann,ames\nbob,gilbert\n", "# name, city\nann, ames\nbob, gilbert\n"]
        {
            assert_eq!(found(file), (',', 1, said.to_owned()));
        }
        assert_eq!(found("# of May\n#name\nann\nbob\n").1, 2);
        // A sentence.
        assert_eq!(found("# made by hand, in May\nname,city\nann,ames\n").1, 2);
        assert_eq!(found("# of May\nname\nann\nbob\n").1, 2);
        assert_eq!(found("a\n1,2\n3,4\n").1, 1);
        assert_eq!(found(",x\n0,1\n").1, 1);
        assert_eq!(found("note\nhello, world\na, b\n").1, 1);
        assert_eq!(found("name,note\nx,hello, 5\ny,a, 6\n").1, 1);
        assert_eq!(found("id,,\n1,2,3\n").1, 1);
        assert_eq!(found("Report,2021\na,b,c,d\n1,2,3,4\n").1, 2);
    }

    #[test]
    fn values_between_spaces_are_told() {
        let said = "there is one column, whose values look like several between spaces: declare \
                    `--delimiter ' '`";
        assert_eq!(found("x y z\n1 2 3\n4 5 6\n"), (',', 1, said.to_owned()));
        assert_eq!(found("full name\nAnn Lee\n").2, "");
    }

    #[test]
    fn names_that_are_numbers_are_told() {
        let said = "line 1 has the columns' names, which are numbers; if it is a row, the file needs a \
                    line of names";
        assert_eq!(found("1,2\n3,4\n"), (',', 1, said.to_owned()));
    }
}
