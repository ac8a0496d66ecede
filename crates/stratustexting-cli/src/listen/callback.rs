//! The server that the service posts to. Only requests with the secret in their path get in.

use std::{io, net::Ipv4Addr};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri},
};
use stratustexting::webhook::{CallbackResponse, Guard, Incoming};
use stratustexting_queue::inbox::{Inbox, SqliteStore};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{kept::Kept, subscription::PublicUrl};
use crate::failure::{Class, Failure, Result};

pub(super) struct Callback {
    port: u16,
    secret: String,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Door {
    guard: Guard,
    inbox: Inbox<SqliteStore>,
}

impl Callback {
    /// Listens on the port; on another one if that is taken and `is_free_choice`.
    pub(super) async fn start(
        port: u16,
        is_free_choice: bool,
        kept: &Kept,
        inbox: Inbox<SqliteStore>,
    ) -> Result<Self> {
        let listener = match bind(port).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_free_choice => {
                bind(0).await
            }
            bound => bound,
        };
        let listener = listener.map_err(|error| {
            Failure::new(
                Class::Usage,
                format!("--port: {port} can't be listened on: {error}"),
            )
        })?;
        let port = listener.local_addr()?.port();
        let guard = Guard::new().path_secret(kept.secret())?;
        let routes = Router::new()
            .fallback(receive)
            .with_state(Door { guard, inbox });
        let server = tokio::spawn(async move {
            // It ends with the program only.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self {
            port,
            secret: kept.secret().to_owned(),
            server,
        })
    }

    /// What the service gets to know. It has the secret.
    pub(super) fn url(&self, public: Option<&PublicUrl>) -> String {
        format!("{}/{}", self.base(public), self.secret)
    }

    /// What a person sees.
    pub(super) fn shown(&self, public: Option<&PublicUrl>) -> String {
        format!("{}/…", self.base(public))
    }

    fn base(&self, public: Option<&PublicUrl>) -> String {
        match public {
            Some(url) => url.base(),
            None => format!("http://127.0.0.1:{}", self.port),
        }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}

async fn receive(
    State(door): State<Door>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> CallbackResponse {
    if let Err(rejection) = door.guard.admit(uri.path(), &headers, None) {
        return rejection.into();
    }
    match Incoming::from_parts(&method, &headers, &body) {
        Ok(incoming) => door.inbox.receive(incoming).await,
        Err(rejection) => rejection.into(),
    }
}
