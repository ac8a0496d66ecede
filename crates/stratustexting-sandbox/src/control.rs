//! The control API: the methods of [`crate::Sandbox`], over HTTP.
//!
//! It isn't part of the service, and its requests aren't in the ledger.

mod body;
mod clock;
mod index;
mod kept;
mod openapi;
pub(crate) mod origin;
mod routes;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    middleware,
    routing::{delete, get, post},
};
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    api::{contacts, messages},
    connection::ConnectionDetails,
    dialect::Dialect,
    dispatch,
    fault::{Fault, FaultKind, FaultPlan, FaultPlanInput},
    ledger::{BrokenRequest, Entry},
    oauth::{NewClient, RegisteredClient},
    route::CONTROL_PATH,
    script::{ScriptedResponse, ScriptedResponseInput},
    settings::Settings,
    shared::Shared,
    state::{delivery::Delivery, subscriptions},
};

use self::body::{Body, ErrorResponse, QueryParams, bad_request, error_response};
pub(crate) use self::kept::respond_when_stored;
pub(crate) use self::origin::{Allowed, check_host};
use self::routes::Routes;

type SharedState = State<Arc<Shared>>;
type JsonResult<T> = Result<Json<T>, ErrorResponse>;

/// A new endpoint is also listed in `index.rs`.
fn routes() -> Routes {
    Routes::default()
        .route("/", get(index))
        .route("/openapi.json", get(openapi))
        .route("/settings", get(settings).patch(change_settings))
        .route("/ledger", get(ledger).delete(clear_ledger))
        .route("/messages", get(sent_messages))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/{uuid}/again", post(deliver_again))
        .route("/customer/messages", post(customer_texts))
        .route("/tokens/expire", post(expire_tokens))
        .route("/tokens/revoke", post(revoke_tokens))
        .route("/clock", get(clock::show).post(clock::set))
        .route("/clock/advance", post(advance))
        .route("/responses", post(script_response).delete(clear_responses))
        // The name before, which programs in other languages may still use.
        .unlisted("/answers", post(script_response).delete(clear_responses))
        .route("/faults", post(fail_next).delete(stop_failing))
        .route("/faults/random", post(fail_at_random))
        .route("/faults/refuse", post(refuse_connections))
        .route("/broken", get(broken_requests))
        .route("/dialect", get(dialect).post(set_dialect))
        .route("/clients", post(register_client))
        .route("/contacts/{id}", delete(delete_contact))
        .route("/subscriptions/{id}/status", post(set_status))
        .route("/subscriptions/{id}/disabled-filters", post(disable_filter))
}

/// The routes below [`CONTROL_PATH`], with an error in JSON for everything else there.
pub(crate) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let below = routes()
        .router
        .fallback(body::not_found)
        .method_not_allowed_fallback(body::method_not_allowed);
    // `nest` doesn't match the index with a slash at its end.
    let with_slash = format!("{CONTROL_PATH}/");
    let router = Router::new()
        .nest(CONTROL_PATH, below)
        .route(&with_slash, get(index))
        .layer(middleware::from_fn_with_state(
            Arc::clone(shared),
            kept::respond_when_stored,
        ));
    origin::protect(router, shared)
}

/// The URLs have the host by which the sender reaches the sandbox: a container and the machine
/// it runs on have different ones.
async fn index(State(shared): SharedState, headers: HeaderMap) -> Json<Index> {
    Json(Index {
        connection: connection(&shared, &headers),
        control: index::endpoints(),
    })
}

pub(crate) fn connection(shared: &Shared, headers: &HeaderMap) -> ConnectionDetails {
    match origin::authority(headers) {
        Some(host) => shared.connection.at(host.as_str()),
        None => shared.connection.clone(),
    }
}

/// Its server is the URL by which the sender reaches the sandbox.
async fn openapi(State(shared): SharedState, headers: HeaderMap) -> Json<Value> {
    let control = connection(&shared, &headers).control_url;
    let server = control.strip_suffix(CONTROL_PATH).unwrap_or(&control);
    Json(openapi::document(server))
}

#[derive(JsonSchema, Serialize)]
struct Index {
    #[serde(flatten)]
    connection: ConnectionDetails,
    control: Vec<index::Endpoint>,
}

