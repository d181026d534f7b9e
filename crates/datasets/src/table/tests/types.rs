//! How columns' types are found out and declared, and what is said of it.

use super::*;

fn read(csv: &Csv, text: &str) -> Table {
    csv.read(text.as_bytes()).unwrap()
}

/// The numbers of a column `a` with these texts, each in quotes, and what is said of it.
#[track_caller]
fn column(csv: &Csv, texts: &[&str]) -> (Vec<f64>, String) {
    let rows: String = texts.iter().map(|text| format!("\"{text}\"\n")).collect();
    let table = read(csv, &format!("a\n{rows}"));
    (table.numbers("a").unwrap(), table.notes().join("\n"))
}

#[track_caller]
fn refused(csv: &Csv, texts: &[&str]) -> String {
    let rows: String = texts.iter().map(|text| format!("\"{text}\"\n")).collect();
    csv.read(format!("a\n{rows}").as_bytes()).unwrap_err().to_string()
}

#[test]
fn numbers_as_people_write_them() {
    let csv = Csv::new().delimiter(b',');
    let cases: [(&[&str], &[f64], &str); 11] = [
        (&["1", "-2.5", "1e3"], &[1.0, -2.5, 1000.0], ""),
        (
            &["7", "1,234.5"],
            &[7.0, 1234.5],
            "numbers with `,` between thousands: `1,234.5` is 1234.5",
        ),
        (
            &["1,234", "2,345"],
            &[1234.0, 2345.0],
            "numbers with `,` between thousands: `1,234` is 1234; if commas are decimal separators, declare \
             `--decimal ,`",
        ),
        (&["1,5", "1,234"], &[1.5, 1.234], "numbers with a decimal comma: `1,5` is 1.5"),
        (
            &["1.234,5", "2"],
            &[1234.5, 2.0],
            "numbers with `.` between thousands and a decimal comma: `1.234,5` is 1234.5",
        ),
        (
            &["1 234", "2\u{a0}345"],
            &[1234.0, 2345.0],
            "numbers with a space between thousands and a no-break space between thousands: `1 234` is 1234",
        ),
        (
            &["$1,200.50", "$ 9"],
            &[1200.5, 9.0],
            "numbers with `,` between thousands and `$`: `$1,200.50` is 1200.5",
        ),
        (&["12%", "3 %"], &[12.0, 3.0], "numbers with `%`: `12%` is 12"),
        (&["(5)", "7"], &[-5.0, 7.0], "numbers with parentheses for a minus: `(5)` is -5"),
        (
            &["00501", "10001"],
            &[501.0, 10001.0],
            "numbers that begin with 0, such as `00501`; if they are identifiers, such as postcodes, declare `--column a=category`",
        ),
        (&["1.234", "2.345"], &[1.234, 2.345], ""),
    ];
    for (texts, numbers, said) in cases {
        let said = if said.is_empty() { String::new() } else { format!("column `a`: {said}") };
        assert_eq!(column(&csv, texts), (numbers.to_vec(), said), "{texts:?}");
    }
    let comma = column(&Csv::new().delimiter(b',').decimal(','), &["1.234", "2,345"]).0;
    assert_eq!(comma, [1234.0, 2.345]);
    assert_eq!(
        column(&Csv::new().delimiter(b',').decimal('.'), &["1,234", "2,345"]).0,
        [1234.0, 2345.0]
    );
}

#[test]
fn the_file_decides_what_a_column_cannot() {
    let german = read(&Csv::new(), "a;b;c\n1,234;0,5;1.234\n2,345;1,25;2.345\n");
    assert_eq!(german.numbers("a").unwrap(), [1.234, 2.345]);
    assert_eq!(german.numbers("c").unwrap(), [1234.0, 2345.0]);
    assert_eq!(
        german.notes(),
        [
            "the delimiter is `;`",
            "column `a`: numbers with a decimal comma: `1,234` is 1.234; if points are decimal separators, \
             declare `--decimal .`",
            "column `b`: numbers with a decimal comma: `0,5` is 0.5",
            "column `c`: numbers with `.` between thousands: `1.234` is 1234; if points are decimal \
             separators, declare `--decimal .`",
        ],
    );
    let alone = read(&Csv::new(), "a;b\n1,234;x\n2,345;y\n");
    assert_eq!(alone.numbers("a").unwrap(), [1.234, 2.345]);
    let english = read(&Csv::new(), "a;b\n1,234;0.5\n2,345;0.25\n");
    assert_eq!(english.numbers("a").unwrap(), [1234.0, 2345.0]);
}

