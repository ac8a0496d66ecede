//! `stratus message`

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::{
    context::Context,
    failure::{Failure, Result},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Get(Get),
}

/// Shows a message by its id
///
/// The id comes from a webhook's event; sending gives none.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The message's id
    id: String,
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    let Command::Get(options) = command;
    let call = context.client()?.messages().get(&options.id);
    let message = call
        .await
        .map_err(|error| Failure::of_call(&error, &[("message_id", "ID")]))?;
    let first = ["id", "direction", "from", "to", "text"];
    context.output.show(&*message, &first)?;
    Ok(ExitCode::SUCCESS)
}
