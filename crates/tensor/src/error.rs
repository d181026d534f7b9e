//! The one error type of every Plywood crate.

use std::fmt;
use std::path::Path;

use crate::visible::visible;

/// What every fallible function of Plywood returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong, for programs; the [`Display`](fmt::Display) text is for people.
///
/// ```
/// use plywood_tensor::{ErrorKind, Tensor};
///
/// let error = Tensor::zeros([2, 3]).reshape([4]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Shape);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Shapes, ranks or axes that don't fit together.
    Shape,
    /// An index, label or class outside its range.
    Index,
    /// A setting or number that makes no sense here, such as a batch size of 0.
    Value,
    /// Data or a file with the wrong contents: cut short, the wrong magic, a broken row.
    Data,
    /// The operating system refused to read or write.
    Io,
    /// A gradient that is missing, or was asked for where there can be none.
    Gradient,
    /// A matrix that can't be inverted or decomposed.
    Singular,
    /// Something that another program, or another part of this one, holds.
    Busy,
    /// Work that was asked to stop before its end, as by Ctrl-C.
    Interrupted,
    /// More memory than the [budget](crate::memory::budget) allows for, or than the system has.
    Memory,
}

/// Says what went wrong, in which operation, where, with which sizes, and how to mend it.
///
/// The text is `place: operation: message; hint`, of which only the message is always there; what of it a
/// terminal would obey is escaped, as by [`visible`](crate::visible):
///
/// ```
/// use plywood_tensor::Error;
///
/// let error = Error::shape("input [2, 4, 8, 8] (N, C, H, W) has 4 channels, the weight expects 3")
///     .operation("conv2d")
///     .within("conv1")
///     .within("features");
/// assert_eq!(
///     error.to_string(),
///     "features.conv1: conv2d: input [2, 4, 8, 8] (N, C, H, W) has 4 channels, the weight expects 3",
/// );
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    place: String,
    operation: Option<String>,
    row: Option<Row>,
    message: String,
    hint: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A row of a tensor, such as a sample of a batch.
///
/// ```
/// use plywood_tensor::{Row, Tensor, check_labels};
///
/// let error = check_labels(&Tensor::from([0, 2, 9]), 3).unwrap_err();
/// assert_eq!(error.row(), Some(Row { place: 2, rows: 3 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place, counted from 0.
    pub place: usize,
    /// How many rows there are.
    pub rows: usize,
}

impl Error {
    /// An error of the given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            place: String::new(),
            operation: None,
            row: None,
            message: message.into(),
            hint: None,
            source: None,
        }))
    }

    /// Shapes, ranks or axes that don't fit together.
    pub fn shape(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Shape, message)
    }

    /// An index, label or class outside its range.
    pub fn index(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Index, message)
    }

    /// A setting or number that makes no sense here.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Value, message)
    }

    /// Data or a file with the wrong contents.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// A gradient that is missing or impossible.
    pub fn gradient(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Gradient, message)
    }

    /// A failure of the operating system while doing something (`"read"`, `"write"`) to `path`.
    pub fn io(doing: &str, path: &Path, source: std::io::Error) -> Self {
        let mut error = Self::new(ErrorKind::Io, format!("can't {doing} it: {source}"));
        error.0.place = path.display().to_string();
        error.0.source = Some(Box::new(source));
        error
    }

    /// Names the operation that refused, such as `conv2d`. The innermost name stays.
    #[must_use]
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.0.operation.get_or_insert_with(|| name.into());
        self
    }

    /// Says in which row of its operand an operation has found something wrong. Who knows what the rows
    /// are gives it a [name](Self::name_row).
    ///
    /// ```
    /// use plywood_tensor::{Error, Row};
    ///
    /// let error = Error::index("label 7 is not a class").in_row(Row { place: 3, rows: 64 });
    /// assert_eq!(error.to_string(), "row 3 of 64: label 7 is not a class");
    /// assert_eq!(error.name_row("photos/cat/1.jpg").to_string(), "photos/cat/1.jpg: label 7 is not a class");
    /// ```
    #[must_use]
    pub fn in_row(mut self, row: Row) -> Self {
        self.0.row = Some(row);
        self
    }

    /// The row in which an operation has found something wrong, unless it has been named.
    pub fn row(&self) -> Option<Row> {
        self.0.row
    }

    /// Says what the [row](Self::row) is, as the innermost place, instead of its number.
    #[must_use]
    pub fn name_row(mut self, name: impl fmt::Display) -> Self {
        if self.0.row.take().is_some() {
            let outer = std::mem::take(&mut self.0.place);
            self = self.at(name);
            if !outer.is_empty() {
                self = self.at(outer);
            }
        }
        self
    }

    /// Says how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// Puts a layer's or field's name before the place: `within("conv1")`, then
    /// `within("features")`, reads `features.conv1`.
    #[must_use]
    pub fn within(mut self, name: &str) -> Self {
        self.0.place = if self.0.place.is_empty() {
            name.to_owned()
        } else {
            format!("{name}.{}", self.0.place)
        };
        self
    }

    /// Says in which file, or at which other place, it happened, replacing nothing that is more
    /// precise: `at("train.csv")` before `line 7` reads `train.csv: line 7`.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.0.place = if self.0.place.is_empty() {
            place.to_string()
        } else {
            format!("{place}: {}", self.0.place)
        };
        self
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The layer's path or the file, empty when the error has none.
    pub fn place(&self) -> &str {
        &self.0.place
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { place, operation, row, message, hint, .. } = &*self.0;
        if !place.is_empty() {
            write!(f, "{}: ", visible(place))?;
        }
        if let Some(Row { place, rows }) = row {
            write!(f, "row {place} of {rows}: ")?;
        }
        if let Some(operation) = operation {
            write!(f, "{}: ", visible(operation))?;
        }
        f.write_str(&visible(message))?;
        match hint {
            Some(hint) => write!(f, "; {}", visible(hint)),
            None => Ok(()),
        }
    }
}

/// The same text as [`Display`](fmt::Display), because `fn main() -> Result<()>` prints this one.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
