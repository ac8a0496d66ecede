//! What went wrong, and with which exit code.

use std::{error::Error, fmt, process::ExitCode};

use crate::output::Output;

/// The classes of failures; their numbers are documented and stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Other = 1,
    Usage = 2,
    SetUp = 3,
    Authentication = 4,
    Rejected = 5,
    NotSent = 6,
    Unknown = 7,
    Network = 8,
}

impl Class {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a command failed, in a sentence that says what to try.
#[derive(Debug)]
pub(crate) struct Failure {
    class: Class,
    text: String,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(class: Class, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { class, text }
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Class::Usage, text)
    }

    pub(crate) fn report(&self, output: &Output) -> ExitCode {
        output.error(&self.text);
        self.class.code()
    }
}

/// A chain of errors as one sentence.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

impl From<stratustexting::Error> for Failure {
    fn from(error: stratustexting::Error) -> Self {
        let class = if error.is_configuration() || error.is_input() {
            Class::SetUp
        } else if error.is_auth() {
            Class::Authentication
        } else if error.is_connect() || error.is_timeout() || error.is_transport() {
            Class::Network
        } else {
            Class::Other
        };
        Self::new(class, chain(&error))
    }
}

impl From<stratustexting_queue::Error> for Failure {
    fn from(error: stratustexting_queue::Error) -> Self {
        let class = if error.is_database() {
            Class::Network
        } else {
            Class::Usage
        };
        Self::new(class, chain(&error))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(Class::Other, error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
