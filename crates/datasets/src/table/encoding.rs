//! From a table's columns to the numbers that a network takes, measured on the training rows.

use std::collections::{HashMap, HashSet};

use plywood_tensor::{Error, Result, Tensor};

use super::Table;
use super::calendar::DatePart;
use super::column::{MISSING, Values};
use super::gaps::Gaps;
use super::moments::moments;
use super::ranks::Ranks;
use super::set::{TableInput, TableSet};
use super::shown::{listed, shown};

/// How each column of a table becomes what a network takes. Everything is measured on the training
/// rows, and applies to other rows as it is: the test set must stay unknown.
///
/// - Numbers are standardised: (x − mean) / std. A missing one becomes 0, the mean. Of skewed columns
///   [ranks](EncodingConfig::by_rank) may do better.
/// - Dates are numbers of days, and beside them their months and days of the week are categories.
/// - Categories become places in a vocabulary: 0 for what is missing or wasn't in the training
///   rows, then 1, 2, … in the categories' order.
/// - A column with one value in all training rows tells nothing, and is
///   [left out](Self::left_out).
///
/// ```
/// use plywood_datasets::{Ames, Dataset, Encoding, Split};
/// use plywood_tensor::Seed;
///
/// let [train, test] = Ames::embedded()?.split([0.8, 0.2], Seed(7))?;
/// let encoding = Encoding::config("Sale_Price")
///     .log_target()
///     .standard_target()
///     .measured_on(&train)?;
/// let (train, test) = (encoding.values(&train)?, encoding.values(&test)?);
/// assert_eq!((train.len(), test.len()), (2344, 586));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Encoding {
    target: String,
    scale: Scale,
    class_names: Vec<String>,
    numbers: Vec<Number>,
    categories: Vec<Category>,
    left_out: Vec<String>,
}

/// What to measure: see [`Encoding::config`].
///
/// ```
/// use plywood_datasets::{Encoding, Table};
/// use plywood_tensor::Tensor;
///
/// let file = "rooms,town,price\n2,Ames,100\n4,Gilbert,300\n";
/// let houses = Table::read(file.as_bytes())?;
/// let config = Encoding::config("price").without(["town"]).standard_target();
/// let encoding = config.measured_on(&houses)?;
/// assert_eq!(encoding.number_names(), ["rooms"]);
/// // Mean 200, standard deviation 100.
/// assert_eq!(encoding.values(&houses)?.target(), &Tensor::from([[-1.0], [1.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EncodingConfig {
    target: String,
    without: Vec<String>,
    log: bool,
    standard: bool,
    by_rank: Vec<String>,
    calendar: bool,
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Number {
    name: String,
    mean: f64,
    std: f64,
    /// Which take the place of mean and deviation, if they do.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    ranks: Option<Ranks>,
}

impl Number {
    fn encoded(&self, x: f64) -> f64 {
        match &self.ranks {
            Some(ranks) => ranks.normal(x),
            None => (x - self.mean) / self.std,
        }
    }
}

#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Category {
    name: String,
    /// The column of dates of which it is a part, and which part.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    of_dates: Option<(String, DatePart)>,
    /// The categories 1, 2, ….
    vocabulary: Vec<String>,
}

impl Category {
    /// What each row has.
    fn texts<'t>(&self, table: &'t Table) -> Result<Vec<Option<&'t str>>> {
        let Some((column, part)) = &self.of_dates else { return table.own_categories(&self.name) };
        let days = table.own_numbers(column)?.into_iter();
        Ok(days.map(|days| part.of(days).map(|place| part.names()[place])).collect())
    }
}

/// How a numeric target becomes what a network learns: (f(y) − mean) / std, with f the logarithm
/// or nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Scale {
    log: bool,
    mean: f64,
    std: f64,
}

