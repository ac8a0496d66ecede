//! Plans, kills, counts.

use std::{
    collections::{HashMap, HashSet},
    process::Stdio,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, ensure};
use futures::stream;
use stratustexting::{
    PhoneNumber,
    models::{Message, MessageDirection},
};
use stratustexting_bench::database::{Database, Location};
use stratustexting_queue::outbox::{
    Journal, NewJob, NewRow, Outbox, PostgresStore, RefusedRow, RowState, SqliteStore,
};
use stratustexting_sandbox::{Commit, Fault, FaultPlan, Sandbox};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
    time,
};

use super::{
    Storm,
    worker::{JOB, Settings, outbox},
};

/// How long the whole may take.
const STUCK: Duration = Duration::from_secs(3_600);

pub(crate) async fn run(storm: &Storm) -> anyhow::Result<()> {
    let database = Database::new(storm.store)?;
    match &database.location {
        Location::Sqlite(path) => {
            let journal = SqliteStore::open(path).await?;
            in_journal(storm, journal, database.location.clone()).await
        }
        Location::Postgres(url) => {
            let journal = PostgresStore::connect(url).await?;
            in_journal(storm, journal, database.location.clone()).await
        }
    }
}

async fn in_journal<J: Journal>(
    storm: &Storm,
    journal: J,
    location: Location,
) -> anyhow::Result<()> {
    let sandbox = Sandbox::start().await?;
    if storm.faults > 0 {
        sandbox.fail_at_random(faults(storm));
    }
    let pace = Duration::from_millis(storm.pace);
    let outbox = outbox(journal, pace);
    let job = NewJob::new(JOB, sandbox.number().parse()?);
    let rows = (1..=storm.rows)
        .map(row)
        .collect::<anyhow::Result<Vec<_>>>()?;
    let rows = rows.into_iter().map(Ok::<_, RefusedRow>);
    outbox.plan(job, stream::iter(rows)).await?;
    outbox.start(JOB).await?;

    let variables = sandbox.variables();
    let variables = variables
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings {
        location,
        variables: variables.collect(),
        pace,
    };
    let begun = Instant::now();
    let kills = kill_workers(storm, &settings).await?;
    let took = begun.elapsed();
    sandbox.requests_settled().await;

    let report = Report::of(&outbox, &sandbox).await?;
    println!(
        "sent in {:.1} s, before any event: {report:?}",
        took.as_secs_f64()
    );
    settle(&outbox, &sandbox).await?;
    let settled = Report::of(&outbox, &sandbox).await?;
    println!(
        "rows={} accepted={} rejected={} unknown={} duplicates={} lost={} kills={kills} \
         settled={} unsettled={}",
        storm.rows,
        report.accepted,
        report.rejected,
        report.unknown,
        report.duplicates,
        report.lost,
        settled.accepted - report.accepted,
        settled.sent_and_unknown,
    );
    report.check(storm)?;
    settled.check(storm)?;
    ensure!(
        settled.sent_and_unknown == 0,
        "rows stayed unknown whose messages were shown"
    );
    let most = if storm.faults == 0 { kills } else { usize::MAX };
    ensure!(
        report.unknown <= most,
        "more rows were unknown than workers were killed"
    );
    ensure!(kills == storm.kills, "the job ended before the last kill");
    Ok(())
}

fn row(line: u64) -> anyhow::Result<NewRow> {
    let to: PhoneNumber = format!("+1303{line:07}").parse()?;
    Ok(NewRow::new(line, to, format!("Number {line}, hello.")))
}

fn faults(storm: &Storm) -> FaultPlan {
    let mut plan = FaultPlan::new(storm.seed)
        .probability(f64::from(storm.faults) / 100.0)
        .operation("sendSms");
    for commit in [Commit::Before, Commit::After] {
        for fault in [
            Fault::status(503, commit),
            Fault::reset_before_response(commit),
            Fault::reset_after_headers(commit),
            Fault::reset_in_body(commit),
            Fault::truncated_body(commit),
            Fault::respond_late(Duration::from_millis(100), commit),
        ] {
            plan = plan.fault(fault, 1);
        }
    }
    plan
}