#[test]
fn what_is_nearly_all_numbers_is_asked_about() {
    let mut texts: Vec<String> = (0..97).map(|number| number.to_string()).collect();
    texts.extend(["call us", "4 or 5", "call us", "many", "lots"].map(str::to_owned));
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let csv = Csv::new().delimiter(b',');
    assert_eq!(
        refused(&csv, &texts),
        "line 99: csv: column `a`: 97 of 102 values are numbers, but `call us` (line 99), `4 or 5` (line \
         100), `many` (line 102) and 1 more are not; mend it, or declare `--column a=number`, which makes \
         the rest missing, or `--column a=category`",
    );
    let (numbers, said) = column(&csv.clone().column("a", ColumnType::Number), &texts);
    assert_eq!(numbers.iter().filter(|x| x.is_nan()).count(), 5);
    assert_eq!(
        said,
        "column `a`: `call us` (line 99), `4 or 5` (line 100), `many` (line 102) and 1 more are counted \
         as missing, in 5 rows",
    );
    let category =
        read(&csv.column("a", ColumnType::Category), &format!("a\n{}\n", texts.join("\n")));
    assert_eq!(category.categories("a").unwrap()[97], Some("call us"));
    // A point and a comma before fractions.
    assert!(refused(&Csv::new(), &["1.5", "2.5", "3,5"]).contains("but `3,5` (line 4) is not"));
    let few = read(&Csv::new(), "a\nx\ny\n1\nz\n");
    assert_eq!(few.notes(), ["column `a`: categories, though 1 of 4 values are numbers"]);
}

#[test]
fn units_are_one() {
    let csv = Csv::new();
    let rest = "have different units; write them in one, or declare `--column a=category` or `--column \
                a=ignored`";
    assert_eq!(
        refused(&csv, &["$5", "7 €"]),
        format!("line 3: csv: column `a`: `$5` (line 2) and `7 €` (line 3) {rest}"),
    );
    assert_eq!(
        refused(&csv, &["12%", "0.5"]),
        format!("line 3: csv: column `a`: `12%` (line 2) and `0.5` (line 3) {rest}"),
    );
    assert_eq!(
        refused(&csv, &["5", "$6", "€7"]),
        format!("line 4: csv: column `a`: `$6` (line 3) and `€7` (line 4) {rest}"),
    );
    let (numbers, said) = column(&csv, &["$5", "7"]);
    assert_eq!(numbers, [5.0, 7.0]);
    assert!(said.starts_with(
        "column `a`: numbers without `$` count as if they had it, such as `7` (line 3)\n"
    ));
}

#[test]
fn marks_of_missing_numbers() {
    let (numbers, said) = column(&Csv::new(), &["1", "n/a", "NULL", "", "?", "2"]);
    assert_eq!(numbers.iter().filter(|x| x.is_nan()).count(), 4);
    assert_eq!(
        said,
        "column `a`: `n/a` (line 3), `NULL` (line 4), `?` (line 6) are counted as missing, in 3 rows",
    );
    let kinds = read(&Csv::new(), "a\nx\nNone\nNA\n");
    assert_eq!(kinds.categories("a").unwrap(), [Some("x"), Some("None"), None]);
}

