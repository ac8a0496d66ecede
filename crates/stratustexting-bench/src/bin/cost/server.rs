//! The server: one answer, always the same, from a process of its own.
//!
//! It is another process so that nothing it allocates or executes is counted, and it is
//! as stupid as can be so that every exchange looks the same to the client: a request's
//! head and body are read whole, then the answer goes out in one write, on a connection
//! that stays open. The process ends when its standard input does, which is when the
//! program that started it is gone, in whichever way.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

use anyhow::Context;

/// The headers that any server sends. More would cost each client the same.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n\
    content-type: application/json\r\n\
    content-length: 43\r\n\
    date: Tue, 01 Jul 2025 00:00:00 GMT\r\n\
    \r\n\
    {\"result\":\"Message Processed Successfully\"}";

/// A server in a process of its own. It ends with this value.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts this program once more, as a server.
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
            .with_context(|| format!("the server said {line:?} where its address was expected"))?;
        Ok(Self { process, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input.
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
            // A client that goes away is none of the server's business.
            thread::spawn(move || answer(stream).ok());
        }
    });
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

/// Answers each request of a connection.
fn answer(stream: TcpStream) -> io::Result<()> {
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
        output.write_all(ANSWER)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_length_that_it_states() {
        let text = String::from_utf8(ANSWER.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();

        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
    }
}
