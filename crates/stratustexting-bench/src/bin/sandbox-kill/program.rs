//! Starts the sandbox's program, and kills it.

use std::{path::Path, process::Stdio, sync::Arc};

use anyhow::{Context, ensure};
use reqwest::{RequestBuilder, redirect::Policy};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// The program while it runs; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    pub(crate) connection: Arc<Connection>,
}

/// Its URLs, a ready-made client, and the connections to it.
#[derive(Deserialize)]
pub(crate) struct Connection {
    pub(crate) api_base: String,
    pub(crate) token_url: String,
    authorize_url: String,
    control_url: String,
    client_id: String,
    client_secret: String,
    api_key: String,
    pub(crate) number: String,
    username: String,
    password: String,
    #[serde(skip)]
    http: reqwest::Client,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("api_base", &self.api_base)
            .finish_non_exhaustive()
    }
}

impl Program {
    /// Refresh tokens rotate, so that each renewal changes something. A client that lost the
    /// response gets the same one again.
    pub(crate) async fn start(program: &Path, file: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(["--json", "--contacts", "100", "--rotate-refresh-tokens"])
            .args([
                "--refresh-token-grace",
                "3600",
                "--ledger-entries",
                "10000000",
            ])
            .arg("--data")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let output = child.stdout.take().context("the sandbox has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await?;
        let connection: Connection =
            serde_json::from_str(&line).context("the sandbox doesn't print its URLs")?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .tls_certs_only([])
            .build()?;
        let connection = Arc::new(Connection { http, ..connection });
        Ok(Self { child, connection })
    }

    /// Kills it by SIGKILL, and waits until it is gone.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

impl Connection {
    /// A request to the API.
    pub(crate) fn api(
        &self,
        method: &str,
        path: &str,
        token: &str,
    ) -> anyhow::Result<RequestBuilder> {
        let url = format!("{}{path}", self.api_base);
        let request = self.http.request(method.parse()?, url).bearer_auth(token);
        Ok(request.header("x-api-key", &self.api_key))
    }

    /// A request for tokens.
    pub(crate) fn token(&self, form: &[(&str, &str)]) -> RequestBuilder {
        let request = self.http.post(&self.token_url);
        let request = request.basic_auth(&self.client_id, Some(&self.client_secret));
        request.form(form)
    }

    /// Logs the user in; returns the request for the tokens.
    pub(crate) async fn log_in(&self) -> anyhow::Result<RequestBuilder> {
        let redirect_uri = "http://127.0.0.1:1/callback";
        let page = self.http.post(&self.authorize_url).query(&[
            ("client_id", self.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", redirect_uri),
        ]);
        let user = [("username", &self.username), ("password", &self.password)];
        let response = page.form(&user).send().await?;
        let location = response.headers().get("location");
        let location = location.context("the login doesn't redirect")?.to_str()?;
        let (_, code) = location
            .split_once("code=")
            .context("the login gives no code")?;
        Ok(self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ]))
    }

    /// What the control API shows.
    pub(crate) async fn shown(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let response = self
            .http
            .get(format!("{}{path}", self.control_url))
            .send()
            .await?;
        let status = response.status();
        ensure!(status.is_success(), "{path}: {status}");
        Ok(response.json().await?)
    }

    /// All items of a list of the API.
    pub(crate) async fn list(&self, path: &str, token: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        loop {
            let page = items.len() / 500;
            let path = format!("{path}?size=500&page={page}");
            let response = self.api("GET", &path, token)?.send().await?;
            let status = response.status();
            ensure!(status.is_success(), "{path}: {status}");
            let mut page: Value = response.json().await?;
            let Some(Value::Array(content)) = page.get_mut("content").map(Value::take) else {
                anyhow::bail!("{path}: a page without content");
            };
            let is_last = content.len() < 500;
            items.extend(content);
            if is_last {
                return Ok(items);
            }
        }
    }
}