#[test]
fn numbers_beyond_single_precision_are_named() {
    assert_eq!(
        refusal("a,b\n1,2\n3,1e39\n"),
        "line 3: csv: column `b`: `1e39` is beyond single precision; it ends at 3.4e38; measure in a larger \
         unit, or leave the column out",
    );
    assert!(
        refusal("a,b\n1,2\n3,-1e999\n").contains("column `b`: `-1e999` is beyond single precision")
    );
    let rows: String = (0..=10).map(|row| format!("{}e29,{row}\n", 10 + row)).collect();
    let large = table(&format!("a,y\n{rows}"));
    let encoding = Encoding::config("y").standard_target().measured_on(&large).unwrap();
    let numbers = encoding.values(&large).unwrap().input().numbers.clone();
    assert_eq!(numbers.as_slice()[5], 0.0);
    assert!((numbers.as_slice()[10] - 10.0_f32.sqrt() / 2.0).abs() < 1e-3, "{numbers:?}");
    // What fits the file and not the training rows.
    let far = table("a,y\n1e-9,1\n2e-9,2\n1e38,3\n");
    let encoding = Encoding::measured_on(&far.take(2).unwrap(), "y").unwrap();
    let error = encoding.values(&far).unwrap_err().to_string();
    assert!(error.starts_with("line 4: encoding: column `a` has a number that is "), "{error}");
    let added = far.with_numbers("b", vec![1.0, f64::INFINITY, 2.0]).unwrap_err().to_string();
    assert!(added.starts_with("line 3: with_numbers: column `b`: inf is beyond single"), "{added}");
}

#[test]
fn dates_of_other_kinds() {
    let (days, said) = column(&Csv::new(), &["1970-01-03T02:00:00+02:00", "1970-01-02 12:00", "?"]);
    assert_eq!(days[..2], [2.0, 1.5]);
    assert_eq!(
        said,
        "column `a`: times are in UTC, also where no zone is written: `1970-01-03T02:00:00+02:00` is \
         1970-01-03\ncolumn `a`: `?` (line 4) is counted as missing, in 1 row",
    );
    let (days, said) = column(&Csv::new(), &["02.01.1970", "31.01.1970"]);
    assert_eq!(days, [1.0, 30.0]);
    assert_eq!(said, "column `a`: dates that begin with the day, such as `31.01.1970`");
    let (days, said) = column(&Csv::new(), &["1/2/70", "1/31/70"]);
    assert_eq!(days, [1.0, 30.0]);
    assert_eq!(said, "column `a`: dates that begin with the month, such as `1/31/70`");
    assert_eq!(
        refused(&Csv::new(), &["13.1.2021", "14.1.2021", "soon"]),
        "line 4: csv: column `a`: 2 of 3 values are dates, but `soon` (line 4) is not; mend it, or declare \
         `--column a=date-dmy`, which makes the rest missing, or `--column a=category`",
    );
    let doubtful = ["1/2/1970", "3/1/1970"];
    for (kind, days) in [("date-dmy", [31.0, 2.0]), ("date-mdy", [1.0, 59.0])] {
        let csv = Csv::new().column("a", kind.parse().unwrap());
        assert_eq!(column(&csv, &doubtful), (days.to_vec(), String::new()));
    }
    assert_eq!(
        "day".parse::<ColumnType>().unwrap_err().to_string(),
        "there is no type of columns `day`; the types are number, category, date, date-dmy, date-mdy, \
         ignored",
    );
}

#[test]
fn a_target_with_a_class_for_each_row_is_asked_about() {
    let rows: String = (0..12).map(|row| format!("{row},name {row}\n")).collect();
    let file = format!("x,y\n{rows}");
    assert_eq!(
        Encoding::measured_on(&table(&file), "y").unwrap_err().to_string(),
        "encoding: `y`, the target, has 12 classes in 12 rows: `name 0`, `name 1`, `name 10`, …; if they \
         are classes, declare `--column y=category`; if they are numbers, `--column y=number`",
    );
    let declared = read(&Csv::new().column("y", ColumnType::Category), &file);
    assert_eq!(Encoding::measured_on(&declared, "y").unwrap().class_names().len(), 12);
}

