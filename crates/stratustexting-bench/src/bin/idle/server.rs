//! A server that ends each connection after its first response, without `Connection: close`.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
};

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// A server with a thread and a runtime of its own, which runs as long as the program.
pub(crate) struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    ended: AtomicUsize,
}

impl Server {
    pub(crate) fn start(end: End) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let server = Self {
            address: listener.local_addr()?,
            counts: Arc::default(),
        };
        let counts = Arc::clone(&server.counts);
        thread::spawn(move || {
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                loop {
                    let (connection, _) = listener.accept().await?;
                    tokio::spawn(respond(connection, end, Arc::clone(&counts)));
                }
                // Gives the block its type.
                #[allow(unreachable_code)]
                std::io::Result::Ok(())
            })
        });
        Ok(server)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests arrived.
    pub(crate) fn requests(&self) -> usize {
        self.counts.requests.load(SeqCst)
    }

    /// Blocks until this many connections have ended.
    pub(crate) fn has_ended(&self, count: usize) {
        while self.counts.ended.load(SeqCst) < count {
            thread::yield_now();
        }
    }
}

async fn respond(mut connection: TcpStream, end: End, counts: Arc<Counts>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if connection.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    counts.requests.fetch_add(1, SeqCst);
    let response = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
        content-length: 24\r\n\r\n{\"id\":\"m\",\"result\":\"ok\"}";
    connection.write_all(response).await?;
    if end == End::Reset {
        connection.set_zero_linger()?;
    }
    drop(connection);
    counts.ended.fetch_add(1, SeqCst);
    Ok(())
}
