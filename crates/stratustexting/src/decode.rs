//! Why a body could not be decoded, without the values in it.

use std::fmt;

/// A decoding error without the values that it quotes, which may be personal.
pub(crate) fn without_values(error: &serde_json::Error) -> DecodeError {
    DecodeError {
        line: error.line(),
        column: error.column(),
        problem: match error.classify() {
            serde_json::error::Category::Eof => "the JSON ends too early",
            serde_json::error::Category::Syntax => "not JSON",
            _ => "JSON of another type",
        },
    }
}

#[derive(Debug)]
pub(crate) struct DecodeError {
    line: usize,
    column: usize,
    problem: &'static str,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            problem,
        } = self;
        write!(f, "{problem}, at line {line}, column {column} of the body")
    }
}

impl std::error::Error for DecodeError {}
