//! The service that the program talks to: a sandbox of its own, or the real one.

use std::time::Duration;

use stratustexting::{Client, ClientBuilder, auth::Credentials};
use stratustexting_sandbox::Sandbox;

use super::{
    Outcome, browser,
    settings::{Live, Settings},
    webhook::Webhook,
};

pub(crate) enum Service {
    Sandbox(Sandbox),
    Live(Live),
}

/// The customer's number in the sandbox.
const CUSTOMER: &str = "+12025550123";

impl Service {
    pub(crate) async fn start(settings: Settings) -> Outcome<Self> {
        Ok(match settings {
            Settings::Live(live) => Self::Live(live),
            Settings::Sandbox => {
                let sandbox = Sandbox::builder().multisite(true).start().await?;
                println!("sandbox at {}", sandbox.api_base());
                Self::Sandbox(sandbox)
            }
        })
    }

    pub(crate) fn client(&self) -> Outcome<Client> {
        Ok(match self {
            Self::Sandbox(sandbox) => {
                let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
                ClientBuilder::from_variables(sandbox.variables())?
                    .credentials(Credentials::authorization_code(id, secret))
                    .build()?
            }
            Self::Live(_) => Client::from_env()?,
        })
    }

    /// Logs the user in by the browser. In the sandbox the program plays the browser.
    pub(crate) async fn log_in(&self, client: &Client) -> Outcome {
        let auth = client.auth();
        match self {
            Self::Sandbox(sandbox) => {
                auth.log_in_with_browser("http://localhost:0/callback")
                    .open_with(browser::of_user(sandbox))
                    .await?;
            }
            Self::Live(live) => {
                println!("    please log in at the page that opens in your browser");
                let redirect_uri = format!("http://localhost:{}/callback", live.port);
                auth.log_in_with_browser(redirect_uri).await?;
            }
        }
        Ok(())
    }

    /// The recipient, if anything may be sent.
    pub(crate) fn recipient(&self) -> Option<&str> {
        match self {
            Self::Sandbox(_) => Some(CUSTOMER),
            Self::Live(live) => live.to.as_ref().map(|number| number.as_str()),
        }
    }

    /// Whether contacts, consents and subscriptions may be written.
    pub(crate) fn may_write(&self) -> bool {
        match self {
            Self::Sandbox(_) => true,
            Self::Live(live) => live.write,
        }
    }

    /// Starts the webhook's server, and returns it with the URL by which the service reaches
    /// it; `None` if it can't.
    pub(crate) async fn webhook(&self) -> Outcome<Option<(Webhook, String)>> {
        Ok(match self {
            Self::Sandbox(_) => {
                let webhook = Webhook::start(0).await?;
                let uri = webhook.local_uri.clone();
                Some((webhook, uri))
            }
            Self::Live(live) => match &live.webhook_url {
                Some(uri) => Some((Webhook::start(live.port).await?, uri.clone())),
                None => None,
            },
        })
    }

    /// Plays the customer who texts, or asks for one.
    pub(crate) async fn customer_texts(&self, text: &str) -> Outcome {
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
    pub(crate) fn timeout(&self) -> Duration {
        match self {
            Self::Sandbox(_) => Duration::from_secs(10),
            Self::Live(_) => Duration::from_secs(300),
        }
    }
}