#[test]
fn another_file_is_read_alike() {
    let learnt =
        "code,price,sold,note,kind\n7,\"1,5 €\",13/2/2021,x,a\n8,\"2,25 €\",2/1/2021,y,b\n";
    let csv = Csv::new().column("code", ColumnType::Category).column("note", ColumnType::Ignored);
    let table = read(&csv, learnt);
    assert_eq!(table.names(), ["code", "price", "sold", "kind"]);
    assert_eq!(table.column_type("sold").unwrap(), ColumnType::DateDmy);
    let schema = table.schema().only(&["sold", "price", "code"]);
    let alike = Csv::new().schema(&schema);
    // A comma that the column alone wouldn't explain, more columns, and another order.
    let more = read(&alike, "new\tprice\tkind\tsold\tcode\nz\t1,234\t?\t3/4/2021\t9\n");
    assert_eq!(more.names(), ["price", "sold", "code"]);
    assert_eq!(
        (more.numbers("price").unwrap()[0], more.numbers("sold").unwrap()[0]),
        (1.234, 18720.0)
    );
    assert_eq!(more.categories("code").unwrap(), [Some("9")]);
    assert_eq!(more.notes()[1], "columns that aren't needed are ignored: new, kind");

    let wide: Vec<String> = (0..1000).map(|column| format!("c{column}")).collect();
    let head = format!("{},code,price,sold\n", wide.join(","));
    let wide = read(&alike, &(head + &"1,".repeat(1000) + "9,2,1/2/2021\n"));
    assert_eq!((wide.names().len(), wide.numbers("price").unwrap()), (3, vec![2.0]));
    assert!(wide.notes()[0].ends_with("c18, c19 and 980 more"), "{:?}", wide.notes());

    let refused = |text: &str| alike.read(text.as_bytes()).unwrap_err().to_string();
    assert_eq!(
        refused("code\n1\n"),
        "csv: there are no columns `price`, `sold`; the columns are code"
    );
    assert_eq!(
        refused("code,price,sold\n1,2,soon\n"),
        "line 2: csv: column `sold`: `soon` is not a date, which the column has where it was learnt; mend \
         it, or declare the text missing",
    );
    assert_eq!(
        refused("code,price,sold\n1,$2,1/1/2021\n"),
        "line 2: csv: column `price` has `$`, and had `€` where it was learnt; convert the numbers",
    );
}

#[test]
fn what_is_not_given_as_it_is_is_said() {
    let all = table("rooms,town,y\n1,Ames,1\n2,Gilbert,2\n3,Ames,3\n,Nevada,4\n,,5\n");
    let encoding = Encoding::measured_on(&all.take(3).unwrap(), "y").unwrap();
    assert_eq!(
        encoding.gaps(&all).unwrap().notes(),
        [
            "missing numbers, for which the mean of the training rows stands: `rooms` (2)",
            "categories that the training rows don't have, which count as unknown: `town` (1 such as \
             `Nevada`)",
        ],
    );
    let without_target = table("rooms,town\n1,Ames\n");
    assert_eq!(encoding.input(&without_target).unwrap().numbers.shape(), [1, 1].into());
}

#[test]
fn whole_numbers_that_lose_digits_are_told() {
    let csv = Csv::new();
    let text = "9007199254740993";
    let said = "column `a`: `9007199254740993` (line 3) is read as 9007199254740992: whole numbers beyond \
                2^53 are rounded";
    let (numbers, notes) = column(&csv, &["7", text]);
    assert_eq!(numbers, [7.0, 9007199254740992.0]);
    let hint = "if they are identifiers, declare `--column a=category`";
    assert_eq!(notes, format!("{said}; {hint}"));
    let declared = csv.clone().column("a", ColumnType::Number);
    assert_eq!(column(&declared, &["7", text]).1, said);
    assert_eq!(column(&csv, &["7", "9007199254740992"]).1, "");

    let identifiers: Vec<String> =
        (0..12).map(|row| format!("{}", 512_345_678 + 7 * row)).collect();
    let mut identifiers: Vec<&str> = identifiers.iter().map(String::as_str).collect();
    assert_eq!(
        column(&csv, &identifiers).1,
        format!(
            "column `a`: whole numbers of 9 digits, in each row another one, such as `512345678` (line 2); \
             networks tell about 7 digits apart; {hint}"
        ),
    );
    assert_eq!(column(&declared, &identifiers).1, "");
    identifiers.push("1512345678");
    assert_eq!(column(&csv, &identifiers).1, "");
}
