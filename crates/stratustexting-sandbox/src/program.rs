//! The arguments of the programs that run a sandbox: its own, and `stratus sandbox`.

mod deliveries;
mod signals;

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

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
    /// The seed for ids, credentials and data
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many contacts there are; they are created at the first access
    #[arg(long, default_value_t = 1_000)]
    contacts: usize,
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
            .seed(self.seed)
            .contacts(self.contacts)
            .token_lifetime(Duration::from_secs(self.token_lifetime))
            .rotate_refresh_tokens(self.rotate_refresh_tokens)
            .refresh_token_grace(Duration::from_secs(self.refresh_token_grace))
            .max_page_size(self.max_page_size)
            .bare_pages(self.bare_pages)
            .refresh_token_lifetime(Duration::from_secs(self.refresh_token_lifetime))
            .code_reuse_ends_login(self.code_reuse_ends_login)
            .max_url(self.max_url)
            .missing_scope(self.missing_scope)
            .allow_machine_subscriptions(self.allow_machine_subscriptions);
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
