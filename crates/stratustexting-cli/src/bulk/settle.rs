//! `stratus bulk settle`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use stratustexting_queue::outbox::{Journal, Outbox, RowState};

use super::shown::Settled;
use crate::{
    failure::{Failure, Result},
    output::Output,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The row's number in the report
    row: i64,
    /// What has become of it
    decision: Decision,
    /// Why; it is kept
    #[arg(long)]
    reason: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Decision {
    /// The text went out
    Sent,
    /// The text did not go out, and is to be sent again: look into the product's inbox first
    SendAgain,
    /// It is not to be sent
    Drop,
}

pub(crate) async fn run<J: Journal>(
    journal: J,
    options: &Options,
    output: &Output,
) -> Result<ExitCode> {
    let to = match options.decision {
        Decision::Sent => RowState::Accepted,
        Decision::SendAgain => RowState::Planned,
        Decision::Drop => RowState::Cancelled,
    };
    let outbox = Outbox::new(journal);
    if !outbox.decide(options.row, to, &options.reason).await? {
        return Err(Failure::usage(
            "there is no such row that is unknown, rejected or not sent",
        ));
    }
    output.say(&format!("row {} is {}", options.row, to.as_str()))?;
    output.object(&Settled::new(options.row, to))?;
    Ok(ExitCode::SUCCESS)
}
