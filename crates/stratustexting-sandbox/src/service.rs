//! The way of a request: it is written down, a scripted answer is given if one waits,
//! else the OAuth server, or the gateway and then the application, answers. A fault that
//! it meets stands around all that, or in its place.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize},
};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use bytes::Bytes;
use http::request::Parts;
use stratustexting_client::Operation;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Script, TOKEN},
    api::{self, Call},
    base,
    builder::Limits,
    callback::Callbacks,
    dialect::{Speaker, Talk},
    dispatch::Outbox,
    fault::{Faults, strike},
    gateway,
    ledger::Ledger,
    oauth,
    reply::Reply,
    sandbox::Connection,
    settings::Settings,
    wire::{Gate, Wire},
    world::World,
};

pub(crate) const AUTHORIZE_PATH: &str = "/oauth2/authorize";
pub(crate) const TOKEN_PATH: &str = "/oauth2/token";

/// What is read of a request at most: the largest message, and then some.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// What all requests share. No lock is held while anything is waited for.
pub(crate) struct Service {
    pub(crate) connection: Connection,
    pub(crate) limits: Limits,
    pub(crate) callbacks: Callbacks,
    pub(crate) outbox: Outbox,
    settings: Mutex<Settings>,
    /// Ends what goes on in the background when the sandbox goes away.
    pub(crate) shutdown: CancellationToken,
    /// How many deliveries are under way.
    pub(crate) under_way: watch::Sender<usize>,
    world: Mutex<World>,
    ledger: Mutex<Ledger>,
    script: Mutex<Script>,
    faults: Mutex<Faults>,
    dialect: Mutex<Speaker>,
    pub(crate) gate: Mutex<Gate>,
    /// Whether connections are refused.
    pub(crate) is_closed: AtomicBool,
    /// How many idle connections were closed because of that.
    pub(crate) idle_closed: AtomicUsize,
    /// Ends the requests that are never answered.
    pub(crate) stopped: watch::Sender<()>,
    /// How many requests are on their way in or are being carried out.
    pub(crate) working: watch::Sender<usize>,
}

/// A request that is on its way in or is being carried out, as long as this lives.
pub(crate) struct Working(Arc<Service>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.send_modify(|count| *count -= 1);
    }
}

impl Service {
    pub(crate) fn new(
        connection: Connection,
        limits: Limits,
        settings: Settings,
        callbacks: Callbacks,
        outbox: Outbox,
        world: World,
        gate: Gate,
    ) -> Self {
        Self {
            connection,
            limits,
            callbacks,
            outbox,
            settings: Mutex::new(settings),
            shutdown: CancellationToken::new(),
            under_way: watch::Sender::new(0),
            world: Mutex::new(world),
            ledger: Mutex::default(),
            script: Mutex::default(),
            faults: Mutex::default(),
            dialect: Mutex::default(),
            gate: Mutex::new(gate),
            is_closed: AtomicBool::new(false),
            idle_closed: AtomicUsize::new(0),
            stopped: watch::Sender::new(()),
            working: watch::Sender::new(0),
        }
    }

    pub(crate) fn working(service: &Arc<Self>) -> Working {
        service.working.send_modify(|count| *count += 1);
        Working(Arc::clone(service))
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn dialect(&self) -> MutexGuard<'_, Speaker> {
        self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stop_failing(&self) {
        self.faults().stop();
        self.stopped.send_replace(());
    }

    /// The name of what a request goes to, if faults may meet it.
    pub(crate) fn operation_at(&self, method: &str, path: &str) -> Option<&'static str> {
        Place::of(self, method, path).name()
    }

