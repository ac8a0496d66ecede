//! A connection as the server sees it: it knows where a request begins, and can be
//! reset at any byte.
//!
//! Between socket and HTTP server, because faults at this level are no answers: the
//! server is given an end of the stream, and the client gets a reset. The first line of
//! each request is held back until it is whole, so that its fault is known before
//! anything else of it is read. Where an answer ends is told by the handler; a client
//! that sends its next request before it has the last answer has faults skipped.

mod cut;
mod door;
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

pub(crate) use self::{
    cut::{Cut, End},
    door::{Door, Gate},
};
use crate::{
    fault::{Fault, Kind},
    ledger::BrokenRequest,
    route::CONTROL_PATH,
    shared::{Shared, Working},
};

/// A first line that is longer is left to the HTTP server to refuse.
const LONGEST_LINE: usize = 1024 * 1024;

/// How much is read at once while requests are held back.
const CHUNK: usize = 8 * 1024;

/// One connection, for those who handle its requests.
#[derive(Clone)]
pub(crate) struct Wire(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    line: Mutex<Line>,
}

/// One connection, for the HTTP server.
pub(crate) struct Io(Wire);

struct Line {
    /// None when the sandbox has closed it.
    socket: Option<TcpStream>,
    /// Who waits for a request; woken when the connection is closed meanwhile.
    reader: Option<Waker>,
    phase: Phase,
    /// What was read and isn't handed on yet.
    held: Vec<u8>,
    /// What is known of the request that is under way.
    request: Option<Underway>,
    /// Where the answer that is being written ends early.
    cut: Option<Cut>,
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// No request is under way.
    Between,
    /// The first line of one is.
    Opening,
    /// It will be reset after so many bytes.
    Counting(u64),
    /// It is handed on as it comes.
    Passing,
    /// The handler has answered; whether the answer is being written yet.
    Answering { written: bool },
}

struct Underway {
    _working: Working,
    bytes: u64,
    operation: Option<&'static str>,
    target: Option<String>,
    /// The fault that the handler has to see to.
    fault: Option<Fault>,
    /// Whether nothing is to be written down if it breaks: it arrived whole, or it was
    /// for the control API.
    settled: bool,
}

impl Wire {
    fn new(shared: Arc<Shared>, socket: TcpStream) -> Self {
        let line = Mutex::new(Line {
            socket: Some(socket),
            reader: None,
            phase: Phase::Between,
            held: Vec::new(),
            request: None,
            cut: None,
        });
        Self(Arc::new(Inner { shared, line }))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handler has the whole request; returns the fault that it meets.
    pub(crate) fn whole(&self) -> Option<Fault> {
        let mut line = self.line();
        let request = line.request.as_mut()?;
        request.settled = true;
        request.fault.take()
    }

    /// The answer that is about to be written ends early.
    pub(crate) fn cut(&self, cut: Cut) {
        self.line().cut = Some(cut);
    }

    /// The handler has answered: what arrives from here is another request.
    pub(crate) fn answered(&self) {
        let mut line = self.line();
        line.give_up(&self.0.shared, None);
        line.phase = Phase::Answering { written: false };
    }

    /// Closes the connection if no request is under way.
    fn close_if_idle(&self) {
        let mut line = self.line();
        if line.phase == Phase::Between && line.socket.is_some() {
            line.end(End::Close);
            self.0.shared.idle_closed.fetch_add(1, Ordering::SeqCst);
            if let Some(reader) = line.reader.take() {
                reader.wake();
            }
        }
    }
}

impl Connected<IncomingStream<'_, Door>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().0.clone()
    }
}

