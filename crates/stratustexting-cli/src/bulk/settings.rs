//! Options that several commands have.

use std::time::Duration;

use clap::Args;
use stratustexting_queue::outbox::{Journal, Outbox, OutboxBuilder, QuietHours};

use crate::failure::{Failure, Result};

/// How fast, and when, texts go out.
#[derive(Debug, Args)]
pub(crate) struct Pace {
    /// The time between two segments of a sending number, in milliseconds
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1_500)]
    pub(crate) pace: u64,
}

impl Pace {
    pub(crate) fn outbox<J: Journal>(&self, journal: J) -> OutboxBuilder<J> {
        Outbox::builder(journal).pace(Duration::from_millis(self.pace))
    }
}

/// Hours as `8:00-21:00`.
pub(crate) fn hours(text: &str) -> Result<QuietHours> {
    text.parse()
        .map_err(|error| Failure::usage(format!("{error}; such as 8:00-21:00")))
}

/// A time of so many seconds as people say it.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
