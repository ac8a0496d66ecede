//! The control API: what a test in Rust does by calling [`crate::Sandbox`], over HTTP.
//!
//! It isn't part of the service, and what arrives here isn't in the ledger.

mod body;
mod index;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{delete, get, post},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Scripted},
    api::{messages, subscriptions},
    delivery::Delivery,
    dialect::Dialect,
    fault::{Fault, FaultPlan, Kind, ScriptedPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{NewClient, Registered},
    sandbox::{Connection, clear_ledger as forget_requests, delete_contact},
    service::Service,
    settings::Settings,
};

use self::body::{Asked, Body, Refusal, refusal, refuse};

pub(crate) const PATH: &str = "/control";

type Shared = State<Arc<Service>>;
type Outcome<T> = Result<Json<T>, Refusal>;

fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(index))
        .route("/settings", get(settings).patch(change_settings))
        .route("/ledger", get(ledger).delete(clear_ledger))
        .route("/messages", get(sent))
        .route("/deliveries", get(deliveries))
        .route("/customer/messages", post(customer_texts))
        .route("/tokens/expire", post(expire_tokens))
        .route("/tokens/revoke", post(revoke_tokens))
        .route("/clock/advance", post(advance))
        .route("/answers", post(script).delete(forget_answers))
        .route("/faults", post(fail_next).delete(stop_failing))
        .route("/faults/random", post(fail_at_random))
        .route("/faults/refuse", post(refuse_connections))
        .route("/broken", get(broken_requests))
        .route("/dialect", get(dialect).post(set_dialect))
        .route("/clients", post(register))
        .route("/contacts/{id}", delete(remove_contact))
        .route("/subscriptions/{id}/status", post(set_status))
        .route("/subscriptions/{id}/disabled-filters", post(disable_filter))
}

/// The routes below [`PATH`], with an answer in JSON to everything else there.
pub(crate) fn all() -> Router<Arc<Service>> {
    let below = routes()
        .fallback(body::unknown)
        .method_not_allowed_fallback(body::wrong_method);
    // By itself, a slash at the end of the list's path isn't below it.
    let with_slash = format!("{PATH}/");
    Router::new()
        .nest(PATH, below)
        .route(&with_slash, get(index))
}

async fn index(State(service): Shared) -> Json<Index> {
    Json(Index {
        connection: service.connection.clone(),
        control: index::calls(),
    })
}

#[derive(Serialize)]
struct Index {
    #[serde(flatten)]
    connection: Connection,
    control: Vec<index::Call>,
}

async fn settings(State(service): Shared) -> Json<Settings> {
    Json(service.settings())
}

async fn change_settings(State(service): Shared, Body(changes): Body<Value>) -> Outcome<Settings> {
    let changed = service.change_settings(|settings| settings.changed(changes));
    changed.map(Json).map_err(refuse)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    #[serde(default)]
    since: usize,
}

async fn ledger(State(service): Shared, Asked(from): Asked<Since>) -> Json<Vec<Entry>> {
    Json(service.ledger().since(from.since).to_vec())
}

async fn clear_ledger(State(service): Shared) -> StatusCode {
    forget_requests(&service);
    StatusCode::NO_CONTENT
}

async fn sent(State(service): Shared) -> Json<Value> {
    Json(json!(service.world().messages.sent()))
}

