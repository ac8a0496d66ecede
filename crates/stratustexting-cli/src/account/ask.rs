//! Questions on a terminal, and what else a person is told beside the results.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::{Class, Failure, Result};

/// A line on standard error, which isn't a result.
pub(super) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether there is somebody to ask.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Asks for a value that may be seen.
pub(super) fn ask(question: &str) -> Result<String> {
    let _ = write!(io::stderr(), "{question}: ");
    let _ = io::stderr().flush();
    let mut reply = String::new();
    io::stdin().lock().read_line(&mut reply)?;
    not_empty(question, line(&reply))
}

/// Asks for a secret, which isn't shown while it is typed.
pub(super) fn ask_secret(question: &str) -> Result<String> {
    let reply = rpassword::prompt_password(format!("{question}: "));
    let reply = reply.map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
            Failure::usage(format!("{question}: nothing was entered"))
        }
        _ => Failure::new(
            Class::SetUp,
            format!("the terminal can't hide what is typed: {error}"),
        ),
    })?;
    not_empty(question, &reply)
}

/// What was typed, without the end of the line. Spaces stay: a value that has one at its end is
/// refused by name rather than guessed.
fn line(reply: &str) -> &str {
    let reply = reply.strip_suffix('\n').unwrap_or(reply);
    reply.strip_suffix('\r').unwrap_or(reply)
}

fn not_empty(question: &str, reply: &str) -> Result<String> {
    if reply.is_empty() {
        return Err(Failure::usage(format!("{question}: nothing was entered")));
    }
    Ok(reply.to_owned())
}
