//! Posts, kills, counts.

use std::{
    collections::{HashMap, HashSet},
    net::{Ipv4Addr, TcpListener},
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use futures::{StreamExt, stream};
use stratustexting_bench::database::{Database, Location, OwnTable};
use stratustexting_queue::inbox::{Inbox, Numbers, PostgresStore, SqliteStore};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    time,
};

use super::{Storm, receiver::Settings};

/// How long nothing may be handled before the storm gives up.
const STUCK: Duration = Duration::from_secs(60);

/// How long the service waits for a response. RingCentral's model allows 3 s.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) async fn run(storm: &Storm) -> anyhow::Result<()> {
    let mut random = fastrand::Rng::with_seed(storm.seed);
    let database = Database::new(storm.store)?;
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let settings = Settings {
        location: database.location.clone(),
        port: free.port(),
    };
    let deliveries = deliveries(storm, &mut random);
    let disasters = disasters(storm, &mut random);
    let mut receiver = Receiver::start(settings).await?;

    let sent = Arc::new(AtomicUsize::new(0));
    let acknowledged = Arc::new(Mutex::new(HashSet::new()));
    let posting = tokio::spawn(post_all(
        format!("http://127.0.0.1:{}/hook", free.port()),
        deliveries,
        usize::try_from(storm.at_once)?,
        Arc::clone(&sent),
        Arc::clone(&acknowledged),
    ));
    let begun = Instant::now();
    let (mut kills, mut restarts) = (0, 0);
    for (at, disaster) in disasters {
        while sent.load(SeqCst) < at && !posting.is_finished() {
            time::sleep(Duration::from_millis(1)).await;
        }
        match (disaster, &database.server) {
            (Disaster::Restart, Some(server)) => {
                server.restart()?;
                restarts += 1;
            }
            (Disaster::Restart, None) => {}
            (Disaster::Kill, _) => {
                receiver.kill().await?;
                kills += 1;
            }
        }
    }
    posting.await?;
    let received = begun.elapsed();
    let acknowledged = Arc::try_unwrap(acknowledged)
        .map_err(|_| anyhow::anyhow!("deliveries are still under way"))?
        .into_inner()?;
    settle(&database.location).await?;
    let handled_in = begun.elapsed();
    receiver.end().await?;

    let look = look(&database.location).await?;
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for id in &look.counted {
        *counts.entry(id).or_default() += 1;
    }
    let lost = acknowledged
        .iter()
        .filter(|id| !counts.contains_key(id.as_str()))
        .count();
    let doubled = counts.values().filter(|count| **count > 1).count();
    println!(
        "received in {:.1} s, handled in {:.1} s; database restarts={restarts} dead={} requests={}",
        received.as_secs_f64(),
        handled_in.as_secs_f64(),
        look.numbers.dead,
        sent.load(SeqCst),
    );
    println!(
        "deliveries={} acknowledged={} handled={} lost={lost} doubled={doubled} kills={kills}",
        storm.deliveries,
        acknowledged.len(),
        counts.len(),
    );
    ensure!(lost == 0, "events were lost");
    ensure!(doubled == 0, "events were counted twice");
    ensure!(look.numbers.dead == 0, "events were given up");
    Ok(())
}

/// The ids in the order in which they are posted, some of them more than once.
fn deliveries(storm: &Storm, random: &mut fastrand::Rng) -> Vec<String> {
    let again = storm.deliveries * usize::from(storm.duplicates) / 100;
    let different = (storm.deliveries - again).max(1);
    let id = |n: usize| format!("{:024x}", n + 1);
    let mut ids: Vec<_> = (0..different).map(id).collect();
    ids.extend((0..again).map(|_| id(random.usize(..different))));
    random.shuffle(&mut ids);
    ids
}

#[derive(Clone, Copy)]
enum Disaster {
    Kill,
    Restart,
}

