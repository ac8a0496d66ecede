//! The messages of both directions, and details of those that a program sent.

use std::{collections::HashMap, fmt};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stratustexting_client::types::Message;

use super::conversations::Conversations;
use crate::data::{Change, Content, Kind, Log, Records, Row, Rows};

/// A message that a program sent.
#[derive(Clone, JsonSchema, Serialize)]
#[non_exhaustive]
pub struct SentMessage {
    /// Its id. The service tells it to subscribers only, not to the sender.
    pub id: String,
    /// The sending number.
    pub from: String,
    /// The recipient's number.
    pub to: String,
    /// The text; empty for an MMS without one.
    pub text: String,
    /// The e-mail address of the agent whose mailbox shows it, if it was sent as an agent.
    pub agent: Option<String>,
    /// The files, for an MMS.
    pub media: Vec<SentMedia>,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
}

/// A file of an MMS.
#[derive(Clone, JsonSchema, Serialize)]
#[non_exhaustive]
pub struct SentMedia {
    /// The file's name.
    pub name: String,
    /// The media type that the part declared.
    pub content_type: String,
    /// The contents; over HTTP only their length is shown.
    #[serde(rename = "bytes", serialize_with = "length")]
    #[schemars(with = "u64")]
    pub bytes: Bytes,
}

fn length<S: serde::Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(bytes.len() as u64)
}

/// Shows neither numbers nor the text.
impl fmt::Debug for SentMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentMessage")
            .field("id", &self.id)
            .field("media", &self.media.len())
            .finish_non_exhaustive()
    }
}

/// Shows neither name nor contents.
impl fmt::Debug for SentMedia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentMedia")
            .field("content_type", &self.content_type)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// All messages, of both directions.
#[derive(Default)]
pub(crate) struct Messages {
    by_id: Records<Message>,
    sent: Log<SentMessage>,
    /// The files that came with customers' texts, by the messages' ids.
    received: Records<Vec<SentMedia>>,
    /// The numbers of sent messages with files, by their ids.
    sent_with_files: HashMap<String, usize>,
    /// Follows from the messages.
    conversations: Conversations,
}

/// A sent message in a file, beside the bytes of its files.
#[derive(Serialize, Deserialize)]
struct StoredSent {
    id: String,
    from: String,
    to: String,
    text: String,
    agent: Option<String>,
    media: Vec<StoredMedia>,
    sent_at: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct StoredMedia {
    name: String,
    content_type: String,
    length: usize,
}

fn described(files: &[SentMedia]) -> Vec<StoredMedia> {
    let described = files.iter().map(|file| StoredMedia {
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        length: file.bytes.len(),
    });
    described.collect()
}

fn contents(files: &[SentMedia]) -> Vec<Bytes> {
    files.iter().map(|file| file.bytes.clone()).collect()
}

/// The files as they were, from their contents one after the other.
fn files(described: Vec<StoredMedia>, contents: &Bytes) -> Vec<SentMedia> {
    let mut rest = contents.clone();
    let files = described.into_iter().map(|file| SentMedia {
        name: file.name,
        content_type: file.content_type,
        bytes: rest.split_to(file.length.min(rest.len())),
    });
    files.collect()
}

impl SentMessage {
    fn content(&self) -> Content {
        let stored = StoredSent {
            id: self.id.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            text: self.text.clone(),
            agent: self.agent.clone(),
            media: described(&self.media),
            sent_at: self.sent_at,
        };
        Content::with_files(&stored, contents(&self.media))
    }

    fn read(row: &Row) -> Result<Self, String> {
        let stored: StoredSent = row.value()?;
        Ok(Self {
            id: stored.id,
            from: stored.from,
            to: stored.to,
            text: stored.text,
            agent: stored.agent,
            media: files(stored.media, &row.files),
            sent_at: stored.sent_at,
        })
    }
}

impl Messages {
    pub(crate) fn sent(&self) -> &[SentMessage] {
        &self.sent
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Message> {
        self.by_id.get(id)
    }

    pub(crate) fn insert(&mut self, message: Message) {
        self.conversations.add(&message);
        let id = message.id.clone().unwrap_or_default();
        self.by_id.insert(id, message);
    }

    /// Keeps the files of a customer's text.
    pub(crate) fn insert_files(&mut self, id: &str, files: Vec<SentMedia>) {
        if !files.is_empty() {
            self.received.insert(id.to_owned(), files);
        }
    }

    pub(crate) fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    pub(crate) fn files(&self, id: &str) -> &[SentMedia] {
        let number = self.sent_with_files.get(id);
        let sent = number.and_then(|number| self.sent.get(*number));
        let sent = sent.map(|sent| &sent.media);
        let files = sent.or_else(|| self.received.get(id));
        files.map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn push_sent(&mut self, sent: SentMessage) {
        let id = (!sent.media.is_empty()).then(|| sent.id.clone());
        let number = self.sent.push(sent);
        self.sent_with_files.extend(id.map(|id| (id, number)));
    }

    /// The number of the next message that is sent.
    pub(crate) fn next_number(&self) -> usize {
        self.sent.next_number()
    }

    pub(crate) fn continue_at(&mut self, number: usize) {
        self.sent.continue_at(number);
    }

    /// Remembers changes from now on.
    pub(crate) fn track(&mut self) {
        self.by_id.track();
        self.sent.track();
        self.received.track();
    }

    pub(crate) fn take_changes(&mut self, changes: &mut Vec<Change>) {
        self.by_id.take(Kind::Message, changes, Content::json);
        self.sent.take(Kind::Sent, changes, SentMessage::content);
        self.received.take(Kind::Received, changes, |files| {
            Content::with_files(&described(files), contents(files))
        });
    }

    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(&mut self, rows: &mut Rows) -> Result<(), String> {
        self.by_id = Records::restore(rows.take(Kind::Message), Row::value)?;
        let sent = rows.take(Kind::Sent);
        self.sent.restore(sent, |_, row| SentMessage::read(row))?;
        let with_files = self.sent.numbered();
        let with_files = with_files.filter(|(_, sent)| !sent.media.is_empty());
        self.sent_with_files = with_files
            .map(|(number, sent)| (sent.id.clone(), number))
            .collect();
        let received = rows.take(Kind::Received);
        self.received = Records::restore(received, |row| Ok(files(row.value()?, &row.files)))?;
        self.conversations = Conversations::default();
        for message in self.by_id.values() {
            self.conversations.add(message);
        }
        Ok(())
    }
}
