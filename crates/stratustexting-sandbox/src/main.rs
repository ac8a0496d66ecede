//! The sandbox as a program, for tests in any language.

use std::{
    error::Error,
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use stratustexting_sandbox::{
    Sandbox,
    program::{Arguments, ShutdownSignal},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A local sandbox of the StratusTexting Connect API: no account, nothing is really sent
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    /// The port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Print the URLs and credentials as one line of JSON
    #[arg(long)]
    json: bool,
    /// Start nothing, but check whether a sandbox responds on this port; the exit code is 0 if
    /// it does, for the health check of a container
    #[arg(long)]
    check_health: bool,
    #[command(flatten)]
    sandbox: Arguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Program::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&*error);
            ExitCode::FAILURE
        }
    }
}

async fn run(program: Program) -> Result<(), Box<dyn Error>> {
    if program.check_health {
        return check_health(program.port).await;
    }
    let shutdown = ShutdownSignal::listen()?;
    let (json, host) = (program.json, program.sandbox.host());
    let builder = program.sandbox.builder().port(program.port);
    let sandbox = builder.start().await?;
    if !host.is_loopback() {
        warn(host);
    }
    print(&sandbox, json);
    shutdown.wait().await;
    Ok(())
}

/// The image has no other program that could do it.
async fn check_health(port: u16) -> Result<(), Box<dyn Error>> {
    let address = (Ipv4Addr::LOCALHOST, port);
    let response = timeout(Duration::from_secs(2), async {
        let mut stream = TcpStream::connect(address).await?;
        let request = b"GET /control HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut start = [0; 12];
        stream.read_exact(&mut start).await?;
        Ok::<_, std::io::Error>(start)
    });
    if response.await?? != *b"HTTP/1.1 200" {
        return Err(format!("what listens on port {port} doesn't respond as a sandbox").into());
    }
    Ok(())
}

/// Prints it at once. A reader that wants only the first line may have gone by then, which is no
/// reason to stop.
fn print(sandbox: &Sandbox, json: bool) {
    let text = if json {
        format!("{}\n", sandbox.connection_json())
    } else {
        description(sandbox)
    };
    let mut output = io::stdout().lock();
    let _ = output.write_all(text.as_bytes());
    let _ = output.flush();
}

fn description(sandbox: &Sandbox) -> String {
    let mut text = format!(
        "The sandbox is running; Ctrl-C or SIGTERM stops it. Nothing that is sent here reaches \
         anybody.\n\nSee it, and answer as the customer: {}\n\n",
        sandbox.page_url()
    );
    let dialect = sandbox.dialect();
    let shown = (!dialect.is_none()).then(|| dialect.to_string());
    let values = [
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
    ];
    let dialect = shown.as_deref().map(|shown| ("dialect", shown));
    for (name, value) in values.into_iter().chain(dialect) {
        text += &format!("{name:<14} {value}\n");
    }
    text
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