impl EncodingConfig {
    /// Columns that the network isn't given.
    #[must_use]
    pub fn without<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.without.extend(names.into_iter().map(Into::into));
        self
    }

    /// Learns the natural logarithm of a numeric target: for prices and other amounts whose
    /// differences count relatively. All must be above 0.
    #[must_use]
    pub fn log_target(mut self) -> Self {
        self.log = true;
        self
    }

    /// Standardises a numeric target, after the logarithm if there is one: networks learn numbers
    /// of about 1 best.
    #[must_use]
    pub fn standard_target(mut self) -> Self {
        self.standard = true;
        self
    }

    /// The columns whose numbers become what stands at their rank among the training numbers in a normal
    /// distribution, instead of being standardised: for skewed columns, in which a few numbers are far from
    /// the others. A number beyond those of the training rows counts as the nearest of them.
    #[must_use]
    pub fn by_rank<Name: Into<String>>(mut self, names: impl IntoIterator<Item = Name>) -> Self {
        self.by_rank.extend(names.into_iter().map(Into::into));
        self
    }

    /// Whether the months and days of the week of dates are categories beside their days: yes by default.
    #[must_use]
    pub fn calendar(mut self, calendar: bool) -> Self {
        self.calendar = calendar;
        self
    }

    /// Measures means, deviations and vocabularies on these rows.
    ///
    /// # Errors
    /// When there is no column of a given name, no column is left to learn from, a numeric target is
    /// missing or not above 0 where its logarithm is wanted, or a target has a class for more than half
    /// of at least ten rows and wasn't declared to be one.
    pub fn measured_on(&self, train: &Table) -> Result<Encoding> {
        self.measure(train).map_err(|e| train.name_file(e.operation("encoding")))
    }

    fn measure(&self, train: &Table) -> Result<Encoding> {
        let place = train.place(&self.target)?;
        for name in self.without.iter().chain(&self.by_rank) {
            train.place(name)?;
        }
        for name in &self.by_rank {
            train.column(name)?.numbers()?;
        }
        let without: HashSet<&String> = self.without.iter().collect();
        let mut encoding = Encoding {
            target: self.target.clone(),
            scale: Scale { log: self.log, mean: 0.0, std: 1.0 },
            class_names: Vec::new(),
            numbers: Vec::new(),
            categories: Vec::new(),
            left_out: Vec::new(),
        };
        match &train.columns[place].values {
            Values::Categories { names, .. } => {
                check_classes(train, &self.target)?;
                encoding.class_names.clone_from(names);
            }
            Values::Numbers(_) if self.standard => {
                let target = encoding.raw_target(train)?;
                // A constant target is only shifted.
                let (mean, std) = moments(&target).unwrap_or((0.0, 0.0));
                encoding.scale.mean = mean;
                encoding.scale.std = if std > 0.0 { std } else { 1.0 };
            }
            Values::Numbers(_) => {}
        }
        for column in train.columns.iter() {
            let name = &column.name;
            if *name == self.target || without.contains(name) {
                continue;
            }
            let told = match &column.values {
                Values::Numbers(_) => {
                    let told = encoding.add_number(train, name, self.by_rank.contains(name))?;
                    let dates = column.reading.kind.order().is_some();
                    if told && dates && self.calendar {
                        encoding.add_calendar(train, name)?;
                    }
                    told
                }
                Values::Categories { .. } => encoding.add_category(train, name)?,
            };
            if !told {
                encoding.left_out.push(name.clone());
            }
        }
        if encoding.numbers.is_empty() && encoding.categories.is_empty() {
            return Err(Error::data(format!(
                "besides `{}` no column has more than one value: there is nothing to learn from",
                self.target
            )));
        }
        Ok(encoding)
    }
}

impl Encoding {
    /// What to measure, with `target` the column to learn.
    pub fn config(target: impl Into<String>) -> EncodingConfig {
        EncodingConfig {
            target: target.into(),
            without: Vec::new(),
            log: false,
            standard: false,
            by_rank: Vec::new(),
            calendar: true,
        }
    }

    /// Measures how to learn the column `target` from all others, on these rows.
    ///
    /// # Errors
    /// As [`EncodingConfig::measured_on`].
    pub fn measured_on(train: &Table, target: &str) -> Result<Self> {
        Self::config(target).measured_on(train)
    }

    /// The rows as a data set whose target is numbers, `[N, 1]`.
    ///
    /// # Errors
    /// When a column is missing or of another type, or a target is missing.
    pub fn values(&self, table: &Table) -> Result<TableSet<Tensor>> {
        let encode = || {
            let target = self.raw_target(table)?;
            let Scale { mean, std, .. } = self.scale;
            let target = target.iter().enumerate();
            let target = target.map(|(row, y)| single((y - mean) / std, table, row, &self.target));
            let target = target.collect::<Result<_>>()?;
            let target = Tensor::from_vec(target, [table.len(), 1])?;
            TableSet::new(self.encode(table)?, target, &[], table.sample_names())
        };
        encode().map_err(|e: Error| table.name_file(e.operation("encoding")))
    }

    /// The rows as a data set whose target is classes, `[N]`: places in
    /// [`class_names`](Self::class_names).
    ///
    /// # Errors
    /// When a column is missing or of another type, or a target is missing or of no known class.
    pub fn classes(&self, table: &Table) -> Result<TableSet<Tensor<u32>>> {
        let encode = || {
            let places = places(&self.class_names);
            let target = table.own_categories(&self.target)?;
            let class = |(row, name): (usize, Option<&str>)| {
                let name = name.ok_or_else(|| self.no_target(table, row))?;
                places.get(name).copied().ok_or_else(|| {
                    let name = shown(name);
                    Error::data(format!("`{}` has the unknown class `{name}`", self.target))
                        .at(table.line(row))
                        .hint(format!("the classes are {}", listed(&self.class_names)))
                })
            };
            let labels = target.into_iter().enumerate().map(class);
            let labels = labels.collect::<Result<Vec<u32>>>()?;
            let target = Tensor::from(labels);
            TableSet::new(self.encode(table)?, target, &self.class_names, table.sample_names())
        };
        encode().map_err(|e: Error| table.name_file(e.operation("encoding")))
    }

