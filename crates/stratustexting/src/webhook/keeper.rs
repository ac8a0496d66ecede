//! Keeping subscriptions alive.

mod change;
mod plan;
mod task;

use std::{
    collections::HashSet,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use stratustexting_client::types::{Subscription, SubscriptionRequest};

use self::plan::{Action, Plan};
pub use self::{
    change::{Cause, Change, KeeperReport},
    task::KeeperTask,
};
use super::EventFilter;
#[cfg(doc)]
use crate::Error;
use crate::{Client, Result};

/// Ensures that a callback is subscribed, whatever the service does.
///
/// A subscription ends: at a time that the service chooses, when it has failed to deliver, or
/// for no reason that is documented. Nobody notices, and inbound texts are gone for days. The
/// keeper checks again and again: it creates one if there is none, renews it before the time
/// that the service *gave*, and replaces one that is no longer active or has lost a filter.
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use stratustexting::{Client, webhook::CallbackResponse};
/// # let sandbox = Sandbox::builder().allow_machine_subscriptions(true).start().await?;
/// # let client = Client::from_variables(sandbox.variables())?;
/// # let (organization, department) = (sandbox.organization_id(), sandbox.department_id());
/// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let callback = format!("http://{}/hook", listener.local_addr()?);
/// # let echo = |headers: axum::http::HeaderMap| async move {
/// #     [("validation-token", headers["validation-token"].clone())]
/// # };
/// # let routes = axum::Router::new().route("/hook", axum::routing::any(echo));
/// # tokio::spawn(async move { axum::serve(listener, routes).await });
/// use stratustexting::webhook::{EventFilter, Keeper};
///
/// let inbound = EventFilter::inbound(organization, department)?;
/// // The server of the callback is up: the service calls it when it is subscribed.
/// let keeper = Keeper::new(client, callback, [inbound])?;
///
/// let report = keeper.ensure().await;
/// assert!(report.is_live());
///
/// // From here on by itself, until the program ends.
/// let task = keeper.run(|report| println!("{:?}", report.changes()));
/// task.stop().await;
/// # Ok(())
/// # }
/// ```
///
/// # What it takes to be its own
///
/// Every subscription with the callback's URL belongs to the keeper: it deletes those that are
/// dead, and those that are double. Give each program a callback of its own. A subscription
/// with another URL is left alone, unless that is one of the [former](Self::formerly) ones.
///
/// # How long nothing may arrive
///
/// When the service drops a subscription, the keeper notices at its next check: by default
/// within five minutes. A check that fails is repeated after ten seconds, then after twice that
/// and so on, up to the same five minutes. A replacement is created before the old one is
/// deleted, so that nothing is missed in between; an event may come twice then.
///
/// # Several machines
///
/// Each may have a keeper for the same callback. If two create a subscription at the same time,
/// both see it at once and delete the newer one.
///
/// # Which token
///
/// Subscriptions were seen working with the token of a user who has logged in, and a sibling
/// brand's page says that it is needed. With another, [`KeeperReport::error`] is what the
/// service says, such as a status of 403. The keeper doesn't stop for it.
#[derive(Clone)]
pub struct Keeper {
    client: Client,
    wanted: Arc<Wanted>,
    interval: Duration,
    clock: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

/// What there should be.
#[derive(Clone)]
struct Wanted {
    callback: String,
    filters: Vec<String>,
    former: HashSet<String>,
    renew_before: Duration,
}

impl Keeper {
    /// How often it checks, unless [`interval`](Self::interval) says otherwise: 5 minutes.
    pub const INTERVAL: Duration = Duration::from_secs(300);

    /// How long before its end a subscription is renewed, unless
    /// [`renew_before`](Self::renew_before) says otherwise: a day.
    pub const RENEW_BEFORE: Duration = Duration::from_secs(24 * 3_600);

    /// A keeper of one subscription. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for a callback that the service couldn't call, and for no filters.
    pub fn new(
        client: Client,
        callback: impl Into<String>,
        events: impl IntoIterator<Item = EventFilter>,
    ) -> Result<Self> {
        let wanted = Wanted {
            callback: callback.into(),
            filters: events.into_iter().map(String::from).collect(),
            former: HashSet::new(),
            renew_before: Self::RENEW_BEFORE,
        };
        crate::resources::check_subscription(&wanted.request())?;
        Ok(Self {
            client,
            wanted: Arc::new(wanted),
            interval: Self::INTERVAL,
            clock: Arc::new(SystemTime::now),
        })
    }

    /// A URL that the callback had before, such as that of a tunnel. Subscriptions with it are
    /// deleted once there is one with the new URL.
    #[must_use]
    pub fn formerly(mut self, callback: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.wanted)
            .former
            .insert(callback.into());
        self
    }

    /// How often to check; by default every [5 minutes](Self::INTERVAL), at least every second.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_secs(1));
        self
    }

    /// How long before its end to renew a subscription; by default [a day](Self::RENEW_BEFORE).
    /// One that the service gives less time than this is renewed when it is down to the half.
    #[must_use]
    pub fn renew_before(mut self, time: Duration) -> Self {
        Arc::make_mut(&mut self.wanted).renew_before = time;
        self
    }

    /// For tests: reads the time from somewhere else.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Checks once, does what is needed, and reports it.
    pub async fn ensure(&self) -> KeeperReport {
        let mut report = KeeperReport::default();
        if let Err(error) = self.check(&mut report).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a webhook subscription could not be checked"
            );
            report.error = Some(error);
        }
        report
    }

    /// Starts checking, in a task of the current runtime, until [`KeeperTask::stop`]. Each check
    /// that changed something or failed is reported.
    pub fn run(&self, report: impl Fn(&KeeperReport) + Send + 'static) -> KeeperTask {
        KeeperTask::start(self.clone(), report)
    }

    async fn check(&self, report: &mut KeeperReport) -> Result<()> {
        let mut created: Option<String> = None;
        // After a creation it lists them again: another machine may have created one, too, and the
        // service may have changed the old one instead. More rounds than this find nothing new.
        for _ in 0..3 {
            let found = self.found().await?;
            let plan = Plan::new(&found, &self.wanted, (self.clock)());
            let Some(cause) = plan.create else {
                report.live = plan.live;
                for action in plan.actions {
                    self.act(action, report).await?;
                }
                return Ok(());
            };
            let is = |id: &String| found.iter().any(|other| other.id.as_ref() == Some(id));
            match created {
                // The list doesn't show it yet. To create another would make two.
                Some(id) if !is(&id) => return Ok(()),
                // It is the old one, and no better: it must go first.
                Some(id) => self.delete(&id).await?,
                None => {}
            }
            created = self.create(cause, report).await?;
        }
        Ok(())
    }

    async fn create(&self, cause: Cause, report: &mut KeeperReport) -> Result<Option<String>> {
        let request = self.wanted.request();
        let created = self.client.subscriptions().upsert(request).await?;
        let id = created.id.clone();
        report.created(created.into_inner(), cause);
        Ok(id)
    }

    /// All subscriptions. A list that may lack some is an error: a subscription that isn't seen
    /// would be created again.
    async fn found(&self) -> Result<Vec<Subscription>> {
        self.client.subscriptions().list().collect_up_to(MOST).await
    }

    async fn act(&self, action: Action, report: &mut KeeperReport) -> Result<()> {
        let subscriptions = self.client.subscriptions();
        match action {
            Action::Renew { id } => {
                let mut request = self.wanted.request();
                request.id = Some(id.clone());
                let renewed = subscriptions.upsert(request).await?.into_inner();
                let now = plan::Live::of(&renewed);
                let before = report.live.as_ref().and_then(|live| live.expires);
                if now.expires > before {
                    report.live = Some(now);
                    report.changed(Change::Renewed { id });
                } else {
                    // What makes a request an update is UNKNOWN, and it may prolong nothing.
                    report.changed(Change::NotProlonged { id: id.clone() });
                    self.replace(&id, report).await?;
                }
            }
            Action::Delete { id, cause } => {
                self.delete(&id).await?;
                report.changed(Change::Deleted { id, cause });
            }
        }
        Ok(())
    }

    /// Makes another in the place of one that can't be renewed.
    async fn replace(&self, id: &str, report: &mut KeeperReport) -> Result<()> {
        let cause = Cause::Expiring;
        let created = self.create(cause.clone(), report).await?;
        self.delete(id).await?;
        report.changed(Change::Deleted {
            id: id.to_owned(),
            cause: cause.clone(),
        });
        if created.as_deref() == Some(id) {
            // The service knows one subscription per callback, and that is gone now.
            self.create(cause, report).await?;
        }
        Ok(())
    }

    /// One that is gone already is what is wanted.
    async fn delete(&self, id: &str) -> Result<()> {
        match self.client.subscriptions().delete(id).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }
}

/// More subscriptions than an organization has; a list without an end is an error.
const MOST: usize = 10_000;

impl Wanted {
    fn request(&self) -> SubscriptionRequest {
        SubscriptionRequest::new(self.filters.clone(), self.callback.clone())
    }
}

/// Without the callback's URL, which may have a secret.
impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("filters", &self.wanted.filters)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
