//! One row: asked about, begun, sent, and its end written down.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::{Duration, SystemTime},
};

use stratustexting::{PhoneNumber, Result as SdkResult, models::SendResult};
use tokio::time::{self, Instant};
use tracing::Instrument;

use super::{Ended, Shared, slots::Slot};
use crate::{
    Error,
    outbox::{
        Journal, Permission, Recipient, RowState,
        journal::{Begin, BeginRequest, Candidate, Ending},
        permission::Hours,
        verdict::Verdict,
    },
};

pub(super) struct Attempt<J> {
    shared: Arc<Shared<J>>,
    candidate: Candidate,
    /// Its place among the texts that are under way.
    slot: Mutex<Option<Slot>>,
}

/// What the run hears of a row.
pub(super) enum Step {
    /// It has this state now.
    Ended(RowState),
    /// Nothing was attempted.
    Skipped,
    /// The job isn't started any more.
    Look,
    /// Something is away; the row is still planned.
    Outage(String),
    /// The journal failed before the attempt began.
    Journal(Error),
    /// The run is over.
    End(Ended),
}

/// A row whose attempt is over.
pub(super) struct Over {
    pub(super) row: i64,
    pub(super) step: Step,
    /// Its place, unless that was free before.
    pub(super) slot: Option<Slot>,
}

/// The number of an attempt that has begun, and when it did by both clocks: one doesn't go on
/// while the machine sleeps, the other can be set.
struct Begun {
    number: i64,
    monotonic: Instant,
    wall: SystemTime,
}

impl<J: Journal> Attempt<J> {
    pub(super) fn new(shared: Arc<Shared<J>>, candidate: Candidate, slot: Slot) -> Self {
        Self {
            shared,
            candidate,
            slot: Mutex::new(Some(slot)),
        }
    }

    pub(super) async fn run(self) -> Over {
        let row = self.candidate.row;
        let span = tracing::debug_span!("outbox row", row, outcome = tracing::field::Empty);
        let step = self.attempt().instrument(span).await;
        let slot = self
            .slot
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Over { row, step, slot }
    }

    async fn attempt(&self) -> Step {
        let begun = match self.begin().await {
            Ok(begun) => begun,
            Err(step) => return step,
        };
        let settings = &self.shared.outbox.settings;
        let frozen = begun
            .monotonic
            .elapsed()
            .max(begun.wall.elapsed().unwrap_or_default());
        if frozen > settings.lease / 2 {
            // The process stood still, and others may count the row as unknown by now.
            let reason = "the process was stopped before the request".to_owned();
            return self
                .end(begun.number, RowState::Planned, Duration::ZERO, reason)
                .await;
        }
        let result = self.send(&begun).await;
        let verdict = match &result {
            Ok(_) => Verdict::Accepted,
            Err(error) => Verdict::of(error),
        };
        self.settle(begun.number, verdict).await
    }

    /// Waits for the sender's turn and begins the attempt.
    async fn begin(&self) -> Result<Begun, Step> {
        let Shared {
            outbox,
            worker,
            sender,
            ..
        } = &*self.shared;
        loop {
            self.ask().await?;
            if *self.shared.ending.borrow() {
                return Err(Step::Skipped);
            }
            let (monotonic, wall) = (Instant::now(), SystemTime::now());
            let request = BeginRequest {
                row: self.candidate.row,
                sender: sender.clone(),
                segments: self.candidate.segments,
                interval: outbox.settings.interval,
                worker: worker.clone(),
                lease: outbox.settings.lease,
            };
            match outbox.journal.begin(request).await.map_err(Step::Journal)? {
                Begin::Begun(number) => {
                    return Ok(Begun {
                        number,
                        monotonic,
                        wall,
                    });
                }
                Begin::Wait(wait) => {
                    let mut ending = self.shared.ending.clone();
                    tokio::select! {
                        () = time::sleep(wait) => {}
                        _ = ending.wait_for(|ending| *ending) => return Err(Step::Skipped),
                    }
                }
                Begin::Taken | Begin::OptedOut => return Err(Step::Skipped),
                Begin::NotStarted => return Err(Step::Look),
                Begin::Stopped(reason) => return Err(Step::End(Ended::Stopped(reason))),
            }
        }
    }

    /// Whether the hours and the program allow it. A response that doesn't come sends nothing.
    async fn ask(&self) -> Result<(), Step> {
        let settings = &self.shared.outbox.settings;
        let has_hours = settings.window.is_some() || settings.quiet_hours.is_some();
        if settings.ask.is_none() && !has_hours {
            return Ok(());
        }
        let Candidate { number, zone, .. } = &self.candidate;
        let number: PhoneNumber = match number.parse() {
            Ok(number) => number,
            Err(error) => return Err(Step::Journal(Error::database(error))),
        };
        let recipient = Recipient {
            number,
            zone: zone.clone(),
            line: self.candidate.line,
        };
        match settings.hours(&recipient) {
            Hours::Open => {}
            Hours::NotBefore(time) => return Err(self.defer(time).await),
            Hours::Refused(reason) => return Err(self.cancel(reason.to_owned()).await),
            Hours::NoSuchZone => {
                let reason = "the time zone of the window doesn't exist".to_owned();
                return Err(Step::End(Ended::Paused(reason)));
            }
        }
        let Some(ask) = &settings.ask else {
            return Ok(());
        };
        match ask(recipient).await {
            Ok(Permission::Granted) => Ok(()),
            Ok(Permission::Refused(reason)) => Err(self.cancel(reason).await),
            Ok(Permission::NotBefore(time)) => Err(self.defer(time).await),
            Err(_) => {
                let reason = "whether a recipient may be texted can't be found out".to_owned();
                Err(Step::Outage(reason))
            }
        }
    }

