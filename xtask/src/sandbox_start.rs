//! `cargo xtask sandbox-start`: how long the sandbox takes from its start to the first response.
//!
//! With a file, each start but the first finds what the one before left there.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::{command::CommandLine, program, workspace::Workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often it is started, with and without a file.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
    /// Measures this program and builds none.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let program = match &options.program {
        Some(program) => std::path::absolute(program)?,
        None => release(workspace)?,
    };
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sandbox.db");
    let cases: [(&str, Option<&Path>); 2] = [("in memory", None), ("with --data", Some(&file))];
    // Once without counting: the program comes from the disk.
    start(&program, None)?;
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..options.starts {
        for ((_, file), times) in cases.iter().zip(&mut times) {
            times.push(start(&program, *file)?);
        }
    }
    for ((name, _), mut times) in cases.iter().zip(times) {
        times.sort_unstable();
        println!(
            "{name}: starts={} p50={:.1} ms p99={:.1} ms",
            options.starts,
            milliseconds(at(&times, 50)),
            milliseconds(at(&times, 99))
        );
    }
    Ok(())
}

/// Builds the sandbox's program with optimisation.
pub(crate) fn release(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let build = CommandLine::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "stratustexting-sandbox",
        "--bin",
        "stratustexting-sandbox",
        "--message-format=json-render-diagnostics",
    ]);
    program::executable(workspace, &build, "stratustexting-sandbox")
}

/// From the start of the process to the end of the first response.
fn start(program: &Path, file: Option<&Path>) -> anyhow::Result<Duration> {
    let mut command = Command::new(program);
    command.args(["--json"]);
    if let Some(file) = file {
        command.arg("--data").arg(file);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let response = child
        .stdout
        .take()
        .context("the sandbox has no output")
        .and_then(first_response);
    let time = begun.elapsed();
    // It may have ended already.
    let _ = child.kill();
    let _ = child.wait();
    let response = response?;
    ensure!(
        response.starts_with("HTTP/1.1 200"),
        "not a success: {response}"
    );
    Ok(time)
}

fn first_response(output: impl Read) -> anyhow::Result<String> {
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    let connection: Value = serde_json::from_str(&line).context("it doesn't print its URLs")?;
    let url = url::Url::parse(connection["control_url"].as_str().unwrap_or_default())?;
    let address = url.socket_addrs(|| None)?;
    let mut stream = TcpStream::connect(&*address)?;
    let path = url.path();
    write!(
        stream,
        "GET {path}/clock HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    )?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}

/// The time that so many percent don't exceed.
fn at(times: &[Duration], percent: usize) -> Duration {
    let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(index).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
