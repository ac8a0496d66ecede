//! Connections that stay open while others are used.

use std::io::{self, ErrorKind};

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Url;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::server::Server;

/// How many are opened at a time.
const AT_A_TIME: usize = 100;

/// How many open files the program needs besides the connections.
const OTHER_FILES: u64 = 600;

/// Raises the limit of open files as far as the system allows it; returns the limit, or `None` if
/// there is none. The sandbox inherits it.
pub(crate) fn raise_open_files() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(_) => current,
    }
}

pub(crate) struct Streams(Vec<TcpStream>);

impl Streams {
    /// Opens as many connections as wanted, or as the limit of open files allows. Each has sent
    /// a request and got the head of its response.
    pub(crate) async fn open(
        server: &Server,
        wanted: usize,
        path: &str,
        limit: Option<u64>,
    ) -> anyhow::Result<Self> {
        let most = limit.map_or(u64::MAX, |limit| limit.saturating_sub(OTHER_FILES));
        let count = wanted.min(usize::try_from(most).unwrap_or(usize::MAX));
        let url: Url = server.get("control_url")?.parse()?;
        let host = url.host_str().context("no host")?;
        let authority = format!("{host}:{}", url.port().context("no port")?);
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: text/event-stream, */*\r\n\r\n"
        );
        let all = stream::iter(0..count)
            .map(|_| open(&authority, &head))
            .buffer_unordered(AT_A_TIME);
        Ok(Self(all.try_collect().await?))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many the sandbox hasn't closed.
    pub(crate) fn still_open(&self) -> usize {
        self.0.iter().filter(|stream| is_open(stream)).count()
    }
}

async fn open(authority: &str, head: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(authority).await?;
    stream.write_all(head.as_bytes()).await?;
    let mut response = Vec::new();
    while !response.windows(4).any(|four| four == b"\r\n\r\n") {
        let read = stream.read_buf(&mut response).await?;
        ensure!(read > 0, "the sandbox closed a connection at once");
    }
    let status = String::from_utf8_lossy(&response);
    let status = status.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "an open connection got {status}");
    Ok(stream)
}

fn is_open(stream: &TcpStream) -> bool {
    let mut space = [0; 4_096];
    loop {
        match stream.try_read(&mut space) {
            Ok(0) => return false,
            // An event.
            Ok(_) => {}
            Err(error) => return is_waiting(&error),
        }
    }
}

fn is_waiting(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock
}