/// Kills a worker at each random moment and starts another, until the job is sent.
async fn kill_workers(storm: &Storm, settings: &Settings) -> anyhow::Result<usize> {
    let mut random = fastrand::Rng::with_seed(storm.seed);
    let mut workers = Vec::new();
    for _ in 0..storm.workers {
        workers.push(spawn(settings).await?);
    }
    // The moments spread over the time that the pace gives the job, one kill after the other.
    let job = u128::from(storm.rows) * u128::from(storm.pace.max(1)) * 1_000;
    let longest = u64::try_from(job * 2 / storm.kills.max(1) as u128)?;
    let begun = Instant::now();
    let mut kills = 0;
    while kills < storm.kills && !workers.is_empty() {
        time::sleep(Duration::from_micros(random.u64(..longest.max(1)))).await;
        let chosen = random.usize(..workers.len());
        let worker: &mut Child = &mut workers[chosen];
        if let Some(status) = worker.try_wait()? {
            ensure!(status.success(), "a worker failed: {status}");
            workers.swap_remove(chosen);
            continue;
        }
        worker.kill().await?;
        kills += 1;
        workers[chosen] = spawn(settings).await?;
        ensure!(begun.elapsed() < STUCK, "the job doesn't end");
    }
    for mut worker in workers {
        let ended = time::timeout(STUCK, worker.wait()).await;
        let status = ended.context("the job doesn't end")??;
        ensure!(status.success(), "a worker failed: {status}");
    }
    Ok(kills)
}

async fn spawn(settings: &Settings) -> anyhow::Result<Child> {
    let mut process = Command::new(std::env::current_exe()?)
        .arg("worker")
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut line = serde_json::to_vec(settings)?;
    line.push(b'\n');
    let mut input = process.stdin.take().context("no standard input")?;
    // A worker that is killed at once reads nothing.
    let _ = input.write_all(&line).await;
    Ok(process)
}

/// Shows each message to the journal, as its event would.
async fn settle<J: Journal>(outbox: &Outbox<J>, sandbox: &Sandbox) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    for sent in sandbox.sent_messages() {
        let message = Message::default()
            .with_direction(MessageDirection::Outbound)
            .with_from(sent.from)
            .with_to(sent.to.as_str())
            .with_text(sent.text)
            .with_last_updated(i64::try_from(now)?);
        outbox.recognise(&sent.id, &message).await?;
    }
    Ok(())
}

/// The journal beside the sandbox's account.
#[derive(Debug, Default)]
struct Report {
    accepted: usize,
    rejected: usize,
    unknown: usize,
    /// Rows without a final state.
    open: usize,
    /// Numbers that were texted more than once.
    duplicates: usize,
    /// Accepted rows whose number was not texted.
    lost: usize,
    /// Numbers that were texted although their row is reported as failed.
    failed_but_sent: usize,
    sent_and_unknown: usize,
}

impl Report {
    async fn of<J: Journal>(outbox: &Outbox<J>, sandbox: &Sandbox) -> anyhow::Result<Self> {
        let mut texted: HashMap<String, usize> = HashMap::new();
        for message in sandbox.sent_messages() {
            *texted.entry(message.to).or_default() += 1;
        }
        let mut report = Self {
            duplicates: texted.values().filter(|times| **times > 1).count(),
            ..Self::default()
        };
        let mut planned = HashSet::new();
        let mut after = 0;
        loop {
            let rows = outbox.rows(JOB, None, after, 1_000).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                let number = row.to.context("a row without a number")?;
                let sent = texted.contains_key(&number);
                match row.state {
                    RowState::Accepted => {
                        report.accepted += 1;
                        report.lost += usize::from(!sent);
                    }
                    RowState::Unknown => {
                        report.unknown += 1;
                        report.sent_and_unknown += usize::from(sent);
                    }
                    RowState::Rejected | RowState::NotSent | RowState::Cancelled => {
                        report.rejected += 1;
                        report.failed_but_sent += usize::from(sent);
                    }
                    RowState::Planned | RowState::Attempting | RowState::Refused => {
                        report.open += 1;
                    }
                }
                planned.insert(number);
            }
        }
        ensure!(
            texted.keys().all(|number| planned.contains(number)),
            "somebody was texted who is not in the list"
        );
        Ok(report)
    }

    fn check(&self, storm: &Storm) -> anyhow::Result<()> {
        ensure!(self.duplicates == 0, "numbers were texted twice");
        ensure!(self.lost == 0, "accepted texts were lost");
        ensure!(
            self.failed_but_sent == 0,
            "texts were sent that are reported as failed"
        );
        ensure!(self.open == 0, "rows have no final state");
        let rows = self.accepted + self.rejected + self.unknown;
        ensure!(rows as u64 == storm.rows, "rows are missing");
        Ok(())
    }
}
