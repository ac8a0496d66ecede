//! `cargo xtask test`: all tests, and nothing secret or personal in what they print.
//!
//! The SDK's tests look through its log for what each of their sandboxes gave out and was
//! sent. Told of a file, they also leave all of that there, and what the whole run has
//! printed is held against it: output, panics and what examples show.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    thread,
};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, workspace::Workspace};

/// Where the tests are told to leave what must not be printed, a line each.
const VARIABLE: &str = "STRATUSTEXTING_CANARIES";

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("no folder for a while")?;
    let file = folder.path().join("canaries");
    let tests = CommandLine::cargo(&["test", "--workspace", "--locked", "--", "--nocapture"])
        .with(VARIABLE, file.to_string_lossy());

    let mut child = tests.start(workspace)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let errors = thread::spawn(move || pass_on(stderr, io::stderr()));
    let mut printed = pass_on(stdout, io::stdout())?;
    printed.extend(errors.join().expect("it doesn't panic")?);
    let status = child.wait()?;
    ensure!(status.success(), "tests failed: {status}");

    let canaries = fs::read_to_string(&file).context("the tests left nothing to look for")?;
    let canaries: BTreeSet<&str> = canaries.lines().collect();
    for canary in &canaries {
        // What it is isn't said again.
        let line = line_with(&printed, canary);
        ensure!(
            line.is_none(),
            "one of the tests' secrets, numbers and texts, of {} bytes, was printed in line {}",
            canary.len(),
            line.unwrap_or_default()
        );
    }
    println!(
        "None of {} secrets, numbers and texts stands in what the tests printed.",
        canaries.len()
    );
    Ok(())
}

/// Prints what comes, and keeps it.
fn pass_on(from: Option<impl Read>, mut to: impl Write) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let Some(mut from) = from else {
        return Ok(all);
    };
    let mut buffer = [0; 8 << 10];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(all);
        }
        to.write_all(&buffer[..count])?;
        all.extend_from_slice(&buffer[..count]);
    }
}

/// The line in which a text stands, counted from 1.
fn line_with(printed: &[u8], text: &str) -> Option<usize> {
    let at = memchr::memmem::find(printed, text.as_bytes())?;
    Some(1 + memchr::memchr_iter(b'\n', &printed[..at]).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_stands() {
        let printed = b"one\ntwo\nthree \xff +12025550123";

        assert_eq!(line_with(printed, "+12025550123"), Some(3));
        assert_eq!(line_with(printed, "one"), Some(1));
        assert_eq!(line_with(printed, "+12025550124"), None);
    }

    #[test]
    fn what_comes_is_printed_and_kept() {
        let text = "line\n".repeat(10_000);
        let mut printed = Vec::new();

        let kept = pass_on(Some(text.as_bytes()), &mut printed).unwrap();

        assert_eq!(kept, text.as_bytes());
        assert_eq!(printed, text.as_bytes());
    }
}
