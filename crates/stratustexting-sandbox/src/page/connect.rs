//! What a program needs to use the sandbox, to copy, and the logins and subscriptions that
//! programs have made.

use askama::Template;

use super::{deliveries::topic, place::Place, words::Time};
use crate::{connection::ConnectionDetails, state::State};

#[derive(Template)]
#[template(path = "page/connect.html")]
pub(super) struct Connect {
    place: Place,
    values: Vec<Value>,
    variables: Vec<(&'static str, String)>,
    at: ConnectionDetails,
    /// A customer's number for the examples.
    customer: String,
    tokens: Vec<Token>,
    refresh_tokens: usize,
    subscriptions: Vec<SubscriptionView>,
}

struct Value {
    /// For the button that copies it.
    id: String,
    name: &'static str,
    value: String,
}

struct Token {
    end: String,
    client: String,
    scopes: String,
    has_user: bool,
    expires: Time,
}

struct SubscriptionView {
    id: String,
    uri: String,
    status: String,
    is_active: bool,
    topics: String,
    disabled: String,
    expires: Option<Time>,
    failures: u32,
}

/// How many of each are listed.
const MOST: usize = 50;

/// Reserved for fiction.
const CUSTOMER: &str = "+13035550123";

impl Connect {
    pub(super) fn new(at: ConnectionDetails, state: &State, place: &Place) -> Self {
        let value = |(name, value): (&'static str, &str)| Value {
            id: format!("value-{}", name.to_lowercase().replace(' ', "-")),
            name,
            value: value.to_owned(),
        };
        let values = [
            ("API base", at.api_base.as_str()),
            ("Token URL", &at.token_url),
            ("Authorize URL", &at.authorize_url),
            ("Client id", &at.client_id),
            ("Client secret", &at.client_secret),
            ("API key", &at.api_key),
            ("Number", &at.number),
            ("User name", &at.username),
            ("Password", &at.password),
            ("Control API", &at.control_url),
        ];
        let variables = at.variables().into_iter();
        Self {
            place: place.clone(),
            values: values.into_iter().map(value).collect(),
            variables: variables.map(|(name, it)| (name, it.to_owned())).collect(),
            customer: match place.phone.is_empty() {
                true => CUSTOMER.to_owned(),
                false => place.phone.clone(),
            },
            tokens: tokens(state),
            refresh_tokens: state.oauth.refresh_tokens(),
            subscriptions: subscriptions(state),
            at,
        }
    }
}

fn tokens(state: &State) -> Vec<Token> {
    let now = state.clock.now();
    let valid = state.oauth.valid_tokens(now).into_iter().rev().take(MOST);
    let token = |(token, granted, expires): (&str, &crate::oauth::Granted, _)| Token {
        // Enough to tell them apart.
        end: token[token.len().saturating_sub(8)..].to_owned(),
        client: granted.client().to_owned(),
        scopes: scopes(&granted.scopes),
        has_user: granted.has_user(),
        expires: Time::new(expires, now),
    };
    valid.map(token).collect()
}

/// The last part of each scope's URL.
fn scopes(scopes: &[String]) -> String {
    let names = scopes.iter().map(|scope| topic(scope));
    names.collect::<Vec<_>>().join(", ")
}

fn subscriptions(state: &State) -> Vec<SubscriptionView> {
    let now = state.clock.now();
    let latest = state.subscriptions.iter().rev().take(MOST);
    latest
        .map(|(id, it)| {
            let filters = it.event_filters.as_deref().unwrap_or_default();
            let topics: Vec<_> = filters.iter().map(|filter| topic(filter)).collect();
            let disabled = it.disabled_filters.as_deref().unwrap_or_default().iter();
            let disabled = disabled.filter_map(|it| it.filter.as_deref());
            let disabled: Vec<_> = disabled.map(topic).collect();
            let status = it.status.as_ref().map(ToString::to_string);
            let expires = it.expiration_time.as_ref().and_then(|it| it.to_utc());
            SubscriptionView {
                id: id.clone(),
                uri: it.uri.clone().unwrap_or_default(),
                is_active: status.as_deref() == Some("ACTIVE"),
                status: status.unwrap_or_default(),
                topics: topics.join(", "),
                disabled: disabled.join(", "),
                expires: expires.map(|expires| Time::new(expires, now)),
                failures: state.failures.get(id).copied().unwrap_or_default(),
            }
        })
        .collect()
}