    async fn cancel(&self, reason: String) -> Step {
        let journal = &self.shared.outbox.journal;
        match journal.cancel(self.candidate.row, reason).await {
            Ok(()) => Step::Skipped,
            Err(error) => Step::Journal(error),
        }
    }

    async fn defer(&self, until: SystemTime) -> Step {
        let wait = until.duration_since(SystemTime::now()).unwrap_or_default();
        let journal = &self.shared.outbox.journal;
        match journal.defer(self.candidate.row, wait).await {
            Ok(()) => Step::Skipped,
            Err(error) => Step::Journal(error),
        }
    }

    async fn send(&self, begun: &Begun) -> SdkResult<stratustexting::Response<SendResult>> {
        let Shared {
            messages, media, ..
        } = &*self.shared;
        let (to, text) = (self.candidate.number.as_str(), self.candidate.text.as_str());
        let call = match media.is_empty() {
            true => messages.send_sms(to, text),
            false => messages.send_mms(to, text, media.iter().cloned()),
        };
        call.timeout(self.shared.outbox.settings.call_timeout)
            .correlation(format!("outbox-{}-{}", self.candidate.row, begun.number))
            .await
    }

    async fn settle(&self, attempt: i64, verdict: Verdict) -> Step {
        let none = Duration::ZERO;
        match verdict {
            Verdict::Accepted => {
                self.end_with(attempt, RowState::Accepted, none, None, None)
                    .await
            }
            Verdict::Rejected(reason) => self.end(attempt, RowState::Rejected, none, reason).await,
            Verdict::NotSent(reason) => self.end(attempt, RowState::NotSent, none, reason).await,
            Verdict::Unknown {
                reason,
                ticket,
                slower,
            } => {
                if slower {
                    self.slow_down(Duration::from_secs(5)).await;
                }
                let ticket = ticket.and_then(|ticket| serde_json::to_string(&ticket).ok());
                self.end_with(attempt, RowState::Unknown, none, Some(reason), ticket)
                    .await
            }
            Verdict::Slower { reason, wait } => {
                self.slow_down(wait).await;
                self.end(attempt, RowState::Planned, wait, reason).await
            }
            Verdict::Outage(reason) => {
                self.put_back(attempt, reason.clone(), Step::Outage(reason))
                    .await
            }
            Verdict::Pause(reason) => {
                let pause = Step::End(Ended::Paused(reason.clone()));
                self.put_back(attempt, reason, pause).await
            }
        }
    }

    /// Plans the row again, and then tells the run something else than that.
    async fn put_back(&self, attempt: i64, reason: String, then: Step) -> Step {
        let planned = RowState::Planned;
        match self.end(attempt, planned, Duration::ZERO, reason).await {
            Step::Ended(_) => then,
            failed => failed,
        }
    }

    /// A pace that can't be written down only makes the next text earlier.
    async fn slow_down(&self, wait: Duration) {
        let sender = self.shared.sender.clone();
        let _ = self.shared.outbox.journal.slow_down(sender, wait).await;
    }

    async fn end(&self, attempt: i64, outcome: RowState, wait: Duration, reason: String) -> Step {
        self.end_with(attempt, outcome, wait, Some(reason), None)
            .await
    }

    /// Writes the end down. Until that is done the row is *attempting*, so a journal that is
    /// away is waited for as long as an outage may last.
    ///
    /// After an accepted text the next row's attempt may begin as soon as this end is on its
    /// way: the journal takes steps in their order, so that row can't be *attempting* on the
    /// disk before this one has ended there. A worker that is killed leaves no more rows in doubt
    /// than it may have texts under way. After any other outcome the run decides first.
    async fn end_with(
        &self,
        attempt: i64,
        outcome: RowState,
        wait: Duration,
        reason: Option<String>,
        ticket: Option<String>,
    ) -> Step {
        tracing::Span::current().record("outcome", outcome.as_str());
        let outbox = &self.shared.outbox;
        let ending = Ending {
            row: self.candidate.row,
            attempt,
            outcome,
            wait,
            reason,
            ticket,
        };
        let started = Instant::now();
        let mut pause = Duration::from_millis(50);
        let mut end = Box::pin(outbox.journal.end(ending.clone()));
        let mut ended = futures::poll!(&mut end);
        if outcome == RowState::Accepted {
            let slot = self.slot.lock();
            drop(slot.unwrap_or_else(PoisonError::into_inner).take());
        }
        loop {
            let result = match ended {
                Poll::Ready(result) => result,
                Poll::Pending => end.await,
            };
            let Err(error) = result else { break };
            if started.elapsed() > outbox.settings.outage {
                tracing::warn!(
                    row = self.candidate.row,
                    outcome = outcome.as_str(),
                    "the end of an attempt couldn't be written down: its row will be unknown"
                );
                return Step::End(Ended::Failed(error));
            }
            time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
            end = Box::pin(outbox.journal.end(ending.clone()));
            ended = Poll::Pending;
        }
        Step::Ended(outcome)
    }
}
