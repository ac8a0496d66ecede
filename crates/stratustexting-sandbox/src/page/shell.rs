//! The whole page: what is always in sight, and the chosen conversation and view.

use std::{fmt, sync::Arc};

use askama::Template;
use axum::{
    extract::{RawQuery, State as FromState},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};

use super::{
    calls::Calls,
    connect::Connect,
    deliveries::Deliveries,
    faults::Faults,
    phones::Phones,
    place::{Pane, Place, View},
    service::Service,
    switches::{self, Switch},
    talk::Talk,
};
use crate::{
    api::request::check_number,
    connection::ConnectionDetails,
    control,
    shared::Shared,
    state::{State, conversations::Ends},
};

#[derive(Template)]
#[template(path = "page/page.html")]
struct Page {
    place: Place,
    title: String,
    number: String,
    problem: Option<String>,
    switches: Vec<Switch>,
    panes: Vec<Tab>,
    views: Vec<Tab>,
    phones: Phones,
    talk: Option<Talk>,
    inspector: Inspector,
}

struct Tab {
    title: &'static str,
    link: String,
    is_chosen: bool,
}

enum Inspector {
    Calls(Calls),
    Deliveries(Deliveries),
    Faults(Faults),
    Service(Service),
    Connect(Box<Connect>),
}

impl fmt::Display for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Calls(view) => view.fmt(f),
            Self::Deliveries(view) => view.fmt(f),
            Self::Faults(view) => view.fmt(f),
            Self::Service(view) => view.fmt(f),
            Self::Connect(view) => view.fmt(f),
        }
    }
}

pub(super) async fn show(
    FromState(shared): FromState<Arc<Shared>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let place = Place::parse(&query.unwrap_or_default());
    page(&shared, place, &headers, None).into_response()
}

/// What a form asked for, and can't be done.
pub(super) struct Problem {
    pub(super) words: String,
    /// What was typed, to be shown again.
    pub(super) draft: String,
}

pub(super) fn page(
    shared: &Arc<Shared>,
    mut place: Place,
    headers: &HeaderMap,
    problem: Option<Problem>,
) -> impl IntoResponse + use<> {
    let mut status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let (words, draft) = match problem {
        Some(Problem { words, draft }) => (Some(words), draft),
        None => (None, String::new()),
    };
    let (words, invalid) = match check_phone(shared, &mut place) {
        Ok(()) => (words, false),
        Err(problem) => (words.or(Some(problem)), true),
    };
    if invalid {
        status = StatusCode::BAD_REQUEST;
    }
    let connection = control::connection(shared, headers);
    let switches = switches::all(shared);
    let inspector = inspector(shared, &place, connection);
    let state = shared.state();
    let first = first_number(&state);
    let talk = place.ends(&first);
    let page = Page {
        title: talk
            .as_ref()
            .map_or_else(String::new, |ends| format!("{} · ", ends.customer)),
        number: first,
        problem: words,
        switches,
        panes: panes(&place),
        views: views(&place),
        phones: Phones::new(&state, &place),
        talk: talk.map(|ends| Talk::new(&state, &place, ends, &draft)),
        inspector,
        place,
    };
    drop(state);
    match page.render() {
        Ok(text) => (status, Html(text)),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            Html(format!("the page can't be rendered: {error}")),
        ),
    }
}

/// A phone that can't exist isn't shown: nobody could answer from it.
fn check_phone(shared: &Shared, place: &mut Place) -> Result<(), String> {
    let problem = if place.phone.is_empty() {
        None
    } else if let Err(error) = check_number("The customer's number", &place.phone) {
        Some(error.to_string())
    } else if !place.own.is_empty() && shared.state().department_of(&place.own).is_none() {
        Some("The number that is texted must be one of the account's".to_owned())
    } else {
        None
    };
    match problem {
        None => Ok(()),
        Some(problem) => {
            place.phone.clear();
            place.own.clear();
            Err(problem)
        }
    }
}

fn inspector(shared: &Shared, place: &Place, connection: ConnectionDetails) -> Inspector {
    match place.view {
        View::Calls => {
            let broken = shared.faults().broken().len();
            // Locked in the same order as anywhere: the ledger is never waited for with the
            // state locked.
            let ledger = shared.ledger();
            let state = shared.state();
            let ends = chosen(&state, place);
            Inspector::Calls(Calls::new(&ledger, &state, place, ends.as_ref(), broken))
        }
        View::Deliveries => {
            let state = shared.state();
            let ends = chosen(&state, place);
            Inspector::Deliveries(Deliveries::new(&state, place, ends.as_ref()))
        }
        View::Faults => Inspector::Faults(Faults::new(&shared.state(), place)),
        View::Service => {
            let dialect = shared.dialect_state().dialect();
            Inspector::Service(Service::new(&shared.settings(), dialect, place))
        }
        View::Connect => {
            let state = shared.state();
            Inspector::Connect(Box::new(Connect::new(connection, &state, place)))
        }
    }
}

fn chosen(state: &State, place: &Place) -> Option<Ends> {
    place.ends(&first_number(state))
}

/// The number of the account that is used if none is chosen.
pub(super) fn first_number(state: &State) -> String {
    state.own_numbers().into_iter().next().unwrap_or_default()
}

fn views(place: &Place) -> Vec<Tab> {
    let tab = |view: View| Tab {
        title: view.title(),
        link: place.at_view(view).link(),
        is_chosen: view == place.view,
    };
    View::ALL.into_iter().map(tab).collect()
}

fn panes(place: &Place) -> Vec<Tab> {
    let all = [
        (Pane::Phones, "Phones"),
        (Pane::Talk, "Conversation"),
        (Pane::Inspect, "Inspector"),
    ];
    let tab = |(pane, title): (Pane, &'static str)| Tab {
        title,
        link: place.at_pane(pane).link(),
        is_chosen: pane == place.pane,
    };
    all.into_iter().map(tab).collect()
}

pub(super) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here.").into_response()
}
