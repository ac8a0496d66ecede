//! `stratus sms`

mod notice;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use stratustexting::{
    Ticket,
    segments::{Segments, gsm_spelling},
};

use self::notice::{notice, question, shown};
use crate::{
    context::Context,
    failure::{Failure, Result},
    sending::{self, Envelope, Shown, TextArguments},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Send(Send),
}

/// Sends an SMS, after saying how many segments it is
///
/// On a terminal it asks before it sends, unless --yes is given; a script is taken at its word.
/// A message whose outcome is unknown is never sent again by itself: the exit code is then 7.
#[derive(Debug, Args)]
pub(crate) struct Send {
    #[command(flatten)]
    envelope: Envelope,
    #[command(flatten)]
    text: TextArguments,
    /// The e-mail address of the agent in whose mailbox the message shows
    #[arg(long = "as", visible_alias = "agent", value_name = "EMAIL")]
    agent: Option<String>,
    /// Sends the text without the characters that GSM-7 lacks, such as curly quotes
    #[arg(long)]
    gsm: bool,
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Send(options) => send(&options, context).await,
    }
}

async fn send(options: &Send, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let to = options.envelope.to(context)?;
    let from = options.envelope.from(context)?;
    let text = text(options, context)?;
    let segments = Segments::of(&text);
    let message = Shown {
        dry_run: true,
        outcome: None,
        operation: match options.agent {
            Some(_) => "sendSmsAsAgent",
            None => "sendSms",
        },
        from: from.as_str().to_owned(),
        to: to.as_str().to_owned(),
        agent: options.agent.clone(),
        text: Some(text.clone()),
        segments: Some(shown(&text, &segments)),
        files: Vec::new(),
        result: None,
        request_id: None,
    };
    output.note(&notice(&text, &segments));
    if options.envelope.dry_run {
        notice::show(&message, output)?;
        return Ok(ExitCode::SUCCESS);
    }
    let client = context.client()?;
    options
        .envelope
        .agree(output, &question(&text, &segments, &from, &to))?;
    let messages = client.messages().from(&from);
    let call = match &options.agent {
        Some(agent) => messages.send_sms_as_agent(agent, &to, &text),
        None => messages.send_sms(&to, &text),
    };
    let ticket = Ticket::for_message(from.as_str(), to.as_str(), &text);
    let arguments = [("agent_email", "--as"), ("text", "the text")];
    let sent = sending::send(call, ticket, &arguments, output).await?;
    output.object(&message.accepted(&sent))?;
    output.say(&format!(
        "accepted: {} to {}",
        notice::count(&segments),
        to.as_str()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The text that is sent.
fn text(options: &Send, context: &Context) -> Result<String> {
    let text = match options.text.read()? {
        Some(text) => text,
        None => context.output.required(None, "TEXT", "Text")?,
    };
    if !options.gsm {
        return Ok(text);
    }
    let spelling = gsm_spelling(&text).map(Into::into);
    spelling.ok_or_else(|| {
        Failure::usage(
            "--gsm: a character of the text has no spelling in GSM-7 that means the same; leave \
             it out, or send the text without --gsm",
        )
    })
}
