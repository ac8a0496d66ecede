//! `cargo xtask test`: runs all tests, and searches their output for secrets and personal data.
//!
//! The SDK's tests search its log for the secrets and the personal data of each of
//! their sandboxes. With this variable they also write all of that into a file, and
//! this command searches the whole output for it: prints, panics and examples.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    thread,
};

use anyhow::{Context, ensure};

use crate::{command::CommandLine, workspace::Workspace};

/// The variable with the file for texts that must not be printed, a line each.
const VARIABLE: &str = "STRATUSTEXTING_CANARIES";

pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("no folder for a while")?;
    let file = folder.path().join("canaries");
    let tests = CommandLine::cargo(&["test", "--workspace", "--locked", "--", "--nocapture"])
        .with(VARIABLE, file.to_string_lossy());

    let mut child = tests.start(workspace)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let errors = thread::spawn(move || tee(stderr, io::stderr()));
    let mut printed = tee(stdout, io::stdout())?;
    printed.extend(errors.join().expect("it doesn't panic")?);
    let status = child.wait()?;
    ensure!(status.success(), "tests failed: {status}");

    let canaries = fs::read_to_string(&file).context("the tests wrote no texts to search for")?;
    let canaries: BTreeSet<&str> = canaries.lines().collect();
    for canary in &canaries {
        // The text itself isn't repeated.
        let line = line_with(&printed, canary);
        ensure!(
            line.is_none(),
            "one of the tests' secrets, numbers and texts, of {} bytes, was printed in line {}",
            canary.len(),
            line.unwrap_or_default()
        );
    }
    println!(
        "None of {} secrets, numbers and texts is in the tests' output.",
        canaries.len()
    );
    Ok(())
}

/// Prints the input, and keeps it.
fn tee(from: Option<impl Read>, mut to: impl Write) -> io::Result<Vec<u8>> {
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

/// The line that contains a text, counted from 1.
fn line_with(printed: &[u8], text: &str) -> Option<usize> {
    let at = memchr::memmem::find(printed, text.as_bytes())?;
    Some(1 + memchr::memchr_iter(b'\n', &printed[..at]).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_any_line() {
        let printed = b"one\ntwo\nthree \xff +12025550123";

        assert_eq!(line_with(printed, "+12025550123"), Some(3));
        assert_eq!(line_with(printed, "one"), Some(1));
        assert_eq!(line_with(printed, "+12025550124"), None);
    }

    #[test]
    fn the_input_is_printed_and_kept() {
        let text = "line\n".repeat(10_000);
        let mut printed = Vec::new();

        let kept = tee(Some(text.as_bytes()), &mut printed).unwrap();

        assert_eq!(kept, text.as_bytes());
        assert_eq!(printed, text.as_bytes());
    }
}
