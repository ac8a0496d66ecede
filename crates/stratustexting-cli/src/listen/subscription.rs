//! The subscription: made at the start, kept alive, and removed at the end. No other one is
//! touched.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use stratustexting::reqwest::Url;
use stratustexting::{
    Client,
    http::StatusCode,
    webhook::{EventFilter, Keeper, KeeperReport, KeeperTask},
};

use super::kept::Kept;
use crate::{
    account::Account,
    failure::{Class, Failure, Result},
    output::tell,
};

/// A sandbox forgets its subscriptions when it is started anew.
const SANDBOX_INTERVAL: Duration = Duration::from_secs(10);

pub(super) struct Subscription {
    client: Client,
    callback: String,
    is_sandbox: bool,
    id: Arc<Mutex<Option<String>>>,
    task: KeeperTask,
}

/// The URL of a tunnel or a proxy that leads to this machine.
pub(super) struct PublicUrl(Url);

impl PublicUrl {
    pub(super) fn base(&self) -> String {
        self.0.as_str().trim_end_matches('/').to_owned()
    }
}

pub(super) fn check_url(text: &str) -> Result<PublicUrl> {
    let url = Url::parse(text).ok().filter(|url| {
        let is_plain = url.query().is_none() && url.fragment().is_none();
        is_plain && url.username().is_empty() && matches!(url.scheme(), "https" | "http")
    });
    url.map(PublicUrl).ok_or_else(|| {
        Failure::usage(
            "--public-url: must be an https URL without a query; a secret path is added to it",
        )
    })
}

impl Subscription {
    /// Subscribes the callback, which must be up, and keeps it subscribed.
    pub(super) async fn keep(
        client: &Client,
        account: &Account,
        callback: String,
        filters: Vec<EventFilter>,
        kept: &mut Kept,
    ) -> Result<Self> {
        let mut keeper = Keeper::new(client.clone(), &callback, filters)?;
        if let Some(former) = kept.former().filter(|former| *former != callback) {
            keeper = keeper.formerly(former);
        }
        let is_sandbox = account.control_url.is_some();
        if is_sandbox {
            keeper = keeper.interval(SANDBOX_INTERVAL);
        }
        // Before the service knows of it: what is killed in between is removed by the next start.
        kept.begin(&callback)?;
        let report = keeper.ensure().await;
        if !report.is_live() {
            return Err(failure(&report));
        }
        let id = Arc::new(Mutex::new(report.subscription_id().map(str::to_owned)));
        let task = keeper.run(watch(Arc::clone(&id)));
        Ok(Self {
            client: client.clone(),
            callback,
            is_sandbox,
            id,
            task,
        })
    }

    pub(super) async fn remove(self, kept: &mut Kept) -> Result<()> {
        self.task.stop().await;
        let id = self
            .id
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let id = match id {
            Some(id) => Some(id),
            None => find(&self.client, &self.callback).await?,
        };
        if let Some(id) = id
            && let Err(error) = self.client.subscriptions().delete(id).await
        {
            let is_gone = error.is_not_found() || self.is_sandbox && error.is_connect();
            if !is_gone {
                let failure = Failure::from(error);
                return Err(failure.and(
                    "The subscription may still be there; the next `stratus listen` removes it",
                ));
            }
        }
        kept.end()?;
        tell("The subscription is removed.");
        Ok(())
    }
}

/// The service gave no id when it was made.
async fn find(client: &Client, callback: &str) -> Result<Option<String>> {
    let all = client.subscriptions().list().collect_up_to(10_000).await?;
    let ours = all
        .into_iter()
        .find(|it| it.uri.as_deref() == Some(callback));
    Ok(ours.and_then(|ours| ours.id))
}

fn watch(id: Arc<Mutex<Option<String>>>) -> impl Fn(&KeeperReport) + Send + 'static {
    move |report| {
        if let Some(now) = report.subscription_id() {
            let mut id = id.lock().unwrap_or_else(PoisonError::into_inner);
            if id.as_deref() != Some(now) {
                *id = Some(now.to_owned());
                tell("The subscription was gone, and is made again.");
            }
        }
        if let Some(error) = report.error() {
            tell(&format!("The subscription can't be checked: {error}"));
        }
    }
}

fn failure(report: &KeeperReport) -> Failure {
    let hint = match report.error().and_then(stratustexting::Error::status) {
        Some(StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) => {
            "Subscriptions need the token of a user who has logged in, as `stratus login` gets \
             one; `stratus doctor` checks the rest"
        }
        _ => "Nothing is received",
    };
    match report.error() {
        Some(error) => Failure::from(error.clone()).and(hint),
        None => Failure::new(
            Class::Other,
            "the service shows no subscription after it was made",
        ),
    }
}
