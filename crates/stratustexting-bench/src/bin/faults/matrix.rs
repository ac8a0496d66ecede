//! Every cut point with every operation, with the request for a token, and with the
//! retry after a 401 that a caller allowed.
//!
//! Each once on an open connection and once on a new one, since an HTTP client handles
//! a failed request differently on each.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use stratustexting::{
    CallOptions, Client,
    api::{OPERATIONS, operation::Operation},
};
use stratustexting_sandbox::{Commit, Fault};

use crate::{
    calls::{Prepared, call, send_again},
    cuts::{self, Cut},
    setup::{OVERDUE, Setup},
    verdict::{Counts, Repetition, Reported, Server},
};

/// How many operations at the same time, each with a sandbox of its own.
const AT_ONCE: usize = 12;

pub(crate) async fn run(deadline: Duration) -> anyhow::Result<Counts> {
    let operations = OPERATIONS.iter().map(Row::Operation);
    let rows = operations.chain([Row::Token, Row::Again]);
    let counts = stream::iter(rows)
        .map(|row| async move {
            let task = tokio::spawn(async move { row.run(deadline).await });
            let counts = task.await.context("a call panicked")?;
            counts.with_context(|| format!("while {} was called", row.name()))
        })
        .buffer_unordered(AT_ONCE)
        .try_fold(Counts::default(), async |mut sum, counts| {
            sum += counts;
            Ok(sum)
        });
    counts.await
}

/// The request that fails.
#[derive(Clone, Copy)]
enum Row {
    Operation(&'static Operation),
    /// The request for a token, before a message is sent.
    Token,
    /// A message that its caller allows to be sent again, after a 401.
    Again,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Connection {
    New,
    Open,
}

/// The clients of a row; creating one takes longer than most calls.
struct Clients {
    /// For requests that mustn't fail.
    reliable: Client,
    /// Opens a connection for each request.
    new: Client,
    /// Sends on connections that are open.
    open: Client,
}

impl Row {
    /// The operation that is called.
    fn called(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.id,
            Self::Token | Self::Again => "sendSms",
        }
    }

    /// The name of the row.
    fn name(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.id,
            Self::Token => "token",
            Self::Again => "again",
        }
    }

    fn twice(self) -> Repetition {
        match self {
            Self::Operation(operation) if operation.idempotent => Repetition::Harmless,
            _ => Repetition::Harmful,
        }
    }

    fn is_send(self) -> bool {
        self.called().starts_with("send")
    }

    async fn run(self, deadline: Duration) -> anyhow::Result<Counts> {
        let setup = Setup::new(deadline).await?;
        let mut counts = Counts::default();
        let clients = Clients {
            reliable: setup.reliable_client()?,
            new: setup.client_without_pool()?,
            open: setup.client()?,
        };
        for (number, cut) in cuts::all(setup.faults()).iter().enumerate() {
            for connection in [Connection::New, Connection::Open] {
                let text = format!("{}{number}{connection:?}", self.name());
                self.meet(&setup, &clients, cut, connection, &text, &mut counts)
                    .await
                    .with_context(|| format!("{cut}, {connection:?} connection"))?;
            }
        }
        counts.followed_redirects = setup.followed();
        if counts.followed_redirects > 0 {
            println!("{}: redirects were followed", self.name());
        }
        Ok(counts)
    }

    async fn client(
        self,
        setup: &Setup,
        clients: &Clients,
        connection: Connection,
    ) -> anyhow::Result<Client> {
        let client = match (self, connection) {
            (Self::Token, _) => setup.client_without_token()?,
            (_, Connection::New) => clients.new.clone(),
            (_, Connection::Open) => clients.open.clone(),
        };
        if connection == Connection::Open {
            // The token endpoint has the same address, so this opens a connection for both.
            let patience = CallOptions::new().timeout(Duration::from_secs(60));
            let sites = client.sites().list().options(patience);
            sites.try_collect::<Vec<_>>().await?;
            if matches!(self, Self::Token) {
                client.auth().log_out().await?;
            }
        }
        Ok(client)
    }

    async fn meet(
        self,
        setup: &Setup,
        clients: &Clients,
        cut: &Cut,
        connection: Connection,
        text: &str,
        counts: &mut Counts,
    ) -> anyhow::Result<()> {
        let sandbox = &setup.sandbox;
        let prepared = Prepared::of(self.called(), setup, &clients.reliable).await?;
        let client = self.client(setup, clients, connection).await?;
        setup.settled().await?;
        sandbox.clear_ledger();
        let closed = sandbox.idle_connections_closed();
        match cut {
            Cut::Nothing => {}
            Cut::Refused => sandbox.refuse_connections(true)?,
            Cut::ConnectionReset => sandbox.fail_next("connection", Fault::reset_before_request()),
            Cut::Request(fault) => {
                let failing = match self {
                    Self::Token => "token",
                    _ => self.called(),
                };
                if matches!(self, Self::Again) {
                    sandbox.fail_next(failing, Fault::status(401, Commit::Before));
                }
                sandbox.fail_next(failing, fault.clone());
            }
        }
        let start = Instant::now();
        let outcome = async {
            match self {
                Self::Again => Ok(send_again(&client, setup, text).await),
                _ => call(self.called(), &client, setup, &prepared, text).await,
            }
        };
        let Ok(outcome) = tokio::time::timeout(OVERDUE * 6, outcome).await else {
            bail!("a call never ended");
        };
        let took = start.elapsed();
        let outcome = outcome?;
        let error = outcome.as_ref().err().map(|error| format!("{error:?}"));
        if let (Cut::Nothing, Err(error)) = (cut, outcome.as_ref()) {
            ensure!(error.is_timeout(), "it fails without a fault: {error}");
        }
        let reported = Reported::of(outcome);
        sandbox.refuse_connections(false)?;
        sandbox.stop_failing();
        drop(client);
        setup.settled().await?;

        let server = Server::of(sandbox)?;
        let mut known = if self.is_send() {
            server.of_text(text)
        } else {
            server.of_operation(self.called())
        };
        let closed = sandbox.idle_connections_closed() - closed;
        known.connections = server.connections + closed;
        if self.is_send() {
            counts.sends += 1;
            counts.unknown += usize::from(reported.is_unknown());
        }
        counts.calls += 1;
        let mut wrong = counts.judge(reported, &known, self.twice());
        if took > OVERDUE {
            counts.overdue += 1;
            wrong.push("overdue");
        }
        if !wrong.is_empty() {
            let (name, faults) = (self.name(), known.faults.join(" "));
            let error = error.unwrap_or_default();
            println!(
                "{wrong:?}: {name}, {connection:?} connection, {cut}: {reported}; the server has: {faults}; {error}"
            );
        }
        Ok(())
    }
}
