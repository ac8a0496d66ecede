//! The listening socket, which can be closed and opened again.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    sync::{Arc, PoisonError, Weak, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Handle,
};

use super::{Connection, ConnectionIo, Inner, request::first_line};
use crate::{error::SandboxError, ledger::BrokenRequest, shared::Shared};

/// How many connections wait to be accepted. The usual 128 are few for a program that makes
/// hundreds of calls at once: the system drops those beyond, and they are tried again after a
/// second.
const BACKLOG: u32 = 4_096;

/// So few connections aren't worth a search for ended ones.
const MIN_REMOVE_AT: usize = 64;

/// Listens at an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere it would let two programs have the same port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The listening socket, and the connections that it accepted.
pub(crate) struct ListenerState {
    address: SocketAddr,
    /// `None` while connections are refused.
    listener: Option<TcpListener>,
    /// Waits for a connection.
    acceptor: Option<Waker>,
    connections: Vec<Weak<Inner>>,
    /// When there are this many, those that have ended are removed. It grows with the open ones,
    /// so that accepting one costs the same however many there are.
    remove_at: usize,
    runtime: Handle,
}

impl ListenerState {
    /// # Errors
    ///
    /// When the socket has no address.
    pub(crate) fn new(listener: TcpListener) -> io::Result<Self> {
        Ok(Self {
            address: listener.local_addr()?,
            listener: Some(listener),
            acceptor: None,
            connections: Vec::new(),
            remove_at: MIN_REMOVE_AT,
            runtime: Handle::current(),
        })
    }

    /// Listens again, at the same address.
    fn reopen(&mut self) -> io::Result<()> {
        if self.listener.is_some() {
            return Ok(());
        }
        let _runtime = self.runtime.enter();
        self.listener = Some(listen(self.address)?);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.wake();
        }
        Ok(())
    }

    fn remember(&mut self, connection: &Connection) {
        if self.connections.len() >= self.remove_at {
            self.connections
                .retain(|connection| connection.strong_count() > 0);
            self.remove_at = MIN_REMOVE_AT.max(2 * self.connections.len());
        }
        self.connections.push(Arc::downgrade(&connection.0));
    }

    fn poll_accept(
        &mut self,
        shared: &Arc<Shared>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(ConnectionIo, SocketAddr)>> {
        self.acceptor = Some(cx.waker().clone());
        loop {
            let Some(listener) = &self.listener else {
                return Poll::Pending;
            };
            let (socket, address) = match listener.poll_accept(cx) {
                Poll::Ready(accepted) => accepted?,
                Poll::Pending => return Poll::Pending,
            };
            if let Some(socket) = reset_if_scripted(shared, socket) {
                let connection = Connection::new(Arc::clone(shared), socket);
                self.remember(&connection);
                return Poll::Ready(Ok((ConnectionIo(connection), address)));
            }
        }
    }
}

/// Resets a new connection, if that was scripted; otherwise returns it.
fn reset_if_scripted(shared: &Arc<Shared>, socket: TcpStream) -> Option<TcpStream> {
    let fault = {
        let mut faults = shared.faults();
        // Only then is it a change, which open pages are told of.
        match faults.has_connection() {
            true => faults.take_connection(),
            false => None,
        }
    };
    let Some(fault) = fault else {
        return Some(socket);
    };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        // A reset while the client still connects would look like a refused connection. So
        // the task waits until something has arrived. Peeking takes nothing away; waiting
        // for readability sometimes ends too early.
        let mut peeked = [0; 8 * 1024];
        let length = tokio::select! {
            length = socket.peek(&mut peeked) => length.unwrap_or_default(),
            () = shared.shutdown.cancelled() => return,
        };
        let line = first_line(&peeked[..length]);
        let operation = line.as_ref().and_then(|line| {
            let operation = shared.operation_name(&line.method, line.path());
            operation.map(str::to_owned)
        });
        shared.faults().record_broken(BrokenRequest {
            operation,
            target: line.map(|line| line.target),
            bytes: 0,
            fault: Some(fault.name()),
        });
        shared.poke();
        // If it fails, the connection is closed in the ordinary way.
        let _ = socket.set_zero_linger();
    });
    None
}

impl Shared {
    /// Closes the listening socket and idle connections, or listens again.
    ///
    /// # Errors
    ///
    /// When the port can't be listened on again.
    pub(crate) fn refuse_connections(&self, refuse: bool) -> Result<(), SandboxError> {
        let mut state = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if !refuse {
            let (host, port) = (state.address.ip(), state.address.port());
            state
                .reopen()
                .map_err(|source| SandboxError::Listen { host, port, source })?;
            self.refuses_connections.store(false, Ordering::SeqCst);
            return Ok(());
        }
        self.refuses_connections.store(true, Ordering::SeqCst);
        state.listener = None;
        for inner in state.connections.iter().filter_map(Weak::upgrade) {
            Connection(inner).close_if_idle();
        }
        Ok(())
    }
}

/// The listening socket, for the HTTP server.
pub(crate) struct SandboxListener(pub(crate) Arc<Shared>);

impl SandboxListener {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(ConnectionIo, SocketAddr)>> {
        let state = self.0.listener.lock();
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.poll_accept(&self.0, cx)
    }
}

impl Listener for SandboxListener {
    type Io = ConnectionIo;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (ConnectionIo, SocketAddr) {
        loop {
            match poll_fn(|cx| self.poll_accept(cx)).await {
                Ok(accepted) => return accepted,
                Err(error) if is_client_error(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "can't accept a connection");
                    // Most likely no descriptor is left: other connections must be closed first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        let state = self.0.listener.lock();
        Ok(state.unwrap_or_else(PoisonError::into_inner).address)
    }
}

/// Whether the client closed the connection before it was accepted.
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
