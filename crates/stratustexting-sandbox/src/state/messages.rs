//! The messages of both directions, and details of those that a program sent.

use std::{collections::HashMap, fmt};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::Serialize;
use stratustexting_client::types::Message;

use super::conversations::{Conversations, Ends};

/// A message that a program sent.
#[derive(Clone, Serialize)]
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
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct SentMedia {
    /// The file's name.
    pub name: String,
    /// The media type that the part declared.
    pub content_type: String,
    /// The contents; over HTTP only their length is shown.
    #[serde(rename = "bytes", serialize_with = "length")]
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
    by_id: IndexMap<String, Message>,
    sent: Vec<SentMessage>,
    /// The files of messages, by the messages' ids.
    files: HashMap<String, Vec<SentMedia>>,
    conversations: Conversations,
}

impl Messages {
    pub(crate) fn sent(&self) -> &[SentMessage] {
        &self.sent
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Message> {
        self.by_id.get(id)
    }

    pub(crate) fn insert(&mut self, message: Message, ends: Ends, files: Vec<SentMedia>) {
        let id = message.id.clone().unwrap_or_default();
        let text = message.text.as_deref().unwrap_or_default();
        if let Some(direction) = message.direction.clone() {
            self.conversations.add(ends, direction, &id, text);
        }
        if !files.is_empty() {
            self.files.insert(id.clone(), files);
        }
        self.by_id.insert(id, message);
    }

    pub(crate) fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    pub(crate) fn files(&self, id: &str) -> &[SentMedia] {
        self.files.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn push_sent(&mut self, sent: SentMessage) {
        self.sent.push(sent);
    }
}
