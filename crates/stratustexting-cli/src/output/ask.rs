//! Questions to a person. They are on standard error, so that a result can be piped.

use std::io::{self, BufRead, IsTerminal, Write};

use super::Output;
use crate::failure::{Failure, Result};

impl Output {
    /// Asks on a terminal; anything but a yes is a no. Without a terminal it is an error that
    /// names the option.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        if !self.can_ask() {
            return Err(Failure::usage(format!(
                "{question} There is no terminal to ask on; say --yes"
            )));
        }
        let reply = self.ask(&format!("{question} [y/N] "))?;
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
            let reply = self.ask(&format!("{question}: "))?;
            if !reply.trim().is_empty() {
                return Ok(reply);
            }
        }
        Err(Failure::usage(format!("{argument} is missing")))
    }

    /// Whether there is a person who sees a question and can reply.
    fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Whether a script runs the command, as far as can be known: nobody can type.
    pub(crate) fn is_script(&self) -> bool {
        !io::stdin().is_terminal()
    }

    fn ask(&self, question: &str) -> Result<String> {
        self.progress_done();
        let _ = write!(io::stderr(), "{}", super::printable(question));
        let _ = io::stderr().flush();
        let mut reply = String::new();
        io::stdin().lock().read_line(&mut reply)?;
        Ok(reply.trim_end_matches(['\n', '\r']).to_owned())
    }
}
