//! `stratus bulk pause`, `cancel`, `stop`, `allow` and `opt-out`

use std::{
    io::{self, BufRead},
    process::ExitCode,
};

use clap::Args;
use stratustexting_queue::{
    inbox::{Inbox, Store},
    outbox::{JobState, Journal, Outbox},
};

use super::shown::{Changed, OptedOut, Stopped};
use crate::{context::Context, failure::Result, output::Output};

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The job's name
    name: String,
    /// Why; it is kept
    #[arg(long, default_value = "by a person")]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Reason {
    /// Why; it is shown by each worker
    #[arg(long, default_value = "by a person")]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct OptOut {
    /// Takes the opt-out back: the number may be texted again
    #[arg(long)]
    undo: bool,
}

pub(crate) async fn pause<J: Journal>(
    journal: J,
    named: &Named,
    output: &Output,
) -> Result<ExitCode> {
    Outbox::new(journal)
        .pause(&named.name, &named.reason)
        .await?;
    output.object(&changed(named, JobState::Paused))?;
    output.say("The job is paused: no more attempts begin.")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn cancel<J: Journal>(
    journal: J,
    named: &Named,
    output: &Output,
) -> Result<ExitCode> {
    Outbox::new(journal)
        .cancel(&named.name, &named.reason)
        .await?;
    output.object(&changed(named, JobState::Cancelled))?;
    output.say("The job is cancelled. What was sent stays sent.")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn stop<J: Journal>(
    journal: J,
    reason: &Reason,
    output: &Output,
) -> Result<ExitCode> {
    Outbox::new(journal).stop_all(&reason.reason).await?;
    output.object(&Stopped { stopped: true })?;
    output.say("All jobs are stopped. `stratus bulk allow` lets them go on.")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn allow<J: Journal>(journal: J, output: &Output) -> Result<ExitCode> {
    Outbox::new(journal).allow_all().await?;
    output.object(&Stopped { stopped: false })?;
    output.say("Jobs may be sent again.")?;
    Ok(ExitCode::SUCCESS)
}

fn changed(named: &Named, state: JobState) -> Changed {
    Changed {
        job: named.name.clone(),
        state: state.as_str(),
    }
}

/// Numbers come by standard input: arguments can be seen by everybody on the machine.
pub(crate) async fn opt_out<S: Store>(
    store: S,
    options: &OptOut,
    context: &Context,
) -> Result<ExitCode> {
    let mut numbers = Vec::new();
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        numbers.push(context.number(&format!("line {}", index + 1), line.trim())?);
    }
    let output = &context.output;
    let inbox = Inbox::new(store);
    for number in &numbers {
        inbox.set_opted_out(number, !options.undo).await?;
    }
    output.object(&OptedOut {
        numbers: numbers.len(),
        opted_out: !options.undo,
    })?;
    output.say(&match options.undo {
        false => format!("{} numbers get no more texts", numbers.len()),
        true => format!("{} numbers may be texted again", numbers.len()),
    })?;
    Ok(ExitCode::SUCCESS)
}