async fn deliveries(State(service): Shared) -> Json<Vec<Delivery>> {
    Json(service.world().deliveries.clone())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CustomerText {
    from: String,
    to: String,
    text: String,
}

async fn customer_texts(State(service): Shared, Body(text): Body<CustomerText>) -> Outcome<Value> {
    let received = messages::receive(&service, &text.from, &text.to, &text.text);
    received.map(|id| Json(json!({"id": id}))).map_err(refuse)
}

async fn expire_tokens(State(service): Shared) -> StatusCode {
    service.world().expire_access_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum Revoke {
    Access,
    Refresh,
}

async fn revoke_tokens(State(service): Shared, Body(which): Body<Revoke>) -> StatusCode {
    let oauth = &mut service.world().oauth;
    match which {
        Revoke::Access => oauth.revoke_access_tokens(),
        Revoke::Refresh => oauth.revoke_refresh_tokens(),
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

async fn advance(State(service): Shared, Body(by): Body<Advance>) -> StatusCode {
    service
        .world()
        .clock
        .advance(Duration::from_secs(by.seconds));
    StatusCode::NO_CONTENT
}

async fn script(
    State(service): Shared,
    Body(scripted): Body<Scripted>,
) -> Result<StatusCode, Refusal> {
    let (operation, times) = (scripted.operation.clone(), scripted.times);
    let answer = Answer::try_from(scripted).map_err(refuse)?;
    let added = service.script().add(&operation, times, answer);
    added.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget_answers(State(service): Shared) -> StatusCode {
    service.script().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Failing {
    operation: String,
    #[schemars(with = "Kind")]
    fault: Fault,
}

async fn fail_next(
    State(service): Shared,
    Body(failing): Body<Failing>,
) -> Result<StatusCode, Refusal> {
    let added = service.faults().add(&failing.operation, failing.fault);
    added.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn stop_failing(State(service): Shared) -> StatusCode {
    service.stop_failing();
    StatusCode::NO_CONTENT
}

async fn fail_at_random(
    State(service): Shared,
    Body(plan): Body<ScriptedPlan>,
) -> Result<StatusCode, Refusal> {
    let plan = FaultPlan::try_from(plan).map_err(refuse)?;
    service.faults().follow(plan);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Refusing {
    milliseconds: u64,
}

/// For a time only: who asks over HTTP couldn't take it back.
async fn refuse_connections(
    State(service): Shared,
    Body(refusing): Body<Refusing>,
) -> Result<StatusCode, Refusal> {
    service.refuse_connections(true).map_err(refuse)?;
    let again = Arc::clone(&service);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(refusing.milliseconds)).await;
        if let Err(error) = again.refuse_connections(false) {
            tracing::error!(%error, "the port is lost");
        }
    });
    Ok(StatusCode::NO_CONTENT)
}

async fn broken_requests(State(service): Shared) -> Json<Vec<BrokenRequest>> {
    Json(service.faults().broken().to_vec())
}

async fn dialect(State(service): Shared) -> Json<Value> {
    let dialect = service.dialect().dialect();
    Json(json!({"dialect": dialect, "differences": dialect.to_string()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    seed: u64,
}

/// Answers with what [`dialect`] would say then.
async fn set_dialect(State(service): Shared, Body(asked): Body<Value>) -> Outcome<Value> {
    let wanted = if asked.get("seed").is_some() {
        let Seed { seed } = serde_json::from_value(asked).map_err(refuse)?;
        Dialect::from_seed(seed)
    } else {
        serde_json::from_value(asked).map_err(refuse)?
    };
    service.dialect().set(wanted);
    Ok(dialect(State(service)).await)
}

async fn register(State(service): Shared, Body(client): Body<NewClient>) -> Outcome<Registered> {
    client.check().map_err(refuse)?;
    Ok(Json(service.world().register(client)))
}

async fn remove_contact(
    State(service): Shared,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    found(delete_contact(&service, &id), "there is no such contact")
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Status {
    status: String,
}

async fn set_status(
    State(service): Shared,
    Path(id): Path<String>,
    Body(status): Body<Status>,
) -> Result<StatusCode, Refusal> {
    let set = subscriptions::set_status(&mut service.world(), &id, &status.status);
    found(set, "there is no such subscription")
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Disabling {
    filter: String,
    #[serde(default = "disabled")]
    reason: String,
    #[serde(default)]
    message: String,
}

fn disabled() -> String {
    subscriptions::DISABLED.to_owned()
}

async fn disable_filter(
    State(service): Shared,
    Path(id): Path<String>,
    Body(filter): Body<Disabling>,
) -> Result<StatusCode, Refusal> {
    let Disabling {
        filter,
        reason,
        message,
    } = filter;
    let mut world = service.world();
    let done = subscriptions::disable_filter(&mut world, &id, &filter, &reason, &message);
    found(
        done,
        "there is no such subscription, or it has no such filter",
    )
}

fn found(found: bool, otherwise: &str) -> Result<StatusCode, Refusal> {
    if found {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(refusal(StatusCode::NOT_FOUND, otherwise))
    }
}
