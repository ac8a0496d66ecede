//! The service that the program talks to: a sandbox of its own, or the real one.

use std::time::Duration;

use stratustexting::{Client, auth::Credentials};
use stratustexting_sandbox::Sandbox;

use super::{
    A_PERSONS_TIME, Outcome, browser,
    callback::Callback,
    settings::{Live, Settings},
};

pub(crate) enum Service {
    Sandbox(Sandbox),
    Live(Box<Live>),
}

/// The customer's number in the sandbox.
const CUSTOMER: &str = "+12025550123";

impl Service {
    pub(crate) async fn start(settings: Settings, callback: &Callback) -> Outcome<Self> {
        Ok(match settings {
            Settings::Live(live) => Self::Live(live),
            Settings::Sandbox => {
                let sandbox = Sandbox::builder()
                    .redirect_uri(callback.redirect_uri())
                    .start()
                    .await?;
                println!("sandbox at {}", sandbox.api_base());
                Self::Sandbox(sandbox)
            }
        })
    }

    pub(crate) fn client(&self) -> Outcome<Client> {
        Ok(match self {
            Self::Sandbox(sandbox) => Client::builder()
                .api_base(sandbox.api_base())
                .authorize_url(sandbox.authorize_url())
                .token_url(sandbox.token_url())
                .credentials(Credentials::authorization_code(
                    sandbox.client_id(),
                    sandbox.client_secret(),
                ))
                .api_key(sandbox.api_key())
                .build()?,
            Self::Live(live) => Client::builder()
                .brand(live.brand)
                .credentials(Credentials::authorization_code(
                    &live.client_id,
                    live.client_secret.clone(),
                ))
                .api_key(live.api_key.clone())
                .build()?,
        })
    }

    /// Has the user log in. In the sandbox the program plays the browser.
    pub(crate) async fn visit(&self, url: &url::Url) -> Outcome {
        match self {
            Self::Sandbox(sandbox) => {
                browser::log_in(url, sandbox.username(), sandbox.password()).await
            }
            Self::Live(_) => {
                println!("    open this in a browser, and log in:\n    {url}");
                Ok(())
            }
        }
    }

    /// From and to, if anything may be sent.
    pub(crate) fn sending(&self) -> Option<(String, String)> {
        match self {
            Self::Sandbox(sandbox) => Some((sandbox.number().to_owned(), CUSTOMER.to_owned())),
            Self::Live(live) => live
                .sending
                .as_ref()
                .map(|(from, to)| (from.as_str().to_owned(), to.as_str().to_owned())),
        }
    }

    /// Whether contacts, consents and subscriptions may be written.
    pub(crate) fn may_write(&self) -> bool {
        match self {
            Self::Sandbox(_) => true,
            Self::Live(live) => live.write,
        }
    }

    /// Plays the customer, or asks for one.
    pub(crate) async fn customer_answers(&self, text: &str) -> Outcome {
        match self {
            Self::Sandbox(sandbox) => {
                sandbox
                    .customer_texts(CUSTOMER, sandbox.number(), text)
                    .await?;
            }
            Self::Live(_) => println!("    text to one of your numbers from a phone"),
        }
        Ok(())
    }

    /// How long to wait for the customer.
    pub(crate) fn patience(&self) -> Duration {
        match self {
            Self::Sandbox(_) => Duration::from_secs(10),
            Self::Live(_) => A_PERSONS_TIME,
        }
    }
}