    /// What a network is given of the rows, to predict a target that isn't known: the table need not
    /// have it.
    ///
    /// # Errors
    /// When a column is missing or of another type, or a number is too far from those of the training
    /// rows for single precision.
    pub fn input(&self, table: &Table) -> Result<TableInput> {
        self.encode(table).map_err(|e| table.name_file(e.operation("encoding")))
    }

    /// What of these rows a network isn't given as it is: numbers that are missing, and categories that
    /// the training rows don't have. Programs should show its [notes](Gaps::notes).
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn gaps(&self, table: &Table) -> Result<Gaps> {
        self.counted(table).map_err(|e| table.name_file(e.operation("encoding")))
    }

    /// Numbers that a network gave, in the target's own unit again.
    #[must_use]
    pub fn restore(&self, learned: &Tensor) -> Tensor {
        let Scale { log, mean, std } = self.scale;
        learned.map(|x| {
            let y = f64::from(x) * std + mean;
            (if log { y.exp() } else { y }) as f32
        })
    }

    /// The column to learn.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The names of the classes, when the target is one.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The names of the columns of numbers, in the order of a batch's columns.
    pub fn number_names(&self) -> Vec<&str> {
        self.numbers.iter().map(|n| n.name.as_str()).collect()
    }

    /// The name of each column of categories and the size of its vocabulary (with the 0 for what
    /// is unknown), in the order of a batch's columns: what an embedding needs to know.
    pub fn vocabularies(&self) -> Vec<(&str, usize)> {
        let categories = self.categories.iter();
        categories.map(|c| (c.name.as_str(), c.vocabulary.len() + 1)).collect()
    }

    /// The columns of a table that it reads, besides the target.
    pub fn columns(&self) -> Vec<&str> {
        let numbers = self.numbers.iter().map(|number| number.name.as_str());
        let categories = self.categories.iter().filter(|category| category.of_dates.is_none());
        numbers.chain(categories.map(|category| category.name.as_str())).collect()
    }

    /// The columns whose numbers are taken [by their ranks](EncodingConfig::by_rank).
    pub fn by_rank(&self) -> Vec<&str> {
        let ranked = self.numbers.iter().filter(|number| number.ranks.is_some());
        ranked.map(|number| number.name.as_str()).collect()
    }

    /// The names of the columns that had at most one value in the training rows.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Measures a column of numbers; false if it is constant.
    fn add_number(&mut self, train: &Table, name: &str, by_rank: bool) -> Result<bool> {
        let mut numbers = train.own_numbers(name)?;
        numbers.retain(|x| !x.is_nan());
        let Some((mean, std)) = moments(&numbers).filter(|&(_, std)| std > 0.0) else {
            return Ok(false);
        };
        let ranks = by_rank.then(|| Ranks::of(numbers));
        self.numbers.push(Number { name: name.to_owned(), mean, std, ranks });
        Ok(true)
    }

    /// Adds the months and days of the week of a column of dates, where there are several.
    fn add_calendar(&mut self, train: &Table, name: &str) -> Result<()> {
        for part in DatePart::ALL {
            let mut occurs = vec![false; part.names().len()];
            for place in train.own_numbers(name)?.into_iter().filter_map(|days| part.of(days)) {
                occurs[place] = true;
            }
            let names = part.names().iter().zip(occurs).filter(|(_, occurs)| *occurs);
            let vocabulary: Vec<String> = names.map(|(name, _)| (*name).to_owned()).collect();
            if vocabulary.len() > 1 {
                let of_dates = Some((name.to_owned(), part));
                let name = format!("{name}, {}", part.name());
                self.categories.push(Category { name, of_dates, vocabulary });
            }
        }
        Ok(())
    }

    /// Collects the vocabulary of a column of categories; false if it has but one.
    fn add_category(&mut self, train: &Table, name: &str) -> Result<bool> {
        let (codes, names) = train.column(name)?.categories()?;
        let mut occurs = vec![false; names.len()];
        let mut missing = false;
        for &row in train.rows.iter() {
            match codes[row] {
                MISSING => missing = true,
                code => occurs[code as usize] = true,
            }
        }
        let known = names.iter().zip(occurs).filter(|(_, occurs)| *occurs);
        let vocabulary: Vec<String> = known.map(|(name, _)| name.clone()).collect();
        if vocabulary.len() + usize::from(missing) < 2 {
            return Ok(false);
        }
        self.categories.push(Category { name: name.to_owned(), of_dates: None, vocabulary });
        Ok(true)
    }

