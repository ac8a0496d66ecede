//! Starts the processes, expires their tokens, kills them, and counts.
//!
//! An expiry is over when every task of every process has made a call that began after
//! it. Only then comes the next one, since a call is retried once after a 401 and not
//! twice: two expiries within one call would cause a failure that isn't the SDK's.

use std::{collections::HashMap, process::Stdio, time::Duration};

use anyhow::{Context, bail, ensure};
use reqwest::redirect::Policy;
use stratustexting_sandbox::Sandbox;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, interval, sleep, timeout},
};

use super::{
    Storm,
    ledger::Seen,
    store::{Raw, TestStore, Watch},
    wire::{Report, Settings},
};

/// A redirect URI that the sandbox's client has. Nothing listens there.
const REDIRECT: &str = "http://127.0.0.1:9/callback";

/// If an expiry takes this long, something is stuck.
const TIMEOUT: Duration = Duration::from_secs(90);

/// How often the ledger is read.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// The longest delay of a kill, in microseconds: after an expiry, or after the token
/// request of the process that is killed.
const DELAYS: (u64, u64) = (50_000, 3_000);

/// How many failures are printed; the others are only counted.
const TOLD: u64 = 10;

/// One of the processes.
struct Worker {
    name: String,
    process: Child,
    input: ChildStdin,
    done: u64,
}

struct Parent<'a> {
    storm: &'a Storm,
    sandbox: Sandbox,
    settings: Settings,
    workers: Vec<Worker>,
    reports: UnboundedReceiver<(String, Report)>,
    reporting: UnboundedSender<(String, Report)>,
    random: fastrand::Rng,
    raw: Raw,
    seen: Seen,
    started: u64,
    round: u64,
    /// The round that began after the last login.
    logged_in_at: u64,
    kills: u64,
    /// The process that was killed after the last expiry before a new token was stored,
    /// and how many tokens it had requested when that began.
    killed_early: HashMap<String, u64>,
    relogins: u64,
    failed: u64,
}

pub(crate) async fn run(storm: &Storm) -> anyhow::Result<()> {
    let store = TestStore::new(storm.store)?;
    let mut builder = Sandbox::builder()
        .seed(storm.seed)
        .contacts(1)
        .rotate_refresh_tokens(true);
    if !storm.no_grace {
        builder = builder.refresh_token_grace(Duration::from_secs(3_600));
    }
    let sandbox = builder.start().await?;
    let settings = Settings {
        api_base: sandbox.api_base().to_owned(),
        authorize_url: sandbox.authorize_url().to_owned(),
        token_url: sandbox.token_url().to_owned(),
        api_key: sandbox.api_key().to_owned(),
        client_id: sandbox.client_id().to_owned(),
        client_secret: sandbox.client_secret().to_owned(),
        store: store.settings.clone(),
        name: "storm-parent".to_owned(),
        tasks: storm.tasks,
        seed: storm.seed,
    };
    log_in(&sandbox, &settings).await?;

    let watch = Watch::start(Raw::open(&store.settings)?);
    let (reporting, reports) = unbounded_channel();
    let mut parent = Parent {
        storm,
        raw: Raw::open(&store.settings)?,
        sandbox,
        settings,
        workers: Vec::new(),
        reports,
        reporting,
        random: fastrand::Rng::with_seed(storm.seed),
        seen: Seen::default(),
        started: 0,
        round: 0,
        logged_in_at: 0,
        kills: 0,
        killed_early: HashMap::new(),
        relogins: 0,
        failed: 0,
    };
    let begun = Instant::now();
    let outcome = parent.storm().await;
    parent.end().await?;
    let (reads, unreadable) = watch.end()?;
    outcome?;
    parent.report(reads, unreadable, begun.elapsed())
}

