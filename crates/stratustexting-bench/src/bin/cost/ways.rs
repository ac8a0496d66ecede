//! The three compared ways to send a text.
//!
//! All of them send the same request, as far as each allows: a POST with three query
//! parameters, a bearer token, an API key and `accept`. The raw one is what a person
//! writes with `reqwest` and `serde` in an afternoon, without regard to its cost; it is
//! a yardstick, not the minimum.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use futures::future::BoxFuture;
use stratustexting::{
    AccessToken, Client,
    api::{
        self,
        transport::{Call, Handle, Transport},
    },
    auth::Credentials,
};

const FROM: &str = "+12025550100";
const TO: &str = "+12025550123";
const TEXT: &str = "Your table is ready. Reply STOP to opt out.";
/// A token of a usual shape, but shorter.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJiZW5jaCJ9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";
const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

/// A way to send a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Way {
    /// `reqwest` and `serde` by hand.
    Raw,
    /// The generated client with a transport that only sends.
    Generated,
    /// The SDK with a static token.
    Sdk,
}

impl Way {
    pub(crate) const ALL: [Self; 3] = [Self::Raw, Self::Generated, Self::Sdk];

    /// Its name in the baseline and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Generated => "generated",
            Self::Sdk => "sdk",
        }
    }

    /// Its title, for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Raw => "raw reqwest + serde",
            Self::Generated => "generated client alone",
            Self::Sdk => "SDK, messages().send_sms()",
        }
    }

    /// Makes the client of this way.
    pub(crate) fn sender(self, server: SocketAddr) -> anyhow::Result<Sender> {
        // A host name, as in production, since a URL with an IP address costs more to
        // parse. The URL is about as long as in production, since URLs are printed into
        // strings that grow. The name is resolved here, so that no resolver thread is
        // counted.
        let base = format!("http://localhost:{}/stratustexting-prod", server.port());
        let resolved =
            move |http: reqwest::ClientBuilder| http.no_proxy().resolve("localhost", server);
        Ok(match self {
            Self::Raw => Sender::Raw {
                http: resolved(reqwest::Client::builder()).build()?,
                base,
            },
            Self::Generated => {
                let mut headers = http::HeaderMap::new();
                let bearer = format!("Bearer {TOKEN}");
                headers.insert(http::header::AUTHORIZATION, bearer.try_into()?);
                headers.insert("x-api-key", http::HeaderValue::from_static(KEY));
                let http = resolved(reqwest::Client::builder())
                    .default_headers(headers)
                    .build()?;
                let handle = Handle::new(Arc::new(Plain(http.clone())));
                Sender::Generated(api::Client::with_transport(&base, http, handle))
            }
            Self::Sdk => Sender::Sdk(
                Client::builder()
                    .api_base(base)
                    .credentials(Credentials::static_token(AccessToken::new(TOKEN)?))
                    .api_key(KEY)
                    .configure_http(resolved)
                    .build()?,
            ),
        })
    }
}

/// A client, ready to send.
pub(crate) enum Sender {
    Raw { http: reqwest::Client, base: String },
    Generated(api::Client),
    Sdk(Client),
}

/// A runtime with one thread, for all of the client's work.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

/// Sends texts without counting, for valgrind.
pub(crate) fn send(way: Way, server: SocketAddr, count: usize) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let sender = way.sender(server)?;
        for _ in 0..count {
            sender.send().await?;
        }
        Ok(())
    })
}

/// The part of the response that the handwritten way reads.
#[derive(serde::Deserialize)]
struct Sent {
    result: Option<String>,
}

impl Sender {
    /// Sends one text and reads the response.
    pub(crate) async fn send(&self) -> anyhow::Result<()> {
        let result = match self {
            Self::Raw { http, base } => {
                let sent: Sent = http
                    .post(format!("{base}/message/sendsms"))
                    .query(&[("from", FROM), ("to", TO), ("text", TEXT)])
                    .header("accept", "application/json")
                    .header("x-api-key", KEY)
                    .bearer_auth(TOKEN)
                    .send()
                    .await?
                    .error_for_status()?
                    .json()
                    .await?;
                sent.result
            }
            Self::Generated(client) => {
                let request = client.send_sms().from(FROM).to(TO).text(TEXT);
                let sent = request.send().await.map_err(|error| {
                    anyhow::anyhow!("{error}").context("the generated client failed")
                })?;
                sent.into_inner().result
            }
            Self::Sdk(client) => {
                let sent = client.messages().from(FROM).send_sms(TO, TEXT).await?;
                sent.into_inner().result
            }
        };
        result.context("the response has no result")?;
        Ok(())
    }
}

/// A transport that only sends.
struct Plain(reqwest::Client);

impl Transport for Plain {
    fn execute<'a>(
        &'a self,
        request: reqwest::Request,
        _: Call<'a>,
    ) -> BoxFuture<'a, reqwest::Result<reqwest::Response>> {
        Box::pin(self.0.execute(request))
    }
}
