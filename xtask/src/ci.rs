//! `cargo xtask ci`: all steps of CI, in one table.
//!
//! `.ci/run` installs the tools that aren't written in Rust and then runs this.
//! Every step is a command line that can be run by itself; a failure prints it.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::{command::CommandLine, workspace::Workspace};

/// Which steps to run, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Runs this step only; may be given several times.
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Lists the steps with their command lines, and runs none.
    #[arg(long)]
    list: bool,
    /// Packages uncommitted changes too, which `cargo package` refuses.
    #[arg(long)]
    allow_dirty: bool,
}

/// A step that must succeed.
struct Step {
    name: &'static str,
    command: CommandLine,
}

/// The folder where `.ci/run` installs the tools that aren't written in Rust: always
/// within the checkout, and ignored by git.
const TOOLS: &str = "target/ci-tools";

/// The document of the sandbox's control API; a test compares it with the sandbox's.
const CONTROL_API: &str = "crates/stratustexting-sandbox/control-api.json";

/// The steps in order.
///
/// The snapshots have no step of their own: they are tests of the root package, so the
/// first step compares them.
fn steps(options: &Options) -> Vec<Step> {
    let cargo = CommandLine::cargo;
    let tool =
        |path: &str, arguments: &[&str]| CommandLine::new(format!("{TOOLS}/{path}"), arguments);
    let step = |name, command| Step { name, command };
    vec![
        // `cargo test --workspace`, with a search of its output for secrets and personal data.
        step("test", cargo(&["xtask", "test"])),
        step("format", cargo(&["fmt", "--all", "--check"])),
        step(
            "clippy",
            cargo(&[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ]),
        ),
        step(
            "docs",
            // With the examples this uses what clippy has checked, and nothing else.
            cargo(&[
                "doc",
                "--workspace",
                "--lib",
                "--bins",
                "--examples",
                "--no-deps",
                "--locked",
            ])
            .with("RUSTDOCFLAGS", "-D warnings"),
        ),
        // The kept pages give openapi.json, bit for bit.
        step("spec", cargo(&["xtask", "refresh", "--check"])),
        // Two linters: one checks style, the other the specification.
        step(
            "redocly",
            tool(
                "npm/node_modules/.bin/redocly",
                &["lint", "openapi.json", CONTROL_API],
            )
            .with("REDOCLY_TELEMETRY", "off")
            .with("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"),
        ),
        step(
            "openapi-spec-validator",
            tool(
                "python/bin/openapi-spec-validator",
                &["openapi.json", CONTROL_API],
            ),
        ),
        // The Postman collection is up to date, and the sandbox accepts each request.
        step("newman", cargo(&["xtask", "newman"])),
        step("python-client", cargo(&["xtask", "python-client"])),
        // A person can use the sandbox's page: in a browser, and whoever they are.
        step("page", cargo(&["xtask", "page"])),
        // Requests that others make of the document; the full run has more of them.
        step(
            "schemathesis",
            cargo(&["xtask", "schemathesis", "--seed", "1", "--examples", "10"]),
        ),
        step("oauth-clients", cargo(&["xtask", "oauth-clients"])),
        step("native-tls", features(&["--features", "native-tls"])),
        step("no-tls", features(&[])),
        step(
            "no-tls-features",
            features(&[
                "--features",
                "redis,loopback-login,axum,parse-numbers,schemas,socks",
            ]),
        ),
        // The caller's TLS, in a client without the crate's.
        step(
            "own-tls",
            cargo(&[
                "test",
                "--locked",
                "--package",
                "stratustexting",
                "--no-default-features",
                "--test",
                "it",
                "--",
                "network::tls_of_the_callers_own",
            ]),
        ),
        step("refused", cargo(&["xtask", "refused"])),
        // The client of other vendors' shapes compiles.
        step("shapes", cargo(&["xtask", "shapes"])),
        // Nothing is sent twice, no login is lost, no data of an odd body is lost, and
        // no send costs more than before. The full runs take longer.
        step("faults", cargo(&["xtask", "faults", "--dev", "--reduced"])),
        step("idle", cargo(&["xtask", "idle", "--dev"])),
        // The sandbox's books are right, however many use it at once.
        step(
            "sandbox-load",
            cargo(&[
                "xtask",
                "sandbox-load",
                "--dev",
                "--clients",
                "50",
                "--sends",
                "2000",
                "--streams",
                "200",
            ]),
        ),
        // No losses and no silent failures with other dialects.
        step(
            "dialects",
            cargo(&["xtask", "dialects", "--dev", "--count", "6"]),
        ),
        step("storm-file", storm("file")),
        step("storm-redis", storm("redis")),
        // No event is lost or handled twice, whatever is killed.
        step("inbox-sqlite", inbox_storm("sqlite")),
        step("inbox-postgres", inbox_storm("postgres")),
        // Nobody is texted twice or forgotten, whatever is killed.
        step("outbox-sqlite", outbox_storm("sqlite", "1")),
        step("outbox-postgres", outbox_storm("postgres", "4")),
        // What it has responded is there when it was killed.
        step(
            "sandbox-kill",
            cargo(&["xtask", "sandbox-kill", "--dev", "--kills", "10"]),
        ),
        step(
            "callbacks",
            cargo(&["xtask", "callbacks", "--dev", "--inputs", "20000"]),
        ),
        step(
            "drift",
            cargo(&["xtask", "drift", "--dev", "--mutations", "10000"]),
        ),
        step("cost", cargo(&["xtask", "bench", "--dev", "--check"])),
        step("quickstart", cargo(&["xtask", "example", "quickstart"])),
        // It is killed in the middle, and forgets nobody.
        step(
            "answering-machine",
            cargo(&["xtask", "example", "answering_machine"]),
        ),
        step("text-a-list", cargo(&["xtask", "example", "text_a_list"])),
        // The last, because it has our own packages built anew.
        step("package", package(options)),
    ]
}

