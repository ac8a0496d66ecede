//! Why a queue couldn't do something.

use std::{error::Error as StdError, fmt, sync::Arc};

/// A failure of the store, or a request that it can't fulfil.
///
/// No error shows an event, a number or a text; what the database says is its
/// [`source`](StdError::source).
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What a function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Database,
    Version {
        part: &'static str,
        found: i64,
        known: i64,
    },
    ClaimLost,
    Stopped,
    NoJob,
    OtherJob,
    OtherList {
        line: u64,
    },
    NotStarted,
    Input(&'static str),
    List,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    /// An error of the database: of a [`Store`](crate::inbox::Store) of your own, too.
    pub fn database(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            kind: Kind::Database,
            source: Some(source.into().into()),
        }
    }

    /// The event isn't this handler's any more: for a [`Store`](crate::inbox::Store) of your
    /// own.
    #[must_use]
    pub fn claim_lost() -> Self {
        Self::new(Kind::ClaimLost)
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn other_version(part: &'static str, found: i64, known: i64) -> Self {
        Self::new(Kind::Version { part, found, known })
    }

    /// The database can't be reached, is full, read-only or locked, or refuses a statement.
    #[must_use]
    pub fn is_database(&self) -> bool {
        self.kind == Kind::Database
    }

    /// The tables were made by another version of this crate. Nothing was changed in them.
    #[must_use]
    pub fn is_other_version(&self) -> bool {
        matches!(self.kind, Kind::Version { .. })
    }

    /// The runtime in which the store writes has ended. Whether it wrote isn't known.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.kind == Kind::Stopped
    }

    /// What was given is no phone number, or no region: the error names it, and says what is
    /// allowed. Nothing was stored.
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(self.kind, Kind::Input(_))
    }

    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn list(source: crate::outbox::input::InputError) -> Self {
        Self {
            kind: Kind::List,
            source: Some(Arc::new(source)),
        }
    }

    /// The list can't be read to its end; the error's source says where and why.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.kind == Kind::List
    }

    /// There is no job of this name.
    #[must_use]
    pub fn is_no_job(&self) -> bool {
        self.kind == Kind::NoJob
    }

    /// The name belongs to a job with another sender, other attachments or other rules, or to
    /// one of another list. Nothing was changed in it.
    #[must_use]
    pub fn is_other_job(&self) -> bool {
        matches!(self.kind, Kind::OtherJob | Kind::OtherList { .. })
    }

    /// The job can't be sent now: it is not started, paused, or cancelled.
    #[must_use]
    pub fn is_not_started(&self) -> bool {
        self.kind == Kind::NotStarted
    }

    /// The event was taken over by another worker, because this one was silent for longer than
    /// the [lease](crate::inbox::InboxBuilder::lease). The transaction was rolled back.
    #[must_use]
    pub fn is_claim_lost(&self) -> bool {
        self.kind == Kind::ClaimLost
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Database => f.write_str("the database failed"),
            Kind::Version { part, found, known } => write!(
                f,
                "the tables of the {part} have version {found}, and this program knows {known}"
            ),
            Kind::NoJob => f.write_str("there is no job of this name"),
            Kind::OtherJob => f.write_str(
                "the job of this name has another sender, other attachments or other rules: \
                 choose another name",
            ),
            Kind::OtherList { line } => write!(
                f,
                "line {line} is not what the job of this name has planned: choose another name"
            ),
            Kind::List => f.write_str("the list can't be read to its end"),
            Kind::Input(allowed) => f.write_str(allowed),
            Kind::NotStarted => f.write_str("the job is not started: start it first"),
            Kind::ClaimLost => f.write_str("another worker took the event over"),
            Kind::Stopped => f.write_str("the runtime that writes to the store has ended"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::database(error)
    }
}
