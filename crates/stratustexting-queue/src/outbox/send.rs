//! Sending a job: the loop that takes its rows and has them attempted.

mod attempt;
mod ended;
mod slots;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use stratustexting::{Client, Media};
use tokio::{
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::{self, Instant},
};

pub use self::ended::{Ended, Summary};
use self::{
    attempt::{Attempt, Over, Step},
    ended::ended_of,
    slots::Slots,
};
use super::{JobState, Journal, Outbox, RowState, journal::Candidate};
use crate::{
    Error, Result,
    clock::{TOLERANCE, milliseconds},
    error::Kind,
};

/// A job that is being sent; from [`Outbox::send`].
///
/// When it is dropped, no more attempts begin, and those under way end by themselves as long as
/// the runtime does.
#[derive(Debug)]
#[must_use = "a job that is dropped is not sent"]
pub struct Sending {
    stop: watch::Sender<bool>,
    task: JoinHandle<Summary>,
}

impl Sending {
    /// Waits until every row has been attempted, or until the job ends for another reason.
    pub async fn finished(mut self) -> Summary {
        (&mut self.task).await.unwrap_or_else(|_| Summary::lost())
    }

    /// What ends the job from elsewhere, while [`finished`](Self::finished) is waited for.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle(self.stop.clone())
    }

    /// Begins no more attempts, and waits for those under way.
    pub async fn shutdown(self) -> Summary {
        self.stop.send_replace(true);
        self.finished().await
    }

    /// For tests: ends in the middle, as a process that is killed.
    #[doc(hidden)]
    pub fn abort(self) {
        self.task.abort();
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

/// Ends the sending of a job; from [`Sending::stop_handle`].
#[derive(Clone, Debug)]
pub struct StopHandle(watch::Sender<bool>);

impl StopHandle {
    /// Has no more attempts begin. Those under way are finished.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl<J: Journal> Outbox<J> {
    /// Sends a started job, in tasks of the current runtime: here, and on other machines at the
    /// same time if they do so, too.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_started`], [`Error::is_no_job`], [`Error::is_database`].
    pub async fn send(&self, name: &str, client: &Client) -> Result<Sending> {
        let job = self.job(name).await?;
        if job.state != JobState::Started {
            return Err(Error::new(Kind::NotStarted));
        }
        let attachments = self.journal.attachments(job.id).await?;
        let left = self.journal.left(job.id).await?;
        // A clock may have been set back since the last run.
        self.journal.set_right(job.id).await?;
        let (stop, stopped) = watch::channel(false);
        let (end, ending) = watch::channel(false);
        let shared = Shared {
            client: client.clone(),
            messages: client.messages().from(job.sender.clone()),
            media: attachments.iter().map(|file| file.media()).collect(),
            worker: format!("{:016x}", fastrand::u64(..)),
            sender: job.sender.as_str().to_owned(),
            outbox: self.clone(),
            ending,
        };
        let run = Run {
            shared: Arc::new(shared),
            job: job.id,
            name: job.name,
            stopped,
            end,
            waiting: VecDeque::new(),
            in_hand: HashSet::new(),
            attempts: JoinSet::new(),
            slots: Slots::new(self.settings.concurrency),
            trouble: Trouble::default(),
            look: false,
            clock: (left.now, Instant::now()),
        };
        Ok(Sending {
            stop,
            task: tokio::spawn(run.run()),
        })
    }
}

/// What all attempts of a run need.
struct Shared<J> {
    outbox: Outbox<J>,
    client: Client,
    messages: stratustexting::Messages,
    media: Vec<Media>,
    worker: String,
    sender: String,
    /// Set when no more attempts may begin.
    ending: watch::Receiver<bool>,
}

/// How many rows are read ahead at least: each time is a query.
const AHEAD: usize = 16;

/// How often the journal is asked whether it goes on.
const POLL: Duration = Duration::from_millis(500);

struct Run<J> {
    shared: Arc<Shared<J>>,
    job: i64,
    name: String,
    stopped: watch::Receiver<bool>,
    end: watch::Sender<bool>,
    /// Rows that were read and are not being attempted yet.
    waiting: VecDeque<Candidate>,
    /// Those, and the ones that are being attempted.
    in_hand: HashSet<i64>,
    attempts: JoinSet<Over>,
    slots: Slots,
    trouble: Trouble,
    /// Whether the job's state has to be looked at now.
    look: bool,
    /// What the journal's clock said, and when.
    clock: (SystemTime, Instant),
}

/// What has gone wrong, without a success since.
#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    reason: String,
    /// When to go on.
    until: Option<Instant>,
    times: u32,
    /// How many outcomes in a row were unknown.
    doubts: u32,
    /// An error of the journal's own.
    error: Option<Error>,
}

