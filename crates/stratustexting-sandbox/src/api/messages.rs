//! Messages: sent by the program, and texted by the customer.
//!
//! UNKNOWN of the real service, and decided here: how long a text and how large a file
//! may be, and how attached media are listed.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream;
use http::{StatusCode, header};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::json;
use stratustexting_client::types::{Message, MessageDirection};

use super::{Call, call::check_number};
use crate::{
    reply::{Fault, Reply, json},
    service::Service,
    webhooks::{self, Happening},
    world::World,
};

/// The most characters of a text. Clients disagree on the service's limit: 1,000 says
/// one, 1,600 another.
pub const MAX_TEXT: usize = 1_600;

/// The most bytes of all files of a message; the service's limit is UNKNOWN.
pub const MAX_MEDIA: usize = 10 * 1024 * 1024;

/// A message that a program sent.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct SentMessage {
    /// Its id. The service doesn't say it to the sender, only to those who subscribed.
    pub id: String,
    /// The sending number.
    pub from: String,
    /// The recipient's number.
    pub to: String,
    /// The text; empty for an MMS without one.
    pub text: String,
    /// The e-mail address of the agent in whose mailbox it shows, if it was sent so.
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
}

impl Messages {
    pub(crate) fn sent(&self) -> &[SentMessage] {
        &self.sent
    }
}

pub(crate) fn send_sms_as_agent(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    let agent = call.segment("agentEmail");
    match agent.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() => {
            send_sms(service, call, Some(agent))
        }
        _ => Err(Fault::bad_request(
            "Path parameter 'agentEmail' has to be an e-mail address",
        )),
    }
}

pub(crate) fn send_sms(
    service: &Arc<Service>,
    call: &Call,
    agent: Option<String>,
) -> Result<Reply, Fault> {
    let text = call.required("text")?;
    if text.trim().is_empty() {
        return Err(Fault::bad_request("Parameter 'text' must not be empty"));
    }
    send(service, call, text, agent, Vec::new())
}

pub(crate) async fn send_mms(service: &Arc<Service>, call: &Call) -> Result<Reply, Fault> {
    let text = call.optional("text")?.unwrap_or_default();
    let media = media(call).await?;
    send(service, call, text, None, media)
}

async fn media(call: &Call) -> Result<Vec<SentMedia>, Fault> {
    let content_type = call
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
    let boundary =
        boundary.ok_or_else(|| Fault::media_type("Content-Type has to be multipart/form-data"))?;
    let unreadable =
        |error: multer::Error| Fault::bad_request(format!("Body can't be read: {error}"));
    let body = stream::iter([Ok::<_, std::convert::Infallible>(call.body.clone())]);
    let mut form = multer::Multipart::new(body, boundary);
    let mut media = Vec::new();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        if part.name() != Some("file") {
            return Err(Fault::bad_request("Every part has to be called 'file'"));
        }
        let name = part.file_name().unwrap_or_default().to_owned();
        let content_type = part.content_type().map(ToString::to_string);
        let bytes = part.bytes().await.map_err(unreadable)?;
        if bytes.is_empty() {
            return Err(Fault::bad_request("Part 'file' must not be empty"));
        }
        media.push(SentMedia {
            name,
            content_type: content_type.unwrap_or_else(|| "text/plain".to_owned()),
            bytes,
        });
    }
    if media.is_empty() {
        return Err(Fault::bad_request(
            "Required request part 'file' is not present",
        ));
    }
    if media.iter().map(|file| file.bytes.len()).sum::<usize>() > MAX_MEDIA {
        return Err(Fault::too_large(format!(
            "The files have to be {MAX_MEDIA} bytes at most, all together"
        )));
    }
    Ok(media)
}

fn send(
    service: &Arc<Service>,
    call: &Call,
    text: &str,
    agent: Option<String>,
    media: Vec<SentMedia>,
) -> Result<Reply, Fault> {
    let (from, to) = (call.number("from")?, call.number("to")?);
    check_text(text)?;
    let mut world = service.world();
    if world.department_of(from).is_none() {
        let text = "Parameter 'from' has to be a number of this account";
        return Err(Fault::forbidden(text));
    }
    // Taken once, so that the message and what is kept of it say the same time.
    let now = world.clock.now();
    let mut message = new_message(&mut world, MessageDirection::Outbound, from, to, text)
        .with_last_updated(now.timestamp_millis());
    if !media.is_empty() {
        let list = media.iter().map(|file| {
            json!({"name": file.name, "contentType": file.content_type, "size": file.bytes.len()})
        });
        message.media = Some(list.collect());
    }
    let sent = SentMessage {
        id: message.id.clone().unwrap_or_default(),
        from: from.to_owned(),
        to: to.to_owned(),
        text: text.to_owned(),
        agent,
        media,
        sent_at: now,
    };
    world.messages.sent.push(sent);
    keep(service, &mut world, message, from);
    let result = json!({"result": "Message Processed Successfully"});
    Ok(json(StatusCode::OK, &result))
}

pub(crate) fn get(service: &Service, call: &Call) -> Result<Reply, Fault> {
    let world = service.world();
    let message = world.messages.by_id.get(&call.segment("messageId"));
    let message = message.ok_or_else(|| Fault::not_found("No such message"))?;
    Ok(json(StatusCode::OK, message))
}

/// A customer texts to a number of the account; returns the message's id.
pub(crate) fn receive(
    service: &Arc<Service>,
    from: &str,
    to: &str,
    text: &str,
) -> Result<String, Fault> {
    check_number("'from'", from)?;
    check_number("'to'", to)?;
    check_text(text)?;
    let mut world = service.world();
    if world.department_of(to).is_none() {
        return Err(Fault::bad_request(
            "'to' has to be a number of this account",
        ));
    }
    let message = new_message(&mut world, MessageDirection::Inbound, from, to, text);
    let id = message.id.clone().unwrap_or_default();
    keep(service, &mut world, message, to);
    Ok(id)
}

fn check_text(text: &str) -> Result<(), Fault> {
    if text.chars().count() > MAX_TEXT {
        let text = format!("'text' has to have {MAX_TEXT} characters at most");
        return Err(Fault::bad_request(text));
    }
    Ok(())
}

fn new_message(
    world: &mut World,
    direction: MessageDirection,
    from: &str,
    to: &str,
    text: &str,
) -> Message {
    Message::default()
        .with_id(world.ids.object())
        .with_from(from)
        .with_to(to)
        .with_text(text)
        .with_direction(direction)
        .with_last_updated(world.clock.now().timestamp_millis())
}

/// Keeps a message and tells those who subscribed; `own` is the account's number.
fn keep(service: &Arc<Service>, world: &mut World, message: Message, own: &str) {
    let department = world.department_of(own).unwrap_or_default().to_owned();
    let happening = Happening::message(&department, &message);
    let id = message.id.clone().unwrap_or_default();
    world.messages.by_id.insert(id, message);
    webhooks::publish(service, world, &happening);
}
