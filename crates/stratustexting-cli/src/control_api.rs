//! The control API of the account's sandbox: it plays the customers there.

use std::time::Duration;

use serde_json::Value;
use stratustexting::reqwest::{self, Client, Method};

use crate::{
    account::Account,
    failure::{Class, Failure, Result},
};

const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct ControlApi {
    http: Client,
    url: String,
}

impl ControlApi {
    /// That of the account's sandbox; an error if the account isn't a sandbox's. Nothing is ever
    /// sent to a live account this way.
    pub(crate) fn of(account: &Account) -> Result<Self> {
        let Some(url) = &account.control_url else {
            let whose = match &account.name {
                Some(name) => format!("the profile {name:?} isn't a sandbox's"),
                None => "the environment's account isn't a sandbox's".to_owned(),
            };
            return Err(Failure::new(
                Class::SetUp,
                format!(
                    "{whose}, and customers can be played at a sandbox only. `stratus sandbox` \
                     starts one and makes the profile `sandbox`: say --profile sandbox"
                ),
            ));
        };
        let http = Client::builder().no_proxy().timeout(TIMEOUT).build();
        Ok(Self {
            http: http.map_err(|error| Failure::new(Class::Other, error.to_string()))?,
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    /// What is known of the account: its ids, its number.
    pub(crate) async fn index(&self) -> Result<Value> {
        self.call(Method::GET, "", None).await
    }

    /// What the API responds; `null` if that has no body.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status();
        let body = response.bytes().await.map_err(|error| failure(&error))?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let reason = body["message"].as_str().unwrap_or("it gives no reason");
        Err(Failure::new(
            Class::Rejected,
            format!("the sandbox rejected it with {status}: {reason}"),
        ))
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    let text = if error.is_connect() {
        "the sandbox can't be reached"
    } else if error.is_timeout() {
        "the sandbox didn't respond in time"
    } else {
        "the sandbox's response broke off"
    };
    let failure = Failure::new(Class::Network, text);
    if error.is_connect() {
        failure.unreachable()
    } else {
        failure
    }
}
