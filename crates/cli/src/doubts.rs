//! What is odd about a table's columns, before anything is learnt from them.

use std::collections::{BTreeMap, HashSet};

use plywood::datasets::Table;
use plywood::tensor::Result;

/// Fewer rows say nothing about what is rare, or counts the rows.
const ENOUGH_ROWS: usize = 20;

/// The share of the rows below which a class is rare.
const RARE: f64 = 0.01;

/// Tables of more classes have rare ones.
const MOST_CLASSES: usize = 50;

/// The columns, besides the target, with the same value in every row that has one.
pub(crate) fn constant(table: &Table, target: Option<&str>) -> Result<Vec<String>> {
    columns(table, target, |name| {
        Ok(match table.is_numeric(name)? {
            true => {
                let numbers = table.numbers(name)?;
                let mut present = numbers.iter().filter(|number| !number.is_nan());
                let first = present.next();
                present.all(|number| Some(number) == first)
            }
            false => {
                table.categories(name)?.into_iter().flatten().collect::<HashSet<_>>().len() <= 1
            }
        })
    })
}

/// The columns of texts that are names of the rows, or sentences: a network would learn them by heart.
pub(crate) fn own_texts(table: &Table, target: Option<&str>) -> Result<Vec<String>> {
    columns(table, target, |name| {
        if table.is_numeric(name)? {
            return Ok(false);
        }
        let texts: Vec<&str> = table.categories(name)?.into_iter().flatten().collect();
        let different: HashSet<&str> = texts.iter().copied().collect();
        Ok(different.len() > 20 && 2 * different.len() > texts.len())
    })
}

/// The columns of whole numbers that count the rows.
pub(crate) fn row_numbers(table: &Table, target: Option<&str>) -> Result<Vec<String>> {
    columns(table, target, |name| {
        if table.len() < ENOUGH_ROWS || !table.is_numeric(name)? {
            return Ok(false);
        }
        let numbers = table.numbers(name)?;
        Ok(numbers[0].fract() == 0.0 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1.0))
    })
}

fn columns(
    table: &Table,
    target: Option<&str>,
    is_odd: impl Fn(&str) -> Result<bool>,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in table.names() {
        if Some(name) != target && is_odd(name)? {
            found.push(name.to_owned());
        }
    }
    Ok(found)
}

/// How many rows each class of a column has, those with the most first, then by name.
pub(crate) fn classes<'a>(table: &'a Table, name: &str) -> Result<Vec<(&'a str, usize)>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for class in table.categories(name)?.into_iter().flatten() {
        *counts.entry(class).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    Ok(counts)
}

/// What is odd about the classes of a target, if anything.
pub(crate) fn rare_classes(target: &str, classes: &[(&str, usize)]) -> Option<String> {
    let rows: usize = classes.iter().map(|(_, count)| count).sum();
    let is_rare = |count: usize| (count as f64) < RARE * rows as f64;
    let (first, most) = *classes.first()?;
    let (last, least) = *classes.last()?;
    if rows < ENOUGH_ROWS || classes.len() > MOST_CLASSES || !is_rare(least) {
        return None;
    }
    if classes.len() == 2 {
        return Some(format!(
            "of {rows} rows {least} have `{last}` as `{target}`: always `{first}` is right in {:.2} %, so look \
             at recall and ROC AUC, not at accuracy; in training, `--class-weights balanced` makes both count alike",
            100.0 * most as f64 / rows as f64
        ));
    }
    let rare = classes.iter().filter(|(_, count)| is_rare(*count)).count();
    Some(format!(
        "{rare} of the {} classes of `{target}` have under 1 % of the rows each, such as `{last}` with {least}",
        classes.len()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut file = "id,same,gap,name,kind,x\n".to_owned();
        for row in 0..30 {
            let gap = if row == 3 { "" } else { "5" };
            file += &format!("{},US,{gap},house {row},{},{}\n", row + 100, row % 2, row * row);
        }
        Table::read(file.as_bytes()).unwrap()
    }

    #[test]
    fn odd_columns_are_found() {
        let table = table();
        assert_eq!(constant(&table, None).unwrap(), ["same", "gap"]);
        assert_eq!(constant(&table, Some("gap")).unwrap(), ["same"]);
        assert_eq!(own_texts(&table, None).unwrap(), ["name"]);
        assert_eq!(row_numbers(&table, None).unwrap(), ["id"]);
    }

    #[test]
    fn few_rows_say_nothing() {
        let table = Table::read("id,x\n1,5\n2,7\n".as_bytes()).unwrap();
        assert!(row_numbers(&table, None).unwrap().is_empty());
        assert_eq!(rare_classes("y", &[("no", 10), ("yes", 0)]), None);
    }

    #[test]
    fn rare_classes_are_told_of() {
        assert_eq!(rare_classes("y", &[("no", 990), ("yes", 10)]), None);
        assert_eq!(
            rare_classes("fraud", &[("no", 995), ("yes", 5)]).unwrap(),
            "of 1000 rows 5 have `yes` as `fraud`: always `no` is right in 99.50 %, so look at recall and ROC \
             AUC, not at accuracy; in training, `--class-weights balanced` makes both count alike",
        );
        assert_eq!(
            rare_classes("kind", &[("a", 500), ("b", 493), ("c", 5), ("d", 2)]).unwrap(),
            "2 of the 4 classes of `kind` have under 1 % of the rows each, such as `d` with 2",
        );
    }
}
