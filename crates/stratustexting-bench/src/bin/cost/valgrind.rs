//! The same sends in a process under valgrind: the instructions they execute, and where
//! they allocate.
//!
//! Starting, connecting and ending a process costs far more than a send. So each figure
//! comes from two runs, of N and of 2 N sends: their difference, divided by N, is the
//! cost of one send. The processor's counters would be faster, but shared machines
//! often forbid them, and valgrind's count doesn't depend on the load.

use std::{
    net::SocketAddr,
    process::{Command, Output},
};

use anyhow::{Context, ensure};

use crate::ways::Way;

/// Half of the sends of the longer run.
pub(crate) const SENDS: usize = 400;

/// The instructions of one send.
pub(crate) fn instructions(way: Way, server: SocketAddr) -> anyhow::Result<u64> {
    let run = |sends| {
        let options = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let output = watch(&options, way, server, sends)?;
        let log = String::from_utf8_lossy(&output.stderr);
        collected(&log).with_context(|| format!("valgrind counted nothing: {log}"))
    };
    Ok(run(2 * SENDS)?.saturating_sub(run(SENDS)?) / SENDS as u64)
}

/// The number in `==1234== Collected : 56789`.
fn collected(log: &str) -> Option<u64> {
    let (_, number) = log
        .lines()
        .find_map(|line| line.split_once("Collected :"))?;
    number.trim().parse().ok()
}

/// The heap profile of a number of sends, as JSON.
pub(crate) fn heap(way: Way, server: SocketAddr, sends: usize) -> anyhow::Result<Vec<u8>> {
    // Deep enough that our innermost call is never cut off. If a build has debug
    // information of inlined calls, valgrind can't name them.
    let options = [
        "--tool=dhat",
        "--dhat-out-file=/dev/stdout",
        "--num-callers=40",
        "--read-inline-info=no",
    ];
    Ok(watch(&options, way, server, sends)?.stdout)
}

fn watch(options: &[&str], way: Way, server: SocketAddr, sends: usize) -> anyhow::Result<Output> {
    let program = std::env::current_exe().context("can't tell where this program is")?;
    let output = Command::new("valgrind")
        .args(options)
        .arg(program)
        .args(["send", way.name(), &sends.to_string(), &server.to_string()])
        .output()
        .context("can't run valgrind, which this needs")?;
    ensure!(
        output.status.success(),
        "sending under valgrind failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_the_log() {
        let log = "==7== Events    : Ir\n==7== Collected : 57261339\n==7== \n";

        assert_eq!(collected(log), Some(57_261_339));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
