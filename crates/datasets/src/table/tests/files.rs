//! Files as programs write them and people hand them on: what is read, and what is refused.

use super::*;

const SEP_LINE: &str = include_str!("../fixtures/sep_line.csv");
const DECIMAL_COMMA: &str = include_str!("../fixtures/decimalcomma.csv");
const UNCLOSED: &str = include_str!("../fixtures/unclosed_quote_last_column.csv");
const THOUSANDS: &str = include_str!("../fixtures/thousands_target.csv");
/// Written and read by Python's csv module: `fixtures/tables.py`.
const PYTHON: &str = include_str!("../../../../../fixtures/tables/python.csv");
const PYTHON_VALUES: &str = include_str!("../../../../../fixtures/tables/python.txt");

#[test]
fn a_line_says_the_delimiter() {
    let read = table(SEP_LINE);
    assert_eq!((read.names(), read.numbers("y").unwrap()), (vec!["a", "y"], vec![2.0, 4.0]));
    assert_eq!(read.notes(), ["the delimiter is `,`; the line `sep=` says so"]);
    assert_eq!(read.line(1), "line 4");
}

#[test]
fn semicolons_and_decimal_commas() {
    let read = table(DECIMAL_COMMA);
    assert_eq!(read.numbers("a").unwrap(), [1.5, 2.5, 3.5]);
    assert_eq!(read.numbers("y").unwrap(), [2.5, 3.5, 4.25]);
    assert_eq!(read.notes()[0], "the delimiter is `;`");
}

#[test]
fn thousands_in_the_target() {
    let read = table(THOUSANDS);
    assert_eq!(read.numbers("y").unwrap()[..3], [1100.0, 2101.0, 3102.0]);
    assert!(Encoding::measured_on(&read, "y").is_ok());
}

#[test]
fn a_quote_that_swallows_rows_is_named() {
    let unclosed = "opens a quote that is never closed; close it; a value that begins with a quote is \
                    written \"\"\"so";
    assert_eq!(refusal(UNCLOSED), format!("line 42: csv: column `note` {unclosed}"));
    assert_eq!(refusal("a,\"b\n1,2\n"), format!("line 1: csv: value 2 {unclosed}"),);
    assert_eq!(
        refusal("id,y,note\n1,2,\"a\n3,4,b\"\n5,6,c\n"),
        "line 2: csv: column `note` opens a quote that closes in line 3; the lines in between look like \
         rows of the table; close it in its own line; if it is one text, declare `--column note=category`",
    );
    assert_eq!(
        refusal("id,note\n1,x\n2,\"a\n3,b\",7\n"),
        "line 3: csv: 3 values, there are 2 columns; a quote in line 3 joins it with the lines up to 4: \
         is it closed where it should be?",
    );
    let declared = Csv::new().column("note", ColumnType::Category);
    let file = "id,y,note\n1,2,\"a\n3,4,b\"\n5,6,c\n";
    let read = declared.read(file.as_bytes()).unwrap();
    assert_eq!(read.categories("note").unwrap(), [Some("a\n3,4,b"), Some("c")]);
    assert_eq!(read.notes(), ["a value in quotes goes over several lines, from 2 to 3"]);
    let alike = Csv::new().schema(&read.schema()).read(file.as_bytes()).unwrap();
    assert_eq!(alike.len(), 2);
    let without = Csv::new().only(["id", "y"]).read(file.as_bytes()).unwrap();
    assert_eq!(without.numbers("y").unwrap(), [2.0, 6.0]);
    for (file, last) in [
        ("id,name,address\n1,Ann,\"1 Main St\nAmes, IA, USA\"\n", 3),
        ("id,text\n1,\"Hello, world\nFoo, bar\nx, y\"\n", 4),
    ] {
        let said = format!("a value in quotes goes over several lines, from 2 to {last}");
        assert_eq!(table(file).notes(), [said]);
    }
    let quotes = table("id,note\n1,5\" pipe\n2,\"a \"\"b\"\"\nc\"\n");
    assert_eq!(quotes.categories("note").unwrap(), [Some("5\" pipe"), Some("a \"b\"\nc")]);
    assert_eq!(quotes.notes(), ["a value in quotes goes over several lines, from 3 to 4"]);
}

