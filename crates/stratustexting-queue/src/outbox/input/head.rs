//! The beginning of a file: what it is, and what stands between its cells.

use std::io::{self, Read};

use super::{
    columns::Columns,
    error::{LONGEST_HEADER, Problem},
    settings::CsvSettings,
};

pub(super) struct Head {
    /// The beginning of the file, from the row with the names on.
    pub(super) bytes: Vec<u8>,
    /// The line on which that begins.
    pub(super) line: u64,
    pub(super) delimiter: u8,
}

/// What is tried, if neither the caller nor the file says it.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

impl Head {
    pub(super) fn read(reader: &mut impl Read, settings: &CsvSettings) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let most = LONGEST_HEADER as u64 + 1;
        reader.take(most).read_to_end(&mut bytes)?;
        // ZIP, as in .xlsx and .ods; and the older .xls.
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(Problem::Workbook.into());
        }
        // A NUL in a later row is that row's.
        let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        if bytes
            .iter()
            .take_while(|byte| !is_break(byte))
            .any(|byte| *byte == 0)
        {
            return Err(Problem::Nul.into());
        }
        let mut line = 1;
        let mut said = None;
        if let Some((delimiter, length)) = separator(&bytes) {
            bytes.drain(..length);
            line += 1;
            said = Some(delimiter);
        }
        let delimiter = settings.delimiter.or(said);
        let delimiter = delimiter.unwrap_or_else(|| detect(&bytes, settings));
        if !delimiter.is_ascii()
            || delimiter.is_ascii_alphanumeric()
            || matches!(delimiter, b'"' | b'\r' | b'\n' | 0)
        {
            return Err(Problem::Delimiter.into());
        }
        Ok(Self {
            bytes,
            line,
            delimiter,
        })
    }
}

/// The line `sep=;`, which spreadsheets write and obey: what it says, and its length.
fn separator(bytes: &[u8]) -> Option<(u8, usize)> {
    let end = bytes
        .iter()
        .position(|byte| matches!(byte, b'\r' | b'\n'))?;
    let (line, rest) = bytes.split_at(end);
    let says = line.strip_prefix(b"\"").unwrap_or(line);
    let (word, says) = says.split_at_checked(4)?;
    let delimiter = *says.first()?;
    if !word.eq_ignore_ascii_case(b"sep=") || !matches!(&says[1..], b"" | b"\"") {
        return None;
    }
    let length = if rest.starts_with(b"\r\n") { 2 } else { 1 };
    Some((delimiter, end + length))
}

/// The one with which a column is found that may have the numbers, or else the one that makes
/// the most columns.
fn detect(bytes: &[u8], settings: &CsvSettings) -> u8 {
    let score = |delimiter: u8| {
        let names = names(bytes, delimiter);
        let columns = Columns::new(&names, settings);
        let has_number = !matches!(
            columns,
            Err(Problem::NoNumberColumn | Problem::NoColumn { .. })
        );
        (has_number, names.len())
    };
    let best = DELIMITERS.into_iter().rev().max_by_key(|one| score(*one));
    best.unwrap_or(DELIMITERS[0])
}

/// The first row that isn't blank.
fn names(bytes: &[u8], delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    while matches!(reader.read_byte_record(&mut record), Ok(true)) {
        let names = record.iter().map(String::from_utf8_lossy);
        let names: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
        if names.iter().any(|name| !name.is_empty()) {
            return names;
        }
    }
    Vec::new()
}
