//! A POST per event, as the service would make it. The URL may have a secret, so nothing shows
//! it.

use std::{net::IpAddr, time::Duration};

use stratustexting::reqwest::{Client, Url, header, redirect::Policy};

use super::{Item, Kind, SinkFailure};
use crate::failure::{Class, Failure, Result};

/// How long the other server may take. The inbox tries again, so it needn't be long.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A server that asks for more time than this gets only so much.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

pub(super) struct Forward {
    http: Client,
    url: Url,
}

impl Forward {
    pub(super) fn new(url: &str) -> Result<Self> {
        let url = Url::parse(url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or_else(|| {
            Failure::usage("--forward-to: must be a URL that begins with http:// or https://")
        })?;
        let mut http = Client::builder()
            .user_agent(concat!("stratus/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(TIMEOUT);
        if is_this_machine(&url) {
            // A proxy would be another one.
            http = http.no_proxy();
        }
        let http = http
            .build()
            .map_err(|error| Failure::new(Class::Other, error.to_string()))?;
        Ok(Self { http, url })
    }

    pub(super) async fn take(&self, item: &Item) -> std::result::Result<(), SinkFailure> {
        let request = self
            .http
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("stratus-event", item.id())
            .header("stratus-event-attempt", item.attempt());
        let request = match item.is_replay() {
            true => request.header("stratus-event-replay", "true"),
            false => request,
        };
        let response = request.body(item.body()).send().await.map_err(|error| {
            SinkFailure::new(Kind::Network(if error.is_connect() {
                "can't be reached"
            } else if error.is_timeout() {
                "didn't respond in time"
            } else {
                "broke the connection off"
            }))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let wait = response.headers().get(header::RETRY_AFTER);
        let wait = wait.and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
        Err(SinkFailure {
            kind: Kind::Status(status.as_u16()),
            retry_after: wait.map(|wait| Duration::from_secs(wait).min(LONGEST_WAIT)),
        })
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|it: IpAddr| it.is_loopback())
}
