//! The sandbox as a program, for tests in any language.

use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use stratustexting_sandbox::{Dialect, Sandbox};

use self::{deliveries::DeliveryArguments, signals::ShutdownSignal};

#[path = "main/deliveries.rs"]
mod deliveries;
#[path = "main/signals.rs"]
mod signals;

/// A local sandbox of the StratusTexting Connect API: no account, nothing is really sent
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on. With 0.0.0.0, programs of other machines and containers can
    /// connect, too; the sandbox has no protection beyond its credentials, which its control
    /// API shows
    #[arg(long, value_name = "ADDRESS", default_value_t = Ipv4Addr::LOCALHOST.into())]
    host: IpAddr,
    /// Allow requests to the control API under this host name, such as a container's, besides
    /// localhost and addresses
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
    /// The port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The seed for ids, credentials and data
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print the URLs and credentials as one line of JSON
    #[arg(long)]
    json: bool,
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

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let shutdown = ShutdownSignal::listen()?;
    let (json, host) = (arguments.json, arguments.host);
    let sandbox = start(arguments).await?;
    if !host.is_loopback() {
        warn(host);
    }
    print(&sandbox, json);
    shutdown.wait().await;
    Ok(())
}

async fn start(arguments: Arguments) -> Result<Sandbox, Box<dyn Error>> {
    let mut builder = Sandbox::builder()
        .host(arguments.host)
        .port(arguments.port)
        .seed(arguments.seed)
        .contacts(arguments.contacts)
        .token_lifetime(Duration::from_secs(arguments.token_lifetime))
        .rotate_refresh_tokens(arguments.rotate_refresh_tokens)
        .refresh_token_grace(Duration::from_secs(arguments.refresh_token_grace))
        .max_page_size(arguments.max_page_size)
        .bare_pages(arguments.bare_pages)
        .refresh_token_lifetime(Duration::from_secs(arguments.refresh_token_lifetime))
        .code_reuse_ends_login(arguments.code_reuse_ends_login)
        .max_url(arguments.max_url)
        .missing_scope(arguments.missing_scope)
        .allow_machine_subscriptions(arguments.allow_machine_subscriptions);
    if let Some(seed) = arguments.dialect_seed {
        builder = builder.dialect(Dialect::from_seed(seed));
    }
    builder = arguments.deliveries.apply(builder);
    for origin in arguments.allow_origin {
        builder = builder.allow_origin(origin);
    }
    for name in arguments.allow_host {
        builder = builder.allow_host(name);
    }
    for uri in arguments.redirect_uri {
        builder = builder.redirect_uri(uri);
    }
    for operation in arguments.without_operation {
        builder = builder.without_operation(operation);
    }
    Ok(builder.start().await?)
}

#[allow(
    clippy::print_stdout,
    reason = "this output is what the program is for"
)]
fn print(sandbox: &Sandbox, json: bool) {
    if json {
        println!("{}", sandbox.connection_json());
        return;
    }
    let dialect = sandbox.dialect();
    println!(
        "The sandbox is running; Ctrl-C or SIGTERM stops it. Nothing that is sent here reaches anybody."
    );
    println!();
    for (name, value) in [
        ("API base", sandbox.api_base()),
        ("authorize", sandbox.authorize_url()),
        ("token", sandbox.token_url()),
        ("control", sandbox.control_url()),
        ("client id", sandbox.client_id()),
        ("client secret", sandbox.client_secret()),
        ("API key", sandbox.api_key()),
        ("number", sandbox.number()),
        ("user", sandbox.username()),
        ("password", sandbox.password()),
    ] {
        println!("{name:<14} {value}");
    }
    if !dialect.is_none() {
        println!("{:<14} {dialect}", "dialect");
    }
}

#[allow(clippy::print_stderr, reason = "standard output is for the URLs alone")]
fn warn(host: IpAddr) {
    eprintln!(
        "warning: listening on {host}, so other machines may connect. The sandbox has no \
         protection beyond its credentials, and its control API shows those to whoever can \
         connect."
    );
}

#[allow(clippy::print_stderr, reason = "a program reports its errors there")]
fn report(error: &dyn Error) {
    eprintln!("{error}");
    let mut source = error.source();
    while let Some(error) = source {
        eprintln!("  caused by: {error}");
        source = error.source();
    }
}