/// Logs in once, like a user; then the token is in the store.
async fn log_in(sandbox: &Sandbox, settings: &Settings) -> anyhow::Result<()> {
    let client = settings.client()?;
    let login = client.auth().start_login(REDIRECT)?;
    let browser = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()?;
    let form = [
        ("username", sandbox.username()),
        ("password", sandbox.password()),
    ];
    let response = browser.post(login.url().clone()).form(&form).send().await?;
    let callback = response.headers().get("location");
    let callback = callback.context("the login page leads nowhere")?.to_str()?;
    client.auth().finish_login(&login, callback).await?;
    Ok(())
}

impl Parent<'_> {
    async fn storm(&mut self) -> anyhow::Result<()> {
        self.round = 1;
        for _ in 0..self.storm.processes {
            let worker = self.start_worker().await?;
            self.workers.push(worker);
        }
        self.finish_round().await?;
        for expiry in 1..=self.storm.expiries {
            let before = self.raw.access_token()?;
            self.sandbox.expire_access_tokens();
            self.next_round().await?;
            if self.random.u8(..100) < self.storm.kill_percent {
                self.kill_one(&before).await?;
            }
            self.finish_round().await?;
            let after = self.raw.access_token()?;
            ensure!(after != before, "all calls succeeded with an old token");
            if expiry % 100 == 0 {
                note(&format!("{expiry} expiries, {} kills", self.kills));
            }
        }
        Ok(())
    }

    async fn start_worker(&mut self) -> anyhow::Result<Worker> {
        self.started += 1;
        let name = format!("storm-{}", self.started);
        let mut process = Command::new(std::env::current_exe()?)
            .arg("worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut input = process.stdin.take().context("no input")?;
        let output = process.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        let (reporting, from) = (self.reporting.clone(), name.clone());
        tokio::spawn(async move {
            // A line that a kill cut off is ignored.
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(report) = serde_json::from_str(&line) {
                    let _ = reporting.send((from.clone(), report));
                }
            }
        });
        let settings = Settings {
            name: name.clone(),
            seed: self.storm.seed ^ (self.started << 32),
            ..self.settings.clone()
        };
        let first = format!("{}\n{}\n", serde_json::to_string(&settings)?, self.round);
        input.write_all(first.as_bytes()).await?;
        Ok(Worker {
            name,
            process,
            input,
            done: 0,
        })
    }

    async fn next_round(&mut self) -> anyhow::Result<()> {
        self.round += 1;
        let line = format!("{}\n", self.round);
        for worker in &mut self.workers {
            worker.input.write_all(line.as_bytes()).await?;
        }
        Ok(())
    }

    /// Waits until every task has called in this round.
    async fn finish_round(&mut self) -> anyhow::Result<()> {
        let mut polls = interval(POLL_INTERVAL);
        let begun = Instant::now();
        while self.workers.iter().any(|worker| worker.done < self.round) {
            tokio::select! {
                Some((from, report)) = self.reports.recv() => self.take(&from, report).await?,
                _ = polls.tick() => drop(self.seen.update(&self.sandbox)),
            }
            if begun.elapsed() > TIMEOUT {
                let late = self.workers.iter().filter(|w| w.done < self.round);
                let late: Vec<_> = late.map(|w| format!("{} at {}", w.name, w.done)).collect();
                bail!("round {} doesn't end: {}", self.round, late.join(", "));
            }
        }
        self.seen.update(&self.sandbox);
        Ok(())
    }

    async fn take(&mut self, from: &str, report: Report) -> anyhow::Result<()> {
        let Some(worker) = self.workers.iter_mut().find(|worker| worker.name == from) else {
            // It is from a process that was killed meanwhile.
            return Ok(());
        };
        match report {
            Report::Done(round) => worker.done = round,
            Report::Failed(error) => {
                self.failed += 1;
                if self.failed <= TOLD {
                    note(&format!("{from}: a call failed: {error}"));
                }
                ensure!(self.failed < 1_000, "too many calls fail");
                self.next_round().await?;
            }
            // A failure before the last login is obsolete; its task waits for the next round.
            Report::LoginRequired(round) if round < self.logged_in_at => {}
            Report::LoginRequired(_) => {
                if self.login_is_lost().await {
                    log_in(&self.sandbox, &self.settings).await?;
                    self.relogins += 1;
                }
                self.next_round().await?;
                self.logged_in_at = self.round;
            }
        }
        Ok(())
    }

    /// Whether the store's token can't be renewed any more.
    async fn login_is_lost(&mut self) -> bool {
        let client = self.settings.client();
        let Ok(client) = client else { return true };
        client.api().list_sites().send().await.is_err()
    }

    /// Kills a process: a random one at a random time, or the one that is renewing the token.
    async fn kill_one(&mut self, before: &str) -> anyhow::Result<()> {
        let asked_before = self.seen.refreshed_by.clone();
        let index = if self.random.bool() {
            sleep(Duration::from_micros(self.random.u64(..DELAYS.0))).await;
            self.random.usize(..self.workers.len())
        } else {
            let renewing = timeout(TIMEOUT, self.renewing_process());
            let index = renewing.await.context("no process renews the token")?;
            // A busy wait, since a timer is too coarse for that window.
            let until = Instant::now() + Duration::from_micros(self.random.u64(..DELAYS.1));
            while Instant::now() < until {
                tokio::task::yield_now().await;
            }
            index
        };
        let name = self.workers[index].name.clone();
        // Read before the kill: afterwards another process may have renewed the token.
        if self.raw.access_token()? == before {
            let asked = asked_before.get(&name).copied().unwrap_or_default();
            self.killed_early.insert(name, asked);
        }
        let process = &mut self.workers[index].process;
        process.start_kill()?;
        process.wait().await?;
        self.kills += 1;
        self.workers[index] = self.start_worker().await?;
        Ok(())
    }

    async fn renewing_process(&mut self) -> usize {
        loop {
            for name in self.seen.update(&self.sandbox) {
                let found = self.workers.iter().position(|worker| worker.name == name);
                if let Some(index) = found {
                    return index;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    async fn end(&mut self) -> anyhow::Result<()> {
        for mut worker in self.workers.drain(..) {
            // The processes end when their input does.
            drop(worker.input);
            if timeout(TIMEOUT, worker.process.wait()).await.is_err() {
                worker.process.kill().await?;
                bail!("{} doesn't end", worker.name);
            }
        }
        self.seen.update(&self.sandbox);
        Ok(())
    }

    /// How many processes were killed between requesting a token and storing it.
    fn lost(&self) -> u64 {
        let asked = |name: &str| self.seen.refreshed_by.get(name).copied();
        let lost = |(name, before): &(&String, &u64)| asked(name) > Some(**before);
        self.killed_early.iter().filter(lost).count() as u64
    }

    fn report(&self, reads: u64, unreadable: u64, took: Duration) -> anyhow::Result<()> {
        let (seen, lost, failed, kills) = (&self.seen, self.lost(), self.failed, self.kills);
        let (expiries, relogins) = (self.storm.expiries, self.relogins);
        let (calls, rejected, seconds) = (seen.calls, seen.rejected, took.as_secs());
        note(&format!(
            "{calls} calls ({rejected} rejected with 401) and {reads} reads in {seconds} s"
        ));
        note(&format!("kills={kills} in_window={lost} failed={failed}"));
        let refreshes = seen.refreshes;
        say(&format!(
            "expiries={expiries} refreshes={refreshes} relogins={relogins} \
             unreadable={unreadable} kills={kills}"
        ));
        ensure!(unreadable == 0, "the store couldn't be read at all times");
        ensure!(failed == 0, "calls failed in processes that weren't killed");
        if !self.storm.no_grace {
            ensure!(relogins == 0, "the login was lost");
            ensure!(
                (expiries..=expiries + lost).contains(&refreshes),
                "there must be one renewal per expiry, and at most {lost} more for kills"
            );
        }
        Ok(())
    }
}

#[allow(clippy::print_stdout, reason = "this is the program's output")]
fn say(line: &str) {
    println!("{line}");
}

#[allow(clippy::print_stderr, reason = "progress for a person who watches")]
fn note(line: &str) {
    eprintln!("{line}");
}
