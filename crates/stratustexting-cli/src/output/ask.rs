//! Questions to a person, and what they are told beside the results. Both are on standard
//! error, so that a result can be piped.

use std::io::{self, BufRead, IsTerminal, Write};

use super::{Output, printable};
use crate::failure::{Class, Failure, Result};

/// A line that isn't a result, on standard error. It is there with `--json`, too: somebody must
/// know it, whoever reads the results.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

impl Output {
    /// Asks on a terminal; anything but a yes is a no. Without a terminal it is an error that
    /// names the option.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        if !self.can_ask() {
            return Err(Failure::usage(format!(
                "{question} There is no terminal to ask on; say --yes"
            )));
        }
        let reply = self.reply_to(&format!("{question} [y/N] "))?;
        Ok(matches!(reply.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// What was given, or what a person says now. Without a terminal it is an error that says
    /// how to give it.
    pub(crate) fn required(
        &self,
        given: Option<&str>,
        argument: &str,
        question: &str,
    ) -> Result<String> {
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        if self.can_ask() {
            let reply = self.reply_to(&format!("{question}: "))?;
            if !reply.trim().is_empty() {
                return Ok(reply);
            }
        }
        Err(Failure::usage(format!("{argument} is missing")))
    }

    /// Asks for a value that may be seen, and that must not be empty.
    pub(crate) fn ask(&self, question: &str) -> Result<String> {
        let reply = self.reply_to(&format!("{question}: "))?;
        not_empty(question, reply)
    }

    /// Asks for a secret, which isn't shown while it is typed.
    pub(crate) fn ask_secret(&self, question: &str) -> Result<String> {
        self.progress_done();
        let reply = rpassword::prompt_password(format!("{question}: "));
        let reply = reply.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => nothing_entered(question),
            _ => Failure::new(
                Class::SetUp,
                format!("the terminal can't hide what is typed: {error}"),
            ),
        })?;
        not_empty(question, reply)
    }

    /// Whether there is a person who sees a question and can reply.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether a script runs the command, as far as can be known: nobody can type.
    pub(crate) fn is_script(&self) -> bool {
        !io::stdin().is_terminal()
    }

    /// What was typed, which may be empty, without the end of the line. Spaces stay: a value
    /// that has one at its end is refused by name rather than guessed.
    pub(crate) fn reply_to(&self, question: &str) -> Result<String> {
        self.progress_done();
        let _ = write!(io::stderr(), "{}", printable(question));
        let _ = io::stderr().flush();
        let mut reply = String::new();
        io::stdin().lock().read_line(&mut reply)?;
        Ok(reply.trim_end_matches(['\n', '\r']).to_owned())
    }
}

fn not_empty(question: &str, reply: String) -> Result<String> {
    match reply.is_empty() {
        true => Err(nothing_entered(question)),
        false => Ok(reply),
    }
}

fn nothing_entered(question: &str) -> Failure {
    Failure::usage(format!("{question}: nothing was entered"))
}
