//! Messages: those that the program sends, and those that a customer texts.
//!
//! UNKNOWN of the real service, and decided here: how long a text and how large a file
//! may be, and how attached media are listed.

use std::sync::Arc;

use futures::stream;
use http::{StatusCode, header};
use serde_json::{Value, json};
use stratustexting_client::types::{Message, MessageDirection};

use super::{ApiRequest, request::check_number};
use crate::{
    response::{ApiError, Response, json},
    shared::Shared,
    state::{
        State,
        messages::{SentMedia, SentMessage},
    },
    webhooks::{self, Event},
};

/// The most characters of a text. Existing clients disagree on the service's limit: one
/// assumes 1,000, another 1,600.
pub const MAX_TEXT: usize = 1_600;

/// The most bytes of all files of a message together; the service's limit is UNKNOWN.
pub const MAX_MEDIA: usize = 10 * 1024 * 1024;

pub(crate) fn send_sms_as_agent(
    shared: &Arc<Shared>,
    request: &ApiRequest,
) -> Result<Response, ApiError> {
    let agent = request.segment("agentEmail");
    match agent.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() => {
            send_sms(shared, request, Some(agent))
        }
        _ => Err(ApiError::bad_request(
            "Path parameter 'agentEmail' must be an e-mail address",
        )),
    }
}

pub(crate) fn send_sms(
    shared: &Arc<Shared>,
    request: &ApiRequest,
    agent: Option<String>,
) -> Result<Response, ApiError> {
    let text = request.required("text")?;
    if text.trim().is_empty() {
        return Err(ApiError::bad_request("Parameter 'text' must not be empty"));
    }
    send(shared, request, text, agent, Vec::new())
}

pub(crate) async fn send_mms(
    shared: &Arc<Shared>,
    request: &ApiRequest,
) -> Result<Response, ApiError> {
    let text = request.optional("text")?.unwrap_or_default();
    let media = media(request).await?;
    send(shared, request, text, None, media)
}

async fn media(request: &ApiRequest) -> Result<Vec<SentMedia>, ApiError> {
    let content_type = request
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok());
    let boundary = content_type.and_then(|value| multer::parse_boundary(value).ok());
    let boundary =
        boundary.ok_or_else(|| ApiError::media_type("Content-Type must be multipart/form-data"))?;
    let unreadable =
        |error: multer::Error| ApiError::bad_request(format!("Body can't be read: {error}"));
    let body = stream::iter([Ok::<_, std::convert::Infallible>(request.body.clone())]);
    let mut form = multer::Multipart::new(body, boundary);
    let mut media = Vec::new();
    while let Some(part) = form.next_field().await.map_err(unreadable)? {
        if part.name() != Some("file") {
            return Err(ApiError::bad_request("Every part must be named 'file'"));
        }
        // Without a file name it is a field of the form, which Spring doesn't take for a file.
        let Some(name) = part.file_name().map(str::to_owned) else {
            return Err(ApiError::bad_request(
                "Part 'file' must be a file: it needs a file name",
            ));
        };
        let content_type = part.content_type().map(ToString::to_string);
        let bytes = part.bytes().await.map_err(unreadable)?;
        if bytes.is_empty() {
            return Err(ApiError::bad_request("Part 'file' must not be empty"));
        }
        media.push(SentMedia {
            name,
            content_type: content_type.unwrap_or_else(|| "text/plain".to_owned()),
            bytes,
        });
    }
    if media.is_empty() {
        return Err(ApiError::bad_request(
            "Required request part 'file' is not present",
        ));
    }
    if media.iter().map(|file| file.bytes.len()).sum::<usize>() > MAX_MEDIA {
        return Err(ApiError::too_large(format!(
            "The files must have at most {MAX_MEDIA} bytes together"
        )));
    }
    Ok(media)
}

fn send(
    shared: &Arc<Shared>,
    request: &ApiRequest,
    text: &str,
    agent: Option<String>,
    media: Vec<SentMedia>,
) -> Result<Response, ApiError> {
    let (from, to) = (request.number("from")?, request.number("to")?);
    check_text(text)?;
    let mut state = shared.state();
    if state.department_of(from).is_none() {
        let text = "Parameter 'from' must be a number of this account";
        return Err(ApiError::forbidden(text));
    }
    // Read once, so that the message and its record have the same time.
    let now = state.clock.now();
    let mut message = new_message(&mut state, MessageDirection::Outbound, from, to, text)
        .with_last_updated(now.timestamp_millis());
    if !media.is_empty() {
        message.media = Some(list(&media));
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
    store(shared, &mut state, message, from);
    let result = json!({"result": "Message Processed Successfully"});
    Ok(json(StatusCode::OK, &result))
}

pub(crate) fn get(shared: &Shared, request: &ApiRequest) -> Result<Response, ApiError> {
    let state = shared.state();
    let message = state.messages.get(&request.segment("messageId"));
    let message = message.ok_or_else(|| ApiError::not_found("No such message"))?;
    Ok(json(StatusCode::OK, message))
}

/// The files that come with a customer's text.
pub(crate) enum CustomerMedia {
    /// As the message lists them; there are no contents.
    Listed(Vec<Value>),
    Files(Vec<SentMedia>),
}

/// A customer's text.
pub(crate) struct Received {
    pub(crate) id: String,
    /// How many subscriptions its event goes to.
    pub(crate) subscriptions: usize,
}

/// A customer texts to a number of the account.
pub(crate) fn receive(
    shared: &Arc<Shared>,
    from: &str,
    to: &str,
    text: &str,
    media: CustomerMedia,
) -> Result<Received, ApiError> {
    check_number("'from'", from)?;
    check_number("'to'", to)?;
    check_text(text)?;
    let mut state = shared.state();
    if state.department_of(to).is_none() {
        return Err(ApiError::bad_request(
            "'to' must be a number of this account",
        ));
    }
    let mut message = new_message(&mut state, MessageDirection::Inbound, from, to, text);
    let (listed, files) = match media {
        CustomerMedia::Listed(listed) => (listed, Vec::new()),
        CustomerMedia::Files(files) => (list(&files), files),
    };
    if !listed.is_empty() {
        message.media = Some(listed);
    }
    let id = message.id.clone().unwrap_or_default();
    let before = state.deliveries.next_number();
    state.messages.insert_files(&id, files);
    store(shared, &mut state, message, to);
    let subscriptions = state.deliveries.next_number() - before;
    Ok(Received { id, subscriptions })
}

fn check_text(text: &str) -> Result<(), ApiError> {
    if text.chars().count() > MAX_TEXT {
        let text = format!("'text' must have at most {MAX_TEXT} characters");
        return Err(ApiError::bad_request(text));
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

/// Files as a message lists them.
fn list(files: &[SentMedia]) -> Vec<Value> {
    let describe = |file: &SentMedia| json!({"name": file.name, "contentType": file.content_type, "size": file.bytes.len()});
    files.iter().map(describe).collect()
}

/// Stores a message and schedules its event; `own` is the account's number.
fn store(shared: &Arc<Shared>, state: &mut State, message: Message, own: &str) {
    let department = state.department_of(own).unwrap_or_default().to_owned();
    let event = Event::message(&department, &message);
    state.messages.insert(message);
    webhooks::publish(shared, state, &event);
}
