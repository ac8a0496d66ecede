//! A sandbox in a dialect, clients for it, a callback, and a user who logs in.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use stratustexting::{
    Client, ClientBuilder, OperationOverride,
    auth::{Credentials, MemoryTokenStore},
};
use stratustexting_sandbox::{Dialect, Sandbox};

use crate::callback::Callback;

/// A customer's number; no seeded contact has it.
pub(crate) const CUSTOMER: &str = "+13035550123";

/// One that the ready-made client has. Nothing listens there: the program reads the
/// redirect itself.
const REDIRECT: &str = "http://127.0.0.1:9/callback";

pub(crate) struct Setup {
    pub(crate) sandbox: Sandbox,
    pub(crate) callback: Callback,
    /// A client with the overrides that a user with an account would set: the paths.
    pub(crate) client: Client,
    tokens: Arc<MemoryTokenStore>,
}

impl Setup {
    pub(crate) async fn new(seed: u64, dialect: Dialect, contacts: usize) -> anyhow::Result<Self> {
        let sandbox = Sandbox::builder()
            .seed(seed)
            .contacts(contacts)
            .multisite(true)
            .dialect(dialect)
            .rotate_refresh_tokens(seed % 2 == 1)
            .webhook_retry_wait(Duration::from_millis(5))
            .start()
            .await?;
        let tokens = Arc::new(MemoryTokenStore::new());
        let mut builder = builder(&sandbox, &tokens);
        for (operation, method, path) in dialect.paths() {
            let other = OperationOverride::new().method(*method).path(*path);
            builder = builder.operation(*operation, other);
        }
        Ok(Self {
            client: builder.build()?,
            callback: Callback::start().await?,
            sandbox,
            tokens,
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.sandbox.dialect()
    }

    /// A client without overrides; it shares the login.
    pub(crate) fn unconfigured(&self) -> anyhow::Result<Client> {
        Ok(builder(&self.sandbox, &self.tokens).build()?)
    }

    /// Logs the user in by the login page.
    pub(crate) async fn log_in(&self) -> anyhow::Result<()> {
        let login = self.client.auth().start_login(REDIRECT)?;
        let browser = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let form = [
            ("username", self.sandbox.username()),
            ("password", self.sandbox.password()),
        ];
        let page = browser.get(login.url().clone()).send().await?;
        page.error_for_status()?;
        let filled_in = browser.post(login.url().clone()).form(&form);
        let landed = filled_in.send().await?;
        let callback = landed.headers().get("location");
        let callback = callback.context("the login page leads nowhere")?.to_str()?;
        self.client.auth().finish_login(&login, callback).await?;
        Ok(())
    }

    /// How many tokens were requested so far.
    pub(crate) fn token_requests(&self) -> usize {
        let ledger = self.sandbox.ledger();
        let is_token = |operation: &Option<String>| operation.as_deref() == Some("token");
        ledger.iter().filter(|e| is_token(&e.operation)).count()
    }

    /// How many messages with a text were sent.
    pub(crate) fn sent(&self, text: &str) -> usize {
        let sent = self.sandbox.sent_messages();
        sent.iter().filter(|message| message.text == text).count()
    }
}

fn builder(sandbox: &Sandbox, tokens: &Arc<MemoryTokenStore>) -> ClientBuilder {
    Client::builder()
        .api_base(sandbox.api_base())
        .authorize_url(sandbox.authorize_url())
        .token_url(sandbox.token_url())
        .api_key(sandbox.api_key())
        .credentials(Credentials::authorization_code(
            sandbox.client_id(),
            sandbox.client_secret(),
        ))
        .token_store(Arc::clone(tokens))
}
