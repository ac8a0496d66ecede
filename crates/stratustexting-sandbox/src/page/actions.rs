//! What the page's forms do. Each ends with a redirect to the page that it was sent from, so
//! that reloading it sends nothing again.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use super::{faults, form::Form, place::Place, service, switches};
use crate::{
    api::messages::{self, CustomerMedia},
    clock::Clock,
    control,
    dialect::Dialect,
    dispatch,
    shared::Shared,
    state::{State as Sandboxed, conversations::Ends},
};

type SharedState = State<Arc<Shared>>;

/// Back to the page, or the page with what is wrong.
fn done(shared: &Arc<Shared>, form: &Form, outcome: Result<Place, String>) -> Response {
    match outcome {
        Ok(place) => Redirect::to(&place.link()).into_response(),
        Err(words) => form.fails(shared, words),
    }
}

pub(super) async fn customer_texts(State(shared): SharedState, mut form: Form) -> Response {
    let files = std::mem::take(&mut form.files);
    let (from, to, text) = (form.text("phone"), form.text("own"), form.text("text"));
    let outcome = if text.trim().is_empty() && files.is_empty() {
        Err("Write a text, or choose a picture".to_owned())
    } else {
        // A text area's lines end as in a form.
        let text = text.replace("\r\n", "\n");
        let media = CustomerMedia::Files(files);
        let received = messages::receive(&shared, from, to, &text, media);
        let ends = Ends {
            own: to.to_owned(),
            customer: from.to_owned(),
        };
        received
            .map(|_| form.place().at_phone(&ends))
            .map_err(|error| error.to_string())
    };
    done(&shared, &form, outcome)
}

pub(super) async fn fail_next(State(shared): SharedState, form: Form) -> Response {
    let fault = faults::find(&faults::FAULTS, form.text("fault"));
    let outcome = match fault {
        None => Err("Choose what goes wrong".to_owned()),
        Some(fault) => shared.faults().add(form.text("operation"), fault),
    };
    done(&shared, &form, outcome.map(|()| form.place()))
}

pub(super) async fn fail_all(State(shared): SharedState, form: Form) -> Response {
    let outcome = match faults::find(&faults::PLANS, form.text("plan")) {
        None => Err("Choose what goes wrong".to_owned()),
        Some(plan) => {
            shared.faults().set_plan(plan);
            Ok(form.place())
        }
    };
    done(&shared, &form, outcome)
}

pub(super) async fn refuse(State(shared): SharedState, form: Form) -> Response {
    let outcome = match form.text("seconds").parse() {
        Ok(seconds @ 1..=600) => control::refuse_for(&shared, Duration::from_secs(seconds)),
        _ => Err("The time must be 1 to 600 seconds".to_owned()),
    };
    done(&shared, &form, outcome.map(|()| form.place()))
}

pub(super) async fn end_tokens(State(shared): SharedState, form: Form) -> Response {
    let end: fn(&mut Sandboxed) = match form.text("how") {
        "expire" => Sandboxed::expire_access_tokens,
        "revoke" => |state| state.oauth.revoke_access_tokens(),
        "logins" => |state| state.oauth.revoke_refresh_tokens(),
        _ => return form.fails(&shared, "Choose which tokens end".to_owned()),
    };
    end(&mut shared.state());
    done(&shared, &form, Ok(form.place()))
}

pub(super) async fn advance(State(shared): SharedState, form: Form) -> Response {
    let outcome = match form.text("seconds").parse() {
        _ if form.get("stands").is_some() => {
            let clock = &mut shared.state().clock;
            *clock = Clock::frozen(clock.now());
            Ok(form.place())
        }
        Ok(seconds) => {
            shared.state().clock.advance(Duration::from_secs(seconds));
            Ok(form.place())
        }
        Err(_) => Err("The time must be a number of seconds".to_owned()),
    };
    done(&shared, &form, outcome)
}

pub(super) async fn change_settings(State(shared): SharedState, form: Form) -> Response {
    let changes = service::changes(|path| form.get(path));
    let outcome = changes.and_then(|changes| {
        let changed = shared.change_settings(|settings| settings.changed(changes));
        changed.map(|_| form.place())
    });
    done(&shared, &form, outcome)
}

pub(super) async fn set_dialect(State(shared): SharedState, form: Form) -> Response {
    let outcome = match form.text("seed").trim().parse() {
        Ok(seed) => {
            shared.dialect_state().set(Dialect::from_seed(seed));
            Ok(form.place())
        }
        Err(_) => Err("A dialect's seed must be a whole number".to_owned()),
    };
    done(&shared, &form, outcome)
}

pub(super) async fn set_status(State(shared): SharedState, form: Form) -> Response {
    let (id, status) = (form.text("id"), form.text("status"));
    let outcome = match shared.state().set_subscription_status(id, status) {
        true => Ok(form.place()),
        false => Err("There is no such subscription any longer".to_owned()),
    };
    done(&shared, &form, outcome)
}

pub(super) async fn deliver_again(State(shared): SharedState, form: Form) -> Response {
    let outcome = match dispatch::again(&shared, form.text("uuid")) {
        true => Ok(form.place()),
        false => Err("This delivery is still under way, or there is none".to_owned()),
    };
    done(&shared, &form, outcome)
}

pub(super) async fn switch_off(State(shared): SharedState, form: Form) -> Response {
    let outcome = switches::off(&shared, form.text("id"));
    done(&shared, &form, outcome.map(|()| form.place()))
}
