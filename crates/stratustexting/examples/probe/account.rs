//! The account that is asked: one in a sandbox, or a live one.

use std::{env, io::BufRead};

use stratustexting::Client;
use stratustexting_sandbox::{Dialect, Sandbox};

use super::Outcome;

pub(crate) struct Account {
    client: Client,
    /// A message that is there to be read.
    message_id: Option<String>,
    /// It ends with this.
    _sandbox: Option<Sandbox>,
}

impl Account {
    pub(crate) async fn open() -> Outcome<Self> {
        let mut arguments = env::args().skip(1);
        match (arguments.next().as_deref(), arguments.next()) {
            (None, None) => Self::sandbox(Dialect::none()).await,
            (Some("--dialect"), Some(seed)) => {
                Self::sandbox(Dialect::from_seed(seed.parse()?)).await
            }
            (Some("--live"), None) => Self::live().await,
            _ => Err("usage: probe [--live | --dialect SEED]".into()),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    async fn sandbox(dialect: Dialect) -> Outcome<Self> {
        let sandbox = Sandbox::builder()
            .dialect(dialect)
            .allow_machine_subscriptions(true)
            .start()
            .await?;
        println!("# A sandbox: {dialect}\n");
        let client = Client::from_variables(sandbox.variables())?;
        let text = "Is my parcel there?";
        let id = sandbox
            .customer_texts("+12025550123", sandbox.number(), text)
            .await?;
        Ok(Self {
            client,
            message_id: Some(id),
            _sandbox: Some(sandbox),
        })
    }

    async fn live() -> Outcome<Self> {
        let client = Client::from_env()?;
        let brand = optional("STRATUS_BRAND");
        let brand = brand.as_deref().unwrap_or("stratustexting");
        println!("# {brand}, version {}\n", env!("CARGO_PKG_VERSION"));
        if !client.auth().is_logged_in().await? {
            log_in(&client).await?;
        }
        Ok(Self {
            client,
            message_id: optional("STRATUS_MESSAGE_ID"),
            _sandbox: None,
        })
    }
}

async fn log_in(client: &Client) -> Outcome {
    let redirect = optional("STRATUS_REDIRECT_URI");
    let redirect = redirect.unwrap_or_else(|| "http://localhost:8000/callback".to_owned());
    let login = client.auth().start_login(&redirect)?;
    println!("Open this in a browser and log in:\n{}\n", login.url());
    println!("Then paste the URL that the browser was sent to, and press Enter:");
    let mut callback = String::new();
    std::io::stdin().lock().read_line(&mut callback)?;
    Ok(client.auth().finish_login(&login, callback.trim()).await?)
}

fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
