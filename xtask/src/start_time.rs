//! `cargo xtask start-time`: how long `stratus` takes to start, beside a program that does
//! nothing, and how large it is.
//!
//! The two alternate in one run, so that load affects both, and the medians are compared: a time
//! in milliseconds would say more about the machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, program, workspace::Workspace};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How often each is started.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    starts: u32,
    /// Measures this program, such as an installed one, and builds none.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

const HELLO: &str = "fn main() { println!(\"hello\"); }\n";

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let stratus = match &options.program {
        Some(program) => std::path::absolute(program)?,
        None => release(workspace)?,
    };
    let folder = tempfile::tempdir()?;
    let hello = hello(workspace, folder.path())?;
    let programs: [(&Path, &[&str]); 2] = [(&hello, &[]), (&stratus, &["--version"])];
    // Once without counting: the files come from the disk.
    for (program, arguments) in programs {
        start(program, arguments)?;
    }
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..options.starts {
        for ((program, arguments), times) in programs.iter().zip(&mut times) {
            times.push(start(program, arguments)?);
        }
    }
    let [hello_time, stratus_time] = times.map(median);
    println!(
        "{} starts each; the median of hello world {:.2} ms, of stratus --version {:.2} ms: {:.1} \
         times as long",
        options.starts,
        milliseconds(hello_time),
        milliseconds(stratus_time),
        milliseconds(stratus_time) / milliseconds(hello_time)
    );
    let stripped = stripped(workspace, &stratus, &folder.path().join("stratus"))?;
    println!("stratus, stripped: {:.1} MB", stripped as f64 / 1_000_000.0);
    Ok(())
}

fn release(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let build = CommandLine::cargo(&[
        "build",
        "--release",
        "--locked",
        "--package",
        "stratustexting-cli",
        "--bin",
        "stratus",
        "--message-format=json-render-diagnostics",
    ]);
    program::executable(workspace, &build, "stratus")
}

fn hello(workspace: &Workspace, folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, program) = (folder.join("hello.rs"), folder.join("hello"));
    fs::write(&source, HELLO)?;
    let output = CommandLine::new("rustc", &["-O", "--edition", "2024", "-o"])
        .argument(program.to_string_lossy())
        .argument(source.to_string_lossy())
        .output(workspace)?;
    ensure!(
        output.status.success(),
        "hello world can't be compiled:\n\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(program)
}

/// From the start to the end.
fn start(program: &Path, arguments: &[&str]) -> anyhow::Result<Duration> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status();
    let time = begun.elapsed();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(status.success(), "{} failed: {status}", program.display());
    Ok(time)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The size of a copy without symbols, in bytes.
fn stripped(workspace: &Workspace, program: &Path, copy: &Path) -> anyhow::Result<u64> {
    fs::copy(program, copy)?;
    let output = CommandLine::new("strip", &[])
        .argument(copy.to_string_lossy())
        .output(workspace)?;
    ensure!(
        output.status.success(),
        "strip failed:\n\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(fs::metadata(copy)?.len())
}
