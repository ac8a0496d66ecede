//! What went wrong, and with which exit code.

use std::{error::Error, fmt, process::ExitCode};

use serde_json::{Value, json};
use stratustexting::SendOutcome;

use crate::output::Output;

/// The classes of failures; their numbers and names are documented and stay.
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

    fn name(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Usage => "usage",
            Self::SetUp => "set_up",
            Self::Authentication => "authentication",
            Self::Rejected => "rejected",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Network => "network",
        }
    }

    /// The class of a call's error, whatever the call was for.
    fn of(error: &stratustexting::Error) -> Self {
        if error.is_configuration() || error.is_input() {
            Self::SetUp
        } else if error.is_auth() || error.is_token_rejected() {
            Self::Authentication
        } else if error.is_connect() || error.is_timeout() || error.is_transport() {
            Self::Network
        } else {
            Self::Other
        }
    }
}

/// Why a command failed, in a sentence that says what to try.
#[derive(Debug)]
pub(crate) struct Failure {
    class: Class,
    text: String,
    /// What a program needs beside the text: a send's outcome and its ticket.
    details: Value,
    /// Whether there was no connection at all.
    is_unreachable: bool,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(class: Class, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            class,
            text,
            details: json!({}),
            is_unreachable: false,
        }
    }

    /// There was no connection: whoever listens there isn't running, or not there.
    pub(crate) fn unreachable(mut self) -> Self {
        self.is_unreachable = true;
        self
    }

    pub(crate) fn is_unreachable(&self) -> bool {
        self.is_unreachable
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new(Class::Usage, text)
    }

    /// The same, with what to try.
    pub(crate) fn and(mut self, advice: &str) -> Self {
        self.text = format!("{}. {advice}", self.text.trim_end_matches('.'));
        self
    }

    /// Why a message wasn't accepted, and whether anybody may have been texted.
    pub(crate) fn of_send(error: &stratustexting::Error) -> Self {
        let outcome = error.send_outcome();
        let (class, end) = match outcome {
            SendOutcome::Accepted | SendOutcome::Unknown => (
                Class::Unknown,
                "It may have been sent. Look into the product's inbox before you send it again",
            ),
            SendOutcome::Rejected => (Class::Rejected, "Nobody was texted"),
            SendOutcome::NotSent => (
                match Class::of(error) {
                    Class::Other | Class::Network => Class::NotSent,
                    class => class,
                },
                "Nobody was texted",
            ),
        };
        Self {
            class,
            text: format!("{}. {end}", chain(error).trim_end_matches('.')),
            details: json!({ "outcome": outcome, "ticket": error.ticket() }),
            is_unreachable: error.is_connect(),
        }
    }

    pub(crate) fn report(&self, output: &Output) -> ExitCode {
        let mut object = json!({ "error": self.text, "class": self.class.name() });
        if let (Value::Object(object), Value::Object(details)) = (&mut object, &self.details) {
            object.extend(details.clone());
        }
        output.error(&self.text, &object);
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
        let failure = Self::new(Class::of(&error), chain(&error));
        match error.is_connect() {
            true => failure.unreachable(),
            false => failure,
        }
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
