//! The server: always the same response, from a separate process.
//!
//! It is another process so that nothing it allocates or executes is counted. It is as
//! simple as possible so that every exchange is the same for the client: it reads a
//! request's head and body, then writes the response at once, on a connection that
//! stays open. The process ends when its standard input does, that is when its parent
//! has ended for any reason.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::Context;

/// The headers that any server sends. More would cost each client the same.
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\
    content-type: application/json\r\n\
    content-length: 43\r\n\
    date: Tue, 01 Jul 2025 00:00:00 GMT\r\n\
    \r\n\
    {\"result\":\"Message Processed Successfully\"}";

/// A server in a separate process, which ends when this is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts this program again, as a server.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("can't tell where this program is")?;
        let mut process = Command::new(program)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("can't start the server")?;
        let mut line = String::new();
        let output = process.stdout.take().context("the server has no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let address = line
            .trim()
            .parse()
            .with_context(|| format!("the server printed {line:?} instead of its address"))?;
        Ok(Self { process, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closes its input.
        drop(self.process.stdin.take());
        let _ended = self.process.wait();
    }
}

/// Serves until the standard input ends. The address is all that it prints.
pub(crate) fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut output = io::stdout().lock();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // The server ignores a client that disconnects.
            thread::spawn(move || respond(stream).ok());
        }
    });
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

/// Responds to each request of a connection.
fn respond(stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    loop {
        let mut body = 0;
        loop {
            line.clear();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(length) = header.strip_prefix("content-length:") {
                body = length.trim().parse().map_err(io::Error::other)?;
            }
        }
        io::copy(&mut (&mut input).take(body), &mut io::sink())?;
        output.write_all(RESPONSE)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_has_its_stated_length() {
        let text = String::from_utf8(RESPONSE.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();

        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    }
}