async fn settings(State(shared): SharedState) -> Json<Settings> {
    Json(shared.settings())
}

async fn change_settings(
    State(shared): SharedState,
    Body(changes): Body<Value>,
) -> JsonResult<Settings> {
    let changed = shared.change_settings(|settings| settings.changed(changes));
    changed.map(Json).map_err(bad_request)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SinceQuery {
    #[serde(default)]
    since: usize,
}

async fn ledger(
    State(shared): SharedState,
    QueryParams(from): QueryParams<SinceQuery>,
) -> Json<Vec<Entry>> {
    Json(shared.ledger().since(from.since).to_vec())
}

async fn clear_ledger(State(shared): SharedState) -> StatusCode {
    shared.clear_ledger();
    StatusCode::NO_CONTENT
}

async fn sent_messages(State(shared): SharedState) -> Json<Value> {
    Json(json!(shared.state().messages.sent()))
}

async fn deliveries(State(shared): SharedState) -> Json<Vec<Delivery>> {
    Json(shared.state().deliveries.to_vec())
}

async fn deliver_again(
    State(shared): SharedState,
    Path(uuid): Path<String>,
) -> Result<StatusCode, ErrorResponse> {
    no_content_if(
        dispatch::again(&shared, &uuid),
        "there is no such delivery, or it is still under way",
    )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "CustomerText")]
struct CustomerTextInput {
    from: String,
    to: String,
    text: String,
    /// The files that come with it, as the message then lists them.
    #[serde(default)]
    media: Vec<Value>,
}

#[derive(JsonSchema, Serialize)]
struct ReceivedText {
    /// The message's id, by which the API gives it.
    id: String,
    /// How many subscriptions its event goes to.
    subscriptions: usize,
}

async fn customer_texts(
    State(shared): SharedState,
    Body(text): Body<CustomerTextInput>,
) -> JsonResult<ReceivedText> {
    let CustomerTextInput {
        from,
        to,
        text,
        media,
    } = text;
    let media = messages::CustomerMedia::Listed(media);
    let received = messages::receive(&shared, &from, &to, &text, media).map_err(bad_request)?;
    Ok(Json(ReceivedText {
        id: received.id,
        subscriptions: received.subscriptions,
    }))
}

