//! `cargo xtask idle`: sends and reads over connections that the server ends after each
//! response, by programs that run their runtime in different ways.
//!
//! The exit code is 0 only if every send was accepted, every read got its response, and
//! each arrived once. A client makes one attempt, so that no retry hides a failure.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod server;

use std::process::ExitCode;

use anyhow::ensure;
use clap::Parser;
use stratustexting::{AccessToken, Backoff, Client, Outcome, SendOutcome, auth::Credentials};
use tokio::runtime::{Builder, Runtime};

use crate::server::{End, Server};

/// Sends over connections that the server ends after each response.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask idle", bin_name = "cargo xtask idle")]
struct Arguments {
    /// The total number of messages; as many reads are made.
    #[arg(long, default_value_t = 1_000)]
    sends: usize,
}

/// How a program runs its runtime.
#[derive(Clone, Copy, Debug)]
enum Program {
    /// During each call, and not between them.
    PerCall,
    /// All the time, on one thread, which the program blocks between calls.
    OneThread,
    /// On threads of its own.
    Threads,
}

/// One combination of program and server.
#[derive(Clone, Copy, Debug)]
struct Way {
    end: End,
    program: Program,
    /// Whether the next call waits, blocking, until the connection has ended.
    waits: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    sends: usize,
    unknown: usize,
    errors: usize,
}

fn main() -> ExitCode {
    match run(Arguments::parse().sends) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for end in [End::Closed, End::Reset] {
        for program in [Program::PerCall, Program::OneThread, Program::Threads] {
            for waits in [false, true] {
                let way = Way {
                    end,
                    program,
                    waits,
                };
                ways.push(way);
            }
        }
    }
    ways
}

fn run(sends: usize) -> anyhow::Result<bool> {
    let ways = ways();
    let mut all = Counts::default();
    for (number, way) in ways.iter().enumerate() {
        // The first ones also get the remainder.
        let share = sends / ways.len() + usize::from(number < sends % ways.len());
        let found = way.run(share)?;
        let Counts {
            sends,
            unknown,
            errors,
        } = found;
        println!("{way:?}: sends={sends} unknown={unknown} errors={errors}");
        all.sends += sends;
        all.unknown += unknown;
        all.errors += errors;
    }
    let Counts {
        sends,
        unknown,
        errors,
    } = all;
    println!("sends={sends} unknown={unknown} errors={errors}");
    Ok(unknown == 0 && errors == 0)
}

impl Way {
    fn run(self, count: usize) -> anyhow::Result<Counts> {
        let server = Server::start(self.end)?;
        let client = Client::builder()
            .api_base(format!("http://{}", server.address()))
            .credentials(Credentials::static_token(AccessToken::new("token")?))
            .api_key("key")
            .retry(Backoff::never())
            .build()?;
        let mut counts = Counts::default();
        let mut arrived = 0;
        let mut after = |counts: &mut Counts, outcome: SendOutcome, read: bool| {
            counts.sends += usize::from(!read);
            match outcome {
                SendOutcome::Accepted => arrived += 1,
                SendOutcome::Unknown if !read => counts.unknown += 1,
                _ => counts.errors += 1,
            }
            if self.waits && outcome == SendOutcome::Accepted {
                server.has_ended(arrived);
            }
        };
        let runtime = self.program.runtime()?;
        match self.program {
            Program::PerCall => {
                for call in 0..2 * count {
                    let read = call % 2 == 1;
                    after(&mut counts, runtime.block_on(one(&client, read)), read);
                }
            }
            Program::OneThread | Program::Threads => runtime.block_on(async {
                for call in 0..2 * count {
                    let read = call % 2 == 1;
                    after(&mut counts, one(&client, read).await, read);
                }
            }),
        }
        let twice = server.requests() > 2 * count;
        ensure!(!twice, "{} requests of {}", server.requests(), 2 * count);
        Ok(counts)
    }
}

impl Program {
    fn runtime(self) -> anyhow::Result<Runtime> {
        let mut builder = match self {
            Self::PerCall | Self::OneThread => Builder::new_current_thread(),
            Self::Threads => Builder::new_multi_thread(),
        };
        Ok(builder.enable_all().build()?)
    }
}

/// Makes a send or a read, and returns its outcome.
async fn one(client: &Client, read: bool) -> SendOutcome {
    let messages = client.messages();
    if read {
        return messages.get("m").await.outcome();
    }
    let sent = messages
        .from("+12025550100")
        .send_sms("+12025550123", "Your table is ready.");
    sent.await.outcome()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_unknown_in_any_way() {
        assert!(run(36).unwrap());
    }
}
