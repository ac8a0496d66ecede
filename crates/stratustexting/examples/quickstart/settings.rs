//! What the program is told: flags, and for the real service the environment.
//!
//! Besides the variables that [`stratustexting::Client::from_env`] reads:
//!
//! | variable | meaning |
//! |---|---|
//! | `STRATUS_REDIRECT_PORT` | the port of the registered callback URL `http://localhost:PORT/callback`; default 8000 |
//! | `STRATUS_WEBHOOK_URL` | a public https URL that leads to `/webhook` on the same port; without it nothing is subscribed |

use std::env;

use stratustexting::PhoneNumber;

use super::Outcome;

/// What the program talks to.
pub(crate) enum Settings {
    /// A sandbox of its own.
    Sandbox,
    /// The real service.
    Live(Live),
}

/// What may be done with the real service.
pub(crate) struct Live {
    pub(crate) port: u16,
    pub(crate) webhook_url: Option<String>,
    /// The recipient; nothing is sent without one.
    pub(crate) to: Option<PhoneNumber>,
    pub(crate) write: bool,
}

impl Settings {
    pub(crate) fn of_program() -> Outcome<Self> {
        let (mut live, mut write, mut to) = (false, false, None);
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--live" => live = true,
                "--write" => write = true,
                "--to" => to = Some(arguments.next().ok_or("--to needs a number")?.parse()?),
                other => {
                    let usage = "usage: quickstart [--live [--to NUMBER] [--write]]";
                    return Err(format!("{other} is not an option; {usage}").into());
                }
            }
        }
        if live {
            let port = variable("STRATUS_REDIRECT_PORT").map_or(Ok(8000), |port| port.parse())?;
            let webhook_url = variable("STRATUS_WEBHOOK_URL");
            return Ok(Self::Live(Live {
                port,
                webhook_url,
                to,
                write,
            }));
        }
        match (to, write) {
            (None, false) => Ok(Self::Sandbox),
            _ => Err("--to and --write go with --live".into()),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
