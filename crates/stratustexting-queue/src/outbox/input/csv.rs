//! The rows of a file.

use std::{
    fmt,
    io::{self, Chain, Cursor, Read},
};

use csv::ByteRecord;

use super::{
    InputError, Row, cell,
    columns::Columns,
    decode::Decode,
    error::{LONGEST_HEADER, Problem},
    head::Head,
    scan::Scan,
    settings::CsvSettings,
};

/// The rows of a file with comma-separated values, one after the other: the file may have any
/// size.
///
/// The first row names the columns. It takes what spreadsheets write:
///
/// - UTF-8 with or without a byte order mark, UTF-16 with one ("Unicode text"), and
///   Windows-1252 if [the settings say so](CsvSettings::windows_1252);
/// - commas, semicolons or tabs, and a first line `sep=;`;
/// - line ends of every system, and line breaks in cells with quotation marks;
/// - blank rows, which are skipped;
/// - numbers as `2025550123.0`, `="+12025550123"`, `'2025550123`, with white space around. A
///   number that was rounded (`1.20255E+10`) is an error.
///
/// # Errors
///
/// An item is an error when [only this row](InputError::is_of_one_row) can't be used: it has
/// another number of cells than there are columns, its number is empty or rounded, a quotation
/// mark is where it can't be, or it isn't UTF-8. The rows after it follow. After any other error
/// there are no more items: then the file as a whole wasn't read.
///
/// A row may have 1 MiB.
pub struct CsvRows<R: Read> {
    reader: csv::Reader<Scan<Whole<R>>>,
    columns: Columns,
    record: ByteRecord,
    is_done: bool,
}

/// The beginning, which was read to find out what the file is, and the rest.
type Whole<R> = Chain<Cursor<Vec<u8>>, Decode<R>>;

impl<R: Read> CsvRows<R> {
    /// Reads the row with the names. The reader needs no buffer of its own.
    ///
    /// # Errors
    ///
    /// When the file can't be read or isn't text, when no column has the numbers, or two may
    /// have them, when two columns have the same name, and when one that the settings name
    /// isn't there.
    pub fn new(reader: R, settings: CsvSettings) -> Result<Self, InputError> {
        let failed = |error| InputError::read(None, error);
        let mut decode = Decode::new(reader, settings.is_windows_1252).map_err(failed)?;
        let head = Head::read(&mut decode, &settings).map_err(failed)?;
        let all = Cursor::new(head.bytes).chain(decode);
        let mut rows = Self {
            reader: csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(head.delimiter)
                .from_reader(Scan::new(all, head.delimiter, head.line)),
            columns: Columns::none(),
            record: ByteRecord::new(),
            is_done: false,
        };
        rows.read_names(&settings).map_err(InputError::of_header)?;
        Ok(rows)
    }

    fn read_names(&mut self, settings: &CsvSettings) -> Result<(), InputError> {
        let Some(line) = self.read()? else {
            return Err(InputError::file(Problem::Empty));
        };
        let columns = if self.reader.position().byte() > LONGEST_HEADER as u64 {
            Err(Problem::LongHeader)
        } else {
            self.cells().and_then(|names| {
                let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
                Columns::new(&names, settings)
            })
        };
        self.columns = columns.map_err(|problem| InputError::at(line, problem))?;
        Ok(())
    }

    /// The names of the columns, as [`Row::fields`] has them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.names.iter().flatten().map(String::as_str)
    }

    /// Reads the next row that isn't blank, and returns its line.
    fn read(&mut self) -> Result<Option<u64>, InputError> {
        loop {
            let begin = self.reader.position().byte();
            self.reader.get_mut().begin_row(begin);
            let read = self.reader.read_byte_record(&mut self.record);
            let end = self.reader.position().byte();
            let scan = self.reader.get_mut();
            let line = scan.line();
            let found = read.map_err(|error| {
                self.is_done = true;
                InputError::read(Some(line), without_cells(error))
            })?;
            self.is_done = !found;
            if let Some(problem) = scan.fault(end) {
                return Err(InputError::at(line, problem));
            }
            if !found {
                return Ok(None);
            }
            if !self.record.iter().all(is_blank) {
                return Ok(Some(line));
            }
        }
    }

    fn cells(&self) -> Result<Vec<&str>, Problem> {
        let cells = self.record.iter().map(|cell| {
            let cell = str::from_utf8(cell).map_err(|_| Problem::NotUtf8)?;
            if cell.contains('\0') {
                return Err(Problem::NulInRow);
            }
            Ok(cell::trim(cell))
        });
        cells.collect()
    }

    fn row(&self, line: u64) -> Result<Row, Problem> {
        let (found, expected) = (self.record.len(), self.columns.names.len());
        if found != expected {
            return Err(Problem::Cells { found, expected });
        }
        let cells = self.cells()?;
        let optional = |place: Option<usize>| {
            let cell = place.map(|place| cells[place].to_owned());
            cell.filter(|cell| !cell.is_empty())
        };
        let named = self.columns.names.iter().zip(&cells);
        let fields = named.filter_map(|(name, cell)| Some((name.clone()?, (*cell).to_owned())));
        Ok(Row {
            line,
            to: cell::number(cells[self.columns.number])?.to_owned(),
            key: optional(self.columns.key),
            zone: optional(self.columns.zone),
            fields: fields.collect(),
        })
    }
}

impl<R: Read> Iterator for CsvRows<R> {
    type Item = Result<Row, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let line = match self.read() {
            Ok(line) => line?,
            Err(error) => return Some(Err(error)),
        };
        let row = self.row(line);
        Some(row.map_err(|problem| InputError::at(line, problem)))
    }
}

impl<R: Read> std::iter::FusedIterator for CsvRows<R> {}

fn is_blank(cell: &[u8]) -> bool {
    str::from_utf8(cell).is_ok_and(|cell| cell::trim(cell).is_empty())
}

/// What went wrong with the reader beneath. An error of the csv crate may show a cell.
fn without_cells(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::other("the rows can't be read"),
    }
}

/// Without what was read last.
impl<R: Read> fmt::Debug for CsvRows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvRows").finish_non_exhaustive()
    }
}
