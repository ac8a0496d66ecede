//! The way of a request: it is written down, a scripted answer is given if one waits,
//! else the OAuth server, or the gateway and then the application, answers. A fault that
//! it meets stands around all that, or in its place.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::request::Parts;
use stratustexting_client::Operation;

use crate::{
    api::{self, Call},
    dialect::Talk,
    fault::strike,
    gateway, oauth,
    reply::Reply,
    route::Route,
    shared::Shared,
    wire::Wire,
};

/// What is read of a request at most: the largest message, and then some.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Answers every request that isn't for the control API.
pub(crate) async fn serve(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let request_id = shared.state().ids.uuid();
        return gateway::identified(gateway::too_large(), &request_id).map(Body::from);
    };
    let fault = wire.whole();
    let route = shared.route(parts.method.as_str(), parts.uri.path());
    let name = fault.as_ref().map(|fault| fault.name());
    let sequence = shared.ledger().write(route.name(), &parts, &body, name);
    let errand = Errand {
        route,
        parts,
        body,
        sequence,
    };
    let reply = match &fault {
        None => errand.run(&shared).await,
        Some(fault) => strike(&shared, &wire, fault, errand).await,
    };
    let status = reply.status().as_u16();
    shared.ledger().answered(sequence, status);
    tracing::debug!(operation = route.name(), status, fault = name, "answered");
    reply.map(Body::from)
}

/// Tells the connection where answers begin.
pub(crate) async fn tell_the_wire(
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    wire.answered();
    response
}

/// A request that was written down and not carried out yet.
pub(crate) struct Errand {
    route: Route,
    parts: Parts,
    body: Bytes,
    sequence: usize,
}

impl Errand {
    pub(crate) async fn run(mut self, shared: &Arc<Shared>) -> Reply {
        let scripted = self.route.name();
        let scripted = scripted.and_then(|name| shared.script().take(name));
        if let Some(answer) = scripted {
            return answer.into_reply();
        }
        let (parts, body) = (&mut self.parts, &mut self.body);
        let talk = Talk::begin(&shared.dialect(), self.route.name(), parts, body);
        let reply = answer(shared, &self.route, self.parts, self.body).await;
        if reply.status().as_u16() < 400 {
            shared.ledger().carried_out(self.sequence);
        }
        talk.end(&mut shared.dialect(), reply)
    }
}

async fn answer(shared: &Arc<Shared>, route: &Route, parts: Parts, body: Bytes) -> Reply {
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
            let reply = behind_gateway(shared, route, parts, body).await;
            gateway::identified(reply, &request_id)
        }
    }
}

async fn behind_gateway(shared: &Arc<Shared>, route: &Route, parts: Parts, body: Bytes) -> Reply {
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
) -> Reply {
    let now = {
        let state = shared.state();
        let now = state.clock.now();
        let (settings, headers) = (shared.settings(), &parts.headers);
        let refusal = gateway::check(&state.oauth, &settings, operation, headers, now);
        if let Some(refusal) = refusal {
            return refusal;
        }
        now
    };
    let call = Call::new(operation, parts, body);
    match api::answer(shared, &call).await {
        Ok(reply) => reply,
        Err(fault) => fault.into_reply(call.path(), now),
    }
}
