//! What a client does until the sandbox is killed, and what it was told.

use std::collections::HashMap;

use anyhow::{Context, bail};
use reqwest::{
    RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::program::Connection;

/// A client, over all restarts.
#[derive(Debug)]
pub(crate) struct Client {
    number: u32,
    random: fastrand::Rng,
    made: u64,
    tokens: Option<Tokens>,
}

/// The last tokens that the client was told.
#[derive(Clone)]
struct Tokens {
    access: String,
    refresh: String,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// What clients were told by successful responses. Names, texts and numbers are unique.
#[derive(Default)]
pub(crate) struct Told {
    /// The text of each message, with the length of its file.
    pub(crate) messages: HashMap<String, Option<usize>>,
    /// The number of each contact, with its id.
    pub(crate) contacts: HashMap<String, String>,
    /// The name of each consent, with its id.
    pub(crate) consents: HashMap<String, String>,
    /// The marks of requests in the ledger.
    pub(crate) marks: Vec<String>,
    /// The `x-amzn-requestid` of each response.
    pub(crate) request_ids: Vec<String>,
    pub(crate) renewals: usize,
    /// Requests without a response: each may be there or not.
    pub(crate) unanswered: usize,
    access: HashMap<u32, String>,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}

impl Told {
    pub(crate) fn add(&mut self, other: Self) {
        self.messages.extend(other.messages);
        self.contacts.extend(other.contacts);
        self.consents.extend(other.consents);
        self.marks.extend(other.marks);
        self.request_ids.extend(other.request_ids);
        self.renewals += other.renewals;
        self.unanswered += other.unanswered;
        self.access.extend(other.access);
    }

    /// How many requests had a success.
    pub(crate) fn answered(&self) -> usize {
        self.marks.len()
    }

    /// Each client's last access token is valid.
    pub(crate) async fn check_tokens(&self, connection: &Connection) -> anyhow::Result<()> {
        for token in self.access.values() {
            let response = connection.api("GET", "/site/all", token)?.send().await?;
            let status = response.status();
            if !status.is_success() {
                bail!("a token that was issued before the kill gets {status}");
            }
        }
        Ok(())
    }
}

/// How a request went.
enum Outcome {
    Success(Value),
    NoResponse,
}

impl Client {
    pub(crate) fn new(number: u32, seed: u64) -> Self {
        Self {
            number,
            random: fastrand::Rng::with_seed(seed),
            made: 0,
            tokens: None,
        }
    }

    /// Sends requests until one has no response.
    ///
    /// # Errors
    ///
    /// When a response isn't a success.
    pub(crate) async fn run(&mut self, connection: &Connection) -> anyhow::Result<Told> {
        let mut told = Told::default();
        while self.step(connection, &mut told).await? {}
        told.unanswered += 1;
        Ok(told)
    }

    /// Sends a request; returns whether it had a response.
    async fn step(&mut self, connection: &Connection, told: &mut Told) -> anyhow::Result<bool> {
        let Some(tokens) = self.tokens.clone() else {
            return self.log_in(connection, told).await;
        };
        self.made += 1;
        let name = format!("{}-{}", self.number, self.made);
        let api = |method: &str, path: &str| connection.api(method, path, &tokens.access);
        let to = format!("+1303{:07}", self.random.u32(..10_000_000));
        let send = [
            ("from", connection.number.as_str()),
            ("to", &to),
            ("text", &name),
        ];
        match self.random.u8(..6) {
            0 | 1 => {
                let request = api("POST", "/message/sendsms")?.query(&send);
                let Outcome::Success(_) = outcome(request, &name, told).await? else {
                    return Ok(false);
                };
                told.messages.insert(name, None);
            }
            2 => {
                let length = self.random.usize(1..20_000);
                let file = Part::bytes(vec![7; length]).file_name("file");
                let request = api("POST", "/message/sendmms")?.query(&send);
                let request = request.multipart(Form::new().part("file", file));
                let Outcome::Success(_) = outcome(request, &name, told).await? else {
                    return Ok(false);
                };
                told.messages.insert(name, Some(length));
            }
            3 => {
                let number = format!("+1202{:02}{:05}", self.number, self.made % 100_000);
                let body = json!({"mobileNumber": number, "firstName": name});
                let request = api("POST", "/contact")?.json(&body);
                let Outcome::Success(contact) = outcome(request, &name, told).await? else {
                    return Ok(false);
                };
                told.contacts.insert(number, text(&contact, "id")?);
            }
            4 => {
                let request = api("POST", "/customconsent")?.json(&json!({"name": name}));
                let Outcome::Success(consent) = outcome(request, &name, told).await? else {
                    return Ok(false);
                };
                told.consents.insert(name, text(&consent, "id")?);
            }
            _ => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &tokens.refresh),
                ];
                let request = connection.token(&form);
                let Outcome::Success(renewed) = outcome(request, &name, told).await? else {
                    return Ok(false);
                };
                told.renewals += 1;
                self.tell(&renewed, told)?;
            }
        }
        Ok(true)
    }

    async fn log_in(&mut self, connection: &Connection, told: &mut Told) -> anyhow::Result<bool> {
        let Ok(request) = connection.log_in().await else {
            return Ok(false);
        };
        let name = format!("{}-login", self.number);
        match outcome(request, &name, told).await? {
            Outcome::Success(tokens) => {
                self.tell(&tokens, told)?;
                Ok(true)
            }
            Outcome::NoResponse => Ok(false),
        }
    }

    fn tell(&mut self, tokens: &Value, told: &mut Told) -> anyhow::Result<()> {
        let access = text(tokens, "access_token")?;
        told.access.insert(self.number, access.clone());
        let refresh = text(tokens, "refresh_token")?;
        self.tokens = Some(Tokens { access, refresh });
        Ok(())
    }
}

fn text(body: &Value, name: &str) -> anyhow::Result<String> {
    let text = body.get(name).and_then(Value::as_str);
    let text = text.with_context(|| format!("a response without {name}"))?;
    Ok(text.to_owned())
}

/// Sends a request with a mark, and keeps what a success says of it.
async fn outcome(request: RequestBuilder, mark: &str, told: &mut Told) -> anyhow::Result<Outcome> {
    let Ok(response) = request.header("x-mark", mark).send().await else {
        return Ok(Outcome::NoResponse);
    };
    let status = response.status();
    let id = response.headers().get("x-amzn-requestid");
    let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
    // A response that is cut was still given: its head says that it is a success.
    if !status.is_success() {
        bail!("{mark}: {status}");
    }
    let Ok(body) = response.json().await else {
        return Ok(Outcome::NoResponse);
    };
    told.request_ids.extend(id);
    told.marks.push(mark.to_owned());
    Ok(Outcome::Success(body))
}
