//! The control API: what a test in Rust does by calling [`crate::Sandbox`], over HTTP.
//!
//! It isn't part of the service, and what arrives here isn't in the ledger.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::{delete, get, post},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Scripted},
    api::messages,
    dialect::Dialect,
    fault::{Fault, FaultPlan, ScriptedPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{NewClient, Registered},
    sandbox::{Connection, clear_ledger as forget_requests, delete_contact},
    service::Service,
    webhooks::Delivery,
};

pub(crate) const PATH: &str = "/control";

type Shared = State<Arc<Service>>;
type Refusal = (StatusCode, Json<Value>);
type Outcome<T> = Result<Json<T>, Refusal>;

pub(crate) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(index))
        .route("/ledger", get(ledger).delete(clear_ledger))
        .route("/messages", get(sent))
        .route("/deliveries", get(deliveries))
        .route("/customer/messages", post(customer_texts))
        .route("/tokens/expire", post(expire_tokens))
        .route("/tokens/revoke", post(revoke_tokens))
        .route("/clock/advance", post(advance))
        .route("/answers", post(script))
        .route("/faults", post(fail_next).delete(stop_failing))
        .route("/faults/random", post(fail_at_random))
        .route("/faults/refuse", post(refuse_connections))
        .route("/broken", get(broken_requests))
        .route("/dialect", get(dialect).post(set_dialect))
        .route("/clients", post(register))
        .route("/contacts/{id}", delete(remove_contact))
}

async fn index(State(service): Shared) -> Json<Index> {
    Json(Index {
        connection: service.connection.clone(),
        control: LIST,
    })
}

#[derive(Serialize)]
struct Index {
    #[serde(flatten)]
    connection: Connection,
    control: [(&'static str, &'static str); 18],
}

const LIST: [(&str, &str); 18] = [
    (
        "GET /control/ledger?since=N",
        "every request as it arrived, from number N on",
    ),
    ("DELETE /control/ledger", "forget them"),
    ("GET /control/messages", "the messages that were sent"),
    ("GET /control/deliveries", "the events that were posted"),
    (
        "POST /control/customer/messages",
        "{from, to, text}: a customer texts",
    ),
    ("POST /control/tokens/expire", "end all access tokens"),
    (
        "POST /control/tokens/revoke",
        "{kind: access or refresh}: forget all tokens",
    ),
    (
        "POST /control/clock/advance",
        "{seconds}: move the clock on",
    ),
    (
        "POST /control/answers",
        "{operation, status, headers, body}: the next answer",
    ),
    (
        "POST /control/faults",
        "{operation, fault: {kind, commit: before or after, …}}: the next request fails",
    ),
    (
        "DELETE /control/faults",
        "forget all faults that were scripted",
    ),
    (
        "POST /control/faults/random",
        "{seed, probability, faults: [{fault, weight}], operations}: fail at random",
    ),
    (
        "POST /control/faults/refuse",
        "{milliseconds}: refuse connections for so long",
    ),
    (
        "GET /control/broken",
        "the requests that never became whole",
    ),
    ("GET /control/dialect", "the dialect, with a line about it"),
    (
        "POST /control/dialect",
        "{seed}, or {kind: value, …}: answer in another dialect",
    ),
    (
        "POST /control/clients",
        "{name, redirect_uris, grants, scopes}: register a client",
    ),
    ("DELETE /control/contacts/{id}", "delete a contact"),
];

fn refuse(error: impl ToString) -> Refusal {
    let body = json!({"message": error.to_string()});
    (StatusCode::BAD_REQUEST, Json(body))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    #[serde(default)]
    since: usize,
}

async fn ledger(State(service): Shared, Query(from): Query<Since>) -> Json<Vec<Entry>> {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerText {
    from: String,
    to: String,
    text: String,
}

async fn customer_texts(State(service): Shared, Json(text): Json<CustomerText>) -> Outcome<Value> {
    let received = messages::receive(&service, &text.from, &text.to, &text.text);
    received.map(|id| Json(json!({"id": id}))).map_err(refuse)
}

async fn expire_tokens(State(service): Shared) -> StatusCode {
    service.world().expire_access_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum Revoke {
    Access,
    Refresh,
}

async fn revoke_tokens(State(service): Shared, Json(which): Json<Revoke>) -> StatusCode {
    let oauth = &mut service.world().oauth;
    match which {
        Revoke::Access => oauth.revoke_access_tokens(),
        Revoke::Refresh => oauth.revoke_refresh_tokens(),
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

async fn advance(State(service): Shared, Json(by): Json<Advance>) -> StatusCode {
    service
        .world()
        .clock
        .advance(Duration::from_secs(by.seconds));
    StatusCode::NO_CONTENT
}

async fn script(
    State(service): Shared,
    Json(scripted): Json<Scripted>,
) -> Result<StatusCode, Refusal> {
    let operation = scripted.operation.clone();
    let answer = Answer::try_from(scripted).map_err(refuse)?;
    service.script().add(&operation, answer).map_err(refuse)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failing {
    operation: String,
    fault: Fault,
}

async fn fail_next(
    State(service): Shared,
    Json(failing): Json<Failing>,
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
    Json(plan): Json<ScriptedPlan>,
) -> Result<StatusCode, Refusal> {
    let plan = FaultPlan::try_from(plan).map_err(refuse)?;
    service.faults().follow(plan);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusing {
    milliseconds: u64,
}

/// For a time only: who asks over HTTP couldn't take it back.
async fn refuse_connections(
    State(service): Shared,
    Json(refusing): Json<Refusing>,
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
async fn set_dialect(State(service): Shared, Json(asked): Json<Value>) -> Outcome<Value> {
    let wanted = if asked.get("seed").is_some() {
        let Seed { seed } = serde_json::from_value(asked).map_err(refuse)?;
        Dialect::from_seed(seed)
    } else {
        serde_json::from_value(asked).map_err(refuse)?
    };
    service.dialect().set(wanted);
    Ok(dialect(State(service)).await)
}

async fn register(State(service): Shared, Json(client): Json<NewClient>) -> Outcome<Registered> {
    client.check().map_err(refuse)?;
    Ok(Json(service.world().register(client)))
}

async fn remove_contact(State(service): Shared, Path(id): Path<String>) -> StatusCode {
    if delete_contact(&service, &id) {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::NOT_FOUND
    }
}