async fn expire_tokens(State(shared): SharedState) -> StatusCode {
    shared.state().expire_access_tokens();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum RevokeInput {
    Access,
    Refresh,
}

async fn revoke_tokens(State(shared): SharedState, Body(which): Body<RevokeInput>) -> StatusCode {
    let oauth = &mut shared.state().oauth;
    match which {
        RevokeInput::Access => oauth.revoke_access_tokens(),
        RevokeInput::Refresh => oauth.revoke_refresh_tokens(),
    }
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AdvanceInput {
    seconds: u64,
}

async fn advance(State(shared): SharedState, Body(by): Body<AdvanceInput>) -> StatusCode {
    shared
        .state()
        .clock
        .advance(Duration::from_secs(by.seconds));
    StatusCode::NO_CONTENT
}

async fn script_response(
    State(shared): SharedState,
    Body(input): Body<ScriptedResponseInput>,
) -> Result<StatusCode, ErrorResponse> {
    let (operation, times) = (input.operation.clone(), input.times);
    let response = ScriptedResponse::try_from(input).map_err(bad_request)?;
    let added = shared.script().add(&operation, times, response);
    added.map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_responses(State(shared): SharedState) -> StatusCode {
    shared.script().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FaultInput {
    operation: String,
    #[schemars(with = "FaultKind")]
    fault: Fault,
}

async fn fail_next(
    State(shared): SharedState,
    Body(input): Body<FaultInput>,
) -> Result<StatusCode, ErrorResponse> {
    let added = shared.faults().add(&input.operation, input.fault);
    added.map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn stop_failing(State(shared): SharedState) -> StatusCode {
    shared.stop_failing();
    StatusCode::NO_CONTENT
}

async fn fail_at_random(
    State(shared): SharedState,
    Body(plan): Body<FaultPlanInput>,
) -> Result<StatusCode, ErrorResponse> {
    let plan = FaultPlan::try_from(plan).map_err(bad_request)?;
    shared.faults().set_plan(plan);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefuseInput {
    milliseconds: u64,
}

/// For a limited time only: over HTTP nobody could end it.
async fn refuse_connections(
    State(shared): SharedState,
    Body(input): Body<RefuseInput>,
) -> Result<StatusCode, ErrorResponse> {
    let time = Duration::from_millis(input.milliseconds);
    refuse_for(&shared, time).map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

/// # Errors
///
/// When connections can't be refused: what is wrong.
pub(crate) fn refuse_for(shared: &Arc<Shared>, time: Duration) -> Result<(), String> {
    let refused = shared.refuse_connections(true);
    refused.map_err(|error| error.to_string())?;
    let again = Arc::clone(shared);
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        if let Err(error) = again.refuse_connections(false) {
            tracing::error!(%error, "can't listen on the port again");
        }
    });
    Ok(())
}

async fn broken_requests(State(shared): SharedState) -> Json<Vec<BrokenRequest>> {
    Json(shared.faults().broken().to_vec())
}

#[derive(JsonSchema, Serialize)]
struct CurrentDialect {
    dialect: Dialect,
    /// What differs from the inferred responses, in one line.
    differences: String,
}

async fn dialect(State(shared): SharedState) -> Json<CurrentDialect> {
    let dialect = shared.dialect_state().dialect();
    Json(CurrentDialect {
        dialect,
        differences: dialect.to_string(),
    })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SeedInput {
    seed: u64,
}

/// What [`set_dialect`] takes, for its schema. It reads the two apart, since serde's errors
/// for such a choice don't name the wrong field.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "ChosenDialect")]
#[expect(dead_code, reason = "only its schema is used")]
enum DialectInput {
    Seed(SeedInput),
    Kinds(Box<Dialect>),
}

/// Responds as [`dialect`] does afterwards.
async fn set_dialect(
    State(shared): SharedState,
    Body(body): Body<Value>,
) -> JsonResult<CurrentDialect> {
    let new = if body.get("seed").is_some() {
        let SeedInput { seed } = serde_json::from_value(body).map_err(bad_request)?;
        Dialect::from_seed(seed)
    } else {
        serde_json::from_value(body).map_err(bad_request)?
    };
    shared.dialect_state().set(new);
    Ok(dialect(State(shared)).await)
}

async fn register_client(
    State(shared): SharedState,
    Body(client): Body<NewClient>,
) -> JsonResult<RegisteredClient> {
    client.check().map_err(bad_request)?;
    Ok(Json(shared.state().register(client)))
}

async fn delete_contact(
    State(shared): SharedState,
    Path(id): Path<String>,
) -> Result<StatusCode, ErrorResponse> {
    no_content_if(contacts::delete(&shared, &id), "there is no such contact")
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StatusInput {
    status: String,
}

async fn set_status(
    State(shared): SharedState,
    Path(id): Path<String>,
    Body(status): Body<StatusInput>,
) -> Result<StatusCode, ErrorResponse> {
    let set = shared.state().set_subscription_status(&id, &status.status);
    no_content_if(set, "there is no such subscription")
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DisabledFilterInput {
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
    State(shared): SharedState,
    Path(id): Path<String>,
    Body(filter): Body<DisabledFilterInput>,
) -> Result<StatusCode, ErrorResponse> {
    let DisabledFilterInput {
        filter,
        reason,
        message,
    } = filter;
    let mut state = shared.state();
    let done = state.disable_filter(&id, &filter, &reason, &message);
    no_content_if(
        done,
        "there is no such subscription, or it has no such filter",
    )
}

fn no_content_if(done: bool, otherwise: &str) -> Result<StatusCode, ErrorResponse> {
    if done {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(error_response(StatusCode::NOT_FOUND, otherwise))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CONTROL_PATH, index, routes};

    /// Which methods they have is tested over HTTP.
    #[test]
    fn every_path_of_the_router_is_in_the_index() {
        let served: BTreeSet<String> = routes()
            .listed
            .iter()
            .map(|path| format!("{CONTROL_PATH}{path}"))
            .map(|path| path.trim_end_matches('/').to_owned())
            .collect();

        let listed = index::endpoints()
            .iter()
            .map(|endpoint| endpoint.path.to_owned())
            .collect();

        assert_eq!(served, listed);
    }
}
