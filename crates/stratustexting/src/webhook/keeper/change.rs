//! What a keeper has done, and why.

use std::time::SystemTime;

use stratustexting_client::types::Subscription;

use super::plan::Live;
use crate::Error;

/// The result of one check.
#[derive(Debug, Default)]
pub struct KeeperReport {
    pub(super) live: Option<Live>,
    pub(super) changes: Vec<Change>,
    pub(super) error: Option<Error>,
}

impl KeeperReport {
    /// Whether there is a subscription that delivers, as far as the service says.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// The id of that subscription.
    #[must_use]
    pub fn subscription_id(&self) -> Option<&str> {
        self.live.as_ref()?.id.as_deref()
    }

    /// When it ends, as the service says; `None` if it doesn't.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.live.as_ref()?.expires
    }

    /// What was done, in this order.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Why the check ended early. The [`changes`](Self::changes) before it were made.
    ///
    /// A status of 403, or [`Error::is_auth`], is likely to mean that the token isn't
    /// that of a user who has logged in.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    pub(super) fn changed(&mut self, change: Change) {
        tracing::info!(?change, "a webhook subscription changed");
        self.changes.push(change);
    }

    pub(super) fn created(&mut self, created: Subscription, cause: Cause) {
        self.live = Some(Live::of(&created));
        let id = created.id.unwrap_or_default();
        self.changed(Change::Created { id, cause });
    }
}

/// Something that a keeper did. Ids are those of subscriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// A subscription was created.
    Created {
        /// Its id; empty if the service gave none.
        id: String,
        /// Why there was none that would do.
        cause: Cause,
    },
    /// A subscription got more time.
    Renewed {
        /// Its id.
        id: String,
    },
    /// A subscription got no more time although it was asked for: it was replaced.
    NotProlonged {
        /// Its id.
        id: String,
    },
    /// A subscription was deleted, after there was another.
    Deleted {
        /// Its id.
        id: String,
        /// Why it wouldn't do.
        cause: Cause,
    },
}

/// Why a subscription wouldn't do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// There was none with the callback's URL.
    Missing,
    /// Its time is over.
    Expired,
    /// Its time is nearly over, and the service doesn't prolong it.
    Expiring,
    /// Its status isn't `ACTIVE`. Which others there are is UNKNOWN; the model that the service
    /// seems to follow blacklists a callback that fails.
    Status(String),
    /// The service has disabled one of its filters.
    FilterDisabled {
        /// The filter.
        filter: String,
        /// The service's reason.
        reason: Option<String>,
    },
    /// It lacks one of the filters.
    FilterMissing {
        /// The filter.
        filter: String,
    },
    /// There is an older one for the same.
    Double,
    /// It has one of the callback's [former](super::Keeper::formerly) URLs.
    Moved,
}
