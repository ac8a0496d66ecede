//! The webhook deliveries: each event, how far it is, and a button that posts it again.

use askama::Template;
use chrono::DateTime;

use super::{
    calls::{Filter, Wanted},
    place::Place,
    window::Window,
    words::Time,
};
use crate::state::{
    State,
    conversations::Ends,
    delivery::{Delivery, DeliveryState},
};

#[derive(Template)]
#[template(path = "page/deliveries.html")]
pub(super) struct Deliveries {
    filter: Filter,
    place: Place,
    window: Window<Row>,
    has_subscriptions: bool,
}

struct Row {
    number: usize,
    uuid: String,
    topic: String,
    uri: String,
    state: &'static str,
    /// For its colour, like the first digit of a status.
    class: char,
    is_under_way: bool,
    attempts: u32,
    status: Option<u16>,
    error: Option<String>,
    time: Option<Time>,
    payload: String,
}

impl Deliveries {
    pub(super) fn new(state: &State, place: &Place, ends: Option<&Ends>) -> Self {
        let wanted = ends
            .filter(|_| place.only)
            .map(|ends| Wanted::new(state, ends));
        let is_wanted = |delivery: &Delivery| {
            let Some(wanted) = &wanted else {
                return true;
            };
            match delivery.payload["messageInfo"]["messageId"].as_str() {
                Some(id) => wanted.has_message(id),
                None => wanted.names_number(&delivery.payload.to_string()),
            }
        };
        Self {
            filter: Filter::new(place),
            window: Window::new(
                state.deliveries.numbered().rev(),
                place,
                |delivery| is_wanted(delivery),
                |number, delivery| row(state, number, delivery),
            ),
            place: place.clone(),
            has_subscriptions: !state.subscriptions.is_empty(),
        }
    }
}

fn row(state: &State, number: usize, delivery: &Delivery) -> Row {
    let time = delivery.payload["timestamp"].as_str();
    let time = time.and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    let (words, class) = match delivery.state {
        DeliveryState::UnderWay => ("under way", '…'),
        DeliveryState::Delivered => ("delivered", '2'),
        DeliveryState::Failed => ("failed", '5'),
    };
    Row {
        number,
        uuid: delivery.uuid.clone(),
        topic: topic(&delivery.event).to_owned(),
        uri: delivery.uri.clone(),
        state: words,
        class,
        is_under_way: delivery.state == DeliveryState::UnderWay,
        attempts: delivery.attempts,
        status: delivery.last_status,
        error: delivery.last_error.map(|error| error.to_string()),
        time: time.map(|time| Time::new(time.to_utc(), state.clock.now())),
        payload: super::words::body(delivery.payload.to_string().as_bytes()),
    }
}

/// The end of a filter, which says what happened.
pub(super) fn topic(filter: &str) -> &str {
    filter.rsplit('/').next().unwrap_or(filter)
}
