//! Messages: sent by the program, and texted by the customer.
//!
//! UNKNOWN of the real service, and decided here: how long a text and how large a file
//! may be, and how attached media are listed.

use std::sync::Arc;

use futures::stream;
use http::{StatusCode, header};
use serde_json::json;
use stratustexting_client::types::{Message, MessageDirection};

use super::{Call, call::check_number};
use crate::{
    reply::{Fault, Reply, json},
    shared::Shared,
    state::{
        State,
        messages::{SentMedia, SentMessage},
    },
    webhooks::{self, Happening},
};

/// The most characters of a text. Clients disagree on the service's limit: 1,000 says
/// one, 1,600 another.
pub const MAX_TEXT: usize = 1_600;

/// The most bytes of all files of a message; the service's limit is UNKNOWN.
pub const MAX_MEDIA: usize = 10 * 1024 * 1024;

pub(crate) fn send_sms_as_agent(shared: &Arc<Shared>, call: &Call) -> Result<Reply, Fault> {
    let agent = call.segment("agentEmail");
    match agent.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() => {
            send_sms(shared, call, Some(agent))
        }
        _ => Err(Fault::bad_request(
            "Path parameter 'agentEmail' has to be an e-mail address",
        )),
    }
}

pub(crate) fn send_sms(
    shared: &Arc<Shared>,
    call: &Call,
    agent: Option<String>,
) -> Result<Reply, Fault> {
    let text = call.required("text")?;
    if text.trim().is_empty() {
        return Err(Fault::bad_request("Parameter 'text' must not be empty"));
    }
    send(shared, call, text, agent, Vec::new())
}

pub(crate) async fn send_mms(shared: &Arc<Shared>, call: &Call) -> Result<Reply, Fault> {
    let text = call.optional("text")?.unwrap_or_default();
    let media = media(call).await?;
    send(shared, call, text, None, media)
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
    shared: &Arc<Shared>,
    call: &Call,
    text: &str,
    agent: Option<String>,
    media: Vec<SentMedia>,
) -> Result<Reply, Fault> {
    let (from, to) = (call.number("from")?, call.number("to")?);
    check_text(text)?;
    let mut state = shared.state();
    if state.department_of(from).is_none() {
        let text = "Parameter 'from' has to be a number of this account";
        return Err(Fault::forbidden(text));
    }
    // Taken once, so that the message and what is kept of it say the same time.
    let now = state.clock.now();
    let mut message = new_message(&mut state, MessageDirection::Outbound, from, to, text)
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
    state.messages.push_sent(sent);
    keep(shared, &mut state, message, from);
    let result = json!({"result": "Message Processed Successfully"});
    Ok(json(StatusCode::OK, &result))
}

pub(crate) fn get(shared: &Shared, call: &Call) -> Result<Reply, Fault> {
    let state = shared.state();
    let message = state.messages.get(&call.segment("messageId"));
    let message = message.ok_or_else(|| Fault::not_found("No such message"))?;
    Ok(json(StatusCode::OK, message))
}

/// A customer texts to a number of the account; returns the message's id.
pub(crate) fn receive(
    shared: &Arc<Shared>,
    from: &str,
    to: &str,
    text: &str,
) -> Result<String, Fault> {
    check_number("'from'", from)?;
    check_number("'to'", to)?;
    check_text(text)?;
    let mut state = shared.state();
    if state.department_of(to).is_none() {
        return Err(Fault::bad_request(
            "'to' has to be a number of this account",
        ));
    }
    let message = new_message(&mut state, MessageDirection::Inbound, from, to, text);
    let id = message.id.clone().unwrap_or_default();
    keep(shared, &mut state, message, to);
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
    state: &mut State,
    direction: MessageDirection,
    from: &str,
    to: &str,
    text: &str,
) -> Message {
    Message::default()
        .with_id(state.ids.object())
        .with_from(from)
        .with_to(to)
        .with_text(text)
        .with_direction(direction)
        .with_last_updated(state.clock.now().timestamp_millis())
}

/// Keeps a message and tells those who subscribed; `own` is the account's number.
fn keep(shared: &Arc<Shared>, state: &mut State, message: Message, own: &str) {
    let department = state.department_of(own).unwrap_or_default().to_owned();
    let happening = Happening::message(&department, &message);
    state.messages.insert(message);
    webhooks::publish(shared, state, &happening);
}
