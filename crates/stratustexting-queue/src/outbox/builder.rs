//! The settings of an outbox.

use std::{fmt, future::Future, path::PathBuf, sync::Arc, time::Duration};

use futures::FutureExt;

use super::{
    Journal, Outbox, QuietHours,
    permission::{Ask, Permission, Recipient},
};

/// Makes an [`Outbox`]; from [`Outbox::builder`].
#[derive(Debug)]
#[must_use = "it does nothing until `build`"]
pub struct OutboxBuilder<J> {
    journal: J,
    settings: Settings,
}

pub(super) struct Settings {
    pub(super) interval: Duration,
    pub(super) concurrency: usize,
    pub(super) call_timeout: Duration,
    pub(super) lease: Duration,
    pub(super) outage: Duration,
    pub(super) doubts: u32,
    pub(super) stop_file: Option<PathBuf>,
    pub(super) window: Option<(QuietHours, String)>,
    pub(super) quiet_hours: Option<QuietHours>,
    pub(super) ask: Option<Ask>,
}

impl<J: Journal> OutboxBuilder<J> {
    pub(super) fn new(journal: J) -> Self {
        Self {
            journal,
            settings: Settings {
                interval: Duration::from_millis(1_500),
                concurrency: 1,
                call_timeout: Duration::from_secs(60),
                lease: Duration::from_secs(120),
                outage: Duration::from_secs(600),
                doubts: 10,
                stop_file: None,
                window: None,
                quiet_hours: None,
                ask: None,
            },
        }
    }

    /// The time between two segments of a sending number, over all workers; by default 1.5 s,
    /// which is about 40 texts a minute. A text of three segments makes the next one wait for
    /// three times this.
    ///
    /// The service publishes no limit: this is what a program in use has settled on. After a
    /// response 429 the time is doubled for at least a minute, up to 32 times. Zero sends as
    /// fast as the service responds.
    pub fn pace(mut self, between_segments: Duration) -> Self {
        self.settings.interval = between_segments;
        self
    }

    /// How many texts a worker has under way at the same time; by default 1, at least 1. That
    /// is also how many rows of a worker are *unknown* after it was killed, at most.
    pub fn concurrency(mut self, texts: usize) -> Self {
        self.settings.concurrency = texts.max(1);
        self
    }

    /// How long a send may take, all of its attempts together; by default 60 seconds. The
    /// [lease](Self::lease) is at least twice this.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.settings.call_timeout = timeout;
        self.settings.lease = self.settings.lease.max(timeout * 2);
        self
    }

    /// After how long a row that a worker has begun, and hasn't ended, is *unknown*; by default
    /// two minutes, at least twice the [call's timeout](Self::call_timeout).
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.max(self.settings.call_timeout * 2);
        self
    }

    /// After how long without any success a job is paused because nothing can be sent, or ends
    /// because the journal can't be written; by default ten minutes. No row is given up for
    /// that.
    pub fn outage(mut self, longest: Duration) -> Self {
        self.settings.outage = longest;
        self
    }

    /// After how many unknown outcomes in a row a job is paused; by default 10. A service that
    /// fails in the middle of each send would else leave a whole list in doubt.
    pub fn pause_after_unknown(mut self, rows: u32) -> Self {
        self.settings.doubts = rows.max(1);
        self
    }

    /// A file that stops all workers that look for it, within a second, as long as it exists:
    /// for a person without this program at hand.
    pub fn stop_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.stop_file = Some(path.into());
        self
    }

    /// Sends only within these hours of one time zone, such as those of the business:
    /// `America/Chicago`. By default at any time. A zone that doesn't exist pauses the job.
    pub fn window(mut self, hours: QuietHours, zone: impl Into<String>) -> Self {
        self.settings.window = Some((hours, zone.into()));
        self
    }

    /// Sends each text only within these hours of the recipient's own time; by default at any
    /// time. A recipient whose time isn't known gets none: the row is cancelled with that
    /// reason. Help, not legal advice: see [`QuietHours`].
    pub fn quiet_hours(mut self, hours: QuietHours) -> Self {
        self.settings.quiet_hours = Some(hours);
        self
    }

    /// Asks directly before each attempt whether the recipient may be texted, besides the
    /// journal's own opt-outs: another list, or the service's consents.
    ///
    /// An error sends nothing: the row stays planned and is asked about again, and after the
    /// time of an [outage](Self::outage) the job is paused.
    pub fn ask<F, R>(mut self, ask: F) -> Self
    where
        F: Fn(Recipient) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Permission, Box<dyn std::error::Error + Send + Sync>>>
            + Send
            + 'static,
    {
        self.settings.ask = Some(Arc::new(move |recipient| ask(recipient).boxed()));
        self
    }

    /// Makes the outbox.
    pub fn build(self) -> Outbox<J> {
        Outbox {
            journal: self.journal,
            settings: Arc::new(self.settings),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("interval", &self.interval)
            .field("concurrency", &self.concurrency)
            .field("call_timeout", &self.call_timeout)
            .field("lease", &self.lease)
            .field("outage", &self.outage)
            .field("stop_file", &self.stop_file)
            .finish_non_exhaustive()
    }
}
