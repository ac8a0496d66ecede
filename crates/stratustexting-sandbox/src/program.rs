//! The arguments of the programs that run a sandbox: its own, and `stratus sandbox`.

mod deliveries;
mod signals;

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};

use chrono::{DateTime, Utc};
use clap::Args;

use self::deliveries::DeliveryArguments;
pub use self::signals::ShutdownSignal;
use crate::{Builder, Dialect, Sandbox};

// A doc comment would become the description of the program that has these arguments.
#[allow(missing_docs, reason = "see above")]
#[derive(Debug, Args)]
pub struct Arguments {
    /// The address to listen on. With 0.0.0.0, programs of other machines and containers can
    /// connect, too; the sandbox has no protection beyond its credentials, which its control
    /// API shows
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    host: IpAddr,
    /// Allow requests to the control API under this host name, such as a container's, besides
    /// localhost and addresses
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// The seed for ids, credentials and data; by default 0, or that of the file of --data
    #[arg(long)]
    seed: Option<u64>,
    /// How many contacts there are; they are created at the first access. By default 1000, or
    /// as many as the file of --data began with
    #[arg(long)]
    contacts: Option<usize>,
    /// Keep everything in this file over restarts: what was responded is in it, even if the
    /// program is killed
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Let the clock begin at this time, such as 2026-01-01T09:00:00Z, and stand still until
    /// the control API moves it. A file of --data has its own clock once it is made
    #[arg(long, value_name = "TIME")]
    clock: Option<DateTime<Utc>>,
    /// The most entries of the ledger, and the most finished deliveries; the oldest go
    #[arg(long, value_name = "ENTRIES", default_value_t = 100_000)]
    ledger_entries: usize,
    /// Another redirect URI for the ready-made client
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// How long an access token is valid, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    token_lifetime: u64,
    /// Issue a new refresh token at each refresh, and end the old one
    #[arg(long)]
    rotate_refresh_tokens: bool,
    /// How long a replaced refresh token still returns its successor, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    refresh_token_grace: u64,
    /// How long after the login its refresh tokens are valid, in seconds; a refresh doesn't
    /// extend that
    #[arg(long, value_name = "SECONDS", default_value_t = 30 * 86_400)]
    refresh_token_lifetime: u64,
    /// End the tokens of a code when it is exchanged a second time
    #[arg(long)]
    code_reuse_ends_login: bool,
    /// The most characters of a URL's path and query; the gateway rejects more with 414
    #[arg(long, value_name = "CHARACTERS", default_value_t = 8_192)]
    max_url: usize,
    /// The status for a token without the operation's scope: 403 or 401
    #[arg(long, value_name = "STATUS", default_value_t = 403)]
    missing_scope: u16,
    /// Accept tokens without a user's login (client_credentials) for subscriptions;
    /// otherwise the gateway rejects them with 403
    #[arg(long)]
    allow_machine_subscriptions: bool,
    /// List a site with the account's departments; otherwise the list of sites is empty, as for
    /// an account without Multisite (inferred)
    #[arg(long)]
    multisite: bool,
    /// How long the gateway waits for an operation's response, in milliseconds; then it responds
    /// with 504, although the operation is carried out (inferred)
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 29_000)]
    integration_timeout: u64,
    /// How long a subscription lives, in seconds, whatever its request says; then no more events
    /// are posted for it. By default about 30 years, which was observed once
    #[arg(long, value_name = "SECONDS", default_value_t = (30 * 365 + 7) * 86_400)]
    subscription_lifetime: u64,
    /// The most items of a page
    #[arg(long, value_name = "ITEMS", default_value_t = 500)]
    max_page_size: usize,
    /// Send pages that have nothing but `content`
    #[arg(long)]
    bare_pages: bool,
    /// Treat an operation as an unknown route
    #[arg(long, value_name = "OPERATION_ID")]
    without_operation: Vec<String>,
    /// Respond in the dialect of this seed
    #[arg(long, value_name = "SEED")]
    dialect_seed: Option<u64>,
    /// Allow pages of this origin, such as http://localhost:5173, to call the sandbox and its
    /// control API from a browser (CORS); * allows all
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,
    #[command(flatten)]
    deliveries: DeliveryArguments,
}

impl Arguments {
    /// The address to listen on.
    #[must_use]
    pub fn host(&self) -> IpAddr {
        self.host
    }

    /// The sandbox that they describe, on any free port.
    pub fn builder(self) -> Builder {
        let mut builder = Sandbox::builder()
            .host(self.host)
            .ledger_entries(self.ledger_entries)
            .token_lifetime(Duration::from_secs(self.token_lifetime))
            .rotate_refresh_tokens(self.rotate_refresh_tokens)
            .refresh_token_grace(Duration::from_secs(self.refresh_token_grace))
            .max_page_size(self.max_page_size)
            .bare_pages(self.bare_pages)
            .refresh_token_lifetime(Duration::from_secs(self.refresh_token_lifetime))
            .code_reuse_ends_login(self.code_reuse_ends_login)
            .max_url(self.max_url)
            .missing_scope(self.missing_scope)
            .allow_machine_subscriptions(self.allow_machine_subscriptions)
            .multisite(self.multisite)
            .integration_timeout(Duration::from_millis(self.integration_timeout))
            .subscription_lifetime(Duration::from_secs(self.subscription_lifetime));
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        if let Some(contacts) = self.contacts {
            builder = builder.contacts(contacts);
        }
        if let Some(file) = self.data {
            builder = builder.data(file);
        }
        if let Some(start) = self.clock {
            builder = builder.clock(start);
        }
        if let Some(seed) = self.dialect_seed {
            builder = builder.dialect(Dialect::from_seed(seed));
        }
        builder = self.deliveries.apply(builder);
        for origin in self.allow_origin {
            builder = builder.allow_origin(origin);
        }
        for name in self.allow_host {
            builder = builder.allow_host(name);
        }
        for uri in self.redirect_uri {
            builder = builder.redirect_uri(uri);
        }
        for operation in self.without_operation {
            builder = builder.without_operation(operation);
        }
        builder
    }
}
