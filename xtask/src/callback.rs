//! A callback for the service's handshake: it returns the token of a request, and
//! accepts any event.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::Context;

const TOKEN: &str = "validation-token";

/// A server on this machine. It runs as long as the program.
#[derive(Debug)]
pub(crate) struct Callback {
    address: SocketAddr,
}

impl Callback {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port for a callback")?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A broken connection is the service's problem, and gets no response.
                let _ = respond(stream);
            }
        });
        Ok(Self { address })
    }

    /// The path is the one that the sandbox's client may also redirect to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/callback", self.address)
    }
}

fn respond(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut token = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            TOKEN => token = format!("{TOKEN}: {}\r\n", value.trim()),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    let head = format!("HTTP/1.1 200 OK\r\n{token}content-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(request: &str) -> String {
        let callback = Callback::start().unwrap();
        let mut stream = TcpStream::connect(callback.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    #[test]
    fn the_handshake_returns_the_token() {
        let response = ask("GET /callback HTTP/1.1\r\nValidation-Token: abc\r\n\r\n");

        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert!(response.contains("validation-token: abc\r\n"), "{response}");
    }

    #[test]
    fn an_event_is_accepted() {
        let response = ask("POST /callback HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");

        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        assert!(!response.contains("validation-token"), "{response}");
    }
}
