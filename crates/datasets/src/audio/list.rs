//! A CSV file that lists recordings, each with its class or a number.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plywood_tensor::{Error, Result, Tensor, visible_line};

use crate::table::{ColumnType, Csv, Table};

/// The files of a list, and the rows that they are from.
pub(super) struct List {
    pub(super) paths: Vec<PathBuf>,
    table: Table,
    /// What errors call the list.
    name: String,
    target: String,
}

impl List {
    /// Reads a list with the columns `[file, target]`. Paths are relative to the list's folder.
    pub(super) fn read(list: &Path, [file, target]: [&str; 2], kind: ColumnType) -> Result<Self> {
        let table = Csv::new()
            .only([file, target])
            .column(file, ColumnType::Category)
            .column(target, kind)
            .read_file(list)?;
        let (name, target) = (list.display().to_string(), target.to_owned());
        let mut own = Self { paths: Vec::new(), table, name, target };
        let folder = list.parent().unwrap_or(Path::new(""));
        own.paths = own.files(folder, file).map_err(|e| e.at(&own.name))?;
        Ok(own)
    }

    fn files(&self, folder: &Path, column: &str) -> Result<Vec<PathBuf>> {
        let files = self.each(column, self.table.categories(column)?)?;
        let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(file)).collect();
        let mut missing = (0..paths.len()).filter(|&row| !paths[row].is_file());
        let Some(first) = missing.next() else { return Ok(paths) };
        let others = match missing.count() {
            0 => String::new(),
            1 => ", nor another that the list names".to_owned(),
            more => format!(", nor {more} others that the list names"),
        };
        let file = visible_line(files[first]);
        Err(Error::data(format!("there is no file `{file}`{others}"))
            .at(format!("line {}", self.table.lines()[first]))
            .hint("paths are relative to the folder of the list"))
    }

    /// The classes' names, sorted, and the class of each file, `[N]`.
    pub(super) fn classes(&self) -> Result<(Vec<String>, Tensor<u32>)> {
        let classes = || {
            let classes = self.each(&self.target, self.table.categories(&self.target)?)?;
            let names: Vec<&str> =
                classes.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            let label = |class: &&str| names.binary_search(class).unwrap_or(0) as u32;
            let labels: Vec<u32> = classes.iter().map(label).collect();
            Ok((names.into_iter().map(str::to_owned).collect(), labels.into()))
        };
        classes().map_err(|e: Error| e.at(&self.name))
    }

    /// The number of each file, `[N, 1]`.
    pub(super) fn scores(&self) -> Result<Tensor> {
        let scores = || {
            let numbers = self.table.numbers(&self.target)?;
            let numbers = numbers.into_iter().map(|x| (!x.is_nan()).then_some(x as f32));
            let numbers = self.each(&self.target, numbers.collect())?;
            let rows = numbers.len();
            Tensor::from_vec(numbers, [rows, 1])
        };
        scores().map_err(|e: Error| e.at(&self.name))
    }

    /// What was found out of the list.
    pub(super) fn notes(&self) -> &[String] {
        self.table.notes()
    }

    /// The values of a column, none of which may be missing.
    fn each<T>(&self, column: &str, values: Vec<Option<T>>) -> Result<Vec<T>> {
        let lines = self.table.lines();
        let value = |(row, value): (usize, Option<T>)| {
            value.ok_or_else(|| {
                let column = visible_line(column);
                Error::data(format!("column `{column}` has no value"))
                    .at(format!("line {}", lines[row]))
                    .hint("fill it in, or leave the line out")
            })
        };
        values.into_iter().enumerate().map(value).collect()
    }
}
