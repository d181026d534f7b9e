//! Whether a quote that isn't closed where it should be has swallowed rows of the table.

use super::layout::is_number;
use super::records::{Joined, Record, Value};

/// A line of a value, cut as rows are: its fields, and the column of the first of them.
struct Line<'a> {
    column: usize,
    fields: Vec<&'a str>,
}

impl Record<'_> {
    /// The first of its values of several lines that has swallowed rows of a table of so many columns;
    /// only values of columns that are `checked` are looked at.
    pub(super) fn swallowed(
        &self,
        columns: usize,
        delimiter: u8,
        checked: impl Fn(usize) -> bool,
    ) -> Option<Joined<'_>> {
        let mut joined = self.joined.iter().filter(|joined| checked(joined.place));
        let found = joined.find(|joined| self.is_of_rows(joined, delimiter)).copied();
        found.filter(|_| self.values.len() == columns)
    }

    /// Whether the lines of a value are the end of a row, whole rows and the beginning of one. Where only
    /// the number of delimiters shows it, there must be two. One line of ten may be another one, so that
    /// one ragged row doesn't hide that a hundred are lost.
    fn is_of_rows(&self, joined: &Joined, delimiter: u8) -> bool {
        let (place, columns) = (joined.place, self.values.len());
        let text = joined.raw.replace("\r\n", "\n");
        let mut lines: Vec<Line> = Vec::new();
        for line in text.split(['\n', '\r']) {
            let column = if lines.is_empty() { place } else { 0 };
            lines.push(Line { column, fields: line.split(char::from(delimiter)).collect() });
        }
        let [first, whole @ .., last] = &lines[..] else { return false };
        if first.fields.len() != columns - place || last.fields.len() != place + 1 {
            return false;
        }
        let rows: Vec<&Line> = whole.iter().filter(|line| line.fields != [""]).collect();
        let fits = |line: &&&Line| line.fields.len() == columns && self.fits(line, place);
        let fitting = rows.iter().filter(fits).count();
        let misfits = rows.len() - fitting
            + [first, last].into_iter().filter(|line| !self.fits(line, place)).count();
        // A number where the rows have one tells as much as a delimiter.
        let numbers = lines.iter().any(|line| self.has_number(line, place));
        let evidence = fitting * (columns - 1) + place + usize::from(numbers);
        10 * misfits <= rows.len() + 2 && evidence >= 2
    }

    /// The fields of a line beside the values of this record, without those of the value that the line is
    /// of.
    fn beside<'l>(
        &'l self,
        line: &'l Line,
        place: usize,
    ) -> impl Iterator<Item = (&'l Value<'l>, &'l str)> {
        let pairs = self.values.iter().enumerate().skip(line.column).zip(&line.fields);
        pairs
            .filter(move |((column, _), _)| *column != place)
            .map(|((_, own), field)| (own, *field))
    }

    /// Whether a line is written as this record is: numbers where it has some, no values without quotes
    /// where it has quotes that it needn't have, and no spaces behind delimiters, as prose has.
    fn fits(&self, line: &Line, place: usize) -> bool {
        let spaced = |text: &str| text.starts_with(' ');
        let alike = |(own, field): (&Value, &str)| {
            let number = field.is_empty() || !is_number(own.text.trim()) || is_number(field.trim());
            let needless = own.quoted && !own.text.contains([',', ';', '\t', '|', '"', '\n', '\r']);
            number && !needless && (!spaced(field) || spaced(&own.text))
        };
        let own_field = place.checked_sub(line.column).filter(|&own| own > 0);
        let own_spaced = own_field.and_then(|own| line.fields.get(own)).is_some_and(|f| spaced(f));
        !own_spaced && self.beside(line, place).all(alike)
    }

    fn has_number(&self, line: &Line, place: usize) -> bool {
        self.beside(line, place)
            .any(|(own, field)| is_number(own.text.trim()) && is_number(field.trim()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::records::Records;
    use super::*;

    /// The lines of the value that has swallowed rows.
    fn swallowed(text: &str, columns: usize) -> Option<(u64, u64)> {
        let mut record = Record::default();
        assert!(Records::new(text, 0, 1, b',').next(&mut record).is_ok_and(|there| there));
        let joined = record.swallowed(columns, b',', |_| true);
        joined.map(|joined| (joined.line, joined.last_line))
    }

    #[test]
    fn rows_inside_of_a_value_are_found() {
        assert_eq!(swallowed("1,2,\"a\n3,4,b\"\n", 3), Some((1, 2)));
        assert_eq!(swallowed("1,\"a\n2,b\n3,c\"\n", 2), Some((1, 3)));
        assert_eq!(swallowed("1,\"a\n2,b\"\n", 2), Some((1, 2)));
        assert_eq!(swallowed("1,\"a\r\n2,b\"\r\n", 2), Some((1, 2)));
        assert_eq!(swallowed("\"1,a\n2,b\n3,c\n4\",d\n", 2), Some((1, 4)));
        assert_eq!(swallowed("1,5,\"a\n,6,b\n3,,c\"\n", 3), Some((1, 3)));
        assert_eq!(swallowed("ann,ames,\"a\nbob,gilbert,b\"\n", 3), Some((1, 2)));
        // One ragged row among many.
        let rows = "2,b\n".repeat(20);
        assert_eq!(swallowed(&format!("1,\"a\n{rows}3,x,y\n\n4,c\"\n"), 2), Some((1, 24)));
        assert_eq!(swallowed("1,\"a\n2,b\n3,x,y\n4,c\"\n", 2), None);
    }

    #[test]
    fn texts_of_several_lines_are_none() {
        let texts = [
            ("\"Dear\nSir\",1,2\n", 3),
            ("5,\"Main St 1,\nSpringfield, IL\"\n", 2),
            ("1,2,\"a, b\nc, d\ne\"\n", 3),
            ("1,Ann,\"1 Main St\nAmes, IA, USA\"\n", 3),
            ("Ann,Ames,\"1 Main St\nAmes, IA, USA\"\n", 3),
            ("1,\"Hello, world\nFoo, bar\nx, y\"\n", 2),
            ("\"Hello, world\nFoo, bar\nx\",7\n", 2),
            ("\"Hello, world\nFoo, bar\nx\",good\n", 2),
            ("1,\"I have\n2, or 3\"\n", 2),
            // Where every value is in quotes a swallowed row would have ended this one.
            ("\"ann\",\"ames\",\"a\nb,c,d\"\n", 3),
        ];
        for (text, columns) in texts {
            assert_eq!(swallowed(text, columns), None, "{text}");
        }
    }
}
