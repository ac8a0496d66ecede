//! The conversation with one phone, and the form by which a person answers as the customer.

use askama::Template;
use chrono::{DateTime, Utc};
use stratustexting_client::types::Message;

use super::{
    media::is_picture,
    phones,
    place::{Pane, Place},
    words::{Time, size},
};
use crate::{
    route::PAGE_PATH,
    state::{
        State,
        conversations::{Ends, is_inbound},
    },
};

/// How many messages are shown at a time.
const WINDOW: usize = 50;

#[derive(Template)]
#[template(path = "page/talk.html")]
pub(super) struct Talk {
    place: Place,
    back: String,
    own: String,
    customer: String,
    name: Option<String>,
    initials: String,
    hue: u32,
    is_stopped: bool,
    bubbles: Vec<Bubble>,
    count: usize,
    older: Option<String>,
    newest: Option<String>,
    /// What was typed, if it could not be sent.
    draft: String,
}

struct Bubble {
    id: String,
    is_inbound: bool,
    text: String,
    files: Vec<FileView>,
    time: Option<Time>,
}

struct FileView {
    link: String,
    name: String,
    size: String,
    is_picture: bool,
}

impl Talk {
    pub(super) fn new(state: &State, place: &Place, ends: Ends, draft: &str) -> Self {
        let conversation = state.messages.conversations().get(&ends);
        let ids = conversation.map_or(&[][..], |it| &it.messages);
        let end = place
            .before
            .map_or(ids.len(), |before| before.min(ids.len()));
        let start = end.saturating_sub(WINDOW);
        let shown = ids.get(start..end).unwrap_or_default();
        let at = |before| {
            Place {
                before,
                ..place.clone()
            }
            .link()
        };
        let name = phones::name(state, &ends.customer);
        Self {
            back: place.at_pane(Pane::Phones).link(),
            bubbles: shown.iter().filter_map(|id| bubble(state, id)).collect(),
            count: ids.len(),
            older: (start > 0).then(|| at(Some(start))),
            newest: (end < ids.len()).then(|| at(None)),
            is_stopped: conversation.is_some_and(|it| it.is_stopped),
            initials: phones::initials(name.as_deref(), &ends.customer),
            hue: phones::hue(&ends.customer),
            place: place.clone(),
            own: ends.own,
            customer: ends.customer,
            draft: draft.to_owned(),
            name,
        }
    }
}

fn bubble(state: &State, id: &str) -> Option<Bubble> {
    let message = state.messages.get(id)?;
    let files = state.messages.files(id).iter().enumerate();
    let files = files.map(|(number, file)| FileView {
        link: format!("{PAGE_PATH}/media/{id}/{number}"),
        name: match file.name.is_empty() {
            true => "without a name".to_owned(),
            false => file.name.clone(),
        },
        size: size(file.bytes.len()),
        is_picture: is_picture(file),
    });
    Some(Bubble {
        id: id.to_owned(),
        is_inbound: is_inbound(message),
        text: message.text.clone().unwrap_or_default(),
        files: files.chain(listed(state, message)).collect(),
        time: time_of(message).map(|time| Time::new(time, state.clock.now())),
    })
}

/// The files that a message lists, and whose contents the sandbox doesn't have.
fn listed(state: &State, message: &Message) -> Vec<FileView> {
    let id = message.id.as_deref().unwrap_or_default();
    if !state.messages.files(id).is_empty() {
        return Vec::new();
    }
    let listed = message.media.as_deref().unwrap_or_default().iter();
    let view = |file: &serde_json::Value| FileView {
        link: String::new(),
        name: file["name"].as_str().unwrap_or("a file").to_owned(),
        size: "listed only".to_owned(),
        is_picture: false,
    };
    listed.map(view).collect()
}

pub(super) fn time_of(message: &Message) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(message.last_updated?)
}
