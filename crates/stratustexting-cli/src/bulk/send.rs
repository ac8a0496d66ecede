//! `stratus bulk send`

use std::{path::PathBuf, pin::pin, process::ExitCode, time::Duration};

use clap::Args;
use futures::stream;
use stratustexting::{Client, PhoneNumber};
use stratustexting_queue::outbox::{
    Ended, Job, JobState, Journal, NewJob, NewRow, Outbox, RowState, Sending, Status, Summary,
};
use tokio::time;

use super::{
    settings::{Pace, duration, hours},
    shown::ShownSummary,
};
use crate::{
    context::Context,
    failure::{Class, Failure, Result},
    output::Output,
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The job's name
    name: String,
    /// Sends without a question
    #[arg(long)]
    yes: bool,
    /// Sends the first texts of the job to this number of one's own, and nothing else
    #[arg(long, value_name = "NUMBER")]
    test_to: Option<String>,
    /// How many texts are under way at the same time
    #[arg(long, default_value_t = 1)]
    concurrency: usize,
    /// Only within these hours of the recipient's own time, such as 8:00-21:00; help, not legal
    /// advice
    #[arg(long, value_name = "HOURS")]
    quiet_hours: Option<String>,
    /// Only within these hours of --window-zone
    #[arg(long, value_name = "HOURS", requires = "window_zone")]
    window: Option<String>,
    /// The time zone of --window, such as America/Chicago
    #[arg(long, value_name = "ZONE", requires = "window")]
    window_zone: Option<String>,
    /// Stops as long as this file exists
    #[arg(long, value_name = "FILE")]
    stop_file: Option<PathBuf>,
    #[command(flatten)]
    pace: Pace,
}

pub(crate) async fn run<J: Journal>(
    journal: J,
    options: &Options,
    context: &Context,
) -> Result<ExitCode> {
    let output = &context.output;
    let outbox = outbox(journal, options)?;
    let client = context.client()?;
    let status = outbox.status(&options.name).await?;
    if let Some(number) = &options.test_to {
        let to = context.number("--test-to", number)?;
        return test(&outbox, &client, &status.job, &to, output).await;
    }
    if status.job.state == JobState::Cancelled {
        return Err(Failure::usage("the job is cancelled"));
    }
    if !options.yes && !output.confirm(&question(&status))? {
        return Err(Failure::usage("nothing was sent"));
    }
    outbox.start(&options.name).await?;
    let sending = outbox.send(&options.name, &client).await?;
    let summary = follow(&outbox, sending, &options.name, output).await?;
    // A token that is renewed at this moment must reach the store.
    client.auth().wait_for_renewal().await;
    report(&summary, output)
}

fn outbox<J: Journal>(journal: J, options: &Options) -> Result<Outbox<J>> {
    let mut outbox = options
        .pace
        .outbox(journal)
        .concurrency(options.concurrency);
    if let Some(text) = &options.quiet_hours {
        outbox = outbox.quiet_hours(hours(text)?);
    }
    if let (Some(text), Some(zone)) = (&options.window, &options.window_zone) {
        outbox = outbox.window(hours(text)?, zone);
    }
    if let Some(path) = &options.stop_file {
        outbox = outbox.stop_file(path);
    }
    Ok(outbox.build())
}

fn question(status: &Status) -> String {
    format!(
        "Send {} texts of {:?} now, in {} at least?",
        status.counts.planned,
        status.job.name,
        duration(status.remaining),
    )
}

/// Shows the progress until the job ends, or until Ctrl-C: what is under way is then finished.
async fn follow<J: Journal>(
    outbox: &Outbox<J>,
    sending: Sending,
    name: &str,
    output: &Output,
) -> Result<Summary> {
    let stop = sending.stop_handle();
    let mut finished = pin!(sending.finished());
    let mut is_stopping = false;
    let mut every = time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            summary = &mut finished => {
                output.progress_done();
                return Ok(summary);
            }
            _ = tokio::signal::ctrl_c(), if !is_stopping => {
                is_stopping = true;
                stop.stop();
                let in_flight = outbox.status(name).await?.counts.attempting;
                output.progress_done();
                output.say(&format!(
                    "Finishing {in_flight} texts that are under way. Go on later by: \
                     stratus bulk send {name:?}"
                ))?;
            }
            _ = every.tick() => {
                // Progress that can't be read now is shown later.
                if let Ok(status) = outbox.status(name).await {
                    output.progress(&progress(&status));
                }
            }
        }
    }
}

pub(super) fn progress(status: &Status) -> String {
    let counts = &status.counts;
    format!(
        "{} of {} accepted, {} rejected, {} unknown, {} a minute, {} left",
        counts.accepted,
        counts.all() - counts.refused,
        counts.rejected + counts.not_sent,
        counts.unknown,
        status.last_minute,
        duration(status.remaining),
    )
}

fn report(summary: &Summary, output: &Output) -> Result<ExitCode> {
    let counts = summary.counts;
    output.object(&ShownSummary::from(summary))?;
    output.say(&format!(
        "accepted {}, rejected {}, not sent {}, unknown {}, cancelled {}, planned {}",
        counts.accepted,
        counts.rejected,
        counts.not_sent,
        counts.unknown,
        counts.cancelled,
        counts.planned,
    ))?;
    output.say(&summary.ended.to_string())?;
    if counts.unknown > 0 {
        output.say(
            "Unknown rows may have been sent. They are never sent again by themselves; list them \
             by `stratus bulk report --state unknown`, and decide by `stratus bulk settle`.",
        )?;
    }
    Ok(match &summary.ended {
        Ended::Failed(_) => Class::Network.code(),
        _ if counts.unknown > 0 => Class::Unknown.code(),
        _ if counts.open() > 0 => Class::NotSent.code(),
        _ if counts.rejected + counts.not_sent > 0 => Class::Rejected.code(),
        _ => ExitCode::SUCCESS,
    })
}

/// How many texts a test sends.
const TESTS: u32 = 3;

/// Sends the first texts to a number of one's own, as a job of its own.
async fn test<J: Journal>(
    outbox: &Outbox<J>,
    client: &Client,
    job: &Job,
    to: &PhoneNumber,
    output: &Output,
) -> Result<ExitCode> {
    let rows = outbox
        .rows(&job.name, Some(RowState::Planned), 0, TESTS)
        .await?;
    let now = jiff::Timestamp::now().to_string();
    let name = format!("{} (test of {now})", job.name);
    let test = NewJob::new(&name, job.sender.clone())
        .occasion(&now)
        .repeat_numbers();
    let rows = rows.into_iter().enumerate().map(|(index, row)| {
        let text = row.text.unwrap_or_default();
        Ok(NewRow::new(index as u64 + 1, to.clone(), text))
    });
    let rows: Vec<_> = rows.collect();
    let plan = outbox.plan(test, stream::iter(rows)).await?;
    output.say(&format!(
        "{} texts go to your own number",
        plan.counts.planned
    ))?;
    outbox.start(&name).await?;
    let summary = outbox.send(&name, client).await?.finished().await;
    report(&summary, output)
}
