//! The listening socket, which can be closed and opened again.

use std::{
    future::poll_fn,
    io,
    net::{self, SocketAddr},
    sync::{Arc, PoisonError, Weak, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

use super::{Inner, Io, Wire, request::first_line};
use crate::{error::StartError, ledger::BrokenRequest, shared::Shared};

/// What of the listening socket can be reached from outside of the server.
pub(crate) struct Gate {
    address: SocketAddr,
    /// None while connections are refused.
    listener: Option<TcpListener>,
    /// Who waits for a connection.
    waiting: Option<Waker>,
    open: Vec<Weak<Inner>>,
    runtime: Handle,
}

impl Gate {
    /// # Errors
    ///
    /// When the socket has no address.
    pub(crate) fn new(listener: TcpListener) -> io::Result<Self> {
        Ok(Self {
            address: listener.local_addr()?,
            listener: Some(listener),
            waiting: None,
            open: Vec::new(),
            runtime: Handle::current(),
        })
    }

    /// Listens again, at the same address.
    fn reopen(&mut self) -> io::Result<()> {
        if self.listener.is_some() {
            return Ok(());
        }
        let listener = net::TcpListener::bind(self.address)?;
        listener.set_nonblocking(true)?;
        let _runtime = self.runtime.enter();
        self.listener = Some(TcpListener::from_std(listener)?);
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
        Ok(())
    }

    fn poll_accept(
        &mut self,
        shared: &Arc<Shared>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Io, SocketAddr)>> {
        self.waiting = Some(cx.waker().clone());
        loop {
            let Some(listener) = &self.listener else {
                return Poll::Pending;
            };
            let (socket, address) = match listener.poll_accept(cx) {
                Poll::Ready(accepted) => accepted?,
                Poll::Pending => return Poll::Pending,
            };
            if let Some(socket) = meet_fault(shared, socket) {
                let wire = Wire::new(Arc::clone(shared), socket);
                self.open.retain(|wire| wire.strong_count() > 0);
                self.open.push(Arc::downgrade(&wire.0));
                return Poll::Ready(Ok((Io(wire), address)));
            }
        }
    }
}

/// Takes a new connection away, if it is scripted that it is reset.
fn meet_fault(shared: &Arc<Shared>, socket: TcpStream) -> Option<TcpStream> {
    let Some(fault) = shared.faults().take_connection() else {
        return Some(socket);
    };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        // A reset while the client still connects would be another fault: it looks as
        // if the connection were refused. So it waits for something to be there.
        // To look at it takes nothing; to wait until it is readable ends too early at times.
        let mut there = [0; 8 * 1024];
        let length = tokio::select! {
            length = socket.peek(&mut there) => length.unwrap_or_default(),
            () = shared.shutdown.cancelled() => return,
        };
        let line = first_line(&there[..length]);
        let operation = line.as_ref().and_then(|line| {
            let operation = shared.operation_at(&line.method, line.path());
            operation.map(str::to_owned)
        });
        shared.faults().broke(BrokenRequest {
            operation,
            target: line.map(|line| line.target),
            bytes: 0,
            fault: Some(fault.name()),
        });
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
    pub(crate) fn refuse_connections(&self, refuse: bool) -> Result<(), StartError> {
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if !refuse {
            let port = gate.address.port();
            gate.reopen()
                .map_err(|source| StartError::Listen { port, source })?;
            self.is_closed.store(false, Ordering::SeqCst);
            return Ok(());
        }
        self.is_closed.store(true, Ordering::SeqCst);
        gate.listener = None;
        for inner in gate.open.iter().filter_map(Weak::upgrade) {
            Wire(inner).close_if_idle();
        }
        Ok(())
    }
}

/// The listening socket, for the HTTP server.
pub(crate) struct Door(pub(crate) Arc<Shared>);

impl Door {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Io, SocketAddr)>> {
        let gate = self.0.gate.lock();
        let mut gate = gate.unwrap_or_else(PoisonError::into_inner);
        gate.poll_accept(&self.0, cx)
    }
}

impl Listener for Door {
    type Io = Io;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Io, SocketAddr) {
        loop {
            match poll_fn(|cx| self.poll_accept(cx)).await {
                Ok(accepted) => return accepted,
                Err(error) if is_the_clients(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "can't accept a connection");
                    // No descriptor is left, most likely: others have to be closed.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        let gate = self.0.gate.lock();
        Ok(gate.unwrap_or_else(PoisonError::into_inner).address)
    }
}

/// Whether a client went away before its connection was accepted.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}
