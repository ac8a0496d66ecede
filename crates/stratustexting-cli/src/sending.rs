//! What SMS and MMS share: the question before, the wait for the outcome, and what is shown.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use stratustexting::{
    Call, PhoneNumber, Response, Ticket,
    models::SendResult,
    segments::{Encoding, Segments},
};

use crate::{
    context::Context,
    failure::{Class, Failure, Result},
    files,
    output::Output,
};

/// Whom a message is from and to, and whether it is sent.
#[derive(Debug, Args)]
pub(crate) struct Envelope {
    /// The recipient's number
    #[arg(long, value_name = "NUMBER")]
    to: Option<String>,
    /// The number that sends, in place of the account's
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// Sends without a question; without a terminal none is asked
    #[arg(long)]
    pub(crate) yes: bool,
    /// Shows what would be sent, and sends nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Where a message's text comes from.
#[derive(Debug, Args)]
pub(crate) struct TextArguments {
    /// The text; - reads it from standard input
    text: Option<String>,
    /// The file with the text
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    text_file: Option<PathBuf>,
}

impl TextArguments {
    /// The text, if one was given.
    pub(crate) fn read(&self) -> Result<Option<String>> {
        match (&self.text_file, self.text.as_deref()) {
            (Some(path), _) => files::text(path).map(Some),
            (None, Some("-")) => files::text("-".as_ref()).map(Some),
            (None, text) => Ok(text.map(str::to_owned)),
        }
    }
}

impl Envelope {
    pub(crate) fn to(&self, context: &Context) -> Result<PhoneNumber> {
        let to = context
            .output
            .required(self.to.as_deref(), "--to NUMBER", "To")?;
        context.number("--to", &to)
    }

    pub(crate) fn from(&self, context: &Context) -> Result<PhoneNumber> {
        match &self.from {
            Some(from) => context.number("--from", from),
            None => context.sender(),
        }
    }

    /// Asks before a message goes out. Whoever has no terminal, a script, has said what it
    /// wants by the command.
    pub(crate) fn agree(&self, output: &Output, question: &str) -> Result<()> {
        if self.yes || output.is_script() || output.confirm(question)? {
            return Ok(());
        }
        Err(Failure::new(Class::NotSent, "nothing was sent"))
    }
}

/// A message, as it was sent or would be.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shown {
    /// Whether nothing was sent, and this is what would be.
    pub(crate) dry_run: bool,
    /// `accepted` if it was sent: the service took it, which isn't yet delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<&'static str>,
    /// The operation's id, such as `sendSms`.
    pub(crate) operation: &'static str,
    pub(crate) from: String,
    pub(crate) to: String,
    /// The agent in whose mailbox it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) segments: Option<ShownSegments>,
    /// The files of an MMS.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<ShownFile>,
    /// What the service says of a message that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<String>,
    /// The gateway's id of the request, for asking the vendor about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}

/// How a text is cut into segments.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownSegments {
    /// `GSM-7` or `UCS-2`.
    pub(crate) encoding: &'static str,
    pub(crate) count: usize,
    /// Septets or code units.
    pub(crate) units: usize,
    /// How many more units the last segment has room for.
    pub(crate) room: usize,
    /// The first character that GSM-7 lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) not_gsm: Option<NotGsm>,
    /// The text without such characters, which `--gsm` sends, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gsm_spelling: Option<String>,
    /// How many segments that has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gsm_count: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct NotGsm {
    pub(crate) character: char,
    /// Such as `U+2019`.
    pub(crate) code_point: String,
    /// Which character of the text it is, from 1.
    pub(crate) position: usize,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownFile {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) bytes: u64,
}

impl Shown {
    /// Fills in what the service said.
    pub(crate) fn accepted(self, sent: &Response<SendResult>) -> Self {
        Self {
            dry_run: false,
            outcome: Some("accepted"),
            result: sent.result.clone(),
            request_id: sent.request_id().map(str::to_owned),
            ..self
        }
    }
}

pub(crate) fn encoding(segments: &Segments) -> &'static str {
    match segments.encoding() {
        Encoding::Gsm7 => "GSM-7",
        Encoding::Ucs2 => "UCS-2",
    }
}

/// Sends, once, and waits for the outcome. After Ctrl-C, too: whether the message went out is
/// known a moment later, and by nobody if the program just ends. A second Ctrl-C doesn't wait.
pub(crate) async fn send(
    mut call: Call<SendResult>,
    ticket: Ticket,
    arguments: &[(&str, &str)],
    output: &Output,
) -> Result<Response<SendResult>> {
    let mut is_interrupted = false;
    loop {
        tokio::select! {
            sent = &mut call => return sent.map_err(|error| match error.is_input() {
                true => Failure::of_call(&error, arguments),
                false => Failure::of_send(&error),
            }),
            _ = tokio::signal::ctrl_c() => {
                if is_interrupted {
                    return Err(Failure::of_interrupted_send(&ticket));
                }
                is_interrupted = true;
                output.note(
                    "The message may be on its way. Waiting for the outcome; Ctrl-C again ends \
                     without it",
                );
            }
        }
    }
}