/// What goes wrong, and after how many requests.
fn disasters(storm: &Storm, random: &mut fastrand::Rng) -> Vec<(usize, Disaster)> {
    let kills = std::iter::repeat_n(Disaster::Kill, storm.kills);
    let restarts = std::iter::repeat_n(Disaster::Restart, storm.restarts);
    let mut disasters: Vec<_> = kills
        .chain(restarts)
        .map(|disaster| (random.usize(..storm.deliveries.max(1)), disaster))
        .collect();
    disasters.sort_by_key(|(at, _)| *at);
    disasters
}

/// Posts each event until it is acknowledged, as a service that delivers again would.
async fn post_all(
    url: String,
    deliveries: Vec<String>,
    at_once: usize,
    sent: Arc<AtomicUsize>,
    acknowledged: Arc<Mutex<HashSet<String>>>,
) {
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .build()
        .unwrap_or_default();
    stream::iter(deliveries)
        .for_each_concurrent(at_once, |id| {
            let (http, url) = (http.clone(), url.clone());
            let (sent, acknowledged) = (Arc::clone(&sent), Arc::clone(&acknowledged));
            async move {
                let body = format!(
                    r#"{{"uuid":"{id}","messageInfo":{{"messageId":"{id}","lastUpdated":1774915200000}}}}"#
                );
                loop {
                    sent.fetch_add(1, SeqCst);
                    let response = http.post(&url).body(body.clone()).send().await;
                    if response.is_ok_and(|response| response.status() == 200) {
                        break;
                    }
                    time::sleep(Duration::from_millis(50)).await;
                }
                acknowledged
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .insert(id);
            }
        })
        .await;
}

/// What is in the database at the end.
struct Look {
    numbers: Numbers,
    counted: Vec<String>,
}

async fn look(location: &Location) -> anyhow::Result<Look> {
    async fn look<S: OwnTable>(store: S) -> anyhow::Result<Look> {
        Ok(Look {
            counted: store.written().await?,
            numbers: Inbox::new(store).numbers().await?,
        })
    }
    match location {
        Location::Sqlite(path) => look(SqliteStore::open(path).await?).await,
        Location::Postgres(url) => look(PostgresStore::connect(url).await?).await,
    }
    .context("the database can't be read")
}

/// Waits until all is handled.
async fn settle(location: &Location) -> anyhow::Result<()> {
    let (mut last, mut changed) = (u64::MAX, Instant::now());
    loop {
        let depth = numbers(location).await?.depth();
        if depth == 0 {
            return Ok(());
        }
        if depth != last {
            (last, changed) = (depth, Instant::now());
        }
        ensure!(
            changed.elapsed() < STUCK,
            "{depth} events were not handled for {} s",
            STUCK.as_secs()
        );
        time::sleep(Duration::from_millis(200)).await;
    }
}

async fn numbers(location: &Location) -> anyhow::Result<Numbers> {
    Ok(match location {
        Location::Sqlite(path) => Inbox::new(SqliteStore::open(path).await?).numbers().await?,
        Location::Postgres(url) => {
            Inbox::new(PostgresStore::connect(url).await?)
                .numbers()
                .await?
        }
    })
}

/// The process, and how to start it again.
struct Receiver {
    settings: Settings,
    process: Child,
}

impl Receiver {
    async fn start(settings: Settings) -> anyhow::Result<Self> {
        let process = spawn(&settings).await?;
        Ok(Self { settings, process })
    }

    /// Kills it by SIGKILL and starts another.
    async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        self.process = spawn(&self.settings).await?;
        Ok(())
    }

    async fn end(mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }
}

async fn spawn(settings: &Settings) -> anyhow::Result<Child> {
    // A database that is just restarting isn't there for a moment.
    let deadline = Instant::now() + STUCK;
    loop {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("receiver")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = serde_json::to_vec(settings)?;
        line.push(b'\n');
        let mut input = process.stdin.take().context("no standard input")?;
        input.write_all(&line).await?;
        let output = process.stdout.take().context("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        if lines.next_line().await?.as_deref() == Some("ready") {
            return Ok(process);
        }
        let status = process.wait().await?;
        ensure!(
            Instant::now() < deadline,
            "the receiver doesn't start: {status}"
        );
        time::sleep(Duration::from_millis(100)).await;
    }
}
