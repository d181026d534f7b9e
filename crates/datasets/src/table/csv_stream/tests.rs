//! Rows of tables that come bit by bit.

use std::io::Read;

use super::*;
use crate::table::ColumnType;

/// A reader that gives so many bytes at a time.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len());
        (&self.0[..self.0.len().min(count)]).read(buffer).inspect(|&read| self.0 = &self.0[read..])
    }
}

fn csv() -> Csv {
    let types = [("price", ColumnType::Number), ("town", ColumnType::Category)];
    let csv = Csv::new().only(["price", "town"]);
    types.into_iter().fold(csv, |csv, (name, kind)| csv.column(name, kind))
}

/// Numbers, towns, and each row's line with what stands there or why it can't be read.
type Seen = (Vec<f64>, Vec<String>, Vec<(u64, String)>);

fn seen(csv: &Csv, text: &str, bytes: usize) -> Result<Seen> {
    let (mut prices, mut towns, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for part in csv.stream(Drops(text.as_bytes(), bytes))? {
        let part = part?;
        prices.extend(part.table.numbers("price")?);
        let names = part.table.categories("town")?;
        towns.extend(names.into_iter().map(|name| name.unwrap_or("–").to_owned()));
        rows.extend(part.rows.iter().map(|row| {
            let text = row.error.as_ref().map_or(row.values.join("|"), ToString::to_string);
            (row.line, text)
        }));
    }
    Ok((prices, towns, rows))
}

#[test]
fn the_rows_are_those_of_the_table() {
    let text = "id,town,price\r\n1,Ames,120\r\n\r\n2,\"Gil\r\nbert, \"\"north\"\"\",90\r\n3,é,NA\r\n4,Ames,7";
    let whole = csv().read(text.as_bytes()).unwrap();
    for bytes in [1, 2, 3, 7, 30, 1000] {
        let (prices, towns, rows) = seen(&csv(), text, bytes).unwrap();
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&prices), bits(&whole.numbers("price").unwrap()), "{bytes}");
        let expected = whole.categories("town").unwrap();
        assert_eq!(towns.iter().map(|town| Some(town.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(
            rows.iter().map(|row| row.0).collect::<Vec<_>>(),
            whole.lines(),
            "{bytes} {rows:?}"
        );
        assert_eq!(rows[1].1, "2|Gil\r\nbert, \"north\"|90");
    }
}

#[test]
fn a_row_that_cant_be_read_leaves_the_others() {
    let schema = Table::read(&b"price,town\n1,Ames\n2,Gilbert\n"[..]).unwrap().schema();
    let csv = Csv::new().schema(&schema);
    let text = "price,town\n1,a\ncheap,b\n3\n4,\"d\n5,e\n6,f,\n7,\"g\" h\n8,i\n";
    for bytes in [1, 5, 1000] {
        let (prices, towns, rows) = seen(&csv, text, bytes).unwrap();
        assert_eq!(
            (prices, towns),
            (vec![1.0, 5.0, 8.0], ["a", "e", "i"].map(String::from).to_vec())
        );
        let expected = [
            (2, "1|a"),
            (3, "line 3: csv: column `price`: `cheap` is not a number"),
            (4, "line 4: csv: 1 value, there are 2 columns"),
            (5, "line 5: csv: column `town` opens a quote that closes in line 8, where `g"),
            (6, "5|e"),
            (7, "line 7: csv: 3 values, there are 2 columns"),
            (8, "line 8: csv: column `town`: `h` follows the quote that closes it"),
            (9, "8|i"),
        ];
        assert_eq!(rows.len(), expected.len(), "{rows:?}");
        for ((line, text), (at, begin)) in rows.iter().zip(expected) {
            assert_eq!(*line, at);
            assert!(text.starts_with(begin), "{text}");
        }
    }
}

#[test]
fn a_row_is_there_before_the_next_one_comes() {
    // A reader that fails if it is asked for more than what has come.
    struct Lines<'a>(std::slice::Iter<'a, &'a str>, std::rc::Rc<std::cell::Cell<usize>>);
    impl Read for Lines<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some(line) = self.0.next() else { return Ok(0) };
            self.1.set(self.1.get() + 1);
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let lines = ["pr", "ice,town\n", "1,a\n", "2,b\n", "3,c\n"];
    let stream = csv().stream(Lines(lines.iter(), asked.clone())).unwrap();
    assert_eq!(asked.get(), 2);
    for (at, part) in stream.enumerate() {
        assert_eq!(part.unwrap().table.numbers("price").unwrap(), [at as f64 + 1.0]);
        assert_eq!(asked.get(), at + 3);
    }
}

#[test]
fn what_cant_be_streamed_is_refused() {
    let refusal = |csv: &Csv, text: &str| match csv.stream(text.as_bytes()) {
        Ok(_) => panic!("`{text}` is read"),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        refusal(&Csv::new(), "a,b\n1,2\n"),
        "csv: the types of a, b aren't known, and can't be found out before all rows are there; give the \
         schema of a table that was read, or declare them by Csv::column",
    );
    assert_eq!(
        refusal(&csv(), "town\nAmes\n"),
        "csv: there is no column `price`; the columns are town"
    );
    assert_eq!(refusal(&csv(), ""), "csv: the file is empty, not even a header is there");
    assert_eq!(
        refusal(&csv(), "{\"price\": 1}"),
        "csv: this is a JSON file, not CSV; convert it to CSV (UTF-8)",
    );
    let error = seen(&csv(), "price,town\n1,a\n\u{0},b\n", 3).unwrap_err().to_string();
    assert!(error.starts_with("line 3: csv: a byte of 0, which no text has"), "{error}");
}

#[test]
fn titles_before_the_names_may_come_first() {
    let text = "Sales of May\n\nprice;town\n1,5;a\n2;b\n";
    for bytes in [1, 13, 1000] {
        let (prices, ..) = seen(&csv().decimal(','), text, bytes).unwrap();
        assert_eq!(prices, [1.5, 2.0], "{bytes}");
    }
}

#[test]
fn no_rows_are_none() {
    assert_eq!(seen(&csv(), "price,town\n", 1000).unwrap().2, []);
    assert_eq!(seen(&csv(), "price,town", 1).unwrap().2, []);
}
