//! The webhook deliveries: each event, how far it is, and a button that posts it again.

use askama::Template;
use chrono::DateTime;

use super::{
    calls::{Filter, Wanted},
    place::Place,
    words::Time,
};
use crate::state::{
    State,
    conversations::Ends,
    delivery::{Delivery, DeliveryState},
};

/// How many deliveries are shown at a time.
const WINDOW: usize = 50;

/// How many are looked at for those of a conversation.
const MOST_SEARCHED: usize = 100_000;

#[derive(Template)]
#[template(path = "page/deliveries.html")]
pub(super) struct Deliveries {
    filter: Filter,
    place: Place,
    rows: Vec<Row>,
    older: Option<String>,
    newest: Option<String>,
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
            let payload = &delivery.payload;
            wanted
                .as_ref()
                .is_none_or(|it| it.is_in(&payload.to_string()))
        };
        let before = |number: usize| place.from.is_none_or(|from| number < from);
        let all = state.deliveries.numbered().rev();
        let all = all.filter(|(number, _)| before(*number));
        let mut found = all.take(MOST_SEARCHED).filter(|(_, it)| is_wanted(it));
        let rows: Vec<Row> = found
            .by_ref()
            .take(WINDOW)
            .map(|(number, delivery)| row(state, number, delivery))
            .collect();
        let at = |from| {
            Place {
                from,
                ..place.clone()
            }
            .link()
        };
        let last = rows.last().map(|row| row.number);
        Self {
            filter: Filter::new(place),
            older: last
                .filter(|_| found.next().is_some())
                .map(|it| at(Some(it))),
            newest: place.from.map(|_| at(None)),
            place: place.clone(),
            has_subscriptions: !state.subscriptions.is_empty(),
            rows,
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