impl Line {
    fn poll_read(
        &mut self,
        shared: &Arc<Shared>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let wanted = self.wanted();
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
            let mut chunk = ReadBuf::new(&mut space[..wanted]);
            ready!(Pin::new(socket).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                if self.held.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                // The server is to see for itself that the rest is missing.
                self.phase = Phase::Passing;
            } else {
                let read = chunk.filled().to_vec();
                self.arrived(shared, &read);
            }
        }
    }

    /// How much may be read.
    fn wanted(&self) -> usize {
        match (self.phase, &self.request) {
            (Phase::Counting(limit), Some(request)) => {
                let left = limit.saturating_sub(request.bytes);
                usize::try_from(left).map_or(CHUNK, |left| left.clamp(1, CHUNK))
            }
            _ => CHUNK,
        }
    }

    /// Something of a request that is being held back arrived.
    fn arrived(&mut self, shared: &Arc<Shared>, read: &[u8]) {
        self.held.extend_from_slice(read);
        if matches!(self.phase, Phase::Between | Phase::Answering { .. }) {
            self.phase = Phase::Opening;
        }
        let request = self.request.get_or_insert_with(|| Underway {
            _working: Shared::working(shared),
            bytes: 0,
            operation: None,
            target: None,
            fault: None,
            settled: false,
        });
        request.bytes += read.len() as u64;
        if self.phase == Phase::Opening {
            match request::first_line(&self.held) {
                Some(line) => self.open(shared, &line),
                None if self.held.len() > LONGEST_LINE => self.phase = Phase::Passing,
                None => {}
            }
        }
        let Phase::Counting(limit) = self.phase else {
            return;
        };
        let bytes = self.request.as_ref().map_or(0, |request| request.bytes);
        if bytes >= limit || request::is_whole(&self.held) {
            let fault = Fault::reset_after_request_bytes(limit);
            self.reset(shared, &fault);
        }
    }

    /// The first line is whole: it says which fault the request meets.
    fn open(&mut self, shared: &Arc<Shared>, line: &request::FirstLine) {
        self.phase = Phase::Passing;
        let Some(request) = &mut self.request else {
            return;
        };
        request.settled = line.path().starts_with(CONTROL_PATH);
        request.operation = shared.operation_at(&line.method, line.path());
        request.target = Some(line.target.clone());
        request::shorten(&mut self.held);
        let Some(operation) = request.operation else {
            return;
        };
        let fault = shared.faults().take(operation, line.text.as_bytes());
        match fault {
            Some(fault) if fault.0 == Kind::ResetBeforeRequest => self.reset(shared, &fault),
            Some(Fault(Kind::ResetAfterRequestBytes { bytes })) => {
                self.phase = Phase::Counting(bytes);
            }
            fault => request.fault = fault,
        }
    }

    /// Resets the connection because of a fault of the request.
    fn reset(&mut self, shared: &Arc<Shared>, fault: &Fault) {
        // Before the client can know, so that whoever does finds it on the list.
        self.give_up(shared, Some(fault));
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

    /// The request that is under way isn't any longer.
    fn give_up(&mut self, shared: &Arc<Shared>, fault: Option<&Fault>) {
        let Some(request) = self.request.take() else {
            return;
        };
        if !request.settled {
            shared.faults().broke(BrokenRequest {
                operation: request.operation.map(str::to_owned),
                target: request.target,
                bytes: request.bytes,
                fault: fault.map(Fault::name),
            });
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
        if let Phase::Answering { written } = &mut self.phase {
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

    /// The server has handed over all of an answer: the connection is idle.
    fn flushed(&mut self, shared: &Shared) {
        if self.phase == (Phase::Answering { written: true }) {
            self.phase = Phase::Between;
            if shared.is_closed.load(Ordering::SeqCst) && self.socket.is_some() {
                self.end(End::Close);
                shared.idle_closed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &self.0;
        wire.line().poll_read(&wire.0.shared, cx, out)
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.line().poll_write(cx, data)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut line = self.0.line();
        if let Some(socket) = &mut line.socket {
            ready!(Pin::new(socket).poll_flush(cx))?;
        }
        line.flushed(&self.0.0.shared);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.0.line().socket {
            Some(socket) => Pin::new(socket).poll_shutdown(cx),
            None => Poll::Ready(Ok(())),
        }
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        let mut line = self.0.line();
        line.give_up(&self.0.0.shared, None);
        line.socket = None;
    }
}
