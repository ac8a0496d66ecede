//! A change of a record, as it is written to the file, and a record as it is read.

use std::collections::HashMap;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

/// The kinds of record. The file has their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// What there is once: the seed, the next ids, the clock, the settings.
    Single,
    Contact,
    Consent,
    Subscription,
    Failures,
    Message,
    Sent,
    /// The files of a customer's text.
    Received,
    Delivery,
    Client,
    Code,
    AccessToken,
    RefreshToken,
    Entry,
    Broken,
}

impl Kind {
    pub(crate) const ALL: [Self; 15] = [
        Self::Single,
        Self::Contact,
        Self::Consent,
        Self::Subscription,
        Self::Failures,
        Self::Message,
        Self::Sent,
        Self::Received,
        Self::Delivery,
        Self::Client,
        Self::Code,
        Self::AccessToken,
        Self::RefreshToken,
        Self::Entry,
        Self::Broken,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Contact => "contact",
            Self::Consent => "consent",
            Self::Subscription => "subscription",
            Self::Failures => "failures",
            Self::Message => "message",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Delivery => "delivery",
            Self::Client => "client",
            Self::Code => "code",
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::Entry => "entry",
            Self::Broken => "broken",
        }
    }
}

/// The name or the number of a record among those of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Name(String),
    Number(usize),
}

/// A record's content: JSON, and files as they are.
///
/// It has no `Debug`: it holds secrets, numbers and texts.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) json: String,
    /// They are written one after the other; the JSON says where each ends.
    pub(crate) files: Vec<Bytes>,
}

impl Content {
    pub(crate) fn json(value: &impl Serialize) -> Self {
        Self::with_files(value, Vec::new())
    }

    pub(crate) fn with_files(value: &impl Serialize, files: Vec<Bytes>) -> Self {
        // Only a map whose keys aren't strings can't be written, and there is none.
        let json = serde_json::to_string(value).unwrap_or_default();
        Self { json, files }
    }
}

/// A change of a record.
pub(crate) enum Change {
    Put {
        kind: Kind,
        key: Key,
        content: Content,
    },
    Delete {
        kind: Kind,
        key: Key,
    },
    /// The records with smaller numbers go.
    DeleteBelow {
        kind: Kind,
        number: usize,
    },
}

impl Change {
    pub(crate) fn put(kind: Kind, name: impl Into<String>, content: Content) -> Self {
        let key = Key::Name(name.into());
        Self::Put { kind, key, content }
    }
}

/// A record as it is read.
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) json: String,
    pub(crate) files: Bytes,
}

impl Row {
    /// # Errors
    ///
    /// When the record isn't one of this version.
    pub(crate) fn value<T: DeserializeOwned>(&self) -> Result<T, String> {
        // The error's text may quote the record.
        serde_json::from_str(&self.json)
            .map_err(|_| "a record in it can't be read; name another file".to_owned())
    }

    /// # Errors
    ///
    /// When the record has a number.
    pub(crate) fn name(&self) -> Result<&str, String> {
        match &self.key {
            Key::Name(name) => Ok(name),
            Key::Number(_) => Err("a record has a number instead of a name".to_owned()),
        }
    }

    /// # Errors
    ///
    /// When the record has a name.
    pub(crate) fn number(&self) -> Result<usize, String> {
        match self.key {
            Key::Number(number) => Ok(number),
            Key::Name(_) => Err("a record has a name instead of a number".to_owned()),
        }
    }
}

/// All records of a file, those of a kind in the order in which they were added.
#[derive(Default)]
pub(crate) struct Rows(HashMap<Kind, Vec<Row>>);

impl Rows {
    pub(crate) fn add(&mut self, kind: Kind, row: Row) {
        self.0.entry(kind).or_default().push(row);
    }

    pub(crate) fn take(&mut self, kind: Kind) -> Vec<Row> {
        self.0.remove(&kind).unwrap_or_default()
    }

    /// The content of what there is once, by its name.
    pub(crate) fn single(&self, name: &str) -> Option<&Row> {
        let mut rows = self.0.get(&Kind::Single)?.iter();
        rows.find(|row| matches!(&row.key, Key::Name(other) if other == name))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
