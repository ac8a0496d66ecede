//! Many messages, sent with random faults.
//!
//! Requests meet the faults of a plan. Besides, some sends find no connection, a
//! connection that is reset, an expired token, or a failing token endpoint. All of it
//! follows from the seed. One after the other, the same seed gives the same trace. In
//! parallel, a fault of one send also affects its neighbours, and open connections fail
//! under them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use stratustexting::Client;
use stratustexting_sandbox::{Fault, FaultPlan};
use tokio::sync::watch;

use crate::{
    setup::{CUSTOMER, OVERDUE, Setup},
    verdict::{Counts, Repetition, Reported, Server},
};

/// How messages are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    pub(crate) sends: usize,
    pub(crate) seed: u64,
    pub(crate) concurrency: usize,
    /// How long a send may take.
    pub(crate) deadline: Duration,
}

/// How often a request meets a fault.
const PROBABILITY: f64 = 0.6;

/// One in this many sends starts although connections are refused.
const CARELESS: usize = 4;

/// The longest deadline of a hurried send, in microseconds.
const HURRY: u64 = 4_000;

/// How many violations are printed.
const NAMED: usize = 30;

/// A fault of a send besides the plan.
#[derive(Clone, Debug)]
enum Mishap {
    None,
    Refused,
    ConnectionReset,
    TokenRevoked,
    TokenFails(Fault),
    /// Its deadline is about as long as a send takes, so it may end at any point.
    Hurried(Duration),
}

impl Mishap {
    fn of(round: Round, index: usize, faults: &[Fault]) -> Self {
        let seed = round.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index as u64;
        let mut random = fastrand::Rng::with_seed(seed);
        match random.u32(..1_000) {
            0..10 => Self::Refused,
            10..30 => Self::ConnectionReset,
            30..36 => Self::TokenRevoked,
            36..40 => Self::TokenFails(faults[random.usize(..faults.len())].clone()),
            // When the deadline ends is a race, so it can't be part of a trace.
            40..120 if round.concurrency > 1 => {
                Self::Hurried(Duration::from_micros(random.u64(..HURRY)))
            }
            _ => Self::None,
        }
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("-"),
            Self::Refused => f.write_str("refused"),
            Self::ConnectionReset => f.write_str("connection_reset"),
            Self::TokenRevoked => f.write_str("token_revoked"),
            Self::TokenFails(fault) => write!(f, "token:{}", fault.name()),
            Self::Hurried(time) => write!(f, "hurried:{}us", time.as_micros()),
        }
    }
}

/// Shared by all sends of a round.
struct Shared {
    round: Round,
    setup: Setup,
    faults: Vec<Fault>,
    client: Client,
    /// How many sends currently need refused connections.
    refusing: watch::Sender<usize>,
}

/// A finished send.
struct Sent {
    index: usize,
    text: String,
    mishap: Mishap,
    reported: Reported,
    /// The SDK's error, for debugging.
    error: String,
    overdue: bool,
}

pub(crate) async fn run(round: Round) -> anyhow::Result<(Counts, Vec<String>)> {
    let setup = Setup::new(round.deadline).await?;
    let mut faults = setup.faults();
    let mut plan = FaultPlan::new(round.seed)
        .probability(PROBABILITY)
        .operation("sendSms");
    for fault in &faults {
        plan = plan.fault(fault.clone(), 1);
    }
    // All sends wait for one renewal, which may take longer than their deadlines.
    faults.retain(|fault| fault.name() != "never_respond");
    setup.settled().await?;
    setup.sandbox.clear_ledger();
    setup.sandbox.fail_at_random(plan);
    // Whether a client notices in time that a connection was closed is a race, which
    // only belongs into parallel rounds.
    let client = match round.concurrency {
        1 => setup.client_without_pool()?,
        _ => setup.client()?,
    };
    let shared = Arc::new(Shared {
        round,
        client,
        refusing: watch::Sender::new(0),
        setup,
        faults,
    });
    let mut sent: Vec<Sent> = stream::iter(0..round.sends)
        .map(|index| {
            let task = tokio::spawn(send(Arc::clone(&shared), index));
            async move { task.await.context("a send panicked")? }
        })
        .buffer_unordered(round.concurrency)
        .try_collect()
        .await?;
    shared.setup.sandbox.stop_failing();
    shared.setup.settled().await?;
    sent.sort_by_key(|sent| sent.index);
    judge(&shared.setup, &sent)
}

