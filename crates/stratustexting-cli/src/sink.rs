//! Where an event goes: to standard output, to another program, or to another server.
//!
//! - `print.rs`: a line for people, or JSON.
//! - `exec.rs`: a command per event.
//! - `forward.rs`: a POST per event.

mod exec;
mod forward;
mod item;
mod print;

use std::{fmt, io, time::Duration};

use clap::Args;

use self::{forward::Forward, print::Print};
pub(crate) use self::{
    item::{Item, time},
    print::{PrintedEvent, summary},
};
use crate::failure::{Class, Failure, Result};

#[derive(Debug, Args)]
pub(crate) struct SinkArguments {
    /// Posts each event to this URL, until it responds with 2xx
    #[arg(long, value_name = "URL", conflicts_with = "exec")]
    forward_to: Option<String>,
    /// Runs this command with each event as JSON on its standard input, until it exits with 0
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    /// Prints a line for each event, after it was handed on; the default without the other two
    #[arg(long)]
    print: bool,
    /// Adds the text: `message` in the event's JSON. A printed line has it anyway
    #[arg(long)]
    fetch: bool,
}

pub(crate) struct Sink {
    next: Option<Next>,
    print: Option<Print>,
    fetches: bool,
}

enum Next {
    Forward(Forward),
    Exec(String),
}

impl Sink {
    pub(crate) fn new(arguments: SinkArguments, is_json: bool) -> Result<Self> {
        let next = match (arguments.forward_to, arguments.exec) {
            (Some(url), _) => Some(Next::Forward(Forward::new(&url)?)),
            (None, Some(command)) if command.trim().is_empty() => {
                return Err(Failure::usage("--exec: must be a command"));
            }
            (None, Some(command)) => Some(Next::Exec(command)),
            (None, None) => None,
        };
        let prints = arguments.print || next.is_none();
        Ok(Self {
            next,
            print: prints.then_some(Print { is_json }),
            fetches: arguments.fetch || prints && !is_json,
        })
    }

    /// Whether it needs an event's message.
    pub(crate) fn fetches(&self) -> bool {
        self.fetches
    }

    /// Hands the event on. What was handed on isn't handed on again because the line beside it
    /// can't be printed: then that failure is returned as a success's.
    pub(crate) async fn take(
        &self,
        item: &Item,
    ) -> std::result::Result<Option<SinkFailure>, SinkFailure> {
        match &self.next {
            Some(Next::Forward(forward)) => forward.take(item).await?,
            Some(Next::Exec(command)) => exec::take(command, item).await?,
            None => {}
        }
        let printed = match &self.print {
            Some(print) => print.take(item),
            None => Ok(()),
        };
        match printed {
            Err(failure) if self.next.is_some() => Ok(Some(failure)),
            printed => printed.map(|()| None),
        }
    }
}

/// Why an event couldn't be handed on. Nothing of the event is in it.
#[derive(Debug)]
pub(crate) struct SinkFailure {
    kind: Kind,
    retry_after: Option<Duration>,
}

#[derive(Debug)]
enum Kind {
    /// Nobody reads the standard output any more.
    NobodyReads,
    Output(io::Error),
    Command(String),
    /// No response.
    Network(&'static str),
    Status(u16),
}

impl SinkFailure {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }

    pub(crate) fn nobody_reads(&self) -> bool {
        matches!(self.kind, Kind::NobodyReads)
    }

    /// The same for the inbox, which tries again.
    pub(crate) fn into_inbox(self) -> stratustexting_queue::inbox::Failure {
        let retry_after = self.retry_after;
        let failure = stratustexting_queue::inbox::Failure::from(self);
        match retry_after {
            Some(wait) => failure.retry_after(wait),
            None => failure,
        }
    }
}

impl fmt::Display for SinkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::NobodyReads => f.write_str("nobody reads the standard output"),
            Kind::Output(error) => write!(f, "it can't be printed: {error}"),
            Kind::Command(what) => write!(f, "the command {what}"),
            Kind::Network(what) => write!(f, "the URL of --forward-to {what}"),
            Kind::Status(status) => {
                write!(f, "the URL of --forward-to responded with {status}")
            }
        }
    }
}

impl std::error::Error for SinkFailure {}

/// For a person, who decides.
impl From<SinkFailure> for Failure {
    fn from(failure: SinkFailure) -> Self {
        let class = match failure.kind {
            Kind::Network(_) => Class::Network,
            Kind::Status(_) => Class::Rejected,
            _ => Class::Other,
        };
        Self::new(class, failure.to_string())
    }
}
