//! How much memory paging takes, and that it doesn't grow with the list.
//!
//! ```text
//! cargo run --release -p stratustexting --example paging_memory
//! ```
//!
//! It pages through 1,000 contacts and through 100,000, each time in a process of its
//! own that does nothing else, against a sandbox in a third. It prints the peak of the
//! resident memory of both, and fails when they differ by more than 20 MB.
//! Linux only: the peak is read from `/proc`.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitCode, Stdio},
};

use serde_json::{Value, json};
use stratustexting::Client;
use stratustexting_sandbox::Sandbox;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// What the two peaks may differ by, in kilobytes.
const ALLOWED: u64 = 20 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<ExitCode> {
    match env::args().nth(1).as_deref() {
        None => compare(),
        Some("serve") => serve().await,
        Some("page") => page().await,
        Some(other) => Err(format!("{other} is not a part of this program").into()),
    }
}

/// Starts the processes and compares their peaks.
fn compare() -> Outcome<ExitCode> {
    let few = measure(1_000)?;
    let many = measure(100_000)?;
    let difference = many.saturating_sub(few);
    println!("difference: {difference} kB; allowed: {ALLOWED} kB");
    Ok(if difference <= ALLOWED {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(contacts: usize) -> Outcome<u64> {
    let mut server = part("serve")?;
    let mut to_server = server.stdin.take().ok_or("no standard input")?;
    writeln!(to_server, "{contacts}")?;
    let mut settings = String::new();
    BufReader::new(server.stdout.take().ok_or("no standard output")?).read_line(&mut settings)?;

    let mut client = part("page")?;
    // Not as an argument: other users of the machine can see those.
    client
        .stdin
        .take()
        .ok_or("no standard input")?
        .write_all(settings.as_bytes())?;
    let output = client.wait_with_output()?;
    drop(to_server);
    server.wait()?;

    let report: Value = serde_json::from_slice(&output.stdout)?;
    let (count, peak) = (&report["count"], report["peak"].as_u64().ok_or("no peak")?);
    println!("paged through {count} contacts: peak resident memory {peak} kB");
    if *count == json!(contacts) {
        Ok(peak)
    } else {
        Err(format!("{contacts} contacts were expected").into())
    }
}

fn part(name: &str) -> Outcome<Child> {
    Ok(Command::new(env::current_exe()?)
        .arg(name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?)
}

/// Serves as many contacts as it is told, until its standard input ends.
async fn serve() -> Outcome<ExitCode> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let sandbox = Sandbox::builder()
        .contacts(line.trim().parse()?)
        .start()
        .await?;
    let settings = BTreeMap::from_iter(sandbox.variables());
    println!("{}", json!(settings));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(ExitCode::SUCCESS)
}

/// Pages through all contacts and says how many there were and what it took.
async fn page() -> Outcome<ExitCode> {
    let settings: BTreeMap<String, String> = serde_json::from_reader(std::io::stdin())?;
    let client = Client::from_variables(settings)?;
    let mut contacts = client.contacts().list().page_size(200);
    let mut count = 0;
    while contacts.next_item().await?.is_some() {
        count += 1;
    }
    println!("{}", json!({"count": count, "peak": peak()?}));
    Ok(ExitCode::SUCCESS)
}

/// The peak of this process's resident memory, in kilobytes.
fn peak() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmHWM in /proc/self/status")?.parse()?)
}
