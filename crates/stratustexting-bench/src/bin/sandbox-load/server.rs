//! The sandbox, as a process of its own.

use std::{env, fs, process::Stdio};

use anyhow::Context;
use serde_json::Value;
use stratustexting_sandbox::Sandbox;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, stdin},
    process::{Child, Command},
};

/// The part of the process: starts a sandbox, prints its URLs, and waits.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let sandbox = Sandbox::builder().contacts(0).start().await?;
    println!("{}", sandbox.connection_json());
    stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// The running process.
pub(crate) struct Server {
    child: Child,
    connection: Value,
}

impl Server {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("can't start the sandbox")?;
        let output = child.stdout.take().context("the sandbox has no output")?;
        let line = BufReader::new(output).lines().next_line().await?;
        let line = line.context("the sandbox printed nothing")?;
        let connection = serde_json::from_str(&line)?;
        Ok(Self { child, connection })
    }

    /// A URL or a credential, by the name that the sandbox gives it.
    pub(crate) fn get(&self, name: &str) -> anyhow::Result<String> {
        let value = self.connection.get(name).and_then(Value::as_str);
        Ok(value.with_context(|| format!("no {name}"))?.to_owned())
    }

    /// What the sandbox occupies now, in MB.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the sandbox has ended")?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))
            .context("memory is measured on Linux only")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.unwrap_or_default().parse::<u64>()? / 1_024)
    }

    /// Lets the sandbox end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.child.stdin.take());
        self.child.wait().await?;
        Ok(())
    }
}
