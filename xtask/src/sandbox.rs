//! The sandbox as a program, for commands that run against it.
//!
//! It is started as a program and used over HTTP, as from any other language: this
//! package can't use the crate, which needs the generated client.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, redirect::Policy};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{program, workspace::Workspace};

/// A sandbox that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Sandbox {
    child: Child,
    /// The line that it printed: its URLs, and a ready-made client.
    pub(crate) line: String,
    pub(crate) connection: Connection,
    http: Http,
}

/// Its URLs, and a ready-made client.
#[derive(Deserialize)]
pub(crate) struct Connection {
    pub(crate) api_base: String,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    control_url: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) api_key: String,
    pub(crate) number: String,
    pub(crate) organization_id: String,
    pub(crate) department_id: String,
    pub(crate) username: String,
    password: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("api_base", &self.api_base)
            .finish_non_exhaustive()
    }
}

/// A request that arrived at the sandbox.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    /// The `operationId`; `None` for an unknown route.
    pub(crate) operation: Option<String>,
    pub(crate) carried_out: bool,
}

impl Sandbox {
    /// Builds it and starts it.
    pub(crate) fn start(workspace: &Workspace) -> anyhow::Result<Self> {
        Self::start_with(workspace, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_with(workspace: &Workspace, arguments: &[&str]) -> anyhow::Result<Self> {
        let program = program::build(workspace, "stratustexting-sandbox")?;
        // Two pages of contacts of the default size, and a site for the requests that need its ids.
        let mut child = Command::new(&program)
            .args(["--port", "0", "--json", "--contacts", "30", "--multisite"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let output = child.stdout.take().context("the sandbox has no output")?;
        let mut line = String::new();
        let connection = BufReader::new(output)
            .read_line(&mut line)
            .map_err(anyhow::Error::from)
            .and_then(|_| Ok(serde_json::from_str(&line)?))
            .context("the sandbox doesn't print its URLs");
        // From here on, dropping it stops it.
        let connection = match connection {
            Ok(connection) => connection,
            Err(error) => {
                stop(&mut child);
                return Err(error);
            }
        };
        Ok(Self {
            child,
            line,
            connection,
            http: Http::new()?,
        })
    }

    /// A customer texts the ready-made client's number; returns the message's id.
    pub(crate) fn customer_texts(&self, from: &str, text: &str) -> anyhow::Result<String> {
        let message = json!({"from": from, "to": self.connection.number, "text": text});
        let response = self.control(Method::POST, "/customer/messages", Some(&message))?;
        let id = response["id"].as_str().context("a message without an id")?;
        Ok(id.to_owned())
    }

    /// Every request that arrived.
    pub(crate) fn ledger(&self) -> anyhow::Result<Vec<Entry>> {
        Ok(serde_json::from_value(self.control(
            Method::GET,
            "/ledger",
            None,
        )?)?)
    }

    /// Logs the user in like a person in a browser; returns the authorization code.
    pub(crate) fn log_in(
        &self,
        redirect_uri: &str,
        scope: &str,
        code_challenge: &str,
    ) -> anyhow::Result<String> {
        let request = self
            .http
            .client
            .post(&self.connection.authorize_url)
            .query(&[
                ("client_id", self.connection.client_id.as_str()),
                ("response_type", "code"),
                ("redirect_uri", redirect_uri),
                ("scope", scope),
                ("code_challenge", code_challenge),
                ("code_challenge_method", "S256"),
            ])
            .form(&[
                ("username", &self.connection.username),
                ("password", &self.connection.password),
            ]);
        let response = self.http.runtime.block_on(async { request.send().await })?;
        let location = response.headers().get("location");
        let location = location.context("the login doesn't redirect")?.to_str()?;
        let location = url::Url::parse(location)?;
        let code = location.query_pairs().find(|(name, _)| name == "code");
        Ok(code.context("the login gives no code")?.1.into_owned())
    }

    /// An access token of the user's login, which may do everything.
    pub(crate) fn user_token(&self) -> anyhow::Result<String> {
        // Nobody listens there: the code is taken from the redirect. The verifier needn't be
        // secret, since only this program sees the code.
        let redirect_uri = "http://127.0.0.1/callback";
        let verifier = "a-verifier-for-a-run-against-the-sandbox-only";
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
        let code = self.log_in(redirect_uri, "", &challenge)?;
        let at = &self.connection;
        let request = self
            .http
            .client
            .post(&at.token_url)
            .basic_auth(&at.client_id, Some(&at.client_secret))
            .form(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", redirect_uri),
                ("code_verifier", verifier),
            ]);
        let tokens: Value = self.http.runtime.block_on(async {
            let response = request.send().await?.error_for_status()?;
            anyhow::Ok(response.json().await?)
        })?;
        let token = tokens["access_token"].as_str();
        Ok(token.context("a response without a token")?.to_owned())
    }

    /// The OpenAPI document of the control API.
    pub(crate) fn control_document(&self) -> anyhow::Result<Value> {
        self.control(Method::GET, "/openapi.json", None)
    }

    fn control(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.connection.control_url);
        let mut request = self.http.client.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.http.runtime.block_on(async {
            let response = request.send().await?.error_for_status()?;
            Ok(response.json().await?)
        })
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

/// Stops a program, which may have ended already.
fn stop(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// A client for this machine only.
#[derive(Debug)]
struct Http {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Http {
    fn new() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { runtime, client })
    }
}
