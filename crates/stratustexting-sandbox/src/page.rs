//! The page at `/`: what happened in the sandbox, for a person who looks, answers as the
//! customer, and breaks things on purpose.
//!
//! It is rendered here, whole, for each request; a short script replaces what changed when
//! [`events`] says that something did. Without the script it works, too, by forms and links.
//! All that a person has chosen is in the page's URL ([`place`]).
//!
//! - `phones.rs`, `talk.rs`: the customers' phones, and the conversation with one.
//! - `calls.rs`, `deliveries.rs`, `faults.rs`, `service.rs`, `connect.rs`: the views beside it.
//! - `switches.rs`: what is switched on, and switches it off.
//! - `actions.rs`, `form.rs`: what the forms do.
//! - `assets.rs`, `media.rs`, `headers.rs`: script and styles, pictures, and what a browser
//!   may do with all this.
//!
//! The page can do what the control API can, and shows credentials. The same check keeps
//! pages of other sites away from both.

mod actions;
mod assets;
mod calls;
mod connect;
mod deliveries;
mod events;
mod faults;
mod form;
mod headers;
mod media;
mod phones;
mod place;
mod service;
mod shell;
mod switches;
mod talk;
mod window;
mod words;

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::{
    control::{self, origin},
    route::PAGE_PATH,
    shared::Shared,
};

/// The page, and everything below [`PAGE_PATH`].
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let below = Router::new()
        .route("/events", get(events::stream))
        .route("/style.css", get(assets::style))
        .route("/script.js", get(assets::script))
        .route("/icon.svg", get(assets::icon))
        .route("/media/{message}/{file}", get(media::file))
        .route("/text", post(actions::customer_texts))
        .route("/fault", post(actions::fail_next))
        .route("/plan", post(actions::fail_all))
        .route("/refuse", post(actions::refuse))
        .route("/tokens", post(actions::end_tokens))
        .route("/clock", post(actions::advance))
        .route("/settings", post(actions::change_settings))
        .route("/dialect", post(actions::set_dialect))
        .route("/subscription", post(actions::set_status))
        .route("/deliver", post(actions::deliver_again))
        .route("/off", post(actions::switch_off))
        .fallback(shell::not_found);
    let router = Router::new()
        .route("/", get(shell::show))
        .nest(PAGE_PATH, below)
        .layer(middleware::from_fn_with_state(
            Arc::clone(shared),
            control::respond_when_stored,
        ))
        .layer(middleware::from_fn(headers::add));
    origin::protect(router, shared)
}
