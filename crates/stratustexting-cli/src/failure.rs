//! What went wrong, and with which exit code.

use std::{error::Error, fmt, process::ExitCode};

use serde_json::{Value, json};
use stratustexting::{SendOutcome, Ticket};

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
        if error.is_input() {
            Self::Usage
        } else if error.is_configuration() || error.is_store() {
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
    /// What the service said of a request that it rejected.
    words: Words,
    /// Whether there was no connection at all.
    is_unreachable: bool,
    /// Nothing failed: whoever reads the output has seen enough.
    reader_is_gone: bool,
}

/// The service's own words. Nobody documents what is in them, such as a number or a name: so
/// they are for the person who looks at the terminal, and in no log, pipe or JSON.
#[derive(Default)]
struct Words(Option<String>);

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(class: Class, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            class,
            text,
            details: json!({}),
            words: Words::default(),
            is_unreachable: false,
            reader_is_gone: false,
        }
    }

    /// The end of a command whose output nobody reads any more.
    pub(crate) fn reader_is_gone() -> Self {
        Self {
            reader_is_gone: true,
            ..Self::new(Class::Other, "nobody reads the output any more")
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
            details: json!({ "outcome": outcome, "ticket": error.ticket() }),
            words: Words::of(error),
            is_unreachable: error.is_connect(),
            ..Self::new(class, sentence(&chain(error), end))
        }
    }

    /// A send whose end nobody waited for.
    pub(crate) fn of_interrupted_send(ticket: &Ticket) -> Self {
        let end = "It may have been sent. Look into the product's inbox before you send it again";
        Self {
            details: json!({ "outcome": SendOutcome::Unknown, "ticket": ticket }),
            ..Self::new(Class::Unknown, sentence("interrupted", end))
        }
    }

    /// Why a call that isn't a send failed. Input is named by the arguments that it came by:
    /// pairs of the SDK's field and the argument.
    pub(crate) fn of_call(error: &stratustexting::Error, arguments: &[(&str, &str)]) -> Self {
        let argument = arguments
            .iter()
            .find(|(field, _)| error.is_input() && error.field() == Some(field));
        if let Some((field, argument)) = argument {
            let text = error.to_string();
            let allowed = text.split_once(&format!("{field}: "));
            let allowed = allowed.map_or(text.as_str(), |(_, allowed)| allowed);
            return Self::usage(format!("{argument}: {allowed}"));
        }
        let is_rejected = error.is_status() && error.send_outcome() == SendOutcome::Rejected;
        let class = match Class::of(error) {
            // There is a ticket only of what must not be done twice.
            Class::Other | Class::Network if error.ticket().is_some() => Class::Unknown,
            Class::Other if is_rejected => Class::Rejected,
            class => class,
        };
        let text = match class {
            Class::Unknown => sentence(
                &chain(error),
                "It may have taken effect. Look before you do it again",
            ),
            _ => chain(error),
        };
        let details = json!({
            "operation": error.operation(),
            "status": error.status().map(|status| status.as_u16()),
            "request_id": error.request_id(),
            "ticket": error.ticket(),
        });
        Self {
            details: without_nulls(details),
            words: Words::of(error),
            is_unreachable: error.is_connect(),
            ..Self::new(class, text)
        }
    }

    /// The same with where it happened.
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.text = format!("{place}: {}", self.text);
        self
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    pub(crate) fn report(&self, output: &Output) -> ExitCode {
        if self.reader_is_gone {
            return ExitCode::SUCCESS;
        }
        let mut object = json!({ "error": self.text, "class": self.class.name() });
        if let (Value::Object(object), Value::Object(details)) = (&mut object, &self.details) {
            object.extend(details.clone());
        }
        output.error(&self.text, &object);
        if let Some(words) = &self.words.0 {
            output.for_eyes(&format!("The service says: {words}"));
        }
        self.class.code()
    }
}

impl Words {
    /// More is no sentence.
    const MOST: usize = 300;

    /// Those of a response that decides against the request.
    fn of(error: &stratustexting::Error) -> Self {
        let is_rejected = error.is_status() && error.send_outcome() == SendOutcome::Rejected;
        let words = is_rejected.then(|| error.service_message()).flatten();
        Self(words.map(|words| without_numbers(&words).chars().take(Self::MOST).collect()))
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A text with `…` for three digits or more: whoever looks over a shoulder reads no number.
fn without_numbers(text: &str) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    for character in text.chars().map(Some).chain([None]) {
        if let Some(digit) = character.filter(|it| it.is_numeric()) {
            digits.push(digit);
            continue;
        }
        match digits.chars().count() {
            0..=2 => shown += &digits,
            _ => shown.push('…'),
        }
        digits.clear();
        shown.extend(character);
    }
    shown
}

fn sentence(what: &str, end: &str) -> String {
    format!("{}. {end}", what.trim_end_matches('.'))
}

fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

/// What the SDK tells a programmer to try, and what a person can do instead.
const OTHER_PATH: (&str, &str) = (
    "`ClientBuilder::operation` takes the right ones, and openapi.json is the one place to correct",
    "`stratus api` takes the right ones",
);

/// A chain of errors as one sentence.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string().replace(OTHER_PATH.0, OTHER_PATH.1);
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
        Self::of_call(&error, &[])
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