    pub(crate) fn settings(&self) -> Settings {
        let settings = self.settings.lock();
        settings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes settings; returns what they are then.
    ///
    /// # Errors
    ///
    /// What can't be; then nothing is changed.
    pub(crate) fn change_settings(
        &self,
        change: impl FnOnce(&Settings) -> Result<Settings, String>,
    ) -> Result<Settings, String> {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        *settings = change(&settings)?;
        self.outbox.set_at_a_time(settings.deliveries.at_a_time);
        Ok(settings.clone())
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a request goes.
#[derive(Clone, Copy)]
enum Place {
    Authorize,
    Token,
    Operation(&'static Operation),
    Nowhere,
}

impl Place {
    fn of(service: &Service, method: &str, path: &str) -> Self {
        // The vendor prints these URLs with a slash at their end; clients leave it out.
        match path.strip_suffix('/').unwrap_or(path) {
            AUTHORIZE_PATH => return Self::Authorize,
            TOKEN_PATH => return Self::Token,
            _ => {}
        }
        let below = base::below(path);
        let dialect = service.dialect().dialect();
        let operation = below.and_then(|path| dialect.operation_at(method, path));
        match operation {
            Some(operation) if service.limits.has(operation) => Self::Operation(operation),
            _ => Self::Nowhere,
        }
    }

    fn name(&self) -> Option<&'static str> {
        match self {
            Self::Authorize => Some("authorize"),
            Self::Token => Some(TOKEN),
            Self::Operation(operation) => Some(operation.id),
            Self::Nowhere => None,
        }
    }
}

/// Answers every request that isn't for the control API.
pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let request_id = service.world().ids.uuid();
        return gateway::identified(gateway::too_large(), &request_id).map(Body::from);
    };
    let fault = wire.whole();
    let place = Place::of(&service, parts.method.as_str(), parts.uri.path());
    let name = fault.as_ref().map(|fault| fault.name());
    let sequence = service.ledger().write(place.name(), &parts, &body, name);
    let errand = Errand {
        place,
        parts,
        body,
        sequence,
    };
    let reply = match &fault {
        None => errand.run(&service).await,
        Some(fault) => strike(&service, &wire, fault, errand).await,
    };
    let status = reply.status().as_u16();
    service.ledger().answered(sequence, status);
    tracing::debug!(operation = place.name(), status, fault = name, "answered");
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
    place: Place,
    parts: Parts,
    body: Bytes,
    sequence: usize,
}

impl Errand {
    pub(crate) async fn run(mut self, service: &Arc<Service>) -> Reply {
        let scripted = self.place.name();
        let scripted = scripted.and_then(|name| service.script().take(name));
        if let Some(answer) = scripted {
            return answer.into_reply();
        }
        let (parts, body) = (&mut self.parts, &mut self.body);
        let talk = Talk::begin(&service.dialect(), self.place.name(), parts, body);
        let reply = answer(service, &self.place, self.parts, self.body).await;
        if reply.status().as_u16() < 400 {
            service.ledger().carried_out(self.sequence);
        }
        talk.end(&mut service.dialect(), reply)
    }
}

async fn answer(service: &Arc<Service>, place: &Place, parts: Parts, body: Bytes) -> Reply {
    let query = parts.uri.query().unwrap_or_default();
    match place {
        Place::Authorize => oauth::authorize(&mut service.world(), &parts.method, query, &body),
        Place::Token if parts.method == http::Method::POST => {
            oauth::token(&mut service.world(), &parts.headers, &body)
        }
        Place::Operation(_) | Place::Token | Place::Nowhere => {
            let request_id = service.world().ids.uuid();
            let reply = behind_gateway(service, place, parts, body).await;
            gateway::identified(reply, &request_id)
        }
    }
}

async fn behind_gateway(service: &Arc<Service>, place: &Place, parts: Parts, body: Bytes) -> Reply {
    let url = parts.uri.path_and_query();
    let length = url.map_or(0, |url| url.as_str().len());
    match place {
        _ if length > service.settings().max_url => gateway::uri_too_long(),
        Place::Operation(operation) => application(service, operation, parts, body).await,
        _ => gateway::unknown_route(),
    }
}

async fn application(
    service: &Arc<Service>,
    operation: &'static Operation,
    parts: Parts,
    body: Bytes,
) -> Reply {
    let now = {
        let world = service.world();
        let now = world.clock.now();
        let (settings, headers) = (service.settings(), &parts.headers);
        let refusal = gateway::check(&world.oauth, &settings, operation, headers, now);
        if let Some(refusal) = refusal {
            return refusal;
        }
        now
    };
    let call = Call::new(operation, parts, body);
    match api::answer(service, &call).await {
        Ok(reply) => reply,
        Err(fault) => fault.into_reply(call.path(), now),
    }
}
