//! The path of a request. It is recorded in the ledger first. Then a scripted response is
//! given if one waits; otherwise the OAuth server responds, or the gateway and then the
//! application. A fault wraps all that, or replaces it. With a file, the response leaves when
//! all of that is stored.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{ConnectInfo, Request, State},
    middleware::Next,
};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use stratustexting_client::Operation;
use tokio::time::timeout;

use crate::{
    api::{self, ApiRequest},
    dialect::Translation,
    fault::{self, Fault},
    gateway, oauth,
    response::Response,
    route::Route,
    shared::Shared,
    tcp::Connection,
    upload,
};

/// The most bytes that are read of a request's body: more than the largest message has.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Responds to every request that isn't for the control API.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> axum::response::Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = upload::read(&parts.headers, body, BODY_LIMIT).await else {
        let pending = shared.begin();
        let request_id = shared.state().ids.uuid();
        if let Err(error) = pending.stored().await {
            return error.into_response().map(Body::from);
        }
        return gateway::with_request_id(gateway::too_large(), &request_id).map(Body::from);
    };
    let pending = shared.begin();
    let met = connection.request_received();
    let route = shared.route(parts.method.as_str(), parts.uri.path());
    let name = met.as_ref().map(|fault| fault.name());
    let now = shared.state().clock.now();
    let sequence = shared
        .ledger()
        .record(route.name(), &parts, &body, name, now);
    let request = PendingRequest {
        route,
        parts,
        body,
        sequence,
    };
    let response = match &met {
        None => without_fault(&shared, request).await,
        Some(fault) => with_fault(&shared, &connection, fault, request).await,
    };
    let status = response.status().as_u16();
    shared.ledger().responded(sequence, status, response.body());
    tracing::debug!(operation = route.name(), status, fault = name, "responded");
    match pending.stored().await {
        Ok(()) => response.map(Body::from),
        Err(error) => error.into_response().map(Body::from),
    }
}

/// The response to a request that meets no fault. The gateway may give up before; the operation
/// is carried out to its end all the same.
async fn without_fault(shared: &Arc<Shared>, request: PendingRequest) -> Response {
    if !request.route.is_behind_gateway() {
        return request.carry_out(shared).await;
    }
    let limit = shared.settings().integration_timeout();
    let own = Arc::clone(shared);
    let mut work = Box::pin(async move { request.carry_out(&own).await });
    match timeout(limit, &mut work).await {
        Ok(response) => response,
        Err(_) => {
            let in_flight = Shared::request_in_flight(shared);
            tokio::spawn(async move {
                work.await;
                drop(in_flight);
            });
            gateway_timeout(shared)
        }
    }
}

/// The response to a request that meets a fault, which itself carries the operation out to its
/// end. The gateway's own timeout must not end a fault that never responds.
async fn with_fault(
    shared: &Arc<Shared>,
    connection: &Connection,
    fault: &Fault,
    request: PendingRequest,
) -> Response {
    let is_limited = request.route.is_behind_gateway() && !fault.never_responds();
    let work = fault::apply(shared, connection, fault, request);
    if !is_limited {
        return work.await;
    }
    let limit = shared.settings().integration_timeout();
    match timeout(limit, work).await {
        Ok(response) => response,
        Err(_) => gateway_timeout(shared),
    }
}

fn gateway_timeout(shared: &Shared) -> Response {
    let response = gateway::error(StatusCode::GATEWAY_TIMEOUT);
    gateway::with_request_id(response, &shared.state().ids.uuid())
}

/// Tells the connection where a request's head and body end, and where the response begins.
pub(crate) async fn mark_progress(
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> axum::response::Response {
    let request = connection.head_received(request);
    let response = next.run(request).await;
    connection.responded();
    response
}

/// A request that is in the ledger and wasn't carried out yet.
pub(crate) struct PendingRequest {
    route: Route,
    parts: Parts,
    body: Bytes,
    sequence: usize,
}

impl PendingRequest {
    pub(crate) async fn carry_out(mut self, shared: &Arc<Shared>) -> Response {
        let scripted = self.route.name();
        let scripted = scripted.and_then(|name| shared.script().take(name));
        if let Some(response) = scripted {
            return response.into_response();
        }
        let (parts, body) = (&mut self.parts, &mut self.body);
        let translation =
            Translation::request(&shared.dialect_state(), self.route.name(), parts, body);
        let response = respond(shared, &self.route, self.parts, self.body).await;
        if response.status().as_u16() < 400 {
            shared.ledger().carried_out(self.sequence);
        }
        translation.response(&mut shared.dialect_state(), response)
    }
}

async fn respond(shared: &Arc<Shared>, route: &Route, parts: Parts, body: Bytes) -> Response {
    match route {
        Route::Authorize => {
            let query = parts.uri.query().unwrap_or_default();
            let mut state = shared.state();
            let state = &mut *state;
            let (server, ids, now) = (&mut state.oauth, &mut state.ids, state.clock.now());
            oauth::authorize(server, ids, now, &parts.method, query, &body)
        }
        Route::Token if parts.method == http::Method::POST => {
            let mut state = shared.state();
            let state = &mut *state;
            let (server, ids, now) = (&mut state.oauth, &mut state.ids, state.clock.now());
            oauth::token(server, ids, now, &parts.headers, &body)
        }
        Route::Operation(_) | Route::Token | Route::Unknown => {
            let request_id = shared.state().ids.uuid();
            let response = behind_gateway(shared, route, parts, body).await;
            gateway::with_request_id(response, &request_id)
        }
    }
}

async fn behind_gateway(
    shared: &Arc<Shared>,
    route: &Route,
    parts: Parts,
    body: Bytes,
) -> Response {
    let url = parts.uri.path_and_query();
    let length = url.map_or(0, |url| url.as_str().len());
    match route {
        _ if length > shared.settings().max_url => gateway::uri_too_long(),
        Route::Operation(operation) => application(shared, operation, parts, body).await,
        _ => gateway::unknown_route(),
    }
}

async fn application(
    shared: &Arc<Shared>,
    operation: &'static Operation,
    parts: Parts,
    body: Bytes,
) -> Response {
    let now = {
        let state = shared.state();
        let now = state.clock.now();
        let (settings, headers) = (shared.settings(), &parts.headers);
        let rejection = gateway::check(&state.oauth, &settings, operation, headers, now);
        if let Some(rejection) = rejection {
            return rejection;
        }
        now
    };
    let request = ApiRequest::new(operation, parts, body);
    match api::respond(shared, &request).await {
        Ok(response) => response,
        Err(error) => error.into_response(request.path(), now),
    }
}
