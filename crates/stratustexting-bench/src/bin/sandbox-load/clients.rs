//! The clients that send, all at once, each text only once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::server::Server;

const RECIPIENT: &str = "+12025550199";

/// What a client needs to send.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) http: reqwest::Client,
    pub(crate) control_url: String,
    send_url: String,
    token: String,
    api_key: String,
    number: String,
}

impl Account {
    pub(crate) async fn log_in(server: &Server) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()?;
        let tokens: Value = http
            .post(server.get("token_url")?)
            .basic_auth(server.get("client_id")?, Some(server.get("client_secret")?))
            .form(&[("grant_type", "client_credentials")])
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let token = tokens.get("access_token").and_then(Value::as_str);
        let account = Self {
            http,
            control_url: server.get("control_url")?,
            send_url: format!("{}/message/sendsms", server.get("api_base")?),
            token: token.context("no token")?.to_owned(),
            api_key: server.get("api_key")?,
            number: server.get("number")?,
        };
        // The token request isn't part of what is counted.
        account.clear_ledger().await?;
        Ok(account)
    }

    async fn clear_ledger(&self) -> anyhow::Result<()> {
        let url = format!("{}/ledger", self.control_url);
        let status = self.http.delete(url).send().await?.status();
        ensure!(status.is_success(), "the ledger can't be cleared: {status}");
        Ok(())
    }

    async fn send(&self, number: usize) -> Answer {
        let text = text(number);
        let query = [("from", &*self.number), ("to", RECIPIENT), ("text", &text)];
        let request = self.http.post(&self.send_url).query(&query);
        let request = request.bearer_auth(&self.token);
        match request.header("x-api-key", &self.api_key).send().await {
            Ok(response) if response.status() == 200 => match response.bytes().await {
                Ok(_) => Answer::Accepted,
                Err(_) => Answer::Failed,
            },
            Ok(_) => Answer::Rejected,
            Err(_) => Answer::Failed,
        }
    }
}

/// What a client learned of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Rejected,
    /// There was no complete response.
    Failed,
}

/// The text of the send with this number.
pub(crate) fn text(number: usize) -> String {
    format!("Load {number}")
}

/// Sends the texts with numbers below `sends`; returns the answer to each.
pub(crate) async fn send_all(account: &Account, clients: u32, sends: usize) -> Vec<Answer> {
    let next = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (account, next) = (account.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut answers = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= sends {
                        return answers;
                    }
                    answers.push((number, account.send(number).await));
                }
            })
        })
        .collect();
    let mut all = vec![Answer::Failed; sends];
    for task in tasks {
        for (number, answer) in task.await.unwrap_or_default() {
            if let Some(place) = all.get_mut(number) {
                *place = answer;
            }
        }
    }
    all
}