#[test]
fn lines_that_are_no_rows() {
    let read = table("Sales\n# of May\n\na,b\n1,2\n   \n3,4\n\n5,6\n\n\n");
    assert_eq!(read.numbers("a").unwrap(), [1.0, 3.0, 5.0]);
    assert_eq!(
        read.notes(),
        [
            "lines 1 to 2 are skipped, which come before the columns' names: `Sales`",
            "2 blank lines are skipped, the first is line 6",
        ],
    );
    assert_eq!(
        refusal("a,b\n1,2\n# more\n3,4\n"),
        "line 3: csv: 1 value, there are 2 columns; take comments out from between the rows",
    );
}

#[test]
fn other_formats_are_called_by_their_names() {
    let cases: [(&[u8], &str); 9] = [
        (b"PK\x03\x04....[Content_Types].xml", "an Excel workbook (.xlsx)"),
        (
            b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument",
            "an OpenDocument spreadsheet (.ods)",
        ),
        (b"PK\x03\x04....a.csv", "a zip archive"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1..", "an old Excel workbook (.xls)"),
        (b"BZh91AY&SY..", "a bzip2 archive"),
        (b"  \n<!DOCTYPE html><html>", "an HTML page"),
        (b"{\"a\": 1}", "a JSON file"),
        (b"PAR1\x15..", "a Parquet file"),
        (b"%PDF-1.7", "a PDF document"),
    ];
    for (bytes, name) in cases {
        let error = refusal(bytes);
        assert!(error.starts_with(&format!("csv: this is {name}, not CSV; ")), "{error}");
    }
    assert_eq!(
        refusal(cases[0].0),
        "csv: this is an Excel workbook (.xlsx), not CSV; open it there and save the sheet as CSV (UTF-8)",
    );
    assert_eq!(
        refusal("BZh,PAR1\n1,2\n3,x\n"),
        "line 3: csv: column `PAR1`: 1 of 2 values are numbers, \
        but `x` (line 3) is not; mend it, or declare `--column PAR1=number`, which makes the rest \
        missing, or `--column PAR1=category`"
    );
}

#[test]
fn texts_of_other_encodings() {
    let text = "a\tbé\n1\t2\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [[&[0xFF, 0xFE][..], &little].concat(), [&[0xFE, 0xFF][..], &big].concat()] {
        let read = Table::read(&bytes[..]).unwrap();
        assert_eq!(read.names(), ["a", "bé"]);
        assert_eq!(read.notes(), ["the text is UTF-16", "the delimiter is a tab"]);
        assert_eq!(
            refusal(&bytes[..bytes.len() - 1]),
            "csv: cut short: UTF-16 text has an even number of bytes",
        );
    }
    assert_eq!(
        refusal(&little),
        "line 1: csv: letter 7 is the byte 0xE9, which is not UTF-8; save the file as UTF-8, in Excel \
         as “CSV UTF-8”; `iconv -f WINDOWS-1252 -t UTF-8` converts files in Latin-1 or Windows-1252",
    );
    assert_eq!(
        refusal("a,b\n1,\0\n"),
        "line 2: csv: a byte of 0, which no text has; UTF-16 without its mark has many: save the file as \
         UTF-8",
    );
    assert_eq!(
        refusal(b"a\r\nx\ry\xE9"),
        "line 3: csv: letter 2 is the byte 0xE9, which is not UTF-8; \
        save the file as UTF-8, in Excel \
         as “CSV UTF-8”; `iconv -f WINDOWS-1252 -t UTF-8` converts files in Latin-1 or Windows-1252"
    );
}

#[test]
fn delimiters_and_signs_that_make_no_sense() {
    let refused = |csv: Csv| csv.read("a,b\n1,2\n".as_bytes()).unwrap_err().to_string();
    assert_eq!(
        refused(Csv::new().delimiter(b'"')),
        "csv: the byte 0x22 can't be a delimiter; `,`, `;`, `|` and tabs are common",
    );
    assert_eq!(
        refused(Csv::new().decimal('x')),
        "csv: `x` is no decimal separator; `.` and `,` are",
    );
}