impl Trouble {
    const FIRST_WAIT: Duration = Duration::from_millis(200);
    const LONGEST_WAIT: Duration = Duration::from_secs(30);

    fn add(&mut self, reason: String, error: Option<Error>) {
        let now = Instant::now();
        self.since.get_or_insert(now);
        // Attempts that were under way together fail together: that is one time.
        if self.until.is_none_or(|until| until <= now) {
            let wait = Self::FIRST_WAIT * 2_u32.saturating_pow(self.times.min(16));
            self.until = Some(now + wait.min(Self::LONGEST_WAIT));
            self.times += 1;
        }
        self.reason = reason;
        self.error = error;
    }

    fn is_over(&mut self) {
        let doubts = self.doubts;
        *self = Self {
            doubts,
            ..Self::default()
        };
    }

    fn lasts(&self, limit: Duration) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= limit)
    }
}

impl<J: Journal> Run<J> {
    async fn run(mut self) -> Summary {
        // Before the first attempt, so that a process that is killed meanwhile leaves no row in
        // doubt. If there is no token, the first attempt finds out why.
        tokio::select! {
            _ = self.stopped.changed() => {}
            _ = self.shared.client.auth().access_token() => {}
        }
        let ended = loop {
            if let Some(ended) = self.go_on().await {
                break ended;
            }
        };
        self.end.send_replace(true);
        // What has begun is finished, whatever the reason for the end.
        while let Some(step) = self.attempts.join_next().await {
            let _ = self.take(step);
        }
        let ended = match ended {
            // The journal may have learnt meanwhile that the job is paused.
            Ended::Paused(reason) => self.pause(reason).await,
            ended => ended,
        };
        Summary::of(&self.shared.outbox, self.job, ended).await
    }

    /// Does the next thing. Returns why the run ends, if it does.
    async fn go_on(&mut self) -> Option<Ended> {
        if *self.stopped.borrow() {
            return Some(Ended::ShutDown);
        }
        if let Some(ended) = self.is_beyond_help() {
            return Some(ended);
        }
        if let Some(ended) = self.check().await {
            return Some(ended);
        }
        let is_waiting = self
            .trouble
            .until
            .is_some_and(|until| until > Instant::now());
        if !is_waiting {
            self.fill().await;
        }
        if self.attempts.is_empty() && !is_waiting && self.trouble.since.is_none() {
            match self.shared.outbox.journal.left(self.job).await {
                Ok(left) if !left.planned && !left.attempting => return Some(Ended::Finished),
                Ok(_) => {}
                Err(error) => self.trouble.add(error.to_string(), Some(error)),
            }
        }
        // Until something ends, but not for longer than a switch may go unseen.
        let poll = time::sleep(POLL);
        tokio::pin!(poll);
        loop {
            tokio::select! {
                _ = self.stopped.changed() => return None,
                Some(step) = self.attempts.join_next() => {
                    if let Some(ended) = self.take(step) {
                        return Some(ended);
                    }
                    if std::mem::take(&mut self.look) {
                        return None;
                    }
                    if self.attempts.is_empty() {
                        return None;
                    }
                }
                () = self.slots.freed() => {
                    if self.trouble.until.is_none_or(|until| until <= Instant::now()) {
                        self.fill().await;
                    }
                }
                () = &mut poll => return None,
            }
        }
    }

    fn settings(&self) -> &super::builder::Settings {
        &self.shared.outbox.settings
    }