    fn counted(&self, table: &Table) -> Result<Gaps> {
        let mut gaps = Gaps::default();
        for Number { name, .. } in &self.numbers {
            let missing = table.own_numbers(name)?.into_iter().filter(|x| x.is_nan()).count();
            if missing > 0 {
                gaps.missing.push((name.clone(), missing));
            }
        }
        for category in &self.categories {
            let Category { name, vocabulary, .. } = category;
            let places = places(vocabulary);
            let categories = category.texts(table)?.into_iter().flatten();
            let strange: Vec<&str> = categories.filter(|c| !places.contains_key(c)).collect();
            if let Some(&first) = strange.first() {
                gaps.unknown.push((name.clone(), strange.len(), first.to_owned()));
            }
        }
        Ok(gaps)
    }

    fn encode(&self, table: &Table) -> Result<TableInput> {
        let rows = table.len();
        let mut numbers = Tensor::try_full([rows, self.numbers.len()], 0.0)?;
        for (place, number) in self.numbers.iter().enumerate() {
            let name = &number.name;
            let out = numbers.as_mut_slice().iter_mut().skip(place);
            let out = out.step_by(self.numbers.len());
            for (row, (out, x)) in out.zip(table.own_numbers(name)?).enumerate() {
                *out = if x.is_nan() { 0.0 } else { single(number.encoded(x), table, row, name)? };
            }
        }
        let mut categories = Tensor::try_full([rows, self.categories.len()], 0_u32)?;
        for (place, category) in self.categories.iter().enumerate() {
            let places = places(&category.vocabulary);
            let out = categories.as_mut_slice().iter_mut().skip(place);
            let out = out.step_by(self.categories.len());
            for (out, text) in out.zip(category.texts(table)?) {
                let known = text.and_then(|text| places.get(text));
                *out = known.map_or(0, |place| place + 1);
            }
        }
        Ok(TableInput { numbers, categories })
    }

    /// The target's numbers, or their logarithms.
    fn raw_target(&self, table: &Table) -> Result<Vec<f64>> {
        let mut target = table.own_numbers(&self.target)?;
        for (row, y) in target.iter_mut().enumerate() {
            if y.is_nan() {
                return Err(self.no_target(table, row));
            }
            if self.scale.log {
                if *y <= 0.0 {
                    return Err(Error::data(format!(
                        "`{}` is {y}, which has no logarithm",
                        self.target
                    ))
                    .at(table.line(row)));
                }
                *y = y.ln();
            }
        }
        Ok(target)
    }

    fn no_target(&self, table: &Table, row: usize) -> Error {
        Error::data(format!("`{}`, the target, is missing", self.target))
            .at(table.line(row))
            .hint("leave out rows without a target")
    }
}

/// The place of each name.
fn places(names: &[String]) -> HashMap<&str, u32> {
    let names = names.iter().map(String::as_str);
    names.zip(0..).collect()
}

/// Fewer rows tell nothing of how many classes there are.
const LEAST_ROWS: usize = 10;

/// Asks about a target with a class for nearly every row, which is a name or a damaged number.
fn check_classes(train: &Table, target: &str) -> Result<()> {
    let column = train.column(target)?;
    let (codes, names) = column.categories()?;
    let mut occurs = vec![false; names.len()];
    for &row in train.rows.iter() {
        if let Some(occurs) = occurs.get_mut(codes[row] as usize) {
            *occurs = true;
        }
    }
    let classes = occurs.iter().filter(|occurs| **occurs).count();
    if column.declared || train.len() < LEAST_ROWS || 2 * classes <= train.len() {
        return Ok(());
    }
    let examples: Vec<String> = names
        .iter()
        .zip(&occurs)
        .filter(|(_, occurs)| **occurs)
        .take(3)
        .map(|(name, _)| format!("`{}`", shown(name)))
        .collect();
    Err(Error::data(format!(
        "`{target}`, the target, has {classes} classes in {} rows: {}, …",
        train.len(),
        examples.join(", ")
    ))
    .hint(format!(
        "if they are classes, declare `--column {target}=category`; if they are numbers, \
         `--column {target}=number`"
    )))
}

/// A number as tensors hold it.
fn single(number: f64, table: &Table, row: usize, column: &str) -> Result<f32> {
    let single = number as f32;
    match single.is_finite() {
        true => Ok(single),
        false => Err(Error::data(format!(
            "column `{column}` has a number that is {number:e} deviations from the mean of the training \
             rows, which is beyond single precision"
        ))
        .at(table.line(row))),
    }
}