async fn send(shared: Arc<Shared>, index: usize) -> anyhow::Result<Sent> {
    let (sandbox, round) = (&shared.setup.sandbox, shared.round);
    let mishap = Mishap::of(round, index, &shared.faults);
    if !index.is_multiple_of(CARELESS) && !matches!(mishap, Mishap::Refused) {
        // Otherwise most sends would fail while connections are refused for one of them.
        let mut refusing = shared.refusing.subscribe();
        refusing.wait_for(|count| *count == 0).await?;
    }
    match &mishap {
        Mishap::None | Mishap::Hurried(_) => {}
        Mishap::Refused => shared.refuse(true)?,
        Mishap::ConnectionReset => {
            sandbox.fail_next("connection", Fault::reset_before_request());
        }
        Mishap::TokenRevoked => sandbox.revoke_access_tokens(),
        Mishap::TokenFails(fault) => {
            sandbox.revoke_access_tokens();
            sandbox.fail_next("token", fault.clone());
        }
    }
    let text = format!("s{index}e");
    let start = Instant::now();
    let messages = shared.client.messages().from(sandbox.number());
    let mut sms = messages.send_sms(CUSTOMER, &*text);
    if let Mishap::Hurried(time) = mishap {
        sms = sms.timeout(time);
    }
    let outcome = sms.await;
    let error = outcome.as_ref().err().map(|error| format!("{error:?}"));
    let overdue = start.elapsed() > OVERDUE;
    if matches!(mishap, Mishap::Refused) {
        shared.refuse(false)?;
    }
    Ok(Sent {
        index,
        text,
        mishap,
        reported: Reported::of(outcome.map(drop)),
        error: error.unwrap_or_default(),
        overdue,
    })
}

impl Shared {
    /// Connections are refused as long as any send needs that.
    fn refuse(&self, refuse: bool) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        self.refusing.send_modify(|count| {
            *count = if refuse { *count + 1 } else { *count - 1 };
            outcome = self.setup.sandbox.refuse_connections(*count > 0);
        });
        outcome?;
        Ok(())
    }
}

fn judge(setup: &Setup, sent: &[Sent]) -> anyhow::Result<(Counts, Vec<String>)> {
    let server = Server::of(&setup.sandbox)?;
    let mut counts = Counts {
        followed_redirects: setup.followed(),
        ..Counts::default()
    };
    // Each connection that was ended before a byte was read explains one unknown.
    let mut ended = server.connections + setup.sandbox.idle_connections_closed();
    let mut trace = Vec::new();
    let mut named = 0;
    for sent in sent {
        let mut known = server.of_text(&sent.text);
        if sent.reported.is_unknown() && known.arrived == 0 && ended > 0 {
            ended -= 1;
            known.connections = 1;
        }
        counts.calls += 1;
        counts.sends += 1;
        counts.unknown += usize::from(sent.reported.is_unknown());
        counts.overdue += usize::from(sent.overdue);
        let wrong = counts.judge(sent.reported, &known, Repetition::Harmful);
        let faults = match known.faults.join(",") {
            none if none.is_empty() => "nothing".to_owned(),
            faults => faults,
        };
        let line = format!("{} {} {faults} {}", sent.index, sent.mishap, sent.reported);
        if !wrong.is_empty() && named < NAMED {
            named += 1;
            println!("{wrong:?}: {line}; {}", sent.error);
        }
        trace.push(line);
    }
    Ok((counts, trace))
}
