//! A command per event. The event comes by standard input, never as an argument: arguments are
//! seen by everybody on the machine, and a shell would read a customer's text.

use std::{io::ErrorKind, process::Stdio};

use tokio::{io::AsyncWriteExt, process::Command};

use super::{Item, Kind, SinkFailure};

pub(super) async fn take(command: &str, item: &Item) -> Result<(), SinkFailure> {
    let failure = |what: String| SinkFailure::new(Kind::Command(what));
    let mut child = shell(command)
        .env("STRATUS_EVENT", item.id().to_string())
        .env("STRATUS_EVENT_ATTEMPT", item.attempt().to_string())
        .env("STRATUS_EVENT_IS_REPLAY", item.is_replay().to_string())
        .stdin(Stdio::piped())
        // What is cancelled is run again, so it mustn't go on.
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failure(format!("can't be started: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        let mut body = item.body().to_vec();
        body.push(b'\n');
        match input.write_all(&body).await {
            // A command may decide without reading.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                return Err(failure(format!("doesn't take the event: {error}")));
            }
            _ => {}
        }
    }
    let status = child.wait().await;
    let status = status.map_err(|error| failure(format!("was lost: {error}")))?;
    match (status.success(), status.code()) {
        (true, _) => Ok(()),
        (false, Some(code)) => Err(failure(format!("exited with {code}"))),
        (false, None) => Err(failure("was ended by a signal".to_owned())),
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]);
    shell
}
