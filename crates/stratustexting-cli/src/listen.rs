//! `stratus listen`: receives webhook events, and shows them or hands them on.
//!
//! An event is stored before it is acknowledged, and handled afterwards, until that succeeds:
//! what was acknowledged isn't lost when the program is killed.
//!
//! - `callback.rs`: the server that the service posts to.
//! - `filters.rs`: which events, and where the ids in their filters come from.
//! - `kept.rs`: the files: events, and what a killed program leaves behind.
//! - `subscription.rs`: the subscription, from the start to the end.

mod callback;
mod filters;
pub(crate) mod kept;
mod subscription;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use stratustexting_queue::inbox::{Delivery, Inbox, SqliteStore};
use stratustexting_sandbox::program::ShutdownSignal;
use tokio::sync::Notify;

use self::{callback::Callback, filters::Filters, kept::Kept, subscription::Subscription};
use crate::{
    account::Account,
    context::Context,
    failure::{Class, Failure, Result},
    output::tell,
    sink::{Item, Sink, SinkArguments, SinkFailure},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    sink: SinkArguments,
    #[command(flatten)]
    filters: Filters,
    /// The URL under which the service reaches this machine, such as a tunnel's; a sandbox needs
    /// none
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The port to listen on, of this machine only [default: 8402; for a sandbox any free one]
    #[arg(long)]
    port: Option<u16>,
    /// Where events are kept [default: a file for each account in the folder of the profiles]
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// How many events are handled at the same time
    #[arg(long, value_name = "EVENTS", default_value_t = 1)]
    at_once: usize,
}

const PORT: u16 = 8402;

/// An event of a killed program is tried again after this.
const LEASE: Duration = Duration::from_secs(5);

/// With the waits below, this is more than an hour; then the event is left to `stratus replay`.
const ATTEMPTS: u32 = 100;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long handlers may take to end after Ctrl-C. Those that don't are run again.
const PARTING: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: Options, context: &Context) -> Result<ExitCode> {
    let shutdown = ShutdownSignal::listen()?;
    let account = context.account()?;
    let public_url = options.public_url.as_deref();
    let public_url = public_url.map(subscription::check_url).transpose()?;
    if public_url.is_none() && account.control_url.is_none() {
        return Err(Failure::usage(
            "--public-url: the service can't reach this machine by itself. Start a tunnel to \
             port 8402 and say its URL here; a sandbox's profile needs none",
        ));
    }
    let is_json = context.output.is_json();
    let sink = Sink::new(options.sink, is_json)?;
    let client = account.client()?;
    let filters = options.filters.of(&account, &client).await?;
    let mut kept = Kept::open(options.keep, &account)?;
    let mut inbox = Inbox::builder(SqliteStore::open(kept.events()).await?)
        .concurrency(options.at_once)
        .lease(LEASE)
        .max_attempts(ATTEMPTS)
        .backoff(FIRST_WAIT, LONGEST_WAIT)
        .poll_interval(Duration::from_millis(250));
    if sink.fetches() {
        inbox = inbox.fetch_messages(client.clone());
    }
    let inbox = inbox.build();

    let port = port(options.port, public_url.is_some(), &kept);
    let callback = Callback::start(port, options.port.is_none(), &kept, inbox.clone()).await?;
    let subscription = Subscription::keep(
        &client,
        &account,
        callback.url(public_url.as_ref()),
        filters,
        &mut kept,
    )
    .await?;
    let end = Arc::new(Notify::new());
    let worker = inbox.run(handler(Arc::new(sink), Arc::clone(&end)));
    tell(&format!(
        "Listening at {}; Ctrl-C ends it and removes the subscription.",
        callback.shown(public_url.as_ref())
    ));

    tokio::select! {
        () = shutdown.wait() => {}
        () = end.notified() => {}
    }
    let again = ShutdownSignal::listen()?;
    let parting = async {
        // First, so that nothing more comes that nobody would handle.
        let removed = subscription.remove(&mut kept).await;
        worker.shutdown_within(PARTING).await;
        say_what_is_left(&inbox).await;
        client.auth().wait_for_renewal().await;
        removed
    };
    tokio::select! {
        removed = parting => removed?,
        () = again.wait() => {
            return Err(Failure::new(
                Class::Other,
                "ended by a second signal; the next start removes the subscription, and runs \
                 again what was under way",
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn say_what_is_left(inbox: &Inbox<SqliteStore>) {
    let Ok(numbers) = inbox.numbers().await else {
        return;
    };
    if numbers.depth() > 0 {
        tell(&format!(
            "Events that wait for the next start: {}.",
            numbers.depth()
        ));
    }
    if numbers.dead > 0 {
        tell(&format!(
            "Events that were given up: {}. `stratus replay --list` shows them.",
            numbers.dead
        ));
    }
}

/// The one that was asked for; a restart for a sandbox takes the one from before, so that the
/// subscription of a killed program goes on.
fn port(asked: Option<u16>, is_public: bool, kept: &Kept) -> u16 {
    match asked {
        Some(port) => port,
        None if is_public => PORT,
        None => kept.port().unwrap_or_default(),
    }
}

type Handled = futures::future::BoxFuture<
    'static,
    std::result::Result<(), stratustexting_queue::inbox::Failure>,
>;

/// Hands each event to the sink, and says what fails. `end` is told when nobody reads any more.
fn handler(
    sink: Arc<Sink>,
    end: Arc<Notify>,
) -> impl Fn(Delivery<SqliteStore>) -> Handled + Send + Sync + 'static {
    move |delivery| {
        let (sink, end) = (Arc::clone(&sink), Arc::clone(&end));
        Box::pin(async move {
            let item = Item::of_delivery(&delivery);
            let done = sink.take(&item).await;
            if let Ok(Some(failure)) | Err(failure) = &done {
                let again = match done {
                    Ok(_) => "",
                    Err(_) => ". It is tried again",
                };
                if failure.nobody_reads() {
                    end.notify_one();
                } else {
                    tell(&format!("event {}: {failure}{again}", item.id()));
                }
            }
            done.map(drop).map_err(SinkFailure::into_inbox)
        })
    }
}

/// The name of an account, for its file.
fn file_name(account: &Account) -> &str {
    account.name.as_deref().unwrap_or("environment")
}