/// A second reader: what Python reads of a file with quotes, line ends and delimiters in values.
#[test]
fn python_reads_the_same() {
    let csv = Csv::new().delimiter(b',');
    let names = ["id", "text", "other"];
    let csv = names.iter().fold(csv, |csv, name| csv.column(*name, ColumnType::Category));
    let read = csv.read(PYTHON.as_bytes()).unwrap();
    let expected: Vec<Vec<&str>> =
        PYTHON_VALUES.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(read.len(), expected.len());
    for (column, name) in names.iter().enumerate() {
        let values = read.categories(name).unwrap();
        for (row, value) in values.iter().enumerate() {
            let hex: String =
                value.unwrap_or("").bytes().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(
                hex,
                expected[row][column].trim_end_matches('.'),
                "row {row}, column {name}"
            );
        }
    }
}

/// Columns are looked up by name in constant time: one after another this takes a minute and a half.
#[test]
fn sixty_thousand_columns_are_read_in_seconds() {
    const COLUMNS: usize = 60_000;
    let names: Vec<String> = (0..COLUMNS).map(|column| format!("c{column}")).collect();
    let row = |row: usize| -> String {
        let value = |column: usize| match column % 3 {
            0 => format!("\"{row},{:03}\"", column % 1000),
            1 => ["x", "y", "x"][row].to_owned(),
            _ => format!("{}", row * column),
        };
        (0..COLUMNS).map(value).collect::<Vec<_>>().join(",")
    };
    let file = format!("{}\n{}\n{}\n{}\n", names.join(","), row(0), row(1), row(2));
    let start = std::time::Instant::now();
    let declared = names.iter().skip(1).step_by(6);
    let csv = declared.fold(Csv::new(), |csv, name| csv.column(name, ColumnType::Category));
    let read = csv.read(file.as_bytes()).unwrap();
    let without = names.iter().skip(5).step_by(3);
    let encoding = Encoding::config("c2").without(without).measured_on(&read).unwrap();
    assert_eq!(encoding.input(&read).unwrap().numbers.shape(), [3, 20_000].into());
    let alike = Csv::new().schema(&read.schema()).read(file.as_bytes()).unwrap();
    assert_eq!(alike.numbers("c59997").unwrap(), [0.997, 1.997, 2.997]);
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds < 30.0, "{seconds} s");
}

#[test]
fn what_a_terminal_would_obey_is_escaped() {
    let file = "\u{1b}[2Jb,b\n\u{7},1\nx,\u{1b}]0;title\u{7}\ny,3\n";
    assert_eq!(
        refusal(file),
        "line 3: csv: column `b`: 2 of 3 values are numbers, but `\\u{1b}]0;title\\u{7}` (line 3) is not; \
         mend it, or declare `--column b=number`, which makes the rest missing, or `--column b=category`",
    );
    let csv = Csv::new().only(["b"]).column("b", ColumnType::Number);
    assert_eq!(
        csv.read(file.as_bytes()).unwrap().notes(),
        [
            "columns that aren't needed are ignored: \\u{1b}[2Jb",
            "column `b`: `\\u{1b}]0;title\\u{7}` (line 3) is counted as missing, in 1 row",
        ],
    );
    let read = table(&format!("a,\"b\rc\"\n{},1\n0,2\n", "0".repeat(50)));
    assert_eq!(
        read.notes(),
        [format!(
            "column `a`: numbers that begin with 0, such as `{}…`; if they are identifiers, such as \
             postcodes, declare `--column a=category`",
            "0".repeat(40)
        )],
    );
    assert_eq!(read.names(), ["a", "b\rc"]);
    assert_eq!(
        read.numbers("c").unwrap_err().to_string(),
        "there is no column `c`; the columns are a, b\\rc",
    );
}

#[test]
fn samples_are_called_by_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("houses.csv");
    std::fs::write(&path, "rooms,town,price\n1,Ames,1\n\n2,Gilbert,2\n3,Ames,3\n").unwrap();
    let read = Table::read_file(&path).unwrap();
    let rows = read.subset(&[2, 1]).unwrap();
    let encoding = Encoding::measured_on(&read, "price").unwrap();
    let set = encoding.values(&rows).unwrap();
    let name = |line: u64| format!("{}: line {line}", path.display());
    assert_eq!([set.sample_name(0), set.sample_name(1)], [name(5), name(4)]);
    assert_eq!(set.subset(&[1]).unwrap().sample_name(0), name(4));
    assert_eq!(set.one_hot(&encoding).unwrap().sample_name(1), name(4));
    let read = table("a,y\n1,2\n2,3\n");
    let set = Encoding::measured_on(&read, "y").unwrap().values(&read).unwrap();
    assert_eq!(set.sample_name(1), "line 3");
}
