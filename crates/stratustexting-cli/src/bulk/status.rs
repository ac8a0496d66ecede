//! `stratus bulk status`

use std::{process::ExitCode, time::Duration};

use clap::Args;
use stratustexting_queue::outbox::{Journal, Outbox, Status};
use tokio::time;

use super::{send::progress, settings::Pace, shown::ShownStatus};
use crate::{
    failure::Result,
    output::{Output, table},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The job's name; without one, all jobs
    name: Option<String>,
    /// Shows it every second, until the job has no rows left to send
    #[arg(long, requires = "name")]
    watch: bool,
    #[command(flatten)]
    pace: Pace,
}

pub(crate) async fn run<J: Journal>(
    journal: J,
    options: &Options,
    output: &Output,
) -> Result<ExitCode> {
    let outbox = options.pace.outbox(journal).build();
    match &options.name {
        None => all(&outbox, output).await?,
        Some(name) if options.watch => watch(&outbox, name, output).await?,
        Some(name) => show(&outbox.status(name).await?, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn all<J: Journal>(outbox: &Outbox<J>, output: &Output) -> Result<()> {
    let head = ["job", "state", "planned", "accepted", "rejected", "unknown"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for job in outbox.jobs().await? {
        let status = outbox.status(&job.name).await?;
        output.object(&ShownStatus::from(&status))?;
        let counts = status.counts;
        rows.push(vec![
            job.name,
            job.state.as_str().to_owned(),
            counts.planned.to_string(),
            counts.accepted.to_string(),
            (counts.rejected + counts.not_sent).to_string(),
            counts.unknown.to_string(),
        ]);
    }
    for line in table(&rows) {
        output.say(&line)?;
    }
    Ok(())
}

async fn watch<J: Journal>(outbox: &Outbox<J>, name: &str, output: &Output) -> Result<()> {
    loop {
        let status = outbox.status(name).await?;
        if status.counts.open() == 0 {
            output.progress_done();
            return show(&status, output);
        }
        output.object(&ShownStatus::from(&status))?;
        output.progress(&progress(&status));
        time::sleep(Duration::from_secs(1)).await;
    }
}

fn show(status: &Status, output: &Output) -> Result<()> {
    output.object(&ShownStatus::from(status))?;
    let job = &status.job;
    output.say(&format!("{}: {}", job.name, job.state.as_str()))?;
    if let Some(reason) = &job.reason {
        output.say(&format!("because: {reason}"))?;
    }
    if let Some(reason) = &status.stopped {
        output.say(&format!("all jobs are stopped: {reason}"))?;
    }
    output.say(&progress(status))
}
