//! A job: a list of texts under one name.

use std::{fmt, time::SystemTime};

use stratustexting::{Media, PhoneNumber};

/// A job that is to be planned.
///
/// Its name is what makes it one job: planning the same list again under the same name adds
/// nothing.
#[derive(Clone)]
pub struct NewJob {
    pub(crate) name: String,
    pub(crate) sender: PhoneNumber,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) occasion: String,
    pub(crate) repeats_numbers: bool,
    pub(crate) consent: ConsentRule,
}

/// Whether a row needs a proof of consent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum ConsentRule {
    NotAsked,
    Required,
    Overridden(String),
}

/// A file that goes with each text of a job, which makes it an MMS.
#[derive(Clone)]
pub struct Attachment {
    /// The file's name.
    pub name: String,
    /// The media type, such as `image/png`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Attachment {
    /// A file with the media type that its name or its bytes tell.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let (name, bytes) = (name.into(), bytes.into());
        let media = Media::from_bytes(name.clone(), bytes.clone());
        Self {
            content_type: media.content_type().to_owned(),
            name,
            bytes,
        }
    }

    pub(crate) fn media(&self) -> Media {
        Media::from_bytes(self.name.clone(), self.bytes.clone())
            .with_content_type(self.content_type.clone())
    }
}

impl NewJob {
    /// A job whose texts are sent from this number.
    pub fn new(name: impl Into<String>, sender: PhoneNumber) -> Self {
        Self {
            name: name.into(),
            sender,
            attachments: Vec::new(),
            occasion: String::new(),
            repeats_numbers: false,
            consent: ConsentRule::NotAsked,
        }
    }

    /// Adds a file to each text.
    #[must_use]
    pub fn attach(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Lets a text go out again that another job has sent to the same number, such as a monthly
    /// reminder. Rows with a [key](super::NewRow::key) of their own don't depend on it.
    ///
    /// Without an occasion, a row with the sender, number and text of an earlier job's is
    /// refused, whatever the jobs' names.
    #[must_use]
    pub fn occasion(mut self, occasion: impl Into<String>) -> Self {
        self.occasion = occasion.into();
        self
    }

    /// Lets a number stand in the list several times, with different texts. By default the
    /// second row of a number is refused.
    #[must_use]
    pub fn repeat_numbers(mut self) -> Self {
        self.repeats_numbers = true;
        self
    }

    /// Refuses each row without a proof of [`Consent`](super::Consent).
    #[must_use]
    pub fn require_consent(mut self) -> Self {
        self.consent = ConsentRule::Required;
        self
    }

    /// Takes rows without a proof of consent all the same, and writes the reason down.
    #[must_use]
    pub fn without_consent(mut self, reason: impl Into<String>) -> Self {
        self.consent = ConsentRule::Overridden(reason.into());
        self
    }
}

/// A job as the journal has it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// Its id in the journal.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Who sends.
    pub sender: PhoneNumber,
    /// Whether it is sent.
    pub state: JobState,
    /// Why it was paused or cancelled.
    pub reason: Option<String>,
    /// Why proof of consent was not required, if somebody decided so.
    pub without_consent: Option<String>,
    /// When it was made.
    pub created: SystemTime,
}

/// Whether a job is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Its rows are being planned, or planning was cut off; nothing is sent.
    Planning,
    /// All of its list is planned; nothing is sent.
    Planned,
    /// It may be sent.
    Started,
    /// It was stopped, and can be started again.
    Paused,
    /// It was ended: what wasn't sent will not be.
    Cancelled,
}

impl JobState {
    const ALL: [Self; 5] = [
        Self::Planning,
        Self::Planned,
        Self::Started,
        Self::Paused,
        Self::Cancelled,
    ];

    /// The state in a report, such as `paused`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Started => "started",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state in the journal. The numbers are in files: they never change.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Planning => 0,
            Self::Started => 1,
            Self::Paused => 2,
            Self::Cancelled => 3,
            Self::Planned => 4,
        }
    }

    pub(crate) fn of_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

// What may hold a customer's data is left out.

impl fmt::Debug for NewJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewJob")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("state", &self.state)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
