//! One attempt at one event, from the claim to its end.

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::FutureExt;
use stratustexting::{
    models::{Message, MessageDirection},
    webhook::Event,
};
use tokio::time::{self, Instant};
use tracing::Instrument;

use crate::{
    inbox::{
        ClaimId, Claimed, Delivery, Failure, Handler, Inbox, Settlement, Store, settle::settlement,
    },
    reply::{self, Keyword},
};

pub(super) struct Attempt<S: Store, H> {
    inbox: Inbox<S>,
    handler: Arc<H>,
    claimed: Claimed,
}

impl<S: Store, H: Handler<S>> Attempt<S, H> {
    pub(super) fn new(inbox: Inbox<S>, handler: Arc<H>, claimed: Claimed) -> Self {
        Self {
            inbox,
            handler,
            claimed,
        }
    }

    /// Whether the end of this lets another event have its turn.
    pub(super) async fn run(self) -> bool {
        let span = tracing::debug_span!(
            "inbox event",
            id = self.claimed.claim.event,
            attempt = self.claimed.failures + 1,
            outcome = tracing::field::Empty,
        );
        self.in_span().instrument(span).await
    }

    async fn in_span(self) -> bool {
        let claim = self.claimed.claim;
        let has_turns = self.claimed.must_fetch || self.claimed.conversation.is_some();
        let store = self.inbox.store.clone();
        let lease = self.inbox.shared.settings.lease;
        let Some(settlement) = self.attempt().await else {
            return has_turns;
        };
        tracing::Span::current().record("outcome", tracing::field::debug(&settlement));
        if let Settlement::Dead { .. } = settlement {
            tracing::warn!(
                id = claim.event,
                "an event was given up: it is a dead letter"
            );
        }
        end(&store, claim, &settlement, lease).await;
        has_turns
    }

    /// `None` when the handler has completed the event itself.
    async fn attempt(self) -> Option<Settlement> {
        let Self {
            inbox,
            handler,
            claimed,
        } = self;
        let settings = &inbox.shared.settings;
        if claimed.interruptions >= settings.max_attempts {
            let reason = "the worker was killed each time that it handled this".to_owned();
            return Some(Settlement::Dead { reason });
        }
        let event = match Event::from_slice(&claimed.body) {
            Ok(event) => event,
            Err(error) => {
                let failure = Failure::from(error).permanent();
                return Some(settlement(Err(failure), claimed.failures, settings));
            }
        };
        if claimed.must_fetch {
            return Some(match fetch(&inbox, &event, claimed.claim).await {
                Ok((message, conversation)) => Settlement::Fetched {
                    message,
                    conversation,
                },
                Err(failure) => settlement(Err(failure), claimed.failures, settings),
            });
        }
        let completed = Arc::new(AtomicBool::new(false));
        let message = claimed.message.as_deref();
        let delivery = Delivery {
            store: inbox.store.clone(),
            claim: claimed.claim,
            event,
            message: message.and_then(|message| serde_json::from_str(message).ok()),
            conversation: claimed.conversation,
            attempt: claimed.failures + 1,
            received: claimed.received,
            completed: Arc::clone(&completed),
            limits: settings.reply_limits,
        };
        let result = AssertUnwindSafe(handler.handle(delivery))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(Failure::from("the handler panicked")));
        if completed.load(Ordering::Acquire) {
            return None;
        }
        Some(settlement(result, claimed.failures, settings))
    }
}

/// Writes down how the attempt ended. The work is done and would be a pity to do again, so a
/// store that is away is waited for, for ten leases: by then a restart is likelier than an end
/// of the outage.
async fn end<S: Store>(store: &S, claim: ClaimId, settlement: &Settlement, lease: Duration) {
    let ended = Instant::now();
    let mut wait = Duration::from_millis(50);
    while let Err(error) = store.settle(claim, settlement.clone()).await {
        if ended.elapsed() > lease * 10 {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                id = claim.event,
                "an event will be handled again"
            );
            return;
        }
        drop(error);
        time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(1));
    }
}

/// Gets the message that the event names, and whose conversation it belongs to.
async fn fetch<S: Store>(
    inbox: &Inbox<S>,
    event: &Event,
    claim: ClaimId,
) -> Result<(String, Option<String>), Failure> {
    let client = inbox.shared.settings.client.as_ref();
    let client = client.ok_or("the event was stored by an inbox that fetches messages")?;
    let id = event.message_id().ok_or("the event names no message")?;
    let message = client.messages().get(id).await?.into_inner();
    let conversation = other_side(&message);
    if let Some(opted_out) = wants(&message)
        && let Some(number) = &conversation
    {
        // Now, before the event has its turn: no text that is sent meanwhile may miss it.
        let store = &inbox.store;
        store
            .set_opted_out(number.clone(), opted_out, Some(claim.event))
            .await?;
    }
    Ok((serde_json::to_string(&message)?, conversation))
}

/// The customer's number, in one spelling. `None` when the
/// message doesn't say which way it went.
fn other_side(message: &Message) -> Option<String> {
    let number = match message.direction.as_ref()? {
        MessageDirection::Inbound => message.from.as_deref()?,
        MessageDirection::Outbound => message.to.as_ref()?.numbers().next()?,
        _ => return None,
    };
    reply::digits(number)
}

/// Whether the customer says that they want no texts (`true`), or want them again.
fn wants(message: &Message) -> Option<bool> {
    if message.direction != Some(MessageDirection::Inbound) {
        return None;
    }
    match Keyword::of(message.text.as_deref()?)? {
        Keyword::Stop => Some(true),
        Keyword::Start => Some(false),
        Keyword::Help => None,
    }
}
