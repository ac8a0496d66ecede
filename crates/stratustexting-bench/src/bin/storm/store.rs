//! The store from outside: its location, and whether it can be read at all times.
//!
//! A separate thread reads it raw, without the SDK: the question is whether some other
//! program would find a token there at any time.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::JoinHandle,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::{Store, wire::StoreSettings};

/// The pause between two reads. Without it, reading would occupy a processor.
const PAUSE: Duration = Duration::from_micros(500);

/// A store for the storm, which ends with it.
pub(crate) struct TestStore {
    pub(crate) settings: StoreSettings,
    _redis: Option<RedisServer>,
    _folder: TempDir,
}

impl TestStore {
    pub(crate) fn new(store: Store) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (settings, redis) = match store {
            Store::File => (StoreSettings::File(folder.path().join("token.json")), None),
            Store::Redis => {
                let server = RedisServer::start(&folder)?;
                let settings = StoreSettings::Redis {
                    url: format!("redis://127.0.0.1:{}/", server.port),
                    key: "storm:login".to_owned(),
                };
                (settings, Some(server))
            }
        };
        Ok(Self {
            settings,
            _redis: redis,
            _folder: folder,
        })
    }
}

/// A Redis server of our own, without persistence.
struct RedisServer {
    process: Child,
    port: u16,
    /// Kept, because its output must go somewhere.
    _output: BufReader<ChildStdout>,
}

impl RedisServer {
    fn start(folder: &TempDir) -> anyhow::Result<Self> {
        // The port is free now; if another program takes it, Redis fails.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let port = port.port();
        let mut process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("redis-server can't be started; is it installed?")?;
        let output = process.stdout.take().context("Redis has no output")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        while !line.to_lowercase().contains("ready to accept connections") {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                process.wait()?;
                bail!("redis-server ended before it was ready");
            }
        }
        Ok(Self {
            process,
            port,
            _output: output,
        })
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads the store without the SDK.
pub(crate) enum Raw {
    File(std::path::PathBuf),
    Redis { connection: TcpStream, key: String },
}

impl Raw {
    pub(crate) fn open(settings: &StoreSettings) -> anyhow::Result<Self> {
        Ok(match settings {
            StoreSettings::File(path) => Self::File(path.clone()),
            StoreSettings::Redis { url, key } => {
                let host = url.trim_start_matches("redis://").trim_end_matches('/');
                let connection = TcpStream::connect(host)?;
                connection.set_nodelay(true)?;
                Self::Redis {
                    connection,
                    key: key.clone(),
                }
            }
        })
    }

    /// The stored access token, as any program could read it.
    pub(crate) fn access_token(&mut self) -> anyhow::Result<String> {
        let text = match self {
            Self::File(path) => fs::read(path)?,
            Self::Redis { connection, key } => get(connection, key)?,
        };
        let token: Value = serde_json::from_slice(&text)?;
        let access = token["access_token"].as_str().unwrap_or_default();
        ensure!(
            !access.is_empty() && token["refresh_token"].is_string(),
            "it is incomplete"
        );
        Ok(access.to_owned())
    }
}

/// `GET` of Redis's protocol: a length, and that many bytes.
fn get(connection: &mut TcpStream, key: &str) -> anyhow::Result<Vec<u8>> {
    connection.write_all(format!("GET {key}\r\n").as_bytes())?;
    let mut length = Vec::new();
    while !length.ends_with(b"\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte)?;
        length.push(byte[0]);
    }
    let length = String::from_utf8_lossy(&length);
    let length: usize = length.trim().trim_start_matches('$').parse()?;
    let mut text = vec![0; length + 2];
    connection.read_exact(&mut text)?;
    text.truncate(length);
    Ok(text)
}

/// Reads the store all the time, and counts failures.
pub(crate) struct Watch {
    ended: Arc<AtomicBool>,
    unreadable: Arc<AtomicU64>,
    thread: JoinHandle<u64>,
}

impl Watch {
    pub(crate) fn start(mut store: Raw) -> Self {
        let (ended, unreadable) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let thread = std::thread::spawn({
            let (ended, unreadable) = (Arc::clone(&ended), Arc::clone(&unreadable));
            move || {
                let mut reads = 0;
                while !ended.load(SeqCst) {
                    reads += 1;
                    if store.access_token().is_err() {
                        unreadable.fetch_add(1, SeqCst);
                    }
                    std::thread::sleep(PAUSE);
                }
                reads
            }
        });
        Self {
            ended,
            unreadable,
            thread,
        }
    }

    /// The number of reads, and of failures.
    pub(crate) fn end(self) -> anyhow::Result<(u64, u64)> {
        self.ended.store(true, SeqCst);
        let reads = self.thread.join();
        let reads = reads.map_err(|_| anyhow::anyhow!("the reader panicked"))?;
        Ok((reads, self.unreadable.load(SeqCst)))
    }
}
