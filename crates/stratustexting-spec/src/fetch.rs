//! Fetches pages: a few at a time, with retries, never from another host, within
//! limits, and only those that changed since the last run.

use std::{error::Error, fs, path::PathBuf, time::Duration};

use anyhow::Context;
use reqwest::{
    StatusCode,
    header::{
        ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
        RETRY_AFTER,
    },
    redirect::{Attempt, Policy},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::{problem::Problem, source};

/// How many pages are fetched at once.
pub(crate) const AT_ONCE: usize = 4;

/// The largest page that is read, in bytes. The largest known is a hundredth of it.
const MOST_BYTES: usize = 4 << 20;

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 5;
const ATTEMPTS: u32 = 3;
/// Before the second attempt; each further one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest wait before an attempt, whatever the site asks for.
const MOST_PAUSE: Duration = Duration::from_secs(20);

const USER_AGENT: &str = concat!(
    "stratustexting-xtask/",
    env!("CARGO_PKG_VERSION"),
    " (+",
    env!("CARGO_PKG_REPOSITORY"),
    ")"
);

/// Fetches pages.
#[derive(Debug)]
pub(crate) struct Fetcher {
    client: reqwest::Client,
    cache: Cache,
}

/// The outcome of one attempt.
enum Outcome {
    Page(String),
    /// Another attempt may help, after a pause if the site asks for one.
    Again(String, Option<Duration>),
    Failed(String),
}

impl Fetcher {
    /// For the pages of a site. A site on this machine is reached without a proxy,
    /// which would look for it on its own machine.
    pub(crate) fn new(site: &Url, cache: PathBuf) -> anyhow::Result<Self> {
        let mut builder = reqwest::Client::builder();
        if source::is_here(site) {
            builder = builder.no_proxy();
        }
        let client = builder
            .user_agent(USER_AGENT)
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::custom(follow))
            .build()
            .context("no HTTP client")?;
        let cache = Cache { folder: cache };
        Ok(Self { client, cache })
    }

    /// The text of a page. `name` identifies it in problems.
    pub(crate) async fn get(&self, url: &Url, name: &str) -> Result<String, Problem> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            match self.attempt(url).await {
                Outcome::Page(text) => return Ok(text),
                Outcome::Again(_, wanted) if attempt < ATTEMPTS => {
                    tokio::time::sleep(wanted.unwrap_or(pause).min(MOST_PAUSE)).await;
                    pause *= 2;
                }
                Outcome::Again(text, _) => {
                    return Err(Problem::of_page(name, format!("{text}, {ATTEMPTS} times")));
                }
                Outcome::Failed(text) => return Err(Problem::of_page(name, text)),
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn attempt(&self, url: &Url) -> Outcome {
        let known = self.cache.load(url);
        let mut headers = HeaderMap::new();
        headers.insert(
            ACCEPT,
            "text/markdown, text/plain".parse().expect("a value"),
        );
        if let Some(known) = &known {
            for (name, value) in [
                (IF_NONE_MATCH, &known.etag),
                (IF_MODIFIED_SINCE, &known.last_modified),
            ] {
                if let Some(value) = value.as_ref().and_then(|value| value.parse().ok()) {
                    headers.insert(name, value);
                }
            }
        }
        let response = self.client.get(url.clone()).headers(headers).send().await;
        let response = match response {
            Ok(response) => response,
            Err(error) if error.is_redirect() => return Outcome::Failed(innermost(&error)),
            Err(error) => return Outcome::Again(innermost(&error), None),
        };
        match (response.status(), known) {
            (StatusCode::NOT_MODIFIED, Some(known)) => return Outcome::Page(known.body),
            (status, _) if status.is_success() => {}
            (status, _) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                let pause = header(response.headers(), &RETRY_AFTER);
                let pause = pause.and_then(|value| value.parse().ok());
                return Outcome::Again(status.to_string(), pause.map(Duration::from_secs));
            }
            (status, _) => return Outcome::Failed(status.to_string()),
        }
        let kind = header(response.headers(), &CONTENT_TYPE).unwrap_or_default();
        if kind.starts_with("text/html") {
            return Outcome::Failed("an HTML page where Markdown is expected".to_owned());
        }
        let etag = header(response.headers(), &ETAG);
        let last_modified = header(response.headers(), &LAST_MODIFIED);
        match body(response).await {
            Ok(body) => {
                let stored = Stored {
                    url: url.to_string(),
                    etag,
                    last_modified,
                    body,
                };
                self.cache.save(&stored);
                Outcome::Page(stored.body)
            }
            Err(outcome) => outcome,
        }
    }
}

async fn body(mut response: reqwest::Response) -> Result<String, Outcome> {
    let too_large = || {
        Outcome::Failed(format!(
            "larger than {} MiB, which isn't read",
            MOST_BYTES >> 20
        ))
    };
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MOST_BYTES => return Err(too_large()),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Err(Outcome::Again(innermost(&error), None)),
        }
    }
    String::from_utf8(bytes).map_err(|_| Outcome::Failed("not UTF-8".to_owned()))
}

/// Follows redirects within the site only, and not in a loop.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let first = attempt.previous().first();
    if first.is_some_and(|first| first.origin() != attempt.url().origin()) {
        return attempt.error("redirected to another host, which isn't followed");
    }
    if attempt.previous().contains(attempt.url()) {
        return attempt.error("redirected in a loop");
    }
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error("redirected too often");
    }
    attempt.follow()
}

fn header(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// The innermost source of an error, which says what happened.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if error.is_timeout() {
        return format!("no response within {} seconds", TIMEOUT.as_secs());
    }
    innermost.to_string()
}

/// Earlier responses, so that pages are only fetched if they have changed.
///
/// It can be deleted at any time. Nothing of it is trusted: an unchanged page is read
/// like any other.
#[derive(Debug)]
struct Cache {
    folder: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    url: String,
    etag: Option<String>,
    last_modified: Option<String>,
    body: String,
}

impl Cache {
    fn path(&self, url: &str) -> PathBuf {
        let digest = Sha256::digest(url);
        let name: String = digest[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.folder.join(name + ".json")
    }

    fn load(&self, url: &Url) -> Option<Stored> {
        let text = fs::read_to_string(self.path(url.as_str())).ok()?;
        let stored: Stored = serde_json::from_str(&text).ok()?;
        (stored.url == url.as_str()).then_some(stored)
    }

    /// A page that can't be stored is fetched again the next time.
    fn save(&self, stored: &Stored) {
        if stored.etag.is_none() && stored.last_modified.is_none() {
            return;
        }
        if let Ok(text) = serde_json::to_string(stored) {
            let _ = fs::create_dir_all(&self.folder);
            let _ = super::files::replace(&self.path(&stored.url), &text);
        }
    }
}
