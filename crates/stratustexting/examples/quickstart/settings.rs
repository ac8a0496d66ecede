//! What the program is told: flags, and for the real service the environment.
//!
//! | variable | meaning |
//! |---|---|
//! | `STRATUS_CLIENT_ID`, `STRATUS_CLIENT_SECRET`, `STRATUS_API_KEY` | from the product's page "API Connect"; required |
//! | `STRATUS_BRAND` | `stratustexting` (default), `beetexting`, `phone-com`, `itctxt` |
//! | `STRATUS_REDIRECT_PORT` | the port of the registered callback URL `http://localhost:PORT/callback`; default 8000 |
//! | `STRATUS_FROM` | the sending number; needed with `--to` |
//! | `STRATUS_WEBHOOK_URL` | a public https URL that leads to this program's `/webhook`; without it nothing is subscribed |

use std::env;

use stratustexting::{ApiKey, Brand, ClientSecret, PhoneNumber};

use super::Outcome;

/// What the program is to do.
pub(crate) enum Settings {
    /// Talk to a sandbox of its own.
    Sandbox,
    /// Talk to the real service.
    Live(Box<Live>),
}

/// What the real service needs.
pub(crate) struct Live {
    pub(crate) brand: Brand,
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) api_key: ApiKey,
    pub(crate) redirect_port: u16,
    pub(crate) webhook_url: Option<String>,
    /// From and to; nothing is sent without.
    pub(crate) sending: Option<(PhoneNumber, PhoneNumber)>,
    pub(crate) write: bool,
}

impl Settings {
    pub(crate) fn from_environment() -> Outcome<Self> {
        let (mut live, mut write, mut to) = (false, false, None);
        let mut arguments = env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--live" => live = true,
                "--write" => write = true,
                "--to" => to = Some(arguments.next().ok_or("--to needs a number")?),
                other => {
                    let usage = "usage: quickstart [--live [--to NUMBER] [--write]]";
                    return Err(format!("{other} is not an option; {usage}").into());
                }
            }
        }
        if !live {
            return match (to, write) {
                (None, false) => Ok(Self::Sandbox),
                _ => Err("--to and --write go with --live".into()),
            };
        }
        let sending = match to {
            Some(to) => Some((required("STRATUS_FROM")?.parse()?, to.parse()?)),
            None => None,
        };
        Ok(Self::Live(Box::new(Live {
            brand: optional("STRATUS_BRAND").map_or(Ok(Brand::default()), |id| id.parse())?,
            client_id: required("STRATUS_CLIENT_ID")?,
            client_secret: required("STRATUS_CLIENT_SECRET")?.into(),
            api_key: required("STRATUS_API_KEY")?.into(),
            redirect_port: optional("STRATUS_REDIRECT_PORT").map_or(Ok(8000), |p| p.parse())?,
            webhook_url: optional("STRATUS_WEBHOOK_URL"),
            sending,
            write,
        })))
    }
}

fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &str) -> Outcome<String> {
    optional(name).ok_or_else(|| format!("the environment variable {name} has to be set").into())
}
