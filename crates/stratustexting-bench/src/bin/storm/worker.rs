//! One of the processes: tasks that call all the time, and sometimes abandon a call.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use stratustexting::Client;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines, Stdin},
    sync::watch,
};

use super::wire::{Report, Settings};

/// One in this many calls is abandoned, at any point.
const GIVEN_UP: u64 = 16;

/// The longest time before that, in microseconds.
const LONGEST_WAIT: u64 = 5_000;

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let settings = lines.next_line().await?.context("no settings came")?;
    let settings: Settings = serde_json::from_str(&settings)?;
    let first = next_round(&mut lines).await?.context("no round came")?;

    let client = settings.client()?;
    let round = watch::Sender::new(first);
    let progress = Arc::new(Progress::new(settings.tasks));
    for task in 0..settings.tasks {
        let worker = Task {
            number: usize::try_from(task)?,
            client: client.clone(),
            round: round.subscribe(),
            progress: Arc::clone(&progress),
            random: fastrand::Rng::with_seed(settings.seed ^ task),
        };
        tokio::spawn(worker.call_all_the_time());
    }
    // Until the parent closes its end or is gone.
    while let Some(number) = next_round(&mut lines).await? {
        round.send_replace(number);
    }
    Ok(())
}

async fn next_round(lines: &mut Lines<BufReader<Stdin>>) -> anyhow::Result<Option<u64>> {
    let line = lines.next_line().await?;
    Ok(line.map(|line| line.trim().parse()).transpose()?)
}

struct Task {
    number: usize,
    client: Client,
    round: watch::Receiver<u64>,
    progress: Arc<Progress>,
    random: fastrand::Rng,
}

impl Task {
    async fn call_all_the_time(mut self) {
        loop {
            let round = *self.round.borrow_and_update();
            let call = self.client.api().list_sites().send();
            if self.random.u64(..GIVEN_UP) == 0 {
                // The call is dropped, and a renewal that it waited for must go on without it.
                let wait = Duration::from_micros(self.random.u64(..LONGEST_WAIT));
                let _ = tokio::time::timeout(wait, call).await;
                continue;
            }
            match call.await.map_err(stratustexting::Error::from) {
                Ok(_) => self.progress.made(self.number, round),
                Err(error) if error.is_login_required() => {
                    report(&Report::LoginRequired(round));
                    if self.round.changed().await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    report(&Report::Failed(chain(&error)));
                    if self.round.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// How far each task is.
struct Progress(Mutex<Rounds>);

struct Rounds {
    of_tasks: Vec<u64>,
    reported: u64,
}

impl Progress {
    fn new(tasks: u64) -> Self {
        let of_tasks = (0..tasks).map(|_| 0).collect();
        Self(Mutex::new(Rounds {
            of_tasks,
            reported: 0,
        }))
    }

    /// A call that began in this round has ended.
    fn made(&self, task: usize, round: u64) {
        let mut rounds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rounds.of_tasks[task] >= round {
            return;
        }
        rounds.of_tasks[task] = round;
        let all = rounds.of_tasks.iter().copied().min().unwrap_or_default();
        if all > rounds.reported {
            rounds.reported = all;
            report(&Report::Done(all));
        }
    }
}

/// Prints a line at once. If that fails, the parent is gone, and this process ends soon.
fn report(report: &Report) {
    if let Ok(mut line) = serde_json::to_string(report) {
        line.push('\n');
        let _ = std::io::stdout().lock().write_all(line.as_bytes());
    }
}
