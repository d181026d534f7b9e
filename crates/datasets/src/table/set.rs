//! Encoded tables as data sets.

use plywood_tensor::{Error, Result, Shape, Tensor};

use crate::batch::{Batch, Target};
use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::Draw;
use crate::rows::{RowTarget, Rows, gather, hash};
use crate::sample_names::SampleNames;
use crate::split::{Split, Strata};

/// What a model of tables is given.
///
/// ```
/// use plywood_datasets::TableInput;
/// use plywood_tensor::Tensor;
///
/// let input = TableInput {
///     numbers: Tensor::from([[0.5], [1.5]]),
///     categories: Tensor::from([[1_u32], [0]]), // of a vocabulary of two
/// };
/// let expected = Tensor::from([[0.5, 0.0, 1.0], [1.5, 1.0, 0.0]]);
/// assert_eq!(input.one_hot(&[2])?, expected);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TableInput {
    /// The columns of numbers, `[N, F]`.
    pub numbers: Tensor,
    /// The columns of categories, `[N, K]`: places in each column's vocabulary.
    pub categories: Tensor<u32>,
}

impl TableInput {
    /// The rows with each category as a column of its own that is 0 or 1, after the numbers:
    /// `[N, F + ΣV]`, with V the sizes of the columns' vocabularies.
    ///
    /// # Errors
    /// When numbers and categories are not two matrices of as many rows, when there are not as many
    /// vocabularies as columns of categories, when a category isn't in its column's, or when the
    /// result is more than memory holds.
    pub fn one_hot(&self, vocabularies: &[usize]) -> Result<Tensor> {
        let Self { numbers, categories } = self;
        let shapes = [numbers.shape(), categories.shape()];
        let (&[rows, columns], &[others, kinds]) = (&shapes[0][..], &shapes[1][..]) else {
            return Err(no_matrices(shapes));
        };
        if others != rows {
            return Err(no_matrices(shapes));
        }
        if kinds != vocabularies.len() {
            return Err(stranger());
        }
        // A sum that can't be counted is no size of a tensor.
        let width = vocabularies.iter().fold(columns, |sum, &size| sum.saturating_add(size));
        let mut out =
            Tensor::try_full([rows, width], 0.0).map_err(|error| error.operation("one_hot"))?;
        for (row, out) in out.as_mut_slice().chunks_mut(width.max(1)).enumerate() {
            let own = &numbers.as_slice()[row * columns..][..columns];
            out[..columns].copy_from_slice(own);
            let mut start = columns;
            let own = &categories.as_slice()[row * vocabularies.len()..][..vocabularies.len()];
            for (&category, &size) in own.iter().zip(vocabularies) {
                if category as usize >= size {
                    return Err(stranger());
                }
                out[start + category as usize] = 1.0;
                start += size;
            }
        }
        Ok(out)
    }
}

fn no_matrices([numbers, categories]: [Shape; 2]) -> Error {
    Error::shape(format!(
        "numbers {numbers} and categories {categories} should be two matrices (N, F) and (N, K)"
    ))
    .operation("one_hot")
}

fn stranger() -> Error {
    Error::value("the encoding is another than the one that made these rows").operation("one_hot")
}

/// Rows of a table and their targets: values `[N, 1]`, or classes `[N]`.
///
/// ```
/// use plywood_datasets::{DataLoader, Encoding, Table, TableBatch};
/// use plywood_tensor::Tensor;
///
/// let file = "rooms,town,price\n2,Ames,100\n4,Gilbert,300\n";
/// let houses = Table::read(file.as_bytes())?;
/// let set = Encoding::measured_on(&houses, "price")?.values(&houses)?;
/// let TableBatch { input, target } = DataLoader::new(&set).epoch(0).next().unwrap()?;
/// assert_eq!(input.numbers, Tensor::from([[-1.0], [1.0]])); // rooms: mean 3, standard deviation 1
/// assert_eq!(input.categories, Tensor::from([[1_u32], [2]])); // 0 is any other town
/// assert_eq!(target, Tensor::from([[100.0], [300.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TableBatch<T> {
    /// What the model is given.
    pub input: TableInput,
    /// What the model should answer.
    pub target: T,
}

impl<T: Target> Batch for TableBatch<T> {
    type Input = TableInput;
    type Target = T;

    fn len(&self) -> usize {
        self.input.numbers.shape()[0]
    }

