//! A TCP connection as the server sees it. It knows where a request begins, and can be
//! reset at any byte.
//!
//! It stands between socket and HTTP server, because a reset is no response: the server
//! sees the end of the stream, and the client gets a reset. The first line of each request
//! is held back until it is complete, so that its fault is known before more is read. The
//! handler says where a response begins. A client that sends its next request before it
//! has the last response (pipelining) may meet no faults.

mod arrival;
mod cut;
mod listener;
mod request;

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    task::{Context, Poll, Waker, ready},
};

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use self::arrival::Arrival;
pub(crate) use self::{
    cut::{Cut, End},
    listener::{ListenerState, SandboxListener, listen},
};
use crate::{
    fault::{Fault, FaultKind},
    ledger::BrokenRequest,
    route,
    shared::{InFlight, Shared},
};

/// The HTTP server rejects a longer first line itself.
const MAX_FIRST_LINE: usize = 1024 * 1024;

/// How much is read at once while a request is held back.
const CHUNK: usize = 8 * 1024;

/// One connection, for the handlers of its requests.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    state: Mutex<ConnectionState>,
}

/// One connection, for the HTTP server.
pub(crate) struct ConnectionIo(Connection);

struct ConnectionState {
    /// `None` when the sandbox has closed it.
    socket: Option<TcpStream>,
    /// Waits for a request; woken when the connection is closed meanwhile.
    reader: Option<Waker>,
    phase: Phase,
    /// The bytes that were read and not yet passed to the HTTP server.
    held: Vec<u8>,
    /// The request that is arriving or being handled.
    request: Option<RequestProgress>,
    /// Until when the part of the request that is arriving must be complete.
    arrival: Option<Arrival>,
    /// Where the response that is being written ends early.
    cut: Option<Cut>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// There is no request.
    Idle,
    /// The first line of a request is arriving.
    FirstLine,
    /// The request will be reset after this many bytes.
    Counting(u64),
    /// The request is passed on as it arrives.
    Passing,
    /// The handler has responded; whether any of the response was written yet.
    Responding { written: bool },
}

struct RequestProgress {
    _in_flight: InFlight,
    bytes: u64,
    operation: Option<&'static str>,
    target: Option<String>,
    /// The fault that the handler must apply.
    fault: Option<Fault>,
    /// Whether it isn't recorded if it breaks: it arrived completely, or it is for the
    /// control API.
    ignore_if_broken: bool,
}

impl Connection {
    fn new(shared: Arc<Shared>, socket: TcpStream) -> Self {
        let state = Mutex::new(ConnectionState {
            socket: Some(socket),
            reader: None,
            phase: Phase::Idle,
            held: Vec::new(),
            request: None,
            arrival: None,
            cut: None,
        });
        Self(Arc::new(Inner { shared, state }))
    }

    fn state(&self) -> MutexGuard<'_, ConnectionState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handler has the whole request; returns the fault that it meets.
    pub(crate) fn request_received(&self) -> Option<Fault> {
        let mut state = self.state();
        let request = state.request.as_mut()?;
        request.ignore_if_broken = true;
        request.fault.take()
    }

    /// The response that is about to be written ends early.
    pub(crate) fn cut_response(&self, cut: Cut) {
        self.state().cut = Some(cut);
    }

    /// The handler has responded: what arrives from here on is another request.
    pub(crate) fn responded(&self) {
        let mut state = self.state();
        state.arrival = None;
        state.finish_request(&self.0.shared, None);
        state.phase = Phase::Responding { written: false };
    }

    /// Closes the connection if there is no request.
    fn close_if_idle(&self) {
        let mut state = self.state();
        if state.phase == Phase::Idle && state.socket.is_some() {
            state.end(End::Close);
            self.0
                .shared
                .idle_connections_closed
                .fetch_add(1, Ordering::SeqCst);
            if let Some(reader) = state.reader.take() {
                reader.wake();
            }
        }
    }
}

impl Connected<IncomingStream<'_, SandboxListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, SandboxListener>) -> Self {
        stream.io().0.clone()
    }
}

impl ConnectionState {
    fn poll_read(
        &mut self,
        shared: &Arc<Shared>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = self.poll_read_request(shared, cx, out) {
            return Poll::Ready(read);
        }
        let Some(arrival) = &mut self.arrival else {
            return Poll::Pending;
        };
        ready!(arrival.poll_timed_out(cx));
        // The server sees the end of the stream, and drops the connection.
        self.arrival = None;
        self.end(End::Close);
        Poll::Ready(Ok(()))
    }

