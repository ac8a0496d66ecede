//! A PostgreSQL server for a test, in a folder that goes with it.
//!
//! It needs the server's programs, which Debian's package `postgresql` has. It listens on a free
//! port of 127.0.0.1, and trusts whoever connects.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// Makes a database cluster and starts its server.
    ///
    /// # Errors
    ///
    /// When the server's programs aren't installed, or fail.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        if is_root() {
            // The server refuses to run as root, and Debian's package has a user for it.
            let owner = Command::new("chown")
                .arg("postgres")
                .arg(folder.path())
                .status()?;
            ensure!(owner.success(), "chown failed: {owner}");
        }
        let server = Self {
            programs: programs()?,
            // The port is free now; if another program takes it, the server fails.
            port: TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                .local_addr()?
                .port(),
            folder,
        };
        let data = server.data();
        server.run(
            "initdb",
            &["--auth=trust", "--username=postgres", "--pgdata", &data],
        )?;
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\n",
            server.port
        );
        let file = server.folder.path().join("data/postgresql.conf");
        let before = fs::read_to_string(&file)?;
        fs::write(&file, before + &settings)?;
        server.control("start")?;
        Ok(server)
    }

    /// The URL of the database `postgres`, for its superuser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Restarts it as if it had been killed: nothing is finished, and its log is replayed.
    ///
    /// # Errors
    ///
    /// When it can't be started again.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.control("restart")
    }

    /// Stops it in the same way.
    ///
    /// # Errors
    ///
    /// When it doesn't run.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.control("stop")
    }

    /// Starts it after a [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// When it can't be started.
    pub fn start_again(&self) -> anyhow::Result<()> {
        self.control("start")
    }

    fn control(&self, what: &str) -> anyhow::Result<()> {
        let (data, log) = (self.data(), self.folder.path().join("data/log"));
        let log = log.to_string_lossy();
        let mode: &[&str] = match what {
            "start" => &["--log", &log],
            "stop" => &["--mode=immediate"],
            _ => &["--mode=immediate", "--log", &log],
        };
        self.run(
            "pg_ctl",
            &[&[what, "--wait", "--pgdata", &data], mode].concat(),
        )
    }

    fn data(&self) -> String {
        self.folder
            .path()
            .join("data")
            .to_string_lossy()
            .into_owned()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .with_context(|| format!("{} can't be run", program.display()))?;
        ensure!(status.success(), "{} failed: {status}", program.display());
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.stop();
    }
}

fn is_root() -> bool {
    let whoami = Command::new("id").arg("-u").output();
    whoami.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// The folder of the server's programs, which Debian keeps out of the PATH.
fn programs() -> anyhow::Result<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&paths).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    match folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file())
    {
        Some(folder) => Ok(folder),
        None => bail!("PostgreSQL's initdb isn't installed (Debian: postgresql)"),
    }
}