    fn input(&self) -> &TableInput {
        &self.input
    }

    fn target(&self) -> &T {
        &self.target
    }
}

/// An encoded table: see [`Encoding`](super::Encoding), which makes it.
///
/// A model that takes one matrix gets it from [`one_hot`](Self::one_hot).
///
/// ```
/// use plywood_datasets::{Dataset, Encoding, Table};
///
/// let file = "rooms,town,price\n2,Ames,100\n4,Gilbert,300\n";
/// let houses = Table::read(file.as_bytes())?;
/// let encoding = Encoding::measured_on(&houses, "price")?;
/// let set = encoding.values(&houses)?;
/// assert_eq!((set.len(), set.input().numbers.shape()), (2, [2, 1].into()));
/// let rows = set.one_hot(&encoding)?; // rooms, and the three places of the towns' vocabulary
/// assert_eq!(rows.input().shape(), [2, 4].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TableSet<T> {
    input: TableInput,
    target: T,
    class_names: Vec<String>,
    samples: SampleNames,
}

impl<T: RowTarget> TableSet<T> {
    pub(super) fn new(
        input: TableInput,
        target: T,
        class_names: &[String],
        samples: SampleNames,
    ) -> Result<Self> {
        if input.numbers.shape()[0] == 0 {
            return Err(Error::data("there are no rows"));
        }
        let class_names = class_names.to_vec();
        Ok(Self { input, target, class_names, samples })
    }

    /// The whole input.
    pub fn input(&self) -> &TableInput {
        &self.input
    }

    /// All targets.
    pub fn target(&self) -> &T {
        &self.target
    }

    /// The rows with each category as a column of its own that is 0 or 1, after the numbers:
    /// `[N, F + ΣV]`, with V the sizes of the vocabularies as
    /// [`Encoding::vocabularies`](super::Encoding::vocabularies) gives them.
    ///
    /// ```
    /// use plywood_datasets::{BreastCancer, Encoding, Split};
    /// use plywood_tensor::Seed;
    ///
    /// let [train, test] = BreastCancer::embedded()?.split([0.8, 0.2], Seed(7))?;
    /// let encoding = Encoding::measured_on(&train, "diagnosis")?;
    /// let train = encoding.classes(&train)?.one_hot(&encoding)?;
    /// assert_eq!(train.input().shape(), [455, 30].into());
    /// # let _ = test;
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the encoding isn't the one that made this set.
    pub fn one_hot(&self, encoding: &super::Encoding) -> Result<Rows<T>> {
        let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
        if encoding.number_names().len() != self.input.numbers.shape()[1] {
            return Err(stranger());
        }
        let out = self.input.one_hot(&sizes)?;
        let rows = Rows::new(out, self.target.clone())?;
        rows.with_samples(self.samples.clone()).with_class_names(self.class_names.clone())
    }
}

impl<T: RowTarget> Dataset for TableSet<T> {
    type Batch = TableBatch<T>;

    fn len(&self) -> usize {
        self.input.numbers.shape()[0]
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<TableBatch<T>> {
        check_indices(indices, self.len()).map_err(|e| e.operation("table"))?;
        Ok(TableBatch {
            input: TableInput {
                numbers: gather(&self.input.numbers, indices)?,
                categories: gather(&self.input.categories, indices)?,
            },
            target: self.target.rows(indices)?,
        })
    }

    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        hash(&mut hasher, &self.input.numbers, |x| x.to_bits().to_le_bytes());
        hash(&mut hasher, &self.input.categories, u32::to_le_bytes);
        self.target.hash(&mut hasher);
        format!(
            "{} rows of {} numbers and {} categories, crc32 {:08x}",
            self.len(),
            self.input.numbers.shape()[1],
            self.input.categories.shape()[1],
            hasher.finalize()
        )
    }

    /// The row's line in its file.
    fn sample_name(&self, index: usize) -> String {
        self.samples.of(index)
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }
}

impl<T: RowTarget> Split for TableSet<T> {
    fn strata(&self) -> Strata {
        self.target.strata()
    }

    fn subset(&self, indices: &[usize]) -> Result<Self> {
        check_subset(indices, self.len())?;
        let TableBatch { input, target } = self.batch(indices, &Draw::evaluation())?;
        let samples = self.samples.subset(indices);
        Ok(Self { input, target, class_names: self.class_names.clone(), samples })
    }
}