    fn poll_read_request(
        &mut self,
        shared: &Arc<Shared>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let read_limit = self.read_limit();
            if self.phase == Phase::Passing && !self.held.is_empty() {
                let length = self.held.len().min(out.remaining());
                out.put_slice(&self.held[..length]);
                self.held.drain(..length);
                return Poll::Ready(Ok(()));
            }
            let Some(socket) = &mut self.socket else {
                return Poll::Ready(Ok(()));
            };
            self.reader = Some(cx.waker().clone());
            if self.phase == Phase::Passing {
                let before = out.filled().len();
                ready!(Pin::new(socket).poll_read(cx, out))?;
                if let Some(request) = &mut self.request {
                    request.bytes += (out.filled().len() - before) as u64;
                }
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; CHUNK];
            let mut chunk = ReadBuf::new(&mut space[..read_limit]);
            ready!(Pin::new(socket).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                if self.held.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                // The server must see for itself that the rest is missing.
                self.phase = Phase::Passing;
            } else {
                let read = chunk.filled().to_vec();
                self.receive(shared, &read);
            }
        }
    }

    /// How much may be read at once.
    fn read_limit(&self) -> usize {
        match (self.phase, &self.request) {
            (Phase::Counting(limit), Some(request)) => {
                let left = limit.saturating_sub(request.bytes);
                usize::try_from(left).map_or(CHUNK, |left| left.clamp(1, CHUNK))
            }
            _ => CHUNK,
        }
    }

    /// Takes in bytes of a request that is being held back.
    fn receive(&mut self, shared: &Arc<Shared>, read: &[u8]) {
        self.held.extend_from_slice(read);
        if matches!(self.phase, Phase::Idle | Phase::Responding { .. }) {
            self.phase = Phase::FirstLine;
            self.arrival = Some(Arrival::within(shared.limits.head_timeout));
        }
        let request = self.request.get_or_insert_with(|| RequestProgress {
            _in_flight: Shared::request_in_flight(shared),
            bytes: 0,
            operation: None,
            target: None,
            fault: None,
            ignore_if_broken: false,
        });
        request.bytes += read.len() as u64;
        if self.phase == Phase::FirstLine {
            match request::first_line(&self.held) {
                Some(line) => self.start_request(shared, &line),
                None if self.held.len() > MAX_FIRST_LINE => self.phase = Phase::Passing,
                None => {}
            }
        }
        let Phase::Counting(limit) = self.phase else {
            return;
        };
        let bytes = self.request.as_ref().map_or(0, |request| request.bytes);
        if bytes >= limit || request::is_complete(&self.held) {
            let fault = Fault::reset_after_request_bytes(limit);
            self.reset(shared, &fault);
        }
    }

    /// The first line is complete: it decides which fault the request meets.
    fn start_request(&mut self, shared: &Arc<Shared>, line: &request::FirstLine) {
        self.phase = Phase::Passing;
        let Some(request) = &mut self.request else {
            return;
        };
        request.ignore_if_broken = route::is_own(line.path());
        request.operation = shared.operation_name(&line.method, line.path());
        request.target = Some(line.target.clone());
        request::shorten_target(&mut self.held);
        let Some(operation) = request.operation else {
            return;
        };
        let fault = shared.faults().take(operation, line.text.as_bytes());
        match fault {
            Some(fault) if fault.0 == FaultKind::ResetBeforeRequest => self.reset(shared, &fault),
            Some(Fault(FaultKind::ResetAfterRequestBytes { bytes })) => {
                self.phase = Phase::Counting(bytes);
            }
            fault => request.fault = fault,
        }
    }

    /// Resets the connection because of a fault of the request.
    fn reset(&mut self, shared: &Arc<Shared>, fault: &Fault) {
        // Before the client can notice, so that the list is complete by then.
        self.finish_request(shared, Some(fault));
        self.held.clear();
        self.end(End::Reset);
    }

    fn end(&mut self, end: End) {
        if let Some(socket) = self.socket.take()
            && end == End::Reset
        {
            // If it fails, the connection is closed in the ordinary way.
            let _ = socket.set_zero_linger();
        }
    }

    /// The request is over: complete, or broken.
    fn finish_request(&mut self, shared: &Arc<Shared>, fault: Option<&Fault>) {
        let Some(request) = self.request.take() else {
            return;
        };
        if !request.ignore_if_broken {
            shared.faults().record_broken(BrokenRequest {
                operation: request.operation.map(str::to_owned),
                target: request.target,
                bytes: request.bytes,
                fault: fault.map(Fault::name),
            });
            shared.poke();
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let Some(socket) = &mut self.socket else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let allowed = match &self.cut {
            None => data.len(),
            Some(cut) => cut.allows(data),
        };
        let written = match allowed {
            0 => 0,
            _ => ready!(Pin::new(socket).poll_write(cx, &data[..allowed]))?,
        };
        if let Phase::Responding { written } = &mut self.phase {
            *written = true;
        }
        if let Some(cut) = &mut self.cut {
            cut.wrote(&data[..written]);
            if cut.is_due() {
                let end = cut.end();
                self.end(end);
            }
        }
        match written {
            0 => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            _ => Poll::Ready(Ok(written)),
        }
    }

    /// The server has written a whole response: the connection is idle.
    fn flushed(&mut self, shared: &Shared) {
        if self.phase == (Phase::Responding { written: true }) {
            self.phase = Phase::Idle;
            if shared.refuses_connections.load(Ordering::SeqCst) && self.socket.is_some() {
                self.end(End::Close);
                shared
                    .idle_connections_closed
                    .fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

impl AsyncRead for ConnectionIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let connection = &self.0;
        connection.state().poll_read(&connection.0.shared, cx, out)
    }
}

impl AsyncWrite for ConnectionIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.state().poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.state();
        if let Some(socket) = &mut state.socket {
            ready!(Pin::new(socket).poll_flush(cx))?;
        }
        state.flushed(&self.0.0.shared);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0.state().socket {
            Some(socket) => Pin::new(socket).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for ConnectionIo {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.finish_request(&self.0.0.shared, None);
        state.socket = None;
    }
}
