//! The control API: what a test in Rust does by calling [`crate::Sandbox`], over HTTP.
//!
//! It isn't part of the shared, and what arrives here isn't in the ledger.

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
    api::{contacts, messages},
    connection::Connection,
    dialect::Dialect,
    fault::{Fault, FaultPlan, Kind, ScriptedPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{NewClient, Registered},
    route::CONTROL_PATH,
    settings::Settings,
    shared::Shared,
    state::{delivery::Delivery, subscriptions},
};

use self::body::{Asked, Body, Refusal, refusal, refuse};

type Extract = State<Arc<Shared>>;
type Outcome<T> = Result<Json<T>, Refusal>;

fn routes() -> Router<Arc<Shared>> {
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

/// The routes below [`CONTROL_PATH`], with an answer in JSON to everything else there.
pub(crate) fn all() -> Router<Arc<Shared>> {
    let below = routes()
        .fallback(body::unknown)
        .method_not_allowed_fallback(body::wrong_method);
    // By itself, a slash at the end of the list's path isn't below it.
    let with_slash = format!("{CONTROL_PATH}/");
    Router::new()
        .nest(CONTROL_PATH, below)
        .route(&with_slash, get(index))
}

async fn index(State(shared): Extract) -> Json<Index> {
    Json(Index {
        connection: shared.connection.clone(),
        control: index::calls(),
    })
}

#[derive(Serialize)]
struct Index {
    #[serde(flatten)]
    connection: Connection,
    control: Vec<index::Call>,
}

async fn settings(State(shared): Extract) -> Json<Settings> {
    Json(shared.settings())
}

async fn change_settings(State(shared): Extract, Body(changes): Body<Value>) -> Outcome<Settings> {
    let changed = shared.change_settings(|settings| settings.changed(changes));
    changed.map(Json).map_err(refuse)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    #[serde(default)]
    since: usize,
}

async fn ledger(State(shared): Extract, Asked(from): Asked<Since>) -> Json<Vec<Entry>> {
    Json(shared.ledger().since(from.since).to_vec())
}

async fn clear_ledger(State(shared): Extract) -> StatusCode {
    shared.clear_ledger();
    StatusCode::NO_CONTENT
}

async fn sent(State(shared): Extract) -> Json<Value> {
    Json(json!(shared.state().messages.sent()))
}

async fn deliveries(State(shared): Extract) -> Json<Vec<Delivery>> {
    Json(shared.state().deliveries.clone())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CustomerText {
    from: String,
    to: String,
    text: String,
}

async fn customer_texts(State(shared): Extract, Body(text): Body<CustomerText>) -> Outcome<Value> {
    let received = messages::receive(&shared, &text.from, &text.to, &text.text);
    received.map(|id| Json(json!({"id": id}))).map_err(refuse)
}

async fn expire_tokens(State(shared): Extract) -> StatusCode {
    shared.state().expire_access_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum Revoke {
    Access,
    Refresh,
}

async fn revoke_tokens(State(shared): Extract, Body(which): Body<Revoke>) -> StatusCode {
    let oauth = &mut shared.state().oauth;
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

async fn advance(State(shared): Extract, Body(by): Body<Advance>) -> StatusCode {
    service
        .state()
        .clock
        .advance(Duration::from_secs(by.seconds));
    StatusCode::NO_CONTENT
}

async fn script(
    State(shared): Extract,
    Body(scripted): Body<Scripted>,
) -> Result<StatusCode, Refusal> {
    let (operation, times) = (scripted.operation.clone(), scripted.times);
    let answer = Answer::try_from(scripted).map_err(refuse)?;
    let added = shared.script().add(&operation, times, answer);
    added.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget_answers(State(shared): Extract) -> StatusCode {
    shared.script().clear();
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
    State(shared): Extract,
    Body(failing): Body<Failing>,
) -> Result<StatusCode, Refusal> {
    let added = shared.faults().add(&failing.operation, failing.fault);
    added.map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn stop_failing(State(shared): Extract) -> StatusCode {
    shared.stop_failing();
    StatusCode::NO_CONTENT
}

async fn fail_at_random(
    State(shared): Extract,
    Body(plan): Body<ScriptedPlan>,
) -> Result<StatusCode, Refusal> {
    let plan = FaultPlan::try_from(plan).map_err(refuse)?;
    shared.faults().follow(plan);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Refusing {
    milliseconds: u64,
}

/// For a time only: who asks over HTTP couldn't take it back.
async fn refuse_connections(
    State(shared): Extract,
    Body(refusing): Body<Refusing>,
) -> Result<StatusCode, Refusal> {
    shared.refuse_connections(true).map_err(refuse)?;
    let again = Arc::clone(&shared);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(refusing.milliseconds)).await;
        if let Err(error) = again.refuse_connections(false) {
            tracing::error!(%error, "the port is lost");
        }
    });
    Ok(StatusCode::NO_CONTENT)
}

async fn broken_requests(State(shared): Extract) -> Json<Vec<BrokenRequest>> {
    Json(shared.faults().broken().to_vec())
}

async fn dialect(State(shared): Extract) -> Json<Value> {
    let dialect = shared.dialect().dialect();
    Json(json!({"dialect": dialect, "differences": dialect.to_string()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    seed: u64,
}

/// Answers with what [`dialect`] would say then.
async fn set_dialect(State(shared): Extract, Body(asked): Body<Value>) -> Outcome<Value> {
    let wanted = if asked.get("seed").is_some() {
        let Seed { seed } = serde_json::from_value(asked).map_err(refuse)?;
        Dialect::from_seed(seed)
    } else {
        serde_json::from_value(asked).map_err(refuse)?
    };
    shared.dialect().set(wanted);
    Ok(dialect(State(shared)).await)
}

async fn register(State(shared): Extract, Body(client): Body<NewClient>) -> Outcome<Registered> {
    client.check().map_err(refuse)?;
    Ok(Json(shared.state().register(client)))
}

async fn remove_contact(
    State(shared): Extract,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    found(contacts::delete(&shared, &id), "there is no such contact")
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Status {
    status: String,
}

async fn set_status(
    State(shared): Extract,
    Path(id): Path<String>,
    Body(status): Body<Status>,
) -> Result<StatusCode, Refusal> {
    let set = shared.state().set_subscription_status(&id, &status.status);
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
    State(shared): Extract,
    Path(id): Path<String>,
    Body(filter): Body<Disabling>,
) -> Result<StatusCode, Refusal> {
    let Disabling {
        filter,
        reason,
        message,
    } = filter;
    let mut state = shared.state();
    let done = state.disable_filter(&id, &filter, &reason, &message);
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