/// A short storm on the logins of one store.
fn storm(store: &str) -> CommandLine {
    CommandLine::cargo(&[
        "xtask",
        "storm",
        "--dev",
        "--expiries",
        "10",
        "--store",
        store,
    ])
}

/// A short storm on the inbox in one database.
fn inbox_storm(store: &str) -> CommandLine {
    CommandLine::cargo(&[
        "xtask",
        "inbox-storm",
        "--dev",
        "--deliveries",
        "2000",
        "--kills",
        "5",
        "--restarts",
        "1",
        "--store",
        store,
    ])
}

/// A short storm on the outbox in one database.
fn outbox_storm(store: &str, workers: &str) -> CommandLine {
    CommandLine::cargo(&[
        "xtask",
        "outbox-storm",
        "--dev",
        "--rows",
        "1000",
        "--kills",
        "100",
        "--pace",
        "20",
        "--store",
        store,
        "--workers",
        workers,
    ])
}

/// The SDK with other features. Only its library: its tests and examples need the
/// default ones.
fn features(with: &[&str]) -> CommandLine {
    let arguments = [
        "check",
        "--locked",
        "--lib",
        "--package",
        "stratustexting",
        "--no-default-features",
    ];
    CommandLine::cargo(&[&arguments, with].concat())
}

fn package(options: &Options) -> CommandLine {
    let command = CommandLine::cargo(&["xtask", "package"]);
    if options.allow_dirty {
        command.argument("--allow-dirty")
    } else {
        command
    }
}

pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut steps = steps(options);
    if let Some(unknown) = options
        .only
        .iter()
        .find(|only| !steps.iter().any(|step| step.name == only.as_str()))
    {
        let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
        bail!(
            "no step is called {unknown}; there are {}",
            names.join(", ")
        );
    }
    steps.retain(|step| {
        options.only.is_empty() || options.only.iter().any(|only| only == step.name)
    });
    if options.list {
        for step in &steps {
            println!("{:<24}{}", step.name, step.command);
        }
        return Ok(());
    }
    // Checked before the first step rather than after many minutes.
    for step in &steps {
        ensure!(
            step.command.is_there(workspace),
            "the step {} needs a tool that isn't installed; .ci/run installs it, \
             or choose other steps with --only",
            step.name
        );
    }

    let mut durations = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!(
            "\n[{}/{}] {}: {}",
            index + 1,
            steps.len(),
            step.name,
            step.command
        );
        let started = Instant::now();
        let status = step.command.run(workspace)?;
        let took = started.elapsed();
        if !status.success() {
            bail!(
                "{} failed after {}. To run it alone:\n\n    {}\n",
                step.name,
                seconds(took),
                step.command
            );
        }
        println!(
            "[{}/{}] {}: passed in {}",
            index + 1,
            steps.len(),
            step.name,
            seconds(took)
        );
        durations.push((step.name, took));
    }

    println!();
    for (name, took) in &durations {
        println!("{name:<24}{:>9}", seconds(*took));
    }
    let total = durations.iter().map(|(_, took)| *took).sum();
    println!("{:<24}{:>9}", "all passed", seconds(total));
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