    /// Whether the trouble has lasted for too long.
    fn is_beyond_help(&mut self) -> Option<Ended> {
        if !self.trouble.lasts(self.settings().outage) {
            return None;
        }
        Some(match self.trouble.error.take() {
            Some(error) => Ended::Failed(error),
            None => Ended::Paused(self.trouble.reason.clone()),
        })
    }

    /// Looks at the switches, and at rows whose worker is silent.
    async fn check(&mut self) -> Option<Ended> {
        if let Some(path) = &self.settings().stop_file
            && path.exists()
        {
            return Some(Ended::Stopped("the stop file exists".to_owned()));
        }
        let journal = self.shared.outbox.journal.clone();
        let checked = async {
            if let Some(reason) = journal.stop().await? {
                return Ok(Some(Ended::Stopped(reason)));
            }
            let job = journal.job(self.name.clone()).await?;
            if let Some(ended) = job.and_then(ended_of) {
                return Ok(Some(ended));
            }
            journal.sweep(self.job).await?;
            let (then, at) = self.clock;
            let left = journal.left(self.job).await?;
            let ahead = (then + at.elapsed()).duration_since(left.now);
            if ahead.is_ok_and(|ahead| milliseconds(ahead) > TOLERANCE) {
                journal.set_right(self.job).await?;
            }
            self.clock = (left.now, Instant::now());
            Ok(None)
        };
        match checked.await {
            Ok(ended) => ended,
            Err(error) => {
                let error: Error = error;
                self.trouble.add(error.to_string(), Some(error));
                None
            }
        }
    }

    /// Begins attempts, as many as there is room for.
    async fn fill(&mut self) {
        let free = self.slots.free();
        if self.waiting.len() < free {
            // Those in hand are among the first that the journal gives.
            let limit = self.in_hand.len() + AHEAD.max(4 * self.settings().concurrency);
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            match self.shared.outbox.journal.peek(self.job, limit).await {
                Ok(candidates) => {
                    for candidate in candidates {
                        if self.in_hand.insert(candidate.row) {
                            self.waiting.push_back(candidate);
                        }
                    }
                }
                Err(error) => self.trouble.add(error.to_string(), Some(error)),
            }
        }
        for _ in 0..free {
            let Some(candidate) = self.waiting.pop_front() else {
                return;
            };
            let attempt = Attempt::new(Arc::clone(&self.shared), candidate, self.slots.take());
            self.attempts.spawn(attempt.run());
        }
    }

    /// Notes how an attempt ended, and returns why the run ends with it, if it does.
    fn take(&mut self, over: Result<Over, tokio::task::JoinError>) -> Option<Ended> {
        // The slot is free when the run knows what has come of the row.
        let Ok(Over {
            row,
            step,
            slot: _slot,
        }) = over
        else {
            // It panicked. The row is unknown after its lease.
            return Some(Ended::Paused("an attempt panicked".to_owned()));
        };
        self.in_hand.remove(&row);
        match step {
            Step::Ended(RowState::Unknown) => {
                self.trouble.is_over();
                self.trouble.doubts += 1;
                if self.trouble.doubts >= self.settings().doubts {
                    let reason = format!("{} outcomes in a row were unknown", self.trouble.doubts);
                    return Some(Ended::Paused(reason));
                }
            }
            Step::Ended(_) => {
                self.trouble.is_over();
                self.trouble.doubts = 0;
            }
            Step::Skipped => {}
            Step::Look => self.look = true,
            Step::Outage(reason) => self.trouble.add(reason, None),
            Step::Journal(error) => self.trouble.add(error.to_string(), Some(error)),
            Step::End(ended) => return Some(ended),
        }
        None
    }

    /// Pauses the job for all workers, since each would meet the same.
    async fn pause(&self, reason: String) -> Ended {
        let from = &[JobState::Started];
        let journal = &self.shared.outbox.journal;
        let paused = journal.set_job_state(self.job, from, JobState::Paused, Some(reason.clone()));
        match paused.await {
            Ok(_) => Ended::Paused(reason),
            Err(error) => Ended::Failed(error),
        }
    }
}
